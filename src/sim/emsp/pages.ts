import type { Call, OcpiClient } from './client.js';
import { EmspError } from './errors.js';
import type { OcpiObject } from './messages.js';
import type { OcpiViolation } from './watch.js';

/** A list as it was read, page by page. */
export interface PagedList {
  readonly items: readonly OcpiObject[];
  readonly pages: number;
  /** X-Total-Count of the last page. */
  readonly total: number | undefined;
}

/** What a list may be filtered by. */
export interface ListQuery {
  readonly dateFrom?: string;
  readonly dateTo?: string;
  readonly offset?: number;
  readonly limit?: number;
}

const MAX_PAGES = 10_000;

/** The URL of a list's first page. */
export function listUrl(endpoint: string, { dateFrom, dateTo, offset, limit }: ListQuery): string {
  const url = new URL(endpoint);
  const wanted = { date_from: dateFrom, date_to: dateTo, offset, limit };
  for (const [name, value] of Object.entries(wanted)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url.href;
}

/** Follows `Link: <…>; rel="next"` to the end. @throws EmspError as soon as a page fails */
export async function readPages(
  client: OcpiClient,
  first: Call,
  violation: (violation: OcpiViolation) => void,
): Promise<PagedList> {
  const items: OcpiObject[] = [];
  let url: string | undefined = first.url;
  for (let pages = 1; pages <= MAX_PAGES; pages++) {
    const answer = await client.ask({ ...first, url, list: true });
    const page = Array.isArray(answer.data) ? (answer.data as OcpiObject[]) : [];
    items.push(...page);
    const at = `answer to GET ${url}`;
    const { 'x-limit': limit, 'x-total-count': total } = answer.headers;
    const report = (message: string) => violation({ kind: 'headers', at, message, raw: answer.raw });
    if (total === undefined) report('x-total-count is missing');
    if (limit === undefined) report('x-limit is missing');
    else if (page.length > Number(limit)) report(`${page.length} objects on a page limited to ${limit}`);
    const next = nextLink(answer.headers['link']);
    if (next === undefined) {
      return { items, pages, total: total === undefined ? undefined : Number(total) };
    }
    url = new URL(next, url).href;
    if (new URL(url).origin !== new URL(first.url).origin) {
      throw new EmspError(
        'unreadable',
        `the next page of ${first.url} is said to be on another host: ${url}`,
      );
    }
  }
  throw new EmspError('unreadable', `${first.url} has no last page`);
}

/** The target of rel="next" in a Link header. */
export function nextLink(header: string | undefined): string | undefined {
  return /<([^>]*)>\s*;\s*rel="?next"?/i.exec(header ?? '')?.[1];
}
