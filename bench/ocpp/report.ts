/** The two ends of what a measured server tells: its port, and when asked what it has used so far. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

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

/** A server in a process of its own. */
export class Measured {
  readonly #child: ChildProcess;
  readonly port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(file: string, args: readonly string[] = []): Promise<Measured> {
    const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
      execArgv: ['--import', 'tsx', '--expose-gc', ...(process.env['BENCH_EXEC_ARGV']?.split(' ') ?? [])],
    });
    const { port } = (await answerOf(child)) as { port: number };
    return new Measured(child, port);
  }

  async usage(): Promise<Usage> {
    const answer = answerOf(this.#child);
    this.#child.send('usage');
    return (await answer) as Usage;
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    const cut = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(cut);
  }
}

function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the measured server is silent')), 60_000);
    const failed = (code: number | null) => reject(new Error(`the measured server ended with ${code}`));
    child.once('exit', failed);
    child.once('message', (message) => {
      clearTimeout(timer);
      child.off('exit', failed);
      resolve(message);
    });
  });
}
