/** Lists: whatever is asked for and whatever changes on the way, each object comes once. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Listed, MAX_LIMIT, pageOf } from '../../src/ocpi/pages.js';

const URL_OF_LIST = 'https://cpo.example/ocpi/2.2.1/sessions';
const T0 = Date.UTC(2026, 0, 1);
const instant = (seconds: number) => new Date(T0 + seconds * 1000).toISOString();

const item = fc.record({
  id: fc.uuid(),
  createdAt: fc.integer({ min: 0, max: 50 }).map(instant),
  lastUpdated: fc.integer({ min: 51, max: 100 }).map(instant),
});
const items = fc.uniqueArray(item, { selector: ({ id }) => id, maxLength: 40 });

function queryOf(link: string | undefined): Record<string, string> | undefined {
  const url = /^<([^>]+)>; rel="next"$/.exec(link ?? '')?.[1];
  return url === undefined ? undefined : Object.fromEntries(new URL(url).searchParams);
}

/** Follows the links; `between` may change the list after each page. */
function crawl(
  list: readonly Listed[],
  query: Record<string, string>,
  between: (list: readonly Listed[], page: number) => readonly Listed[] = (same) => same,
): Listed[] {
  const found: Listed[] = [];
  let now = list;
  let next: Record<string, string> | undefined = query;
  for (let page = 0; next; page++) {
    const { items: got, headers } = pageOf(now, { query: next }, URL_OF_LIST);
    found.push(...got);
    next = queryOf(headers['link']);
    now = between(now, page);
    expect(page).toBeLessThan(100);
  }
  return found;
}

describe('pages', () => {
  it('give every object once, oldest first, whatever the limit', () => {
    fc.assert(
      fc.property(items, fc.integer({ min: 1, max: 200 }), (list, limit) => {
        const found = crawl(list, { limit: String(limit) });
        expect(found.map(({ id }) => id).sort()).toEqual(list.map(({ id }) => id).sort());
        const order = found.map(({ createdAt, id }) => createdAt + id);
        expect([...order].sort()).toEqual(order);
      }),
    );
  });

  it('give the same by offset as by link', () => {
    fc.assert(
      fc.property(items, fc.integer({ min: 1, max: 7 }), (list, limit) => {
        const byOffset: Listed[] = [];
        for (let offset = 0; offset <= list.length; offset += limit) {
          const query = { limit: String(limit), offset: String(offset) };
          byOffset.push(...pageOf(list, { query }, URL_OF_LIST).items);
        }
        expect(byOffset).toEqual(crawl(list, { limit: String(limit) }));
      }),
    );
  });

  it('lose nothing and repeat nothing when objects change and come while they are read', () => {
    fc.assert(
      fc.property(items, items, fc.integer({ min: 1, max: 5 }), fc.nat(), (list, later, limit, pick) => {
        const change = (now: readonly Listed[], page: number) => {
          const changed = now.map((entry, index) =>
            index === (pick + page) % Math.max(now.length, 1)
              ? { ...entry, lastUpdated: instant(500 + page) }
              : entry,
          );
          const fresh = later[page];
          const isNew = fresh && !now.some(({ id }) => id === fresh.id);
          return isNew ? [...changed, { ...fresh, createdAt: instant(200 + page) }] : changed;
        };
        const found = crawl(list, { limit: String(limit), date_to: instant(400) }, change).map(
          ({ id }) => id,
        );
        expect(new Set(found).size).toBe(found.length);
        const stayed = crawl(list, { limit: String(limit) }, change).map(({ id }) => id);
        for (const { id } of list) expect(stayed).toContain(id);
      }),
    );
  });

  it('filter from inclusive to exclusive, and count after the filter', () => {
    fc.assert(
      fc.property(
        items,
        fc.integer({ min: 50, max: 101 }),
        fc.integer({ min: 50, max: 101 }),
        (list, from, to) => {
          const query = { date_from: instant(from), date_to: instant(to), limit: '3' };
          const fitting = list.filter(
            ({ lastUpdated }) => lastUpdated >= instant(from) && lastUpdated < instant(to),
          );
          expect(crawl(list, query)).toHaveLength(fitting.length);
          const { headers } = pageOf(list, { query }, URL_OF_LIST);
          expect(headers['x-total-count']).toBe(String(fitting.length));
          expect(headers['x-limit']).toBe(String(MAX_LIMIT));
        },
      ),
    );
  });

  it('keep the filters in the link and have none on the last page', () => {
    const list = [1, 2, 3].map((n) => ({ id: `s${n}`, createdAt: instant(n), lastUpdated: instant(60) }));
    const query = { date_from: '2026-01-01T00:00:00', limit: '2' };
    const first = pageOf(list, { query }, URL_OF_LIST);
    expect(queryOf(first.headers['link'])).toMatchObject({ ...query, offset: '2' });
    expect(pageOf(list, { query: { offset: '2' } }, URL_OF_LIST).headers['link']).toBeUndefined();
    expect(pageOf(list, { query: { offset: '7' } }, URL_OF_LIST).items).toEqual([]);
    expect(pageOf(list, { query: { limit: '99999' } }, URL_OF_LIST).items).toHaveLength(3);
  });

  it('refuse what is no number and no date', () => {
    const wrong = [{ limit: '-1' }, { offset: '1.5' }, { limit: 'all' }, { date_from: 'yesterday' }];
    const dates = [{ date_to: '2026-01-01T00:00:00+00:00' }, { date_from: '2026-13-01T00:00:00Z' }];
    for (const query of [...wrong, ...dates] as Record<string, string>[]) {
      expect(() => pageOf([], { query }, URL_OF_LIST), JSON.stringify(query)).toThrow(/must be/);
    }
    expect(() => pageOf([], { query: {} }, URL_OF_LIST, { dateFromRequired: true })).toThrow('date_from');
  });
});
