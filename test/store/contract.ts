import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { depotKey, type Store } from '../../src/store/index.js';

/** What every store must do. `open` gives a store that is closed at the end; several may lie on one server. */
export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(`the contract of a store: ${name}`, () => {
    let store: Store;
    const depot = randomUUID();
    let counter = 0;
    /** A key that no other test uses. */
    const fresh = () => {
      counter += 1;
      return depotKey(depot, 'k', String(counter));
    };

    beforeAll(async () => {
      store = await open();
    });
    afterAll(async () => {
      await store.close();
    });

    describe('values', () => {
      test('are absent, then created, changed and removed', async () => {
        const key = fresh();
        expect(await store.get(key)).toBeNull();
        expect(await store.set(key, '{"a":1}')).toBe(1);
        expect(await store.set(key, '{"a":2}')).toBe(2);
        expect(await store.get(key)).toEqual({ value: '{"a":2}', version: 2 });
        expect(await store.delete(key)).toBe(true);
        expect(await store.delete(key)).toBe(false);
        expect(await store.get(key)).toBeNull();
        expect(await store.set(key, '3'), 'the version begins anew').toBe(1);
      });

      test('are set only on the expected version', async () => {
        const key = fresh();
        expect(await store.set(key, '1', { ifVersion: 1 })).toBeNull();
        expect(await store.set(key, '1', { ifVersion: 0 })).toBe(1);
        expect(await store.set(key, '2', { ifVersion: 0 })).toBeNull();
        expect(await store.set(key, '2', { ifVersion: 1 })).toBe(2);
        expect(await store.get(key)).toEqual({ value: '2', version: 2 });
      });

      test('are created once in a race of fifty, and no increment is lost', async () => {
        const key = fresh();
        const created = await Promise.all(
          Array.from({ length: 50 }, (_, racer) => store.set(key, String(racer), { ifVersion: 0 })),
        );
        expect(created.filter((version) => version !== null)).toEqual([1]);

        const sum = fresh();
        await store.set(sum, '0');
        await Promise.all(Array.from({ length: 50 }, () => addOne(store, sum)));
        expect(await store.get(sum)).toEqual({ value: '50', version: 51 });
      });

      test('keep any text', async () => {
        const key = fresh();
        const text = JSON.stringify({ raw: 'ä€😀\u0000\r\n\ud800 "\\', long: 'x'.repeat(1_048_576) });
        await store.set(key, text);
        expect((await store.get(key))?.value).toBe(text);
        await store.set(key, '');
        expect(await store.get(key)).toEqual({ value: '', version: 2 });
      });

      test('expire, and begin anew afterwards', async () => {
        const key = fresh();
        expect(await store.set(key, '1', { ttlMs: 300 })).toBe(1);
        expect(await store.get(key)).toEqual({ value: '1', version: 1 });
        expect(await store.set(key, '2', { ttlMs: 300, ifVersion: 1 })).toBe(2);
        await delay(350);
        expect(await store.get(key)).toBeNull();
        expect(await store.delete(key)).toBe(false);
        expect(await store.set(key, '3', { ifVersion: 0 })).toBe(1);
      });

      test('stay when they are set again without a time to live', async () => {
        const [set, committed] = [fresh(), fresh()];
        await store.set(set, '1', { ttlMs: 300 });
        await store.set(committed, '1', { ttlMs: 300 });
        await store.set(set, '2');
        await store.commit([{ op: 'set', key: committed, value: '2' }]);
        await delay(350);
        expect(await store.get(set)).toEqual({ value: '2', version: 2 });
        expect(await store.get(committed)).toEqual({ value: '2', version: 2 });
      });
    });

    test('scan finds the live values of a prefix in order, and nothing else', async () => {
      const other = depotKey(randomUUID(), 'scan:1');
      const names = ['scan:1', 'scan:10', 'scan:2', 'scan:ü', 'scan:𝄞'].map((part) => depotKey(depot, part));
      for (const key of [...names].reverse()) await store.set(key, JSON.stringify(key));
      await store.set(other, '"other"');
      await store.set(depotKey(depot, 'scan:gone'), '1', { ttlMs: 1 });
      await store.set(depotKey(depot, 'scan:deleted'), '1');
      await store.delete(depotKey(depot, 'scan:deleted'));
      await store.hashSet(depotKey(depot, 'scan:hash'), 'f', '1');
      await delay(10);
      const found = await store.scan(depotKey(depot, 'scan:'));
      expect(found).toEqual(names.map((key) => ({ key, value: JSON.stringify(key) })));
      expect(await store.scan(`{${randomUUID()}}:`)).toEqual([]);
    });

    test('scan finds more than one page', async () => {
      const many = randomUUID();
      const keys = Array.from({ length: 1_203 }, (_, index) =>
        depotKey(many, String(index).padStart(5, '0')),
      );
      await store.commit(keys.map((key) => ({ op: 'set', key, value: '1' })));
      expect((await store.scan(`{${many}}:`)).map(({ key }) => key)).toEqual(keys);
    });

    test('hashes hold fields of their own', async () => {
      const key = fresh();
      expect(await store.hashGet(key, 'a')).toBeNull();
      expect(await store.hashGetAll(key)).toEqual({});
      await store.hashSet(key, 'a', '1');
      await store.hashSet(key, 'b', '2');
      await store.hashSet(key, 'a', '3');
      expect(await store.hashGet(key, 'a')).toBe('3');
      expect(await store.hashGetAll(key)).toEqual({ a: '3', b: '2' });
      expect(await store.hashDelete(key, 'a')).toBe(true);
      expect(await store.hashDelete(key, 'a')).toBe(false);
      expect(await store.hashGetAll(key)).toEqual({ b: '2' });
      expect(await store.get(key), 'a value of the same key is another thing').toBeNull();
      expect(await store.delete(key)).toBe(true);
      expect(await store.hashGetAll(key)).toEqual({});
    });

    test('counters give each caller a sum of its own', async () => {
      const key = fresh();
      const sums = await Promise.all(Array.from({ length: 20 }, () => store.incr(key)));
      expect(sums).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    });

    test('a commit does all its operations in order', async () => {
      const [a, b, hash] = [fresh(), fresh(), fresh()];
      await store.set(a, '0');
      await store.hashSet(hash, 'old', '1');
      await store.commit([
        { op: 'set', key: a, value: '1' },
        { op: 'set', key: a, value: '2' },
        { op: 'set', key: b, value: '1' },
        { op: 'delete', key: b },
        { op: 'hashDelete', key: hash, field: 'old' },
        { op: 'hashSet', key: hash, field: 'new', value: '2' },
      ]);
      expect(await store.get(a)).toEqual({ value: '2', version: 3 });
      expect(await store.get(b)).toBeNull();
      expect(await store.hashGetAll(hash)).toEqual({ new: '2' });
      await store.commit([
        { op: 'hashSet', key: hash, field: 'newer', value: '3' },
        { op: 'delete', key: hash },
        { op: 'hashSet', key: hash, field: 'last', value: '4' },
        { op: 'delete', key: a },
        { op: 'set', key: a, value: '9' },
      ]);
      expect(await store.hashGetAll(hash)).toEqual({ last: '4' });
      expect(await store.get(a)).toEqual({ value: '9', version: 1 });
      await store.commit([]);
    });

    test('a commit with one bad operation does none', async () => {
      const key = fresh();
      const foreign = depotKey(randomUUID(), 'x');
      const mixed = store.commit([
        { op: 'set', key, value: '1' },
        { op: 'set', key: foreign, value: '1' },
      ]);
      await expect(mixed).rejects.toMatchObject({ code: 'STORE_BAD_KEY' });
      expect(await store.get(key)).toBeNull();
      expect(await store.get(foreign)).toBeNull();
    });

    test('nobody sees half a commit', async () => {
      const [a, b] = [fresh(), fresh()];
      const seen: boolean[] = [];
      for (let round = 1; round <= 20; round += 1) {
        const writing = store.commit([
          { op: 'hashSet', key: a, field: 'x', value: String(round) },
          { op: 'hashSet', key: a, field: 'y', value: String(round) },
          { op: 'set', key: b, value: String(round) },
        ]);
        const { x, y } = await store.hashGetAll(a);
        seen.push(x === y);
        await writing;
      }
      expect(seen).not.toContain(false);
    });

    test('keys that no cluster could place are refused', async () => {
      const bad = [
        'plain',
        'depot:x',
        '{}:x',
        '{a}',
        '{a}:',
        '{a}x:y',
        '{a}:\u0000',
        `{a}:${'ü'.repeat(300)}`,
      ];
      for (const key of bad) {
        await expect(store.set(key, '1'), key).rejects.toMatchObject({ code: 'STORE_BAD_KEY' });
        await expect(store.append(key, '1'), key).rejects.toMatchObject({ code: 'STORE_BAD_KEY' });
      }
      await expect(store.scan('{a')).rejects.toMatchObject({ code: 'STORE_BAD_KEY' });
      await expect(store.hashSet(fresh(), '', '1')).rejects.toMatchObject({ code: 'STORE_BAD_KEY' });
    });

    test('ping writes and reads, as often as it is asked', async () => {
      // Some of these come while earlier writes are being taken over, some after.
      for (let round = 0; round < 4; round += 1) {
        expect(await store.ping()).toBe(true);
        await store.append(fresh(), 'x');
        expect(await store.ping()).toBe(true);
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
    });
  });
}

async function addOne(store: Store, key: string): Promise<void> {
  for (;;) {
    const current = await store.get(key);
    const next = String(Number(current?.value ?? 0) + 1);
    if ((await store.set(key, next, { ifVersion: current?.version ?? 0 })) !== null) return;
  }
}
