/**
 * Measures appends to the stores through the journal: `npx tsx bench/store.ts`. Prints appends per second, CPU of this
 * process per append, and memory. Redis is a server process of its own on this machine.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJournal } from '../src/journal/index.js';
import { type Durability, openStore, type Store } from '../src/store/index.js';
import { startRedis } from '../test/support/redis.js';

const RAW = JSON.stringify([2, '1c9a', 'StatusNotification', { connectorId: 1, filler: 'x'.repeat(220) }]);

async function measure(
  name: string,
  store: Store,
  lanes: number,
  count: number,
  linked: boolean,
): Promise<void> {
  const journal = openJournal(store, `bench-${Math.random()}`);
  const frame = {
    depotId: journal.depotId,
    link: 'ocpp:CP-1',
    protocol: 'ocpp1.6',
    action: 'StatusNotification',
  } as const;
  let left = count;
  let cause: string[] = [];
  const cpuBefore = process.cpuUsage();
  const begin = performance.now();
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      const entry = await journal.append({
        ...frame,
        direction: 'in',
        raw: RAW,
        causes: linked ? cause : [],
      });
      cause = [entry.id];
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const seconds = (performance.now() - begin) / 1_000;
  const cpu = process.cpuUsage(cpuBefore);
  const row = {
    store: name,
    lanes,
    linked,
    'appends/s': Math.round(count / seconds),
    'CPU µs/append': Number(((cpu.user + cpu.system) / count).toFixed(1)),
    'RSS MB': Math.round(process.memoryUsage.rss() / 1e6),
  };
  console.log(JSON.stringify(row));
}

async function measureAll(name: string, store: Store): Promise<void> {
  await measure(`${name} (warm-up)`, store, 64, 10_000, false);
  await measure(name, store, 1, 3_000, false);
  await measure(name, store, 64, 60_000, false);
  await measure(name, store, 64, 60_000, true);
  await measure(name, store, 5_000, 60_000, false);
  await store.close();
}

for (const durability of ['everysec', 'always'] satisfies Durability[]) {
  const path = mkdtempSync(join(tmpdir(), 'depotbridge-bench-'));
  await measureAll(`lmdb ${durability}`, await openStore({ kind: 'lmdb', path }, durability));
  rmSync(path, { recursive: true, force: true });
  const redis = await startRedis({ appendfsync: durability });
  await measureAll(`redis ${durability}`, await openStore({ kind: 'redis', url: redis.url }, durability));
  await redis.stop();
}
