/**
 * The write-ahead log of the embedded store: files beside the database to which groups of changes are appended before
 * they are acknowledged. What is in a file outlives the process; the database takes it over soon after and is synced.
 */
import {
  closeSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Change, RowKey } from './lmdb-table.js';

const NAME = /^ahead-(\d+)\.log$/;
/** Length of the text in bytes, then its CRC-32. */
const HEADER_BYTES = 8;

/** Changes that belong together: all count, or none. */
export interface Group {
  /** One more than that of the group before. */
  readonly number: number;
  readonly changes: readonly Change[];
}

export class WriteAhead {
  readonly #folder: string;
  #file: number | undefined;
  #size = 0;
  #buffer: Buffer = Buffer.allocUnsafe(65_536);
  #nextFile = 1;
  /** Files whose groups are not yet known to be synced in the database. */
  #files: string[] = [];

  /** Takes over what an earlier process left; {@link groups} reads it. */
  constructor(folder: string) {
    this.#folder = folder;
    const numbers = readdirSync(folder).flatMap((name) => {
      const number = NAME.exec(name)?.[1];
      return number === undefined ? [] : [Number(number)];
    });
    numbers.sort((a, b) => a - b);
    this.#files = numbers.map((number) => this.#path(number));
    this.#nextFile = (numbers.at(-1) ?? 0) + 1;
  }

  /** The groups in all files, in order, up to what was never written to its end. */
  *groups(): Generator<Group> {
    for (const path of this.#files) yield* groupsIn(readFileSync(path));
  }

  /** Appends a group; it is there, or an error is thrown and it is not. */
  append(group: Group): void {
    const bytes = this.#bytesOf(encode(group));
    const file = this.#open();
    try {
      for (let at = 0; at < bytes.length; )
        at += writeSync(file, bytes, at, bytes.length - at, this.#size + at);
    } catch (error) {
      // Half a group would end the reading; the next one is written in its place in any case.
      ftruncateSync(file, this.#size);
      throw error;
    }
    this.#size += bytes.length;
  }

  /** Ends the present file; gives the files to {@link drop} once the groups so far are synced in the database. */
  rotate(): readonly string[] {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    return [...this.#files];
  }

  drop(paths: readonly string[]): void {
    for (const path of paths) unlinkSync(path);
    this.#files = this.#files.filter((path) => !paths.includes(path));
  }

  /** Valid until the next call. */
  #bytesOf(text: string): Buffer {
    // A UTF-16 unit takes three bytes at most.
    const most = HEADER_BYTES + text.length * 3;
    if (this.#buffer.length < most) this.#buffer = Buffer.allocUnsafe(2 * most);
    const end = HEADER_BYTES + this.#buffer.write(text, HEADER_BYTES);
    this.#buffer.writeUInt32LE(end - HEADER_BYTES, 0);
    this.#buffer.writeUInt32LE(crc32(this.#buffer.subarray(HEADER_BYTES, end)), 4);
    return this.#buffer.subarray(0, end);
  }

  #open(): number {
    if (this.#file !== undefined) return this.#file;
    const path = this.#path(this.#nextFile);
    this.#file = openSync(path, 'wx', 0o600);
    this.#nextFile += 1;
    this.#files.push(path);
    this.#size = 0;
    return this.#file;
  }

  #path(number: number): string {
    return join(this.#folder, `ahead-${number}.log`);
  }
}

/** Lines of key, length and text: the texts are JSON already and are not escaped again. */
function encode({ number, changes }: Group): string {
  let text = `${number}\n`;
  for (const [key, value] of changes)
    text += `${JSON.stringify(key)}\n${value === undefined ? '-' : value.length}\n${value ?? ''}`;
  return text;
}

function* groupsIn(bytes: Buffer): Generator<Group> {
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    const end = at + HEADER_BYTES + length;
    const text = bytes.subarray(at + HEADER_BYTES, end);
    // After the end of the machine, a file may be longer than what was written, and zero there.
    if (length === 0 || end > bytes.length || crc32(text) !== bytes.readUInt32LE(at + 4)) return;
    yield decode(text.toString());
    at = end;
  }
}

function decode(text: string): Group {
  let at = 0;
  const line = (): string => {
    const from = at;
    const end = text.indexOf('\n', from);
    at = end + 1;
    return text.slice(from, end);
  };
  const number = Number(line());
  const changes: Change[] = [];
  while (at < text.length) {
    const key = JSON.parse(line()) as RowKey;
    const length = line();
    const value = length === '-' ? undefined : text.slice(at, at + Number(length));
    at += value?.length ?? 0;
    changes.push([key, value]);
  }
  return { number, changes };
}
