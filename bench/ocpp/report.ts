/** What a measured server tells of itself: its port, and when asked what it has used so far. */
import { setTimeout as pause } from 'node:timers/promises';

/** Bytes that are really needed. */
export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
}

/** What can be asked of a server: CPU in microseconds since its process began, or its memory. */
export type Question = 'cpu' | 'memory';

/** V8 gives pages back after a collection, beside the work, and shrinks its young generation step by step. */
const COLLECTIONS = 4;
const COLLECTION_MS = 200;

/** The server's end. */
export function report(port: number): void {
  process.send?.({ port });
  process.on('message', async (question: Question) => {
    process.send?.(question === 'cpu' ? cpuUs() : await memory());
  });
  process.once('disconnect', () => process.exit(0));
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function memory(): Promise<Memory> {
  for (let count = 0; count < COLLECTIONS; count++) {
    globalThis.gc?.();
    await pause(COLLECTION_MS);
  }
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heapUsed };
}
