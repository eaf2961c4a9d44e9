import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  type Journal,
  type JournalEntry,
  type JournalFilter,
  openJournal,
  type TraceNode,
} from '../../src/journal/index.js';
import { depotKey, openStore, type Store } from '../../src/store/index.js';
import { runs } from '../support/properties.js';
import { draft } from './drafts.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A trace as nested ids; a cut is told by its name. */
interface Shape extends Array<Shape | string> {}
function shapeOf(node: TraceNode): Shape {
  return [node.entry.id, ...node.children.map(shapeOf), ...(node.cut ? [node.cut] : [])];
}

async function all(journal: Journal, filter?: JournalFilter): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for await (const entry of journal.entries(filter)) entries.push(entry);
  return entries;
}

function journalTests(name: string, open: () => Promise<Store>): void {
  describe(`the journal on ${name}`, () => {
    let store: Store;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(async () => {
      await store.close();
    });
    const fresh = () => openJournal(store, randomUUID());

    test('gives back what it was given', async () => {
      const journal = fresh();
      const { depotId } = journal;
      const cause = await journal.append(draft(depotId));
      const whole = draft(depotId, {
        link: 'ocpi:emsp-demo',
        protocol: 'ocpi',
        direction: 'out',
        action: 'PUT sessions',
        messageId: 'm-17',
        raw: '{"kwh":1.5}',
        at: 1_700_000_000_123,
        causes: [cause.id],
        generation: 'a1b2',
        rules: ['ocpi/session.status', 'ocpi/session.kwh'],
        error: 'OCPI_UNKNOWN_TOKEN',
        http: { method: 'PUT', path: '/ocpi/2.2.1/sessions/1', status: 401 },
      });
      const stored = await journal.append(whole);
      expect(stored).toEqual({ ...whole, id: stored.id });
      expect(await journal.read(stored.id)).toEqual(stored);
      const plain = await journal.append(draft(depotId));
      expect(await journal.read(plain.id)).toEqual(plain);
      expect(Math.abs(plain.at - Date.now())).toBeLessThan(5_000);
    });

    test('keeps the raw text character by character', async () => {
      const journal = fresh();
      const texts = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
      );
      await fc.assert(
        fc.asyncProperty(texts, async (raw) => {
          const { id } = await journal.append(draft(journal.depotId, { raw }));
          expect((await journal.read(id)).raw).toBe(raw);
        }),
        { numRuns: runs(50), examples: [[''], ['\u0000'], ['\ud800'], ['\udc00\ud800'], ['\u2028\ufeff']] },
      );
      const large = `${'ä\ud83d\u0000"'.repeat(262_144)}`;
      const { id } = await journal.append(draft(journal.depotId, { raw: large }));
      expect((await journal.read(id)).raw === large).toBe(true);
    });

    test('reads what is heavy, among what is light, to its end', async () => {
      const journal = fresh();
      const sizes = [...Array<number>(60).fill(10), ...Array<number>(12).fill(300_000), 1_200_000, 5];
      const drafts = sizes.map((size) => draft(journal.depotId, { raw: 'x'.repeat(size) }));
      await Promise.all(drafts.map((each) => journal.append(each)));
      const read = async (filter?: JournalFilter) =>
        (await all(journal, filter)).map(({ raw }) => raw.length);
      expect(await read()).toEqual(sizes);
      expect(await read({ reverse: true })).toEqual(sizes.toReversed());
      expect(await read({ count: 70 })).toEqual(sizes.slice(0, 70));
    });

    test('reads by window, link, protocol, direction and action, both ways, over many pages', async () => {
      const journal = fresh();
      const written = await Promise.all(
        Array.from({ length: 400 }, (_, index) =>
          journal.append(
            draft(journal.depotId, {
              link: `ocpp:CP-${index % 4}`,
              direction: index % 2 ? 'in' : 'out',
              protocol: index % 5 ? 'ocpp1.6' : 'vdv463',
              action: index % 3 ? 'Heartbeat' : 'StatusNotification',
              raw: String(index),
            }),
          ),
        ),
      );
      const ids = written.map(({ id }) => id);
      const idsOf = async (filter?: JournalFilter) => (await all(journal, filter)).map(({ id }) => id);
      const where = (test: (index: number) => boolean) => ids.filter((_, index) => test(index));
      expect(await idsOf()).toEqual(ids);
      expect(await idsOf({ reverse: true })).toEqual([...ids].reverse());
      expect(await idsOf({ link: 'ocpp:CP-2', reverse: true })).toEqual(
        where((index) => index % 4 === 2).reverse(),
      );
      const filter = { direction: 'in', protocol: 'vdv463', action: 'StatusNotification' } as const;
      expect(await idsOf(filter)).toEqual(where((index) => index % 30 === 15));
      expect(await idsOf({ ...filter, count: 2 })).toEqual(where((index) => index % 30 === 15).slice(0, 2));
      const [low = '', high = ''] = [ids[100], ids[300]];
      expect(await idsOf({ from: low, to: high })).toEqual(ids.slice(100, 301));
      expect(await idsOf({ after: low, to: high, reverse: true })).toEqual(ids.slice(101, 301).reverse());
      expect(await idsOf({ count: 0 })).toEqual([]);
    });

    test('refuses what is not its own', async () => {
      const journal = fresh();
      const { depotId } = journal;
      await expect(journal.read('1-0')).rejects.toMatchObject({
        code: 'JOURNAL_NO_ENTRY',
        where: { journalId: '1-0' },
      });
      await expect(journal.read('nonsense')).rejects.toMatchObject({ code: 'JOURNAL_NO_ENTRY' });
      await expect(journal.traceBack('1-0')).rejects.toMatchObject({ code: 'JOURNAL_NO_ENTRY' });
      await expect(journal.append(draft('other'))).rejects.toMatchObject({ code: 'JOURNAL_WRONG_DEPOT' });
      const badCause = draft(depotId, { causes: ['17'] });
      await expect(journal.append(badCause)).rejects.toMatchObject({ code: 'JOURNAL_BAD_CAUSE' });
      for (const damaged of ['{"some":"thing"}', '{"t":1\n[2]', '\n[2]', '']) {
        const id = await store.append(depotKey(depotId, 'journal'), damaged);
        await expect(journal.read(id)).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED' });
      }
    });

    test('reads what earlier versions wrote', async () => {
      const journal = fresh();
      const raw = '[2,"7","Heartbeat",{}]\n';
      const old = { t: 5, l: 'ocpp:CP-1', p: 'ocpp1.6', d: 'in', a: 'Heartbeat', m: '7', c: ['3-0'], r: raw };
      const id = await store.append(depotKey(journal.depotId, 'journal'), JSON.stringify(old));
      expect(await journal.read(id)).toEqual({
        id,
        at: 5,
        depotId: journal.depotId,
        link: 'ocpp:CP-1',
        protocol: 'ocpp1.6',
        direction: 'in',
        action: 'Heartbeat',
        messageId: '7',
        causes: ['3-0'],
        raw,
      });
    });

    test('keeps names of peers character by character', async () => {
      const journal = fresh();
      for (const name of ['CP "1"\\', 'CP\n2', 'Säule 3', 'CP\ud8004', '\u2028']) {
        const wanted = draft(journal.depotId, { link: `ocpp:${name}`, action: name, messageId: name });
        const { id } = await journal.append(wanted);
        expect(await journal.read(id)).toMatchObject(wanted);
      }
    });

    test('traces back to the raw frames and forward to all they touched', async () => {
      const journal = fresh();
      const entry = async (action: string, ...causes: string[]) =>
        (await journal.append(draft(journal.depotId, { action, causes }))).id;
      const [frameA, frameB] = [await entry('A'), await entry('B')];
      const event = await entry('event', frameA);
      const outBoth = await entry('both', event, frameB);
      const outOne = await entry('one', event);
      const far = await entry('far', outBoth, event);
      expect(shapeOf(await journal.traceBack(outBoth))).toEqual([outBoth, [event, [frameA]], [frameB]]);
      expect(shapeOf(await journal.traceForward(frameA))).toEqual([
        frameA,
        [event, [outBoth, [far, 'repeated']], [outOne], [far]],
      ]);
      expect(shapeOf(await journal.traceForward(frameB))).toEqual([frameB, [outBoth, [far]]]);
      expect(shapeOf(await journal.traceForward(outOne))).toEqual([outOne]);
    });

    test('a trace ends: at its depth, at its size, at what expired, in a cycle', async () => {
      const journal = fresh();
      const chain: string[] = [];
      for (let index = 0; index < 6; index += 1) {
        const causes = chain.slice(-1);
        chain.push((await journal.append(draft(journal.depotId, { causes }))).id);
      }
      const [a = '', b = '', c = '', d = '', e = '', f = ''] = chain;
      expect(shapeOf(await journal.traceBack(f, { maxDepth: 2 }))).toEqual([f, [e, [d, 'depth']]]);
      expect(shapeOf(await journal.traceForward(a, { maxNodes: 3 }))).toEqual([a, [b, [c, 'size']]]);
      await store.trim(depotKey(journal.depotId, 'journal'), c);
      expect(shapeOf(await journal.traceBack(f))).toEqual([f, [e, [d, [c]]]]);

      // No journal writes a cycle, a damaged one might hold it.
      const future = `${Date.now() + DAY}-0`;
      const loop = await journal.append(draft(journal.depotId, { causes: [future, f] }));
      const self = { ...draft(journal.depotId, { causes: [loop.id] }) };
      const cyclic = openJournal(
        {
          ...wrap(store),
          range: async (stream, options) => {
            if (options?.from === future)
              return [
                {
                  id: future,
                  value: JSON.stringify({
                    t: 1,
                    l: 'x',
                    p: 'bridge',
                    d: 'in',
                    a: self.action,
                    c: self.causes,
                    r: '',
                  }),
                },
              ];
            return store.range(stream, options);
          },
        },
        journal.depotId,
      );
      expect(shapeOf(await cyclic.traceBack(loop.id))).toEqual([
        loop.id,
        [future, [loop.id, 'repeated']],
        [f, [e, [d, [c]]]],
      ]);
    });

    test('a wide and entangled journal gives no larger tree than its limit', async () => {
      const journal = fresh();
      let level = [(await journal.append(draft(journal.depotId))).id];
      const root = level[0] ?? '';
      for (let depth = 0; depth < 6; depth += 1) {
        const causes = level;
        const entries = await Promise.all(
          Array.from({ length: 8 }, () => journal.append(draft(journal.depotId, { causes }))),
        );
        level = entries.map(({ id }) => id);
      }
      const count = (node: TraceNode): number => node.children.reduce((sum, child) => sum + count(child), 1);
      expect(count(await journal.traceForward(root))).toBe(1 + 8 + 5 * 64);
      expect(count(await journal.traceForward(root, { maxNodes: 100 }))).toBe(100);
    });

    test('tells listeners each entry after it was stored, in order', async () => {
      const journal = fresh();
      const heard: string[] = [];
      journal.onEntry(() => {
        throw new Error('a bad listener');
      });
      const stop = journal.onEntry((entry) => heard.push(entry.id));
      const entries = await Promise.all(
        Array.from({ length: 100 }, () => journal.append(draft(journal.depotId))),
      );
      stop();
      await journal.append(draft(journal.depotId));
      expect(heard).toEqual(entries.map(({ id }) => id));
    });

    test('expires by age', async () => {
      const journal = fresh();
      const old = await journal.append(draft(journal.depotId));
      await journal.append(draft(journal.depotId, { causes: [old.id] }));
      const now = Date.now();
      expect(await journal.expire({ keepDays: 1, now: now + DAY - 60_000 })).toBe(0);
      expect(await journal.expire({ keepDays: 1, now: now + DAY + 60_000 })).toBe(2);
      expect(await all(journal)).toEqual([]);
      expect(await journal.expire({ keepDays: 1, maxBytes: 10, now })).toBe(0);
    });

    test('expires by bytes, oldest first, and remembers what it counted', async () => {
      const journal = fresh();
      const stream = depotKey(journal.depotId, 'journal');
      const bytes = async () =>
        (await store.range(stream)).reduce((sum, { value }) => sum + Buffer.byteLength(value), 0);
      const fill = async (length: number) => {
        for (let index = 0; index < length; index += 1) {
          await journal.append(draft(journal.depotId, { raw: 'ü'.repeat(index * 10) }));
        }
      };
      const now = Date.now();
      await fill(40);
      const before = await all(journal);
      expect(await journal.expire({ maxBytes: 1_000_000, now })).toBe(0);
      const removed = await journal.expire({ maxBytes: 8_000, now });
      expect(removed).toBeGreaterThan(20);
      expect(await all(journal)).toEqual(before.slice(removed));
      expect(await bytes()).toBeLessThanOrEqual(8_000);
      expect(await journal.expire({ maxBytes: 8_000, now })).toBe(0);
      await fill(40);
      expect(await journal.expire({ maxBytes: 8_000, now })).toBeGreaterThan(20);
      expect(await bytes()).toBeLessThanOrEqual(8_000);
      expect(await bytes(), 'no more than needed').toBeGreaterThan(7_000);
      expect(await journal.expire({ maxBytes: 0, now })).toBeGreaterThan(0);
      expect(await all(journal)).toEqual([]);
    });

    test('one node at a time expires', async () => {
      const journal = fresh();
      await journal.append(draft(journal.depotId));
      const lease = await store.acquire(depotKey(journal.depotId, 'journal', 'expire'), 'another', 10_000);
      expect(await journal.expire({ keepDays: 0, now: Date.now() + DAY })).toBe(0);
      expect(lease && (await store.release(lease))).toBe(true);
      expect(await journal.expire({ keepDays: 0, now: Date.now() + DAY })).toBe(1);
    });
  });
}

/** A store as a plain object, so that a test may replace one of its methods. */
function wrap(store: Store): Store {
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(store)) as Array<keyof Store>;
  const bound = methods.map((name) => {
    const member = store[name];
    return [name, typeof member === 'function' ? member.bind(store) : member];
  });
  return Object.fromEntries(bound) as Store;
}

const folder = mkdtempSync(join(tmpdir(), 'depotbridge-journal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
journalTests('lmdb', () => openStore({ kind: 'lmdb', path: folder }, 'everysec'));
journalTests('redis', () => openStore({ kind: 'redis', url: inject('redisUrl') }, 'everysec'));
