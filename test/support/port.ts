/** Ports for servers that a test starts, ends and starts again. */
import { once } from 'node:events';
import { createServer } from 'node:net';

interface Range {
  readonly from: number;
  readonly count: number;
}

/**
 * Below those that systems give to outgoing connections, and each worker has a share of its own: nobody takes a port
 * while its server is away. A node of a Redis Cluster takes the port 10,000 above its own too, which no share has.
 */
const CLUSTER: Range = { from: 20_000, count: 500 };
const SERVERS: Range = { from: 22_000, count: 2_000 };
/** Workers are numbered from 1; what belongs to none is 0. */
const WORKER = Number(process.env['VITEST_POOL_ID'] ?? 0) % 4;

/** How many ports of a share this process has looked at; elsewhere than those of another run, most likely. */
const looked = new Map<Range, number>();

/** A port of 127.0.0.1 that nobody listens on, and that this process has not been given before. */
export const freePort = (): Promise<number> => freeIn(SERVERS);

/** The same for a node of a Redis Cluster. */
export const freeClusterPort = (): Promise<number> => freeIn(CLUSTER);

async function freeIn(range: Range): Promise<number> {
  for (;;) {
    const next = looked.get(range) ?? Math.floor(Math.random() * range.count);
    looked.set(range, next + 1);
    const port = range.from + WORKER * range.count + (next % range.count);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listens = new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (!(await listens)) return false;
  server.close();
  await once(server, 'close');
  return true;
}
