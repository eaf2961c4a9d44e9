/** Bodies as they come over HTTP: a JSON array or lines of JSON, perhaps compressed, bounded either way. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { BridgeError } from '../../errors/index.js';
import { MOST_ITEMS } from './items.js';

/** Of one body, as it came and as it is when unpacked. */
export const MOST_BYTES = 8 * 1024 * 1024;

const unzip = promisify(gunzip);

/** What stands for a line that is no JSON: it is rejected, the others are not. */
export const NO_JSON = Symbol('no JSON');

/** Unpacks a body. @throws BridgeError FEED_TOO_LARGE, FEED_BAD_BODY */
export async function unpacked(body: Buffer, encoding: string | undefined): Promise<Buffer> {
  const name = (encoding ?? 'identity').trim().toLowerCase();
  if (name === 'identity' || name === '') return body;
  if (name !== 'gzip') throw bad(`content-encoding ${name.slice(0, 30)} is not taken, only gzip`);
  try {
    return await unzip(body, { maxOutputLength: MOST_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge('unpacked');
    throw bad('it is not compressed as it says (gzip)');
  }
}

/** The items of a body, not checked yet. @throws BridgeError FEED_BAD_BODY, FEED_TOO_LARGE */
export function itemsIn(body: Buffer, isLines: boolean): unknown[] {
  const text = utf8(body);
  const items = isLines ? lines(text) : list(text);
  if (items.length > MOST_ITEMS)
    throw new BridgeError('FEED_TOO_LARGE', `${items.length} items are more than ${MOST_ITEMS}`);
  return items;
}

function utf8(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw bad('it is not UTF-8');
  }
}

function list(text: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw bad('it is no JSON; one frame per line is application/x-ndjson');
  }
  if (Array.isArray(value)) return value;
  if (typeof value === 'object' && value !== null) return [value];
  throw bad('it is neither a list of items nor an item');
}

function lines(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      try {
        return JSON.parse(line) as unknown;
      } catch {
        return NO_JSON;
      }
    });
}

function bad(why: string): BridgeError {
  return new BridgeError('FEED_BAD_BODY', `the body cannot be read: ${why}`);
}

export function tooLarge(how: string): BridgeError {
  return new BridgeError('FEED_TOO_LARGE', `the body has ${how} more than ${MOST_BYTES} bytes`);
}
