/** What a station refused or left unanswered, by request: counted since the start, with the last example. */
import type { JournalId } from '../../domain/index.js';

/** One request that a station did not do as asked. */
export interface Refused {
  readonly action: string;
  /** `refused`: it said no; `unanswered`: it said nothing in time, or nothing that could be read. */
  readonly how: 'refused' | 'unanswered';
  readonly count: number;
  readonly last: {
    readonly at: string;
    /** Its answer; the request if there is none; absent if nothing was sent. */
    readonly journalId?: JournalId;
    readonly message: string;
  };
}

/** What a station says of itself is kept no longer than this. */
const LONGEST_MESSAGE = 300;
/** Words that are no refusal, though nothing was done: there was nothing to do. */
const NOTHING_TO_DO = new Set(['Unknown', 'NoProfiles', 'NoTransaction', 'EmptyResultSet', 'NotFound']);

/** As many entries as the standard has requests, for each way to refuse. */
export class Refusals {
  readonly #byRequest = new Map<string, Refused>();

  /** Whether a status of an answer is a no. */
  static isNo(status: unknown, yes: ReadonlySet<string>): status is string {
    return typeof status === 'string' && !yes.has(status) && !NOTHING_TO_DO.has(status);
  }

  count(action: string, how: Refused['how'], last: Refused['last']): void {
    const key = `${how} ${action}`;
    const count = (this.#byRequest.get(key)?.count ?? 0) + 1;
    const message = last.message.slice(0, LONGEST_MESSAGE);
    this.#byRequest.set(key, { action, how, count, last: { ...last, message } });
  }

  all(): readonly Refused[] {
    return [...this.#byRequest.values()];
  }
}
