/** When the depot is told: at once, by interval, on change; the newest state wins and nothing is queued (rules 8, 18, 36). */

/** Least time between two snapshots, so that a burst of changes becomes one. */
const LEAST_GAP_MS = 250;

export interface PublisherOptions {
  readonly intervalMs: number;
  /** The payload to tell now; undefined: it cannot be told (the reason is logged there). */
  readonly compose: () => Snapshot | undefined;
  /** Sends it and waits until it was received, given up or cut off. */
  readonly deliver: (snapshot: Snapshot) => Promise<'delivered' | 'lost' | 'closed'>;
}

export interface Snapshot {
  readonly payload: unknown;
  /** Its content as text: an unchanged one is told by interval only. */
  readonly text: string;
}

export class Publisher {
  readonly #options: PublisherOptions;
  #interval: NodeJS.Timeout | undefined;
  #gap: NodeJS.Timeout | undefined;
  #waiting: 'nothing' | 'if changed' | 'anyway' = 'nothing';
  #busy = false;
  #stopped = false;
  #lastText: string | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Tells the depot now and from now on. A second call (another boot) tells it anew. */
  start(): void {
    this.#interval ??= setInterval(() => this.#want('anyway'), this.#options.intervalMs);
    this.#lastAt = Number.NEGATIVE_INFINITY;
    this.#want('anyway');
  }

  /** Something may look different now. */
  changed(): void {
    if (this.#interval) this.#want('if changed');
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#interval);
    clearTimeout(this.#gap);
  }

  #want(how: 'if changed' | 'anyway'): void {
    if (this.#waiting !== 'anyway') this.#waiting = how;
    this.#next();
  }

  #next(): void {
    if (this.#stopped || this.#busy || this.#gap || this.#waiting === 'nothing') return;
    const waitMs = this.#lastAt + LEAST_GAP_MS - performance.now();
    if (waitMs <= 0) {
      this.#tell();
      return;
    }
    this.#gap = setTimeout(() => {
      this.#gap = undefined;
      this.#next();
    }, waitMs);
  }

  #tell(): void {
    const anyway = this.#waiting === 'anyway';
    this.#waiting = 'nothing';
    this.#lastAt = performance.now();
    const snapshot = this.#options.compose();
    if (!snapshot || (!anyway && snapshot.text === this.#lastText)) return;
    this.#busy = true;
    this.#lastText = snapshot.text;
    this.#options.deliver(snapshot).then((outcome) => {
      this.#busy = false;
      if (outcome === 'lost') this.#waiting = 'anyway';
      this.#next();
    });
  }
}
