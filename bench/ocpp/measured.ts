/** A server in a process of its own, compiled as it ships, and what it tells of itself. */
import { type ChildProcess, fork } from 'node:child_process';
import { compiled } from '../compiled.js';
import type { Memory, Question } from './report.js';

export class Measured {
  readonly #child: ChildProcess;
  readonly port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(file: string, args: readonly string[] = []): Promise<Measured> {
    const child = fork(await compiled(new URL(file, import.meta.url)), args, {
      execArgv: ['--expose-gc', ...(process.env['BENCH_EXEC_ARGV']?.split(' ') ?? [])],
    });
    const { port } = (await answerOf(child)) as { port: number };
    return new Measured(child, port);
  }

  /** CPU in microseconds since the process began. */
  async cpuUs(): Promise<number> {
    return (await this.#ask('cpu')) as number;
  }

  /** Memory after everything was collected that nobody needs. */
  async memory(): Promise<Memory> {
    return (await this.#ask('memory')) as Memory;
  }

  #ask(question: Question): Promise<unknown> {
    const answer = answerOf(this.#child);
    this.#child.send(question);
    return answer;
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
