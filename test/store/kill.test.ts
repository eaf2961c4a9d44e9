import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, type onTestFinished, test } from 'vitest';
import { type Durability, openStore, type Store, type StoreConfig } from '../../src/store/index.js';
import { startRedis } from '../support/redis.js';

const WRITER = fileURLToPath(new URL('../support/store-writer.ts', import.meta.url));

interface Acknowledged {
  readonly ids: Set<string>;
  sum: number;
  pid: number;
}

type OnFinished = typeof onTestFinished;

/** Acknowledged writes in each round, at least. */
const ACKNOWLEDGED = 20;

/** Lets a process write for a while, kills it, and adds what it was told was stored. */
async function writeAndKill(
  config: StoreConfig,
  durability: Durability,
  told: Acknowledged,
  finished: OnFinished,
  meanwhile?: (pid: number) => Promise<void>,
): Promise<void> {
  const args = ['--import', 'tsx', WRITER, JSON.stringify(config), durability];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  finished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  let complaints = '';
  child.stderr.on('data', (chunk) => {
    complaints += String(chunk);
  });
  const closed = once(child, 'close');
  // So many that there is something to lose, however slow the machine is.
  while (output.split('id ').length <= ACKNOWLEDGED) {
    if (child.exitCode !== null) throw new Error(`the writer ended: ${complaints}`);
    await delay(5);
  }
  await meanwhile?.(child.pid ?? 0);
  await delay(Math.random() * 100);
  child.kill('SIGKILL');
  await closed;
  told.pid = child.pid ?? 0;
  for (const line of output.slice(0, output.lastIndexOf('\n')).split('\n')) {
    const [word, rest = ''] = line.split(' ');
    if (word === 'id') told.ids.add(rest);
    if (word === 'n') told.sum = Math.max(told.sum, Number(rest));
  }
}

async function expectAll(store: Store, told: Acknowledged): Promise<void> {
  const stored = new Set((await store.range('{kill}:stream')).map(({ id }) => id));
  const lost = [...told.ids].filter((id) => !stored.has(id));
  expect(lost, `of ${told.ids.size} acknowledged`).toEqual([]);
  const sum = await store.incr('{kill}:count');
  expect(sum).toBeGreaterThan(told.sum);
  told.sum = sum;
}

for (const durability of ['everysec', 'always'] as const) {
  test.concurrent(`lmdb, ${durability}: kill -9 loses nothing that was acknowledged`, async ({
    onTestFinished: finished,
  }) => {
    const path = mkdtempSync(join(tmpdir(), 'depotbridge-kill-'));
    finished(() => rmSync(path, { recursive: true, force: true }));
    const config: StoreConfig = { kind: 'lmdb', path };
    const told: Acknowledged = { ids: new Set(), sum: 0, pid: 0 };
    for (let round = 0; round < 3; round += 1) {
      await writeAndKill(config, durability, told, finished, async (pid) => {
        const second = openStore(config, durability);
        await expect(second).rejects.toMatchObject({
          code: 'STORE_LOCKED',
          message: expect.stringContaining(`process ${pid} `),
        });
      });
      const store = await openStore(config, durability);
      await expectAll(store, told);
      await store.close();
    }
    expect(told.ids.size).toBeGreaterThanOrEqual(3 * ACKNOWLEDGED);
  });
}

test.concurrent('redis: kill -9 of bridge and server loses nothing that was acknowledged', async ({
  onTestFinished: finished,
}) => {
  const redis = await startRedis({ appendfsync: 'always' });
  finished(() => redis.stop());
  const config: StoreConfig = { kind: 'redis', url: redis.url };
  const told: Acknowledged = { ids: new Set(), sum: 0, pid: 0 };
  for (let round = 0; round < 3; round += 1) {
    const both = round > 0;
    await writeAndKill(
      config,
      'always',
      told,
      finished,
      both ? () => delay(50).then(() => redis.kill()) : undefined,
    );
    if (both) await redis.restart();
    const store = await openStore(config, 'always');
    await expectAll(store, told);
    await store.close();
  }
  expect(told.ids.size).toBeGreaterThanOrEqual(3 * ACKNOWLEDGED);
});
