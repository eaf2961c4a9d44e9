import { afterAll, beforeAll, inject } from 'vitest';
import { openStore } from '../../src/store/index.js';
import { startRedisCluster } from '../support/redis-cluster.js';
import { storeContract } from './contract.js';
import { streamContract } from './contract-streams.js';
import { storeModel } from './model.js';

const single = () => openStore({ kind: 'redis', url: inject('redisUrl') }, 'everysec');

storeContract('redis', single);
streamContract('redis', single);
storeModel('redis', single);

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
