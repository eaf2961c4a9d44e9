import type { Answer } from './slot.js';

interface Due {
  readonly promise: Promise<Answer>;
  readonly resolve: (answer: Answer) => void;
}

/**
 * At most one request list waits its turn. A list handed in while another waits replaces it, and both
 * callers learn the answer to the one that went out: the newest list is the whole truth (rule 36).
 */
export class Outbox {
  #due: Due | undefined;

  get waiting(): boolean {
    return this.#due !== undefined;
  }

  /** The present list is to go out. */
  post(): Promise<Answer> {
    this.#due ??= newDue();
    return this.#due.promise;
  }

  /** Takes the waiting turn to send it. */
  take(): Due | undefined {
    const due = this.#due;
    this.#due = undefined;
    return due;
  }

  /** The connection broke before the answer: whatever list is newest next time answers this turn too. */
  giveBack(due: Due): void {
    if (this.#due) this.#due.promise.then(due.resolve);
    else this.#due = due;
  }

  /** Nothing will go out any more. */
  end(): void {
    this.take()?.resolve({ outcome: 'closed' });
  }
}

function newDue(): Due {
  let resolve: (answer: Answer) => void = () => {};
  const promise = new Promise<Answer>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
