import { randomUUID } from 'node:crypto';
import { EmspError } from './errors.js';
import type { CommandResponse, CommandResult } from './messages.js';

interface Entry {
  response: CommandResponse | undefined;
  readonly results: CommandResult[];
  readonly waiting: Set<(result: CommandResult) => void>;
}

/** A command or charging profile on its way: answered at once, its result follows. */
export interface Asked<Response extends CommandResponse = CommandResponse> {
  readonly response: Response;
  readonly responseUrl: string;
  /** What came of it. @throws EmspError `timeout` */
  result(timeoutMs?: number): Promise<CommandResult>;
}

/** The results that are still to come, by the id in their `response_url`. */
export class PendingResults {
  readonly #entries = new Map<string, Entry>();

  /** A new id to put into a `response_url`. */
  open(): string {
    const id = randomUUID();
    this.#entries.set(id, { response: undefined, results: [], waiting: new Set() });
    return id;
  }

  answered(id: string, response: CommandResponse): void {
    const entry = this.#entries.get(id);
    if (entry) entry.response = response;
  }

  /** A result came. @returns what is wrong with that, or undefined */
  settle(id: string, result: CommandResult): string | undefined {
    const entry = this.#entries.get(id);
    if (!entry) return 'a result for a response_url never given';
    entry.results.push(result);
    for (const wake of entry.waiting) wake(result);
    if (entry.results.length > 1) return 'a second result for one request';
    if (entry.response && entry.response.result !== 'ACCEPTED') {
      return `a result although the answer was ${entry.response.result}`;
    }
    return undefined;
  }

  wait(id: string, timeoutMs: number): Promise<CommandResult> {
    const entry = this.#entries.get(id);
    if (!entry) throw new Error(`no request ${id} was opened`);
    const [result] = entry.results;
    if (result) return Promise.resolve(result);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        entry.waiting.delete(wake);
        reject(new EmspError('timeout', `no result came within ${timeoutMs} ms`));
      }, timeoutMs);
      const wake = (arrived: CommandResult) => {
        clearTimeout(timer);
        entry.waiting.delete(wake);
        resolve(arrived);
      };
      entry.waiting.add(wake);
    });
  }
}
