/**
 * The write-ahead log of the embedded store: files beside the database to which groups of changes are appended before
 * they are acknowledged. What is in a file outlives the process; the database takes it over soon after and is synced.
 */
import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { BUFFER_BYTES, GroupWriter, HEADER_BYTES } from './group-writer.js';
import type { Change, RowKey } from './lmdb-rows.js';

const NAME = /^ahead-(\d+)\.log$/;
/** So many buffers that are not in use are kept at most. */
const MOST_FREE = 16;

/** Changes that belong together: all count, or none. */
export interface Group {
  /** One more than that of the group before. */
  readonly number: number;
  readonly changes: readonly Change[];
}

/** A file of the log, and the buffers that hold the blocks of its groups. */
export interface Segment {
  readonly path: string;
  readonly buffers: Buffer[];
}

export class WriteAhead {
  readonly #folder: string;
  #file: number | undefined;
  #size = 0;
  /** The buffer in use is free from here on. */
  #at = 0;
  /** Buffers of segments that were dropped: memory that is used again is there already. */
  #free: Buffer[] = [];
  #nextFile = 1;
  /** Files whose groups are not yet known to be synced in the database; while one is open, the last. */
  #segments: readonly Segment[] = [];

  /** Takes over what an earlier process left; {@link groups} reads it. */
  constructor(folder: string) {
    this.#folder = folder;
    const numbers = readdirSync(folder).flatMap((name) => {
      const number = NAME.exec(name)?.[1];
      return number === undefined ? [] : [Number(number)];
    });
    numbers.sort((a, b) => a - b);
    this.#segments = numbers.map((number) => ({ path: this.#path(number), buffers: [] }));
    this.#nextFile = (numbers.at(-1) ?? 0) + 1;
  }

  /** The groups in all files, in order, up to what was never written to its end. */
  *groups(): Generator<Group> {
    for (const { path } of this.#segments) yield* groupsIn(readFileSync(path));
  }

  /**
   * Appends a group; it is there, or an error is thrown and it is not. From then on its blocks are kept as bytes, which
   * are theirs until {@link drop}.
   */
  append(group: Group): void {
    const [file, { buffers }] = this.#open();
    const more = () => this.#moreOf(buffers);
    const writer = new GroupWriter(file, this.#size, buffers.at(-1) ?? more(), this.#at, more);
    try {
      encode(group, writer);
      this.#size += writer.finish();
    } catch (error) {
      // Half a group would end the reading; the next one is written in its place in any case.
      ftruncateSync(file, this.#size);
      throw error;
    } finally {
      this.#at = writer.end;
    }
  }

  /** Ends the present file; gives the files to {@link drop} once the groups so far are synced in the database. */
  rotate(): readonly Segment[] {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    return this.#segments;
  }

  /** Removes files. Nobody may use the blocks of their groups any more. */
  drop(segments: readonly Segment[]): void {
    for (const { path } of segments) unlinkSync(path);
    this.#segments = this.#segments.filter((segment) => !segments.includes(segment));
    // As many as were needed last are kept: a storm that is over leaves nothing behind.
    const buffers = segments.flatMap((segment) => segment.buffers);
    const most = Math.min(MOST_FREE, Math.max(1, buffers.length));
    this.#free = [...buffers, ...this.#free].slice(0, most);
  }

  #moreOf(buffers: Buffer[]): Buffer {
    const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
    buffers.push(buffer);
    return buffer;
  }

  #open(): readonly [file: number, segment: Segment] {
    const newest = this.#segments.at(-1);
    if (this.#file !== undefined && newest) return [this.#file, newest];
    const segment: Segment = { path: this.#path(this.#nextFile), buffers: [] };
    const file = openSync(segment.path, 'wx', 0o600);
    this.#file = file;
    this.#nextFile += 1;
    this.#segments = [...this.#segments, segment];
    this.#size = 0;
    this.#at = 0;
    return [file, segment];
  }

  #path(number: number): string {
    return join(this.#folder, `ahead-${number}.log`);
  }
}

/** Lines of key, length and text: the texts are JSON already and are not escaped again. */
function encode({ number, changes }: Group, writer: GroupWriter): void {
  let head = `${number}\n`;
  for (const [key, value] of changes) {
    writer.add(`${head}${JSON.stringify(key)}\n${value === undefined ? '-' : value.length}\n`);
    if (value !== undefined) writer.add(value);
    head = '';
  }
  if (head !== '') writer.add(head);
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
