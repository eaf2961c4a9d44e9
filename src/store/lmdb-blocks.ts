/**
 * Entries that one stream was given within one turn of the event loop, and the links they brought, each as one row: what
 * a row costs (key, tree, removal) is then paid once for all stations that spoke at the same moment. What came alone has
 * a row of its own, as everything had in earlier versions.
 */
import { Block } from './block.js';
import type { Change, RowKey } from './lmdb-rows.js';
import type { Text } from './port.js';
import { formatId, parseId, type StreamId } from './stream-id.js';

// The kinds of rows, first part of each key; numbers sort as numbers.
/** `[s, stream, ms, seq]` → text; or, for several, `[s, stream, ms, seq of the first, ms, seq of the last, count]` → block. */
export const STREAM = 's';
/** `[k, stream, ms, seq of the cause, ms, seq of the effect]` → ''. */
export const LINK = 'k';
/** `[b, stream, second of the causes, ms, seq of the first effect]` → lines of cause and effect. */
export const LINKS = 'b';

export interface Entry {
  readonly id: StreamId;
  /** The same as text. */
  readonly name: string;
  readonly value: Text;
}

/** An entry as it is read. */
export interface ReadEntry extends Entry {
  readonly value: string;
}

export interface Link {
  readonly cause: StreamId;
  readonly effect: StreamId;
}

/** The second in whose rows the links of a cause are found. */
export function secondOf(cause: StreamId): number {
  return Math.floor(cause.ms / 1_000);
}

/**
 * Characters of a row after which the next entry begins another: a row is read and written whole, in memory that the
 * allocator keeps.
 */
const MOST_CHARS = 131_072;

/** The rows of entries that follow one another. */
export function entryRows(stream: string, entries: readonly Entry[]): Change[] {
  const rows: Change[] = [];
  let chars = 0;
  let from = 0;
  for (const [index, { value }] of entries.entries()) {
    const length = lengthOf(value);
    if (index > from && chars + length > MOST_CHARS) {
      rows.push(...rowOfEntries(stream, entries.slice(from, index)));
      from = index;
      chars = 0;
    }
    chars += length;
  }
  rows.push(...rowOfEntries(stream, from === 0 ? entries : entries.slice(from)));
  return rows;
}

function rowOfEntries(stream: string, entries: readonly Entry[]): Change[] {
  const [first, last] = [entries[0], entries.at(-1)];
  if (!first || !last) return [];
  const key = [STREAM, stream, first.id.ms, first.id.seq] as const;
  if (entries.length === 1) return [[key, new Block(partsOf(first.value))]];
  const heads = entries.map(({ name, value }) => `${name} ${lengthOf(value)}`);
  const parts = [`${heads.join()}\n`];
  for (const { value } of entries) for (const part of partsOf(value)) parts.push(part);
  return [[[...key, last.id.ms, last.id.seq, entries.length], new Block(parts)]];
}

function partsOf(text: Text): readonly string[] {
  return typeof text === 'string' ? [text] : text;
}

function lengthOf(text: Text): number {
  if (typeof text === 'string') return text.length;
  let length = 0;
  for (const part of text) length += part.length;
  return length;
}

/** The entries of a row, in order. */
export function entriesIn(key: readonly (string | number)[], text: string): ReadEntry[] {
  if (entryCount(key) === 1) return [{ id: idAt(key, 2), name: formatId(idAt(key, 2)), value: text }];
  const end = text.indexOf('\n');
  let at = end + 1;
  return text
    .slice(0, end)
    .split(',')
    .map((head) => {
      const [id = '', length] = head.split(' ');
      const value = text.slice(at, at + Number(length));
      at += value.length;
      return { id: parseId(id), name: id, value };
    });
}

/** How many entries a row has, as its key tells. */
export function entryCount(key: readonly (string | number)[]): number {
  return Number(key[6] ?? 1);
}

/** The id of the last entry of a row, as its key tells. */
export function lastIdIn(key: readonly (string | number)[]): StreamId {
  return idAt(key, key.length > 4 ? 4 : 2);
}

/** The rows of links, by the seconds of their causes. */
export function linkRows(stream: string, links: readonly Link[]): Change[] {
  const bySecond = new Map<number, Link[]>();
  for (const link of links) {
    const second = secondOf(link.cause);
    const known = bySecond.get(second);
    if (known) known.push(link);
    else bySecond.set(second, [link]);
  }
  return [...bySecond].flatMap(([second, linked]) => rowOfLinks(stream, second, linked));
}

function rowOfLinks(stream: string, second: number, links: readonly Link[]): Change[] {
  const [first] = links;
  if (!first) return [];
  const { cause, effect } = first;
  if (links.length === 1) return [[[LINK, stream, cause.ms, cause.seq, effect.ms, effect.seq], '']];
  const lines = links.map((link) => `${formatId(link.cause)} ${formatId(link.effect)}`);
  return [[[LINKS, stream, second, effect.ms, effect.seq], new Block([lines.join('\n')])]];
}

/** The links of a row of either kind. */
export function linksIn(key: readonly (string | number)[], text: string): Link[] {
  if (key[0] === LINK) return [{ cause: idAt(key, 2), effect: idAt(key, 4) }];
  return text.split('\n').map((line) => {
    const [cause = '', effect = ''] = line.split(' ');
    return { cause: parseId(cause), effect: parseId(effect) };
  });
}

/** A row without some of its links. */
export function withoutLinks(key: RowKey, text: string, isGone: (link: Link) => boolean): Change[] {
  const kept = linksIn(key, text).filter((link) => !isGone(link));
  return [[key, undefined], ...linkRows(String(key[1]), kept)];
}

function idAt(key: readonly (string | number)[], at: number): StreamId {
  return { ms: Number(key[at]), seq: Number(key[at + 1]) };
}
