/** The one request of ours that may be under way (rule 10), with its retries (rule 11). */

/** How a request of ours ended; conf and err both count as receipt (rule 12). */
export type Outcome = 'answered' | 'unanswered' | 'closed';

export interface SlotOptions {
  readonly timeoutMs: number;
  /** How often the same bytes are sent again after the first time. */
  readonly retries: number;
  /** Puts bytes on the wire; `attempt` is 0 for the first time. */
  readonly send: (bytes: string, attempt: number) => void;
}

interface UnderWay {
  readonly messageId: string;
  readonly settle: (outcome: Outcome) => void;
}

export class Slot {
  readonly #options: SlotOptions;
  #underWay: UnderWay | undefined;

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  /** The message id that waits for its answer. */
  get messageId(): string | undefined {
    return this.#underWay?.messageId;
  }

  /** Sends, and sends again, until an answer comes or the retries are used up. */
  ask(messageId: string, bytes: string): Promise<Outcome> {
    const { timeoutMs, retries, send } = this.#options;
    return new Promise((resolve) => {
      let attempt = 0;
      const timer = setInterval(() => {
        attempt += 1;
        if (attempt <= retries) send(bytes, attempt);
        else this.#settle('unanswered');
      }, timeoutMs);
      const settle = (outcome: Outcome) => {
        clearInterval(timer);
        this.#underWay = undefined;
        resolve(outcome);
      };
      this.#underWay = { messageId, settle };
      send(bytes, attempt);
    });
  }

  /** An answer came for what is under way. */
  answered(): void {
    this.#settle('answered');
  }

  /** The connection is gone. */
  close(): void {
    this.#settle('closed');
  }

  #settle(outcome: Outcome): void {
    this.#underWay?.settle(outcome);
  }
}
