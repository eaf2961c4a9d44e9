/** Ports for servers that a test starts, ends and starts again. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that systems give to outgoing connections: nobody else takes one while its server is away. */
const [LOWEST, HIGHEST] = [20_000, 30_000];
/** A node of a Redis Cluster takes the port 10,000 above its own too: here one that is not in either range. */
const CLUSTER_HIGHEST = 22_000;

/** A port of 127.0.0.1 that nobody listened on a moment ago. */
export const freePort = (): Promise<number> => freeBelow(HIGHEST);

/** The same for a node of a Redis Cluster. */
export const freeClusterPort = (): Promise<number> => freeBelow(CLUSTER_HIGHEST);

async function freeBelow(highest: number): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (highest - LOWEST));
    const server = createServer();
    const isFree = new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!(await isFree)) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
