/** The write-ahead log of the embedded store: what a process or a machine leaves behind when it ends at any moment. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, type onTestFinished, test } from 'vitest';
import { openStore } from '../../src/store/index.js';
import { runs } from '../support/properties.js';

type OnFinished = typeof onTestFinished;

function folder(finished: OnFinished): string {
  const path = mkdtempSync(join(tmpdir(), 'depotbridge-ahead-'));
  finished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const logIn = (path: string) => readdirSync(path).filter((name) => name.startsWith('ahead-'));

/** What a kill -9 would leave of a store that is in use. */
function leftovers(path: string, finished: OnFinished): string {
  const copy = folder(finished);
  cpSync(path, copy, { recursive: true, filter: (file) => !file.endsWith('.lock') });
  return copy;
}

async function contents(path: string): Promise<{ entries: string[]; value: string | undefined }> {
  const store = await openStore({ kind: 'lmdb', path }, 'everysec');
  const entries = (await store.range('{d}:s')).map(({ value }) => value);
  const value = (await store.get('{d}:v'))?.value;
  await store.close();
  return { entries, value };
}

test('what was acknowledged is found; a group that was cut counts as a whole or not at all', async ({
  onTestFinished: finished,
}) => {
  const path = folder(finished);
  const store = await openStore({ kind: 'lmdb', path }, 'everysec');
  const texts = ['a', 'ü\n€', '"\\u0000"', '', '😀'];
  for (const text of texts) {
    const begun = store.begin('{d}:s', text);
    await Promise.all([begun.stored, store.commit([{ op: 'set', key: '{d}:v', value: text }])]);
  }
  const left = leftovers(path, finished);
  await store.close();
  expect(logIn(path)).toEqual([]);
  const [name = ''] = logIn(left);
  const whole = readFileSync(join(left, name));
  expect(await contents(leftovers(left, finished))).toEqual({ entries: texts, value: texts.at(-1) });
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length), fc.constantFrom('cut', 'zeros', 'noise'), async (at, end) => {
      const tail = Buffer.alloc(end === 'cut' ? 0 : whole.length - at, end === 'noise' ? 0xa5 : 0);
      writeFileSync(join(left, name), Buffer.concat([whole.subarray(0, at), tail]));
      const { entries, value } = await contents(leftovers(left, finished));
      expect(entries).toEqual(texts.slice(0, entries.length));
      expect(value).toBe(entries.at(-1));
    }),
    { numRuns: runs(25) },
  );
});

test('a log that the database already took over changes nothing when it comes back', async ({
  onTestFinished: finished,
}) => {
  const path = folder(finished);
  const store = await openStore({ kind: 'lmdb', path }, 'everysec');
  await store.set('{d}:v', 'old');
  const left = leftovers(path, finished);
  await store.set('{d}:v', 'new');
  await store.close();
  for (const name of logIn(left)) cpSync(join(left, name), join(path, name));
  expect(await contents(path)).toEqual({ entries: [], value: 'new' });
  expect(logIn(path)).toEqual([]);
});

test('a flood of one turn is written in pieces, and counts as a whole or not at all', async ({
  onTestFinished: finished,
}) => {
  const path = folder(finished);
  const store = await openStore({ kind: 'lmdb', path }, 'everysec');
  // Whatever its place, some character of two UTF-16 units lies across the end of a piece.
  const texts = ['😀', 'x😀', 'ü', 'a'].map((text) => text.repeat(150_000));
  const stored = texts.map((text) => store.begin('{d}:s', text).stored);
  await Promise.all([...stored, store.commit([{ op: 'set', key: '{d}:v', value: 'flooded' }])]);
  const left = leftovers(path, finished);
  await store.close();
  const [name = ''] = logIn(left);
  const whole = readFileSync(join(left, name));
  expect(whole.length).toBeGreaterThan(1_500_000);
  expect(await contents(leftovers(left, finished))).toEqual({ entries: texts, value: 'flooded' });
  // The header is written last: a process that ends before has left zeros in its place.
  const ends = [
    Buffer.concat([Buffer.alloc(8), whole.subarray(8)]),
    whole.subarray(0, whole.length - 1),
    whole.subarray(0, 300_000),
  ];
  for (const end of ends) {
    writeFileSync(join(left, name), end);
    expect(await contents(leftovers(left, finished))).toEqual({ entries: [], value: undefined });
  }
});

test('what is larger than a buffer, and buffers that are used again, hold what was written', async ({
  onTestFinished: finished,
}) => {
  const path = folder(finished);
  const store = await openStore({ kind: 'lmdb', path }, 'everysec');
  const texts: string[] = [];
  // Several groups per buffer, groups of many buffers, one text of many; taken over by the database in between.
  for (const [turn, [count, length]] of [
    [3, 9_000],
    [40, 20_000],
    [1, 700_001],
    [5, 30],
    [60, 9_000],
  ].entries()) {
    const begun = Array.from({ length: count ?? 0 }, (_, index) => {
      const text = `${turn}-${index}:${'aé€😀'.repeat(Math.ceil((length ?? 0) / 5))}`;
      texts.push(text);
      return store.begin('{d}:s', [text.slice(0, 3), text.slice(3)]);
    });
    await Promise.all(begun.map(({ stored }) => stored));
    expect((await store.range('{d}:s')).map(({ value }) => value)).toEqual(texts);
    expect((await contents(leftovers(path, finished))).entries).toEqual(texts);
    if (turn % 2 === 1) await new Promise((resolve) => setTimeout(resolve, 400));
  }
  expect((await store.range('{d}:s')).map(({ value }) => value)).toEqual(texts);
  await store.close();
  expect((await contents(path)).entries).toEqual(texts);
});
