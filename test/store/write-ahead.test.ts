/** The write-ahead log of the embedded store: what a process or a machine leaves behind when it ends at any moment. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, type onTestFinished, test } from 'vitest';
import { openStore } from '../../src/store/index.js';

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
    { numRuns: 25 },
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
