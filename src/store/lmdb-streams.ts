import { checkKey } from './keys.js';
import type { Change, LmdbTable } from './lmdb-table.js';
import type { Appending, AppendOptions, RangeOptions, StreamEntry } from './port.js';
import { boundsOf, compareIds, formatId, nextId, parseId, type StreamId } from './stream-id.js';

const CHUNK = 1_000;

// The kinds of rows, first part of each key; numbers sort as numbers.
const STREAM = 's'; // [s, stream, ms, seq] → text
const LAST_ID = 't'; // [t, stream] → the last id given out before a trim
const LINK = 'k'; // [k, stream, ms, seq of the cause, ms, seq of the effect] → ''

/** The streams of the embedded store. Ids are given out here, so an append is one plain write. */
export class LmdbStreams {
  readonly #table: LmdbTable;
  readonly #now: () => number;
  readonly #lastIds = new Map<string, StreamId>();

  constructor(table: LmdbTable, now: () => number) {
    this.#table = table;
    this.#now = now;
  }

  begin(stream: string, value: string, options: AppendOptions = {}): Appending {
    const links = (options.links ?? []).map((link) => parseId(link));
    const id = nextId(this.#lastId(checkKey(stream)), this.#now());
    this.#lastIds.set(stream, id);
    const rows: Change[] = [[[STREAM, stream, id.ms, id.seq], value]];
    for (const link of links) rows.push([[LINK, stream, link.ms, link.seq, id.ms, id.seq], '']);
    return { id: formatId(id), stored: this.#table.write(rows) };
  }

  async linked(stream: string, id: string): Promise<string[]> {
    const { ms, seq } = parseId(id);
    await this.#table.settled();
    const keys = this.#table.keys({
      start: [LINK, checkKey(stream), ms, seq],
      end: [LINK, stream, ms, seq, Number.MAX_SAFE_INTEGER],
    });
    return keys.map((key) => `${key[4]}-${key[5]}`);
  }

  async range(stream: string, options: RangeOptions = {}): Promise<StreamEntry[]> {
    const { low, high } = boundsOf(options);
    checkKey(stream);
    if (options.count === 0 || compareIds(low, high) > 0) return [];
    await this.#table.settled();
    const rows = this.#table.range({
      start: [STREAM, stream, low.ms, low.seq],
      end: [STREAM, stream, high.ms, high.seq],
      reverse: options.reverse ?? false,
      ...(options.count === undefined ? {} : { limit: options.count }),
    });
    return rows.map(({ key, value }) => ({ id: `${key[2]}-${key[3]}`, value }));
  }

  async trim(stream: string, beforeId: string): Promise<number> {
    const before = parseId(beforeId);
    const last = this.#lastId(checkKey(stream));
    if (last) await this.#table.write([[[LAST_ID, stream], formatId(last)]]);
    const removed = await this.#removeBelow(STREAM, stream, before);
    await this.#removeBelow(LINK, stream, before);
    return removed;
  }

  /** The last id given out in this stream, from memory, from its last entry or from before its last trim. */
  #lastId(stream: string): StreamId | undefined {
    const known = this.#lastIds.get(stream);
    if (known) return known;
    const [newest] = this.#table.keys({
      start: [STREAM, stream, 0, 0],
      end: [STREAM, stream, Number.MAX_SAFE_INTEGER, 0],
      limit: 1,
      reverse: true,
    });
    const trimmed = this.#table.get([LAST_ID, stream]);
    const ids = trimmed === undefined ? [] : [parseId(trimmed)];
    if (newest) ids.push({ ms: Number(newest[2]), seq: Number(newest[3]) });
    return ids.sort(compareIds).at(-1);
  }

  async #removeBelow(kind: string, stream: string, before: StreamId): Promise<number> {
    let removed = 0;
    for (;;) {
      const keys = this.#table
        .keys({ start: [kind, stream, 0, 0], end: [kind, stream, before.ms, before.seq], limit: CHUNK })
        .filter((key) => compareIds({ ms: Number(key[2]), seq: Number(key[3]) }, before) < 0);
      if (keys.length === 0) return removed;
      await this.#table.write(keys.map(([, ...rest]) => [[kind, ...rest], undefined]));
      removed += keys.length;
    }
  }
}
