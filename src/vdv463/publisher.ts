/** When the depot is told: at once, by interval, on change; the newest state wins and nothing is queued (rules 8, 18, 36). */

/** Least time between two snapshots, so that a burst of changes becomes one. */
const LEAST_GAP_MS = 250;

/**
 * Readings move all the time and a snapshot is always the whole depot, so a big one follows them more slowly: at most
 * this many characters per millisecond. A depot of 200 points tells a new power within ten seconds, a status at once.
 */
const READING_RATE = 16;

export interface PublisherOptions {
  readonly intervalMs: number;
  /** The payload to tell now; undefined: it cannot be told (the reason is logged there). */
  readonly compose: () => Snapshot | undefined;
  /** Sends it and waits until it was received, given up or cut off. Never rejects. */
  readonly deliver: (snapshot: Snapshot) => Promise<'delivered' | 'lost' | 'closed'>;
}

export interface Snapshot {
  readonly payload: unknown;
  /** Its content as text: an unchanged one is told by interval only. */
  readonly text: string;
}

/** Why a snapshot is due, the more urgent later: only readings moved, something else changed, it is told anyway. */
const URGENCY = ['nothing', 'reading', 'change', 'anyway'] as const;
type Urgency = (typeof URGENCY)[number];

export class Publisher {
  readonly #options: PublisherOptions;
  #interval: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #due: Urgency = 'nothing';
  #busy = false;
  #stopped = false;
  #lastText = '';
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Tells the depot now and from now on. A second call (another boot) tells it anew. */
  start(): void {
    this.#interval ??= setInterval(() => this.#want('anyway'), this.#options.intervalMs);
    this.#due = 'anyway';
    clearTimeout(this.#timer);
    if (!this.#busy) this.#tell();
  }

  /** Something may look different now. Returns at once: what is told is worked out later. */
  changed(what: 'reading' | 'change'): void {
    if (this.#interval) this.#want(what);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#interval);
    clearTimeout(this.#timer);
  }

  #want(urgency: Urgency): void {
    if (URGENCY.indexOf(urgency) > URGENCY.indexOf(this.#due)) this.#due = urgency;
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#stopped || this.#busy || this.#due === 'nothing') return;
    const gapMs =
      this.#due === 'reading' ? Math.max(LEAST_GAP_MS, this.#lastText.length / READING_RATE) : LEAST_GAP_MS;
    const waitMs = this.#lastAt + gapMs - performance.now();
    this.#timer = setTimeout(() => this.#tell(), Math.max(0, waitMs));
  }

  #tell(): void {
    const anyway = this.#due === 'anyway';
    this.#due = 'nothing';
    this.#lastAt = performance.now();
    const snapshot = this.#options.compose();
    if (!snapshot || (!anyway && snapshot.text === this.#lastText)) return;
    this.#lastText = snapshot.text;
    this.#busy = true;
    this.#options.deliver(snapshot).then((outcome) => {
      this.#busy = false;
      if (outcome === 'lost') this.#due = 'anyway';
      this.#schedule();
    });
  }
}
