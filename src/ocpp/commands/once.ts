/** One effective execution per intent: who asks again gets the first outcome. */
import type { CommandOutcome, Runtime } from '../../depot/index.js';
import type { JournalId } from '../../domain/index.js';

const MOST_REMEMBERED = 2_000;

export class Once {
  readonly #runtime: Runtime;
  readonly #done = new Map<string, Promise<CommandOutcome>>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Runs the task unless it ran for this intent before. A failed one (no answer, not connected) may run again. */
  run(intent: JournalId, what: string, task: () => Promise<CommandOutcome>): Promise<CommandOutcome> {
    const key = `${intent} ${what}`;
    const known = this.#done.get(key);
    if (known) return known;
    const running = task();
    this.#done.set(key, running);
    if (this.#done.size > MOST_REMEMBERED) this.#done.delete(this.#done.keys().next().value ?? '');
    running.then(
      ({ outcome, reason }) => {
        if (outcome !== 'failed') return;
        this.#done.delete(key);
        // When a station goes, the log says so once, not once more for all that it was to be asked.
        const level = reason?.startsWith('OCPP_NOT_CONNECTED') ? 'debug' : 'warn';
        this.#runtime.log[level]({ intent, what, reason }, 'a command failed');
      },
      () => this.#done.delete(key),
    );
    return running;
  }
}
