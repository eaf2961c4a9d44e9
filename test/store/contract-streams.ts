import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareIds, depotKey, parseId, type Store } from '../../src/store/index.js';
import { runs } from '../support/properties.js';

const text = fc.oneof(fc.string(), fc.constantFrom('', '\n', '{"a":"ü 😀"}\n[1]', '5-0 3,'));
const nth = (ids: readonly string[], n: number): string => ids[n % ids.length] ?? '';
const compare = (a: string, b: string): number => compareIds(parseId(a), parseId(b));

/** What every store must do with streams and leases, and when it is closed. */
export function streamContract(name: string, open: () => Promise<Store>): void {
  describe(`the contract of streams and leases: ${name}`, () => {
    let store: Store;
    const depot = randomUUID();
    let counter = 0;
    const fresh = () => {
      counter += 1;
      return depotKey(depot, 's', String(counter));
    };

    beforeAll(async () => {
      store = await open();
    });
    afterAll(async () => {
      await store.close();
    });

    async function filled(length: number): Promise<{ stream: string; ids: string[] }> {
      const stream = fresh();
      const ids = await Promise.all(
        Array.from({ length }, (_, index) => store.append(stream, String(index))),
      );
      return { stream, ids };
    }

    test('appends get ascending ids near the present, in the order of the calls', async () => {
      const before = Date.now();
      const { stream, ids } = await filled(1_000);
      const parsed = ids.map((id) => parseId(id));
      expect([...parsed].sort(compareIds)).toEqual(parsed);
      expect(new Set(ids).size).toBe(1_000);
      expect(Math.abs((parsed[0]?.ms ?? 0) - before)).toBeLessThan(5_000);
      const entries = await store.range(stream);
      expect(entries.map(({ id }) => id)).toEqual(ids);
      expect(entries.map(({ value }) => value)).toEqual(ids.map((_, index) => String(index)));
    });

    test('appends with and without links keep their order', async () => {
      const stream = fresh();
      const first = await store.append(stream, 'first');
      const ids = await Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          store.append(stream, String(index), index % 3 ? {} : { links: [first] }),
        ),
      );
      expect((await store.range(stream, { after: first })).map(({ id }) => id)).toEqual(ids);
      expect(await store.linked(stream, first)).toEqual(ids.filter((_, index) => index % 3 === 0));
    });

    test('a range takes all its options, both ways', async () => {
      const { stream, ids } = await filled(20);
      const at = (index: number) => ids.at(index) ?? '';
      const idsOf = async (options: Parameters<Store['range']>[1]) =>
        (await store.range(stream, options)).map(({ id }) => id);
      expect(await idsOf({ after: at(4) })).toEqual(ids.slice(5));
      expect(await idsOf({ from: at(4) })).toEqual(ids.slice(4));
      expect(await idsOf({ to: at(4) })).toEqual(ids.slice(0, 5));
      expect(await idsOf({ from: at(3), after: at(3), to: at(6) })).toEqual(ids.slice(4, 7));
      expect(await idsOf({ count: 3 })).toEqual(ids.slice(0, 3));
      expect(await idsOf({ count: 0 })).toEqual([]);
      expect(await idsOf({ reverse: true })).toEqual([...ids].reverse());
      expect(await idsOf({ reverse: true, count: 3 })).toEqual([...ids].reverse().slice(0, 3));
      const window = { after: at(2), to: at(9), reverse: true, count: 4 };
      expect(await idsOf(window)).toEqual(ids.slice(6, 10).reverse());
      expect(await idsOf({ from: at(9), to: at(2) })).toEqual([]);
      expect(await idsOf({ after: at(-1) })).toEqual([]);
      expect(await store.range(fresh())).toEqual([]);
    });

    test('a bare time bounds whole milliseconds', async () => {
      const { stream, ids } = await filled(5);
      await delay(3);
      const later = await store.append(stream, 'later');
      const early = ids.map((id) => parseId(id).ms);
      const [firstMs = 0, lastMs = 0] = [Math.min(...early), Math.max(...early)];
      const idsOf = async (options: Parameters<Store['range']>[1]) =>
        (await store.range(stream, options)).map(({ id }) => id);
      expect(await idsOf({ from: String(firstMs), to: String(lastMs) })).toEqual(ids);
      expect(await idsOf({ after: String(lastMs) })).toEqual([later]);
    });

    test('malformed ids are refused', async () => {
      for (const id of ['', 'x', '1-', '-1', '1-2-3', '1.5', '12345678901234567890']) {
        await expect(store.range(fresh(), { from: id }), id).rejects.toMatchObject({ code: 'STORE_BAD_ID' });
        await expect(store.append(fresh(), '1', { links: [id] })).rejects.toMatchObject({
          code: 'STORE_BAD_ID',
        });
      }
    });

    test('trim removes what is older, and the links to it', async () => {
      const { stream, ids } = await filled(30);
      const [old = '', kept = ''] = [ids[3], ids[20]];
      const effects = [
        await store.append(stream, 'of old', { links: [old] }),
        await store.append(stream, 'of both', { links: [old, kept] }),
      ];
      expect(await store.trim(stream, ids[10] ?? '')).toBe(10);
      expect((await store.range(stream, { to: ids[29] ?? '' })).map(({ id }) => id)).toEqual(ids.slice(10));
      expect(await store.linked(stream, old)).toEqual([]);
      expect(await store.linked(stream, kept)).toEqual(effects.slice(1));
      expect(await store.trim(stream, ids[10] ?? '')).toBe(0);
    });

    test('what was appended at once is read, linked and trimmed one by one', async () => {
      const turns = fc.array(
        fc.array(fc.record({ text, links: fc.array(fc.nat(), { maxLength: 3 }) }), { maxLength: 8 }),
        {
          minLength: 1,
          maxLength: 8,
        },
      );
      const bounds = fc.record({ low: fc.nat(), high: fc.nat(), count: fc.nat(70), reverse: fc.boolean() });
      await fc.assert(
        fc.asyncProperty(turns, bounds, fc.nat(), async (given, { low, high, count, reverse }, cut) => {
          const stream = fresh();
          let kept: { readonly id: string; readonly value: string; readonly links: readonly string[] }[] = [];
          for (const turn of given) {
            const known = kept.map(({ id }) => id);
            const made = turn.map(({ text: value, links }) => {
              const causes = known.length > 0 ? [...new Set(links.map((link) => nth(known, link)))] : [];
              const { id, stored } = store.begin(stream, value, { links: causes });
              return { stored, entry: { id, value, links: causes } };
            });
            await Promise.all(made.map(({ stored }) => stored));
            kept = [...kept, ...made.map(({ entry }) => entry)];
          }
          const ids = kept.map(({ id }) => id);
          if (ids.length === 0) return;
          const check = async () => {
            const [from, to] = [nth(ids, low), nth(ids, high)];
            const within = kept.filter(({ id }) => compare(id, from) >= 0 && compare(id, to) <= 0);
            const wanted = (reverse ? within.reverse() : within).slice(0, count);
            const found = await store.range(stream, { from, to, count, reverse });
            expect(found).toEqual(wanted.map(({ id, value }) => ({ id, value })));
            for (const id of ids) {
              const effects = kept.filter(({ links }) => links.includes(id)).map((entry) => entry.id);
              const isKept = kept.some((entry) => entry.id === id);
              expect(await store.linked(stream, id)).toEqual(isKept ? effects : []);
            }
          };
          await check();
          const before = nth(ids, cut);
          const gone = kept.filter(({ id }) => compare(id, before) < 0).length;
          expect(await store.trim(stream, before)).toBe(gone);
          kept = kept.slice(gone);
          expect((await store.range(stream)).map(({ id }) => id)).toEqual(kept.map(({ id }) => id));
          await check();
        }),
        { numRuns: runs(25) },
      );
    });

    test('ids go on ascending after everything was trimmed', async () => {
      const { stream, ids } = await filled(3);
      const last = ids.at(-1) ?? '';
      expect(await store.trim(stream, `${parseId(last).ms + 1_000}-0`)).toBe(3);
      const next = await store.append(stream, 'next');
      expect(compareIds(parseId(next), parseId(last))).toBeGreaterThan(0);
    });

    test('a lease is held by one owner, and each taking has a greater token', async () => {
      const key = fresh();
      const first = await store.acquire(key, 'node-a', 10_000);
      expect(first).toEqual({ key, owner: 'node-a', token: 1 });
      if (!first) return;
      expect(await store.acquire(key, 'node-b', 10_000)).toBeNull();
      expect(await store.renew(first, 10_000)).toBe(true);
      const again = await store.acquire(key, 'node-a', 10_000);
      expect(again?.token).toBe(2);
      expect(await store.renew(first, 10_000), 'the older holder is known').toBe(false);
      expect(await store.release(first)).toBe(false);
      expect(again && (await store.release(again))).toBe(true);
      expect(again && (await store.renew(again, 10_000))).toBe(false);
      expect((await store.acquire(key, 'node-b', 10_000))?.token).toBe(3);
    });

    test('a lease expires, and its token still grows', async () => {
      const key = fresh();
      const first = await store.acquire(key, 'node-a', 1_000);
      // Renewed for longer than any pause of this process, so still held when the first term is over.
      expect(first && (await store.renew(first, 10_000))).toBe(true);
      await delay(1_050);
      expect(await store.acquire(key, 'node-b', 60), 'renewed, so still held').toBeNull();
      expect(first && (await store.renew(first, 60))).toBe(true);
      await delay(80);
      expect((await store.acquire(key, 'node-b', 10_000))?.token).toBe(2);
      expect(first && (await store.renew(first, 60))).toBe(false);
    });

    test('one of fifty gets a free lease', async () => {
      const key = fresh();
      const takers = Array.from({ length: 50 }, (_, node) => store.acquire(key, `node-${node}`, 10_000));
      expect((await Promise.all(takers)).filter((lease) => lease !== null)).toHaveLength(1);
    });

    test('close waits for what was begun and ends the rest', async () => {
      const other = await open();
      const stream = fresh();
      const begun = Array.from({ length: 20 }, (_, index) => other.append(stream, String(index)));
      await other.close();
      expect(await Promise.all(begun)).toHaveLength(20);
      await expect(other.get(fresh())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect(await other.ping()).toBe(false);
      await other.close();
    });
  });
}
