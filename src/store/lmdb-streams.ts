import { checkKey } from './keys.js';
import {
  type Entry,
  entriesIn,
  entryCount,
  entryRows,
  LINK,
  LINKS,
  type Link,
  lastIdIn,
  linkRows,
  linksIn,
  STREAM,
  secondOf,
  withoutLinks,
} from './lmdb-blocks.js';
import type { Change, RowKey } from './lmdb-rows.js';
import type { LmdbTable } from './lmdb-table.js';
import type { Appending, AppendOptions, RangeOptions, StreamEntry, Text } from './port.js';
import { boundsOf, compareIds, formatId, nextId, parseId, type StreamId } from './stream-id.js';

/** Rows that are looked at in one step; reads begin with fewer, as a row may hold many entries. */
const CHUNK = 500;
const FIRST_CHUNK = 16;
const END = Number.MAX_SAFE_INTEGER;
const NO_LINKS: readonly string[] = [];
const NO_CAUSES: readonly StreamId[] = [];

const LAST_ID = 't'; // [t, stream] → the last id given out before a trim

type Row = { readonly key: Array<string | number>; readonly value: string };

/** What a stream was given in this turn of the event loop. */
interface Gathering {
  readonly entries: Entry[];
  readonly links: Link[];
  readonly stored: Promise<void>;
}

/** The streams of the embedded store. Ids are given out here, so an append is one plain write. */
export class LmdbStreams {
  readonly #table: LmdbTable;
  readonly #now: () => number;
  readonly #lastIds = new Map<string, StreamId>();
  readonly #gathering = new Map<string, Gathering>();

  constructor(table: LmdbTable, now: () => number) {
    this.#table = table;
    this.#now = now;
  }

  begin(stream: string, value: Text, options?: AppendOptions): Appending {
    const links = options?.links ?? NO_LINKS;
    const causes = links.length === 0 ? NO_CAUSES : links.map((link) => parseId(link));
    const gathering = this.#gathering.get(stream) ?? this.#gather(checkKey(stream));
    const id = nextId(this.#lastId(stream), this.#now());
    this.#lastIds.set(stream, id);
    const name = formatId(id);
    gathering.entries.push({ id, name, value });
    for (const cause of causes) gathering.links.push({ cause, effect: id });
    return { id: name, stored: gathering.stored };
  }

  #gather(stream: string): Gathering {
    const [entries, links]: [Entry[], Link[]] = [[], []];
    const stored = this.#table.writeLater(() => {
      this.#gathering.delete(stream);
      return [...entryRows(stream, entries), ...linkRows(stream, links)];
    });
    const gathering = { entries, links, stored };
    this.#gathering.set(stream, gathering);
    return gathering;
  }

  async linked(stream: string, id: string): Promise<string[]> {
    const cause = parseId(id);
    checkKey(stream);
    await this.#table.settled();
    const rows = [
      ...this.#table.range({
        start: [LINK, stream, cause.ms, cause.seq],
        end: [LINK, stream, cause.ms, cause.seq, END],
      }),
      ...this.#table.range({
        start: [LINKS, stream, secondOf(cause)],
        end: [LINKS, stream, secondOf(cause), END],
      }),
    ];
    return rows
      .flatMap(({ key, value }) => linksIn(key, value))
      .filter((link) => compareIds(link.cause, cause) === 0)
      .sort((a, b) => compareIds(a.effect, b.effect))
      .map(({ effect }) => formatId(effect));
  }

  async range(stream: string, options: RangeOptions = {}): Promise<StreamEntry[]> {
    const { low, high } = boundsOf(options);
    checkKey(stream);
    const { count = Number.POSITIVE_INFINITY, chars = Number.POSITIVE_INFINITY } = options;
    if (count === 0 || compareIds(low, high) > 0) return [];
    await this.#table.settled();
    const reverse = options.reverse ?? false;
    const found: StreamEntry[] = [];
    let weight = 0;
    for (const { key, value } of this.#rows(stream, low, high, reverse, count)) {
      const entries = entriesIn(key, value);
      for (const { id, name, value: text } of reverse ? entries.reverse() : entries) {
        if (compareIds(id, low) < 0 || compareIds(id, high) > 0) continue;
        found.push({ id: name, value: text });
        weight += text.length;
        if (found.length === count || weight >= chars) return found;
      }
    }
    return found;
  }

  async trim(stream: string, beforeId: string): Promise<number> {
    const before = parseId(beforeId);
    checkKey(stream);
    await this.#table.settled();
    const last = this.#lastId(stream);
    if (last) await this.#table.write([[[LAST_ID, stream], formatId(last)]]);
    const removed = await this.#removeEntries(stream, before);
    await this.#removeLinks(LINK, stream, [before.ms, before.seq], before);
    await this.#removeLinks(LINKS, stream, [secondOf(before), END], before);
    return removed;
  }

  /** The rows that may hold entries between two ids, as far as somebody reads them; `count` is what is hoped for. */
  *#rows(stream: string, low: StreamId, high: StreamId, reverse: boolean, count: number): Generator<Row> {
    // A block that began before may reach into the range.
    const [reaching] = this.#table.keys({
      start: [STREAM, stream, 0, 0],
      end: [STREAM, stream, low.ms, low.seq, END],
      limit: 1,
      reverse: true,
    });
    let start: RowKey = reaching ? rowKey(reaching) : [STREAM, stream, low.ms, low.seq];
    let end: RowKey = [STREAM, stream, high.ms, high.seq, END];
    for (let limit = Math.min(count + 1, FIRST_CHUNK); ; limit = Math.min(2 * limit, CHUNK)) {
      let last: Row | undefined;
      let rows = 0;
      for (const row of this.#table.eachOf({ start, end, limit, reverse })) {
        yield row;
        last = row;
        rows += 1;
      }
      if (!last || rows < limit) return;
      const { ms, seq } = reverse ? previous(last.key) : next(lastIdIn(last.key));
      if (reverse) end = [STREAM, stream, ms, seq, END];
      else start = [STREAM, stream, ms, seq];
    }
  }

  /** The last id given out in this stream, from memory, from its last entry or from before its last trim. */
  #lastId(stream: string): StreamId | undefined {
    const known = this.#lastIds.get(stream);
    if (known) return known;
    const [newest] = this.#table.keys({
      start: [STREAM, stream, 0, 0],
      end: [STREAM, stream, END, 0],
      limit: 1,
      reverse: true,
    });
    const trimmed = this.#table.get([LAST_ID, stream]);
    const ids = trimmed === undefined ? [] : [parseId(trimmed)];
    if (newest) ids.push(lastIdIn(newest));
    return ids.sort(compareIds).at(-1);
  }

  async #removeEntries(stream: string, before: StreamId): Promise<number> {
    const range = { start: [STREAM, stream, 0, 0], end: [STREAM, stream, before.ms, before.seq] } as const;
    let removed = 0;
    for (;;) {
      const keys = this.#table.keys({ ...range, limit: CHUNK }).filter((key) => isBelow(key, before));
      if (keys.length === 0) return removed;
      const changes: Change[] = [];
      for (const key of keys) {
        const kept = compareIds(lastIdIn(key), before) < 0 ? [] : this.#keptOf(rowKey(key), before);
        removed += entryCount(key) - kept.length;
        changes.push([rowKey(key), undefined], ...entryRows(stream, kept));
      }
      await this.#table.write(changes);
    }
  }

  /** The entries of a block that a trim leaves. */
  #keptOf(key: RowKey, before: StreamId): Entry[] {
    return entriesIn(key, this.#table.get(key) ?? '').filter(({ id }) => compareIds(id, before) >= 0);
  }

  async #removeLinks(
    kind: string,
    stream: string,
    end: readonly [number, number],
    before: StreamId,
  ): Promise<void> {
    const isGone = ({ cause }: Link) => compareIds(cause, before) < 0;
    let start: RowKey = [kind, stream, 0, 0];
    for (;;) {
      const rows = this.#table.range({ start, end: [kind, stream, ...end], limit: CHUNK });
      const last = rows.at(-1);
      if (!last) return;
      const touched = rows.filter(({ key, value }) => linksIn(key, value).some(isGone));
      const changes = touched.flatMap(({ key, value }) => withoutLinks(rowKey(key), value, isGone));
      if (changes.length > 0) await this.#table.write(changes);
      // A key with one more part is the next one.
      start = [...rowKey(last.key), 0];
    }
  }
}

function rowKey([kind, ...rest]: readonly (string | number)[]): RowKey {
  return [String(kind), ...rest];
}

function isBelow(key: readonly (string | number)[], before: StreamId): boolean {
  return compareIds({ ms: Number(key[2]), seq: Number(key[3]) }, before) < 0;
}

/** The id before a row's first, for rows further back. */
function previous(key: readonly (string | number)[]): StreamId {
  const [ms, seq] = [Number(key[2]), Number(key[3])];
  return seq > 0 ? { ms, seq: seq - 1 } : { ms: ms - 1, seq: END };
}

function next({ ms, seq }: StreamId): StreamId {
  return { ms, seq: seq + 1 };
}
