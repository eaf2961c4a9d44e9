/** Rows of the LMDB table: their keys, their changes, and ranges of them in order. */
import { compareKeys } from './backlog.js';
import type { Block } from './block.js';

/** A row's key: its kind first, then what the kind needs; sorts by its parts. */
export type RowKey = readonly [kind: string, ...rest: ReadonlyArray<string | number>];

/** One row to write; `undefined` removes it. */
export type Change = readonly [key: RowKey, value: string | Block | undefined];

/** Both ends inclusive. */
export interface RowRange {
  readonly start: RowKey;
  readonly end: RowKey;
  readonly limit?: number;
  readonly reverse?: boolean;
}

/** As LMDB takes it; `more`: rows that may be needed beyond the limit, as some are laid over. */
export function rangeOptions(range: RowRange, more = 0) {
  const [first, last] = range.reverse ? [range.end, range.start] : [range.start, range.end];
  return {
    start: [...first],
    end: [...last],
    inclusiveEnd: true,
    reverse: range.reverse ?? false,
    ...(range.limit === undefined ? {} : { limit: range.limit + more }),
  };
}

/** Whether a key begins with these parts. */
export function startsWith(key: ReadonlyArray<string | number>, head: RowKey): boolean {
  return head.every((part, index) => key[index] === part);
}

/** Rows in the order of their keys, as many as the range wants. */
export function inOrder<T>(
  rows: T[],
  keyOf: (row: T) => RowKey | Array<string | number>,
  range: RowRange,
): T[] {
  rows.sort((a, b) => compareKeys(keyOf(a), keyOf(b)) * (range.reverse ? -1 : 1));
  return range.limit === undefined ? rows : rows.slice(0, range.limit);
}
