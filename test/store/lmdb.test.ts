import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { openStore, type RangeOptions, type Store } from '../../src/store/index.js';
import { openLmdbStore } from '../../src/store/lmdb.js';
import { storeContract } from './contract.js';
import { streamContract } from './contract-streams.js';
import { storeModel } from './model.js';

const FILLER = fileURLToPath(new URL('../support/store-filler.ts', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'depotbridge-lmdb-'));
let folders = 0;
const folder = () => {
  folders += 1;
  return join(root, String(folders));
};
const open = (durability: 'always' | 'everysec') => () =>
  openStore({ kind: 'lmdb', path: folder() }, durability);

afterAll(() => rmSync(root, { recursive: true, force: true }));

storeContract('lmdb, everysec', open('everysec'));
storeContract('lmdb, always', open('always'));
streamContract('lmdb, everysec', open('everysec'));
streamContract('lmdb, always', open('always'));
storeModel('lmdb', open('everysec'));

test('what was stored is there after the store was opened again', async () => {
  const path = folder();
  const first = await openStore({ kind: 'lmdb', path }, 'everysec');
  await first.set('{d}:k', '1');
  await first.set('{d}:k', '2');
  await first.incr('{d}:n');
  await first.hashSet('{d}:h', 'f', '3');
  const id = await first.append('{d}:s', '4');
  const effect = await first.append('{d}:s', '5', { links: [id] });
  const lease = await first.acquire('{d}:l', 'me', 60_000);
  await first.close();
  const second = await openStore({ kind: 'lmdb', path }, 'always');
  expect(await second.get('{d}:k')).toEqual({ value: '2', version: 2 });
  expect(await second.incr('{d}:n')).toBe(2);
  expect(await second.hashGetAll('{d}:h')).toEqual({ f: '3' });
  expect(await second.range('{d}:s', { to: id })).toEqual([{ id, value: '4' }]);
  expect(await second.linked('{d}:s', id)).toEqual([effect]);
  expect(lease && (await second.renew(lease, 1_000))).toBe(true);
  await second.close();
});

test('a flood of one turn is read back by weight, both ways, trimmed and opened again', async () => {
  const path = folder();
  const first = await openStore({ kind: 'lmdb', path }, 'everysec');
  const sizes = [10, 200_000, 100_000, 30_000, 1, 131_072, 131_073, 90_000, 90_000, 5];
  const texts = sizes.map((size, i) => String(i).repeat(size));
  const begun = texts.map((text) => first.begin('{d}:s', text));
  const ids = begun.map(({ id }) => id);
  await Promise.all(begun.map(({ stored }) => stored));
  const read = async (store: Store, options?: RangeOptions) =>
    (await store.range('{d}:s', options)).map(({ id }) => ids.indexOf(id));
  const all = texts.map((_, i) => i);
  const check = async (store: Store) => {
    expect((await store.range('{d}:s')).map(({ value }) => value)).toEqual(texts);
    expect(await read(store, { reverse: true })).toEqual(all.toReversed());
    expect(await read(store, { chars: 300_010 })).toEqual([0, 1, 2]);
    expect(await read(store, { chars: 1, reverse: true })).toEqual([9]);
    expect(await read(store, { chars: 170_000, reverse: true, to: ids[8] ?? '' })).toEqual([8, 7]);
    for (const i of all) expect(await read(store, { from: ids[i] ?? '', to: ids[i] ?? '' })).toEqual([i]);
  };
  await check(first);
  await first.close();
  const second = await openStore({ kind: 'lmdb', path }, 'everysec');
  await check(second);
  expect(await second.trim('{d}:s', ids[4] ?? '')).toBe(4);
  expect(await read(second)).toEqual([4, 5, 6, 7, 8, 9]);
  await second.close();
});

test('ids ascend when the clock is set back, over a restart and over a trim', async () => {
  const path = folder();
  let clock = 5_000;
  const open = () => openLmdbStore({ path, durability: 'everysec', now: () => clock });
  const first = await open();
  expect(await first.append('{d}:s', '1')).toBe('5000-0');
  clock = 1_000;
  expect(await first.append('{d}:s', '2')).toBe('5000-1');
  await first.close();
  const second = await open();
  expect(await second.append('{d}:s', '3')).toBe('5000-2');
  expect(await second.trim('{d}:s', '9000-0')).toBe(3);
  await second.close();
  const third = await open();
  expect(await third.append('{d}:s', '4')).toBe('5000-3');
  clock = 6_000;
  expect(await third.append('{d}:s', '5')).toBe('6000-0');
  await third.close();
});

test('a folder that is in use is refused with the process that has it', async () => {
  const path = folder();
  const first = await openStore({ kind: 'lmdb', path }, 'everysec');
  const second = openStore({ kind: 'lmdb', path }, 'everysec');
  await expect(second).rejects.toMatchObject({
    code: 'STORE_LOCKED',
    message: expect.stringContaining(String(process.pid)),
  });
  await first.close();
  await (await openStore({ kind: 'lmdb', path }, 'everysec')).close();
  expect(readdirSync(path)).not.toContain('lock');
});

test('a lock left behind is taken over, one that may be alive is not', async () => {
  const path = folder();
  const file = join(path, 'lock');
  const left = async (holder: object | string, ageMs = 0) => {
    mkdirSync(path, { recursive: true });
    writeFileSync(file, typeof holder === 'string' ? holder : JSON.stringify(holder));
    const then = new Date(Date.now() - ageMs);
    utimesSync(file, then, then);
    const opened = await openStore({ kind: 'lmdb', path }, 'everysec').catch((error: unknown) => error);
    if (opened instanceof Error) return opened.message;
    await (opened as Awaited<ReturnType<typeof openStore>>).close();
    return 'opened';
  };
  const host = hostname();
  expect(await left({ pid: 2 ** 30, host, started: 'x' }), 'no such process').toBe('opened');
  expect(await left({ pid: process.pid, host, started: 'x' }), 'an earlier process with our id').toBe(
    'opened',
  );
  expect(await left({ pid: process.ppid, host, started: 'x' }), 'an id used again').toBe('opened');
  expect(await left({ pid: process.ppid, host, started: '' })).toContain(
    `process ${process.ppid} on ${host}`,
  );
  expect(await left({ pid: 1, host: 'elsewhere', started: 'x' })).toContain('process 1 on elsewhere');
  expect(await left({ pid: 1, host: 'elsewhere', started: 'x' }, 60_000), 'silent for a minute').toBe(
    'opened',
  );
  expect(await left('???')).toContain('delete');
});

test('a folder that cannot be used is refused', async () => {
  const path = join(root, 'file');
  writeFileSync(path, '');
  await expect(openStore({ kind: 'lmdb', path }, 'everysec')).rejects.toMatchObject({
    code: 'STORE_UNREADABLE',
  });
  const damaged = folder();
  mkdirSync(damaged, { recursive: true });
  writeFileSync(join(damaged, 'depotbridge.mdb'), Buffer.alloc(8_192, 7));
  const opening = openStore({ kind: 'lmdb', path: damaged }, 'everysec');
  await expect(opening).rejects.toMatchObject({ code: 'STORE_UNREADABLE' });
  expect(readdirSync(damaged)).not.toContain('lock');
});

test('a full disk refuses writes, and what was stored stays readable', async () => {
  const path = folder();
  // 2 or 4 MB per file, by the shell: its unit is 512 bytes in POSIX, 1,024 in bash.
  const command = `ulimit -f 4096; exec "$0" --import tsx "$1" "$2"`;
  const { stdout } = await promisify(execFile)('sh', ['-c', command, process.execPath, FILLER, path]);
  const met = JSON.parse(stdout);
  expect(met).toMatchObject({ refusal: 'STORE_UNAVAILABLE', readable: met.stored });
  expect(met.stored).toBeGreaterThan(50);
  const store = await openStore({ kind: 'lmdb', path }, 'everysec');
  expect(await store.range('{d}:s')).toHaveLength(met.stored);
  await store.append('{d}:s', 'more');
  await store.close();
});
