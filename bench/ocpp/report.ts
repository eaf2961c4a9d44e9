/** What a measured server tells of itself: its port, and when asked what it has used so far. */

/** CPU in microseconds since the process began, memory in bytes after a garbage collection. */
export interface Usage {
  readonly cpuUs: number;
  readonly rss: number;
  readonly heapUsed: number;
}

/** The server's end. */
export function report(port: number): void {
  process.send?.({ port });
  process.on('message', (message) => {
    if (message !== 'usage') return;
    const { user, system } = process.cpuUsage();
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    process.send?.({ cpuUs: user + system, rss, heapUsed } satisfies Usage);
  });
  process.once('disconnect', () => process.exit(0));
}
