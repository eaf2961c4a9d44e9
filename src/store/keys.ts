import { BridgeError } from '../errors/index.js';
import type { StoreOp } from './port.js';

const MAX_KEY_BYTES = 512;
// A hash tag, a colon, a name; no control characters, which no tool could show.
const WELL_FORMED = /^\{[^{}\p{Cc}]+\}:\P{Cc}+$/u;
const WELL_FORMED_PREFIX = /^\{[^{}\p{Cc}]+\}:\P{Cc}*$/u;

/**
 * The key `{depotId}:a:b` under which everything of one depot stays together, on one node of a Redis Cluster too.
 * @throws BridgeError STORE_BAD_KEY if the depot's id has braces or the key is longer than 512 bytes
 */
export function depotKey(depotId: string, ...parts: readonly string[]): string {
  return checkKey(`{${depotId}}:${parts.join(':')}`);
}

/** Gives the key back, or @throws BridgeError STORE_BAD_KEY. */
export function checkKey(key: string): string {
  if (!WELL_FORMED.test(key)) throw badKey(key, 'it must look like "{depotId}:name"');
  if (key.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw badKey(`${key.slice(0, 80)}…`, `it is longer than ${MAX_KEY_BYTES} bytes`);
  }
  return key;
}

/** Gives a hash field back, or @throws BridgeError STORE_BAD_KEY if it is empty or longer than 512 bytes. */
export function checkField(key: string, field: string): string {
  if (field === '') throw badKey(key, 'a hash field must have a name');
  if (Buffer.byteLength(field) > MAX_KEY_BYTES)
    throw badKey(key, `a hash field is longer than ${MAX_KEY_BYTES} bytes`);
  return field;
}

/** Gives the prefix of a scan back, or @throws BridgeError STORE_BAD_KEY if it may span depots. */
export function checkPrefix(prefix: string): string {
  if (!WELL_FORMED_PREFIX.test(prefix)) throw badKey(prefix, 'a scan must begin with "{depotId}:"');
  return prefix;
}

/** The hash tag of a checked key, braces included. */
export function tagOf(key: string): string {
  return key.slice(0, key.indexOf('}') + 1);
}

/** Checks all keys of a commit, and that they belong to one depot. @throws BridgeError STORE_BAD_KEY */
export function checkOps(ops: readonly StoreOp[]): void {
  let tag: string | undefined;
  for (const op of ops) {
    checkKey(op.key);
    if ('field' in op) checkField(op.key, op.field);
    tag ??= tagOf(op.key);
    if (tagOf(op.key) !== tag) throw badKey(op.key, `this commit already writes to ${tag}`);
  }
}

function badKey(key: string, reason: string): BridgeError {
  return new BridgeError('STORE_BAD_KEY', `the store key ${JSON.stringify(key)} is refused: ${reason}`);
}
