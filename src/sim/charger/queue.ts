import { CallFailure } from './errors.js';

/** A message that must reach the CSMS, in order, even if that takes until tomorrow. */
export interface QueuedMessage {
  readonly action: string;
  /** Built when it is sent: a 1.6 message may need the transaction id that an earlier answer brings. */
  readonly payload: () => object;
  /** False while the payload cannot be built yet without an earlier answer. Matters to `pipelined` only. */
  readonly ready?: () => boolean;
  /** Called with the answer. */
  readonly onAnswer?: (answer: unknown) => void;
  /** Called when the station gives up after its last attempt. */
  readonly onDropped?: () => void;
}

export interface QueueSettings {
  /** How often a message is tried that the CSMS refuses or does not answer. */
  readonly attempts: () => number;
  /** Simulated ms to wait before attempt n+1 is `n` times this. */
  readonly retryMs: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly send: (action: string, payload: object) => Promise<unknown>;
  /** Sends the next message without waiting for the answer to the one before. */
  readonly pipelined: boolean;
}

/**
 * Transaction-related messages of a station (1.6 §3.7.1, 2.0.1 E04.FR.04): sent one after the other, kept while
 * the connection is away, tried again when the CSMS cannot process one, dropped after the last attempt.
 */
export class TransactionQueue {
  readonly #settings: QueueSettings;
  readonly #waiting: QueuedMessage[] = [];
  #open = false;
  #running = false;
  #attempt = 0;

  constructor(settings: QueueSettings) {
    this.#settings = settings;
  }

  get length(): number {
    return this.#waiting.length;
  }

  push(message: QueuedMessage): void {
    this.#waiting.push(message);
    void this.#run();
  }

  /** The station may send: connected and accepted. */
  open(): void {
    this.#open = true;
    void this.#run();
  }

  close(): void {
    this.#open = false;
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#open) {
        const message = this.#waiting[0];
        if (!message) return;
        if (this.#settings.pipelined && message.ready?.() !== false) {
          this.#waiting.shift();
          void this.#deliverAside(message);
        } else if (await this.#deliver(message)) {
          this.#waiting.shift();
          this.#attempt = 0;
        }
      }
    } finally {
      this.#running = false;
    }
  }

  /** Out of order if it must be: a message that is lost on the way goes back to the head of the queue. */
  async #deliverAside(message: QueuedMessage): Promise<void> {
    if (!(await this.#deliver(message))) this.#waiting.unshift(message);
  }

  /** True when the message is done with, delivered or given up. */
  async #deliver(message: QueuedMessage): Promise<boolean> {
    try {
      const answer = await this.#settings.send(message.action, message.payload());
      message.onAnswer?.(answer);
      return true;
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      if (error.kind === 'lost') {
        this.#open = false;
        return false;
      }
      this.#attempt += 1;
      if (this.#attempt >= this.#settings.attempts()) {
        message.onDropped?.();
        return true;
      }
      await this.#settings.wait(this.#settings.retryMs() * this.#attempt);
      return false;
    }
  }
}
