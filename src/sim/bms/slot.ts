import type { Envelope } from './envelope.js';

/** How a request of ours ended. */
export type Answer =
  | { readonly outcome: 'conf'; readonly envelope: Envelope }
  | { readonly outcome: 'err'; readonly envelope: Envelope; readonly text: string }
  | { readonly outcome: 'timeout' }
  | { readonly outcome: 'closed' };

export interface SlotOptions {
  readonly timeoutMs: number;
  /** How often the same bytes are sent again after the first time. */
  readonly retries: number;
  readonly send: (bytes: string, messageId: string) => void;
}

interface Outstanding {
  readonly messageId: string;
  readonly settle: (answer: Answer) => void;
}

/** The one request that may be under way in our direction (rule 10), with its retries (rule 11). */
export class RequestSlot {
  readonly #options: SlotOptions;
  #outstanding: Outstanding | undefined;

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  /** Message id of the request under way. */
  get messageId(): string | undefined {
    return this.#outstanding?.messageId;
  }

  /** Sends a request and its retries. @throws Error if another one is under way */
  ask(messageId: string, bytes: string): Promise<Answer> {
    if (this.#outstanding) throw new Error(`request ${this.#outstanding.messageId} is still under way`);
    const { timeoutMs, retries, send } = this.#options;
    return new Promise((resolve) => {
      let left = retries;
      const again = () => {
        if (this.#outstanding?.messageId !== messageId) return;
        if (left-- > 0) send(bytes, messageId);
        else this.#settle({ outcome: 'timeout' });
      };
      // On a busy machine the answer may be here already, unread: it goes first.
      const timer = setInterval(() => setImmediate(again), timeoutMs);
      const settle = (answer: Answer) => {
        clearInterval(timer);
        this.#outstanding = undefined;
        resolve(answer);
      };
      this.#outstanding = { messageId, settle };
      send(bytes, messageId);
    });
  }

  /** Hands over an answer. @returns false if nothing with this message id is under way */
  answer(messageId: string, answer: Answer): boolean {
    if (this.#outstanding?.messageId !== messageId) return false;
    this.#settle(answer);
    return true;
  }

  /** The connection is gone: whatever is under way stays unanswered. */
  abandon(): void {
    this.#settle({ outcome: 'closed' });
  }

  #settle(answer: Answer): void {
    this.#outstanding?.settle(answer);
  }
}
