import { expect, test } from 'vitest';
import { BridgeError } from '../../src/errors/index.js';
import { openJournal } from '../../src/journal/index.js';
import { openStore } from '../../src/store/index.js';
import { startRedis } from '../support/redis.js';
import { draft } from './drafts.js';

test('frames flow on while the store is away, and a gap entry tells how many were lost', async ({
  onTestFinished,
}) => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const store = await openStore({ kind: 'redis', url: redis.url }, 'everysec');
  onTestFinished(() => store.close());
  const journal = openJournal(store, 'gap');
  onTestFinished(() => journal.close());
  const frame = (raw: string) => journal.appendOrGap(draft('gap', { raw }));

  const first = await frame('before');
  expect(first?.raw).toBe('before');
  await redis.kill();
  // The first wave waits for the store as long as an operation may; what comes after is answered at once.
  expect(await Promise.all(Array.from({ length: 100 }, () => frame('12345')))).toEqual(Array(100).fill(null));
  const begin = performance.now();
  for (let index = 0; index < 50_000; index += 1) expect(await frame('12345')).toBeNull();
  // That is 0.2 ms for each, on a busy machine too; one that waited for the store would take longer than all of them.
  expect(performance.now() - begin).toBeLessThan(10_000);
  expect(journal.gap()).toMatchObject({ lost: 50_100, lostChars: 250_500 });

  await redis.restart();
  await expect.poll(() => journal.gap()).toBeNull();
  const after = await frame('after');
  const entries = [];
  for await (const entry of journal.entries()) entries.push(entry);
  expect(entries.map(({ action }) => action)).toEqual(['Heartbeat', 'JournalGap', 'Heartbeat']);
  const told = JSON.parse(entries[1]?.raw ?? '');
  expect(told).toMatchObject({ lost: 50_100, lostChars: 250_500 });
  expect(Date.parse(told.from)).toBeGreaterThanOrEqual(first?.at ?? Number.NaN);
  expect(Date.parse(told.to)).toBeLessThanOrEqual(after?.at ?? Number.NaN);
  expect(entries[1]).toMatchObject({ link: 'bridge', protocol: 'bridge', direction: 'internal', causes: [] });
});

/** A store of which only append and ping matter; `up` says whether it answers. */
function fakeStore() {
  const state = { up: true, hang: false, appended: [] as string[], pending: [] as Array<() => void> };
  const away = () => new BridgeError('STORE_UNAVAILABLE', 'away');
  const store = {
    append: async (_stream: string, value: string) => {
      if (state.hang) await new Promise<void>((resolve) => state.pending.push(resolve));
      if (!state.up) throw away();
      return `1-${state.appended.push(value)}`;
    },
    ping: async () => state.up && !state.hang,
  };
  return { state, store: store as never };
}

test('a store that neither answers nor refuses holds a bounded backlog', async () => {
  const { state, store } = fakeStore();
  const journal = openJournal(store, 'slow');
  state.hang = true;
  const answers = Array.from({ length: 10_500 }, () => journal.appendOrGap(draft('slow')));
  expect(journal.gap()?.lost).toBe(500);
  expect(state.pending).toHaveLength(10_000);
  const large = openJournal(store, 'large');
  for (let index = 0; index < 80; index += 1)
    void large.appendOrGap(draft('large', { raw: 'x'.repeat(1_000_000) }));
  expect(large.gap()?.lost, 'beyond 64 MB').toBe(16);
  state.hang = false;
  for (const answer of state.pending.splice(0)) answer();
  expect((await Promise.all(answers)).filter((entry) => entry === null)).toHaveLength(500);
  await journal.close();
  await large.close();
  const gaps = state.appended.filter((value) => value.includes('JournalGap'));
  expect(gaps.map((value) => JSON.parse(value.slice(value.indexOf('\n'))).lost)).toEqual([500, 16]);
});

test('a store that fails again while the gap is written keeps the count', async () => {
  const { state, store } = fakeStore();
  const journal = openJournal(store, 'again');
  state.up = false;
  expect(await journal.appendOrGap(draft('again'))).toBeNull();
  await journal.close();
  expect(journal.gap()?.lost).toBe(1);
  expect(await journal.appendOrGap(draft('again'))).toBeNull();
  state.up = true;
  await journal.close();
  expect(journal.gap()).toBeNull();
  expect(state.appended).toHaveLength(1);
  expect(await journal.appendOrGap(draft('again'))).not.toBeNull();
});

test('a draft that the journal must refuse is lost alone, and told', async () => {
  const { state, store } = fakeStore();
  const journal = openJournal(store, 'bad');
  expect(await journal.appendOrGap(draft('other'))).toBeNull();
  expect(await journal.appendOrGap(draft('bad'))).not.toBeNull();
  expect(journal.gap()?.lost).toBe(1);
  await journal.close();
  expect(state.appended).toHaveLength(2);
});

test('a frame that fails late, from before the store came back, does not shut the gate again', async () => {
  const { state, store } = fakeStore();
  const journal = openJournal(store, 'late');
  state.hang = true;
  const early = journal.appendOrGap(draft('late'));
  const [fail] = state.pending.splice(0);
  state.hang = false;
  state.up = false;
  expect(await journal.appendOrGap(draft('late'))).toBeNull();
  state.up = true;
  await journal.close();
  expect(journal.gap()).toBeNull();
  state.up = false;
  fail?.();
  expect(await early).toBeNull();
  state.up = true;
  expect(await journal.appendOrGap(draft('late'))).not.toBeNull();
  expect(journal.gap()?.lost).toBe(1);
});
