import { afterAll, beforeAll, expect, inject, it, onTestFinished } from 'vitest';
import { openStore } from '../../src/store/index.js';
import { startRedisCluster } from '../support/redis-cluster.js';
import { storeContract } from './contract.js';
import { streamContract } from './contract-streams.js';
import { storeModel } from './model.js';

const single = () => openStore({ kind: 'redis', url: inject('redisUrl') }, 'everysec');

storeContract('redis', single);
streamContract('redis', single);
storeModel('redis', single);

it('an answer that came while the process was busy counts', async () => {
  const store = await single();
  onTestFinished(() => store.close());
  const written = store.set('{busy}:k', 'v');
  // The command leaves now; then nobody reads for longer than an operation may take.
  await new Promise((resolve) => setImmediate(resolve));
  const end = performance.now() + 2_100;
  while (performance.now() < end);
  await expect(written).resolves.toBeDefined();
});

let cluster: Awaited<ReturnType<typeof startRedisCluster>>;
beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(async () => {
  await cluster.stop();
});
const clustered = () => openStore({ kind: 'redis', url: cluster.url, cluster: true }, 'everysec');

storeContract('redis cluster', clustered);
streamContract('redis cluster', clustered);
storeModel('redis cluster', clustered);
