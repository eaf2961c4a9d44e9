/** What a measured server tells of itself: its port, and when asked what it has used so far. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { getHeapSpaceStatistics } from 'node:v8';

/** Bytes that are really needed. */
export interface Memory {
  /**
   * Resident, without pages of files, such as those of the store, which the kernel takes back when it needs them, and
   * without V8's young generation: after a collection nothing is in it, and when its pages (up to 32 MB) are given back
   * is chance.
   */
  readonly own: number;
  /** Resident pages of files. */
  readonly files: number;
  readonly heapUsed: number;
}

/** What can be asked of a server: CPU in microseconds since its process began, or its memory. */
export type Question = 'cpu' | 'memory';

/** V8 gives pages back beside the work, step by step: memory is read when so many collections brought nothing more. */
const IN_VAIN = 6;
const MOST_COLLECTIONS = 60;
const COLLECTION_MS = 300;
const NOTHING_BYTES = 200_000;

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
  let least = Number.POSITIVE_INFINITY;
  for (let count = 0, inVain = 0; count < MOST_COLLECTIONS && inVain < IN_VAIN; count++) {
    globalThis.gc?.();
    await pause(COLLECTION_MS);
    const { own } = resident();
    inVain = own < least - NOTHING_BYTES ? 0 : inVain + 1;
    least = Math.min(least, own);
  }
  return { ...resident(), heapUsed: process.memoryUsage().heapUsed };
}

/** As the kernel counts; where it does not tell, all of it is taken for our own. */
function resident(): { readonly own: number; readonly files: number } {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    const bytesOf = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
    return { own: bytesOf('RssAnon') - youngBytes(), files: bytesOf('RssFile') };
  } catch {
    return { own: process.memoryUsage().rss - youngBytes(), files: 0 };
  }
}

function youngBytes(): number {
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  return young?.physical_space_size ?? 0;
}
