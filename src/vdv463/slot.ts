/** The one request of ours that may be under way (rule 10), with its retries (rule 11). */

/** How a request of ours ended; conf and err both count as receipt (rule 12). */
export type Outcome = 'answered' | 'unanswered' | 'closed';

export interface SlotOptions {
  readonly timeoutMs: number;
  /** How often the same bytes are sent again after the first time. */
  readonly retries: number;
  /** Puts the same bytes on the wire again. */
  readonly resend: (bytes: string) => void;
}

interface UnderWay {
  readonly messageId: string;
  readonly settle: (outcome: Outcome) => void;
}

export class Slot {
  readonly #options: SlotOptions;
  #underWay: UnderWay | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  /** The message id that waits for its answer. */
  get messageId(): string | undefined {
    return this.#underWay?.messageId;
  }

  /** Takes the slot for a request about to be sent, so that no answer can be too fast for it. */
  take(messageId: string): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#underWay = { messageId, settle: resolve };
    });
  }

  /** The request is on the wire: sends it again until an answer comes or the retries are used up. */
  sent(bytes: string): void {
    if (!this.#underWay) return;
    let left = this.#options.retries;
    this.#timer = setInterval(() => {
      if (left === 0) this.#settle('unanswered');
      else this.#options.resend(bytes);
      left -= 1;
    }, this.#options.timeoutMs);
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
    clearInterval(this.#timer);
    const underWay = this.#underWay;
    this.#underWay = undefined;
    underWay?.settle(outcome);
  }
}
