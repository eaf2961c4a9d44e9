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
}

export interface QueueSettings {
  /** How often a message is tried that the CSMS refuses or does not answer. */
  readonly attempts: () => number;
  /** Simulated ms to wait before attempt n+1 is `n` times this. */
  readonly retryMs: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly send: (action: string, payload: object) => Promise<unknown>;
  /** The station gives a message up after its last attempt. */
  readonly onDropped: (action: string) => void;
  /** Sends the next message without waiting for the answer to the one before. */
  readonly pipelined: boolean;
}

interface Entry {
  readonly message: QueuedMessage;
  readonly position: number;
  attempts: number;
}

/**
 * Transaction-related messages of a station (1.6 §3.7.1, 2.0.1 E04.FR.04): sent one after the other, kept while
 * the connection is away, tried again when the CSMS cannot process one, dropped after the last attempt.
 */
export class TransactionQueue {
  readonly #settings: QueueSettings;
  #waiting: Entry[] = [];
  #open = false;
  #running = false;
  #pushed = 0;
  #aside = 0;
  #onEmpty: (() => void)[] = [];

  constructor(settings: QueueSettings) {
    this.#settings = settings;
  }

  /** Messages the CSMS has not answered yet. */
  get length(): number {
    return this.#waiting.length + this.#aside;
  }

  push(message: QueuedMessage): void {
    this.#pushed += 1;
    this.#waiting.push({ message, position: this.#pushed, attempts: 0 });
    void this.#run();
  }

  /** The station may send: connected and accepted. */
  open(): void {
    this.#open = true;
    void this.#run();
  }

  /** Resolves as soon as nothing waits any more. */
  async empty(): Promise<void> {
    if (this.length > 0) await new Promise<void>((resolve) => this.#onEmpty.push(resolve));
  }

  close(): void {
    this.#open = false;
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      for (let entry = this.#waiting[0]; this.#open && entry; entry = this.#waiting[0]) {
        if (this.#settings.pipelined && entry.message.ready?.() !== false) {
          this.#waiting.shift();
          void this.#deliverAside(entry);
        } else if (await this.#deliver(entry)) {
          this.#waiting.shift();
        }
      }
    } finally {
      this.#running = false;
    }
    this.#tellIfEmpty();
  }

  /** A pipelined message that failed goes back to its place in the line. */
  async #deliverAside(entry: Entry): Promise<void> {
    this.#aside += 1;
    const done = await this.#deliver(entry);
    this.#aside -= 1;
    if (done) return this.#tellIfEmpty();
    this.#waiting = [...this.#waiting, entry].sort((a, b) => a.position - b.position);
    void this.#run();
  }

  #tellIfEmpty(): void {
    if (this.length > 0) return;
    for (const tell of this.#onEmpty.splice(0)) tell();
  }

  /** True when the message is done with, delivered or given up. */
  async #deliver(entry: Entry): Promise<boolean> {
    const { message } = entry;
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
    }
    entry.attempts += 1;
    if (entry.attempts >= this.#settings.attempts()) {
      this.#settings.onDropped(message.action);
      return true;
    }
    await this.#settings.wait(this.#settings.retryMs() * entry.attempts);
    return false;
  }
}
