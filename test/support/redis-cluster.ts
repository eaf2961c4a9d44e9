import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type RedisServer, startRedis } from './redis.js';

const SLOTS = 16_384;

/** A Redis Cluster of masters without replicas, each with its part of the slots. */
export async function startRedisCluster(size = 2): Promise<{ url: string; stop(): Promise<void> }> {
  const servers: RedisServer[] = [];
  for (let node = 0; node < size; node += 1) {
    servers.push(await startRedis({ cluster: true }));
  }
  const clients = servers.map((server) => new Redis(server.url));
  try {
    for (const [node, client] of clients.entries()) {
      const first = Math.floor((SLOTS * node) / size);
      await client.cluster('ADDSLOTSRANGE', first, Math.floor((SLOTS * (node + 1)) / size) - 1);
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', node + 1);
      for (const server of servers.slice(0, node)) await client.cluster('MEET', '127.0.0.1', server.port);
    }
    await Promise.all(clients.map((client) => whole(client, size)));
  } finally {
    for (const client of clients) client.disconnect();
  }
  return {
    url: servers[0]?.url ?? '',
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

async function whole(client: Redis, size: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const info = await client.cluster('INFO');
    if (info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${size}`)) return;
    if (Date.now() > deadline) throw new Error(`the Redis Cluster for the tests did not come up:\n${info}`);
    await delay(20);
  }
}
