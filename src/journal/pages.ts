import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RangeOptions, Store, StreamEntry } from '../store/index.js';

const FIRST_PAGE = 50;
const MAX_PAGE = 1_000;
/** What one page may weigh, in characters; payloads differ by four orders of magnitude. */
const PAGE_CHARS = 1_000_000;

/** Reads a stream page by page, each sized by the weight of the one before; the range's `count` holds over all. */
export async function* readPages(
  store: Store,
  stream: string,
  range: RangeOptions,
): AsyncGenerator<StreamEntry[]> {
  let left = range.count ?? Number.POSITIVE_INFINITY;
  let size = FIRST_PAGE;
  let bounds = range;
  while (left > 0) {
    const count = Math.min(size, left);
    const page = await store.range(stream, { ...bounds, count, chars: PAGE_CHARS });
    const last = page.at(-1);
    if (!last) return;
    yield page;
    const chars = page.reduce((sum, entry) => sum + entry.value.length, 0);
    if (page.length < count && chars < PAGE_CHARS) return;
    // An embedded store answers within the turn: a long read must not keep chargers waiting.
    await nextTurn();
    left -= page.length;
    bounds = continueAfter(range, last.id);
    size = Math.max(1, Math.min(MAX_PAGE, Math.floor((PAGE_CHARS * page.length) / Math.max(1, chars))));
  }
}

function continueAfter(range: RangeOptions, id: string): RangeOptions {
  if (!range.reverse) return { ...range, after: id };
  const [ms = '0', seq = '0'] = id.split('-');
  const before = seq === '0' ? String(Number(ms) - 1) : `${ms}-${Number(seq) - 1}`;
  return { ...range, to: before };
}
