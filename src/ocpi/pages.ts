/** Lists page by page (2.2.1 transport §4.1.3): date filters, limits, links, and a cursor that survives changes. */
import type { Instant } from '../domain/index.js';
import { invalid } from './refusal.js';
import type { Heard } from './server.js';

/** Objects on a page at most; more asked for is cut down to it. */
export const MAX_LIMIT = 100;

export interface Listed {
  readonly id: string;
  readonly createdAt: Instant;
  readonly lastUpdated: Instant;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The page that a query asks for. `all` are the objects this partner may see, and nothing else counts.
 * @param url where the list is, publicly
 * @throws BridgeError OCPI_INVALID
 */
export function pageOf<T extends Listed>(
  all: readonly T[],
  { query }: Pick<Heard, 'query'>,
  url: string,
  options: { readonly dateFromRequired?: boolean } = {},
): Page<T> {
  const from = instant(query, 'date_from');
  const to = instant(query, 'date_to');
  if (from === undefined && options.dateFromRequired) throw invalid('date_from is required');
  const limit = Math.min(count(query, 'limit') ?? MAX_LIMIT, MAX_LIMIT);
  const fitting = all
    .filter(({ lastUpdated }) => {
      const at = Date.parse(lastUpdated);
      return (from === undefined || at >= from) && (to === undefined || at < to);
    })
    .sort(inOrder);
  const start = startOf(fitting, query);
  const items = limit === 0 ? [] : fitting.slice(start, start + limit);
  const last = items.at(-1);
  const hasMore = last !== undefined && start + items.length < fitting.length;
  const headers = { 'x-total-count': String(fitting.length), 'x-limit': String(MAX_LIMIT) };
  if (!hasMore) return { items, headers };
  const next = nextUrl(url, query, start + items.length, limit, cursorOf(last));
  return { items, headers: { ...headers, link: `<${next}>; rel="next"` } };
}

/** Creation never changes, so neither does the place of an object in its list. */
function inOrder(a: Listed, b: Listed): number {
  const [one, other] = [cursorOf(a), cursorOf(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

function cursorOf({ createdAt, id }: Listed): string {
  return `${createdAt}/${id}`;
}

/**
 * A link of ours goes on after the last object of its page, so what leaves the filter meanwhile moves nothing; a
 * partner that counts by itself gets its offset.
 */
function startOf(fitting: readonly Listed[], query: Heard['query']): number {
  const { after } = query;
  if (after === undefined) return count(query, 'offset') ?? 0;
  const next = fitting.findIndex((item) => cursorOf(item) > after);
  return next < 0 ? fitting.length : next;
}

function nextUrl(url: string, query: Heard['query'], offset: number, limit: number, after: string): string {
  const next = new URL(url);
  for (const name of ['date_from', 'date_to']) {
    const value = query[name];
    if (value !== undefined) next.searchParams.set(name, value);
  }
  for (const [name, value] of Object.entries({ offset, limit, after }))
    next.searchParams.set(name, String(value));
  return next.href;
}

function count(query: Heard['query'], name: string): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  if (typeof text !== 'string' || !/^\d{1,9}$/.test(text))
    throw invalid(`${name} must be a whole number from 0 on`);
  return Number(text);
}

const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z?$/;

/** Milliseconds since 1970; without a zone it is UTC (types §DateTime). */
function instant(query: Heard['query'], name: string): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  const isWellFormed = typeof text === 'string' && DATE_TIME.test(text);
  const at = isWellFormed ? Date.parse(text.endsWith('Z') ? text : `${text}Z`) : Number.NaN;
  if (Number.isNaN(at)) throw invalid(`${name} must be a date and time in UTC such as 2026-01-31T20:00:00Z`);
  return at;
}
