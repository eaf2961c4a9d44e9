/** Differences between two readings of a recording, as many as fit; the same one is told once, with how often. */
import type { Instant, JournalId } from '../domain/index.js';
import type { Json } from '../mapping/index.js';

/** One side of a difference. All absent: it is not set on this side. */
export interface Told {
  readonly value?: Json;
  /** The rule that wrote the value. */
  readonly rule?: string;
  /** The raw frame it came from, and the rule that read it, where that is another one. */
  readonly raw?: JournalId;
  readonly read?: string;
}

export interface Difference {
  /** `event PointStatusReported`, `state`, `vdv463:BMS-1 1.1.0`, `ocpi:emsp-demo 2.2.1`. */
  readonly target: string;
  /** Whose it is: a link, a station, a presystem. */
  readonly subject: string;
  readonly path: string;
  readonly left: Told;
  readonly right: Told;
  /** The entry at which it showed first, and when that was. */
  readonly raw: JournalId;
  readonly at: Instant;
  /** How often it showed, and where last. */
  readonly count: number;
  readonly last: JournalId;
}

export class Differences {
  readonly #most: number;
  readonly #found = new Map<string, { -readonly [K in keyof Difference]: Difference[K] }>();
  #more = 0;

  /** @param most how many are kept; of the others it is only known how many there were */
  constructor(most: number) {
    this.#most = most;
  }

  add(difference: Omit<Difference, 'count' | 'last'>): void {
    const { target, subject, path, left, right } = difference;
    const key = JSON.stringify([target, subject, path, left.value, right.value]);
    const known = this.#found.get(key);
    if (known) {
      known.count += 1;
      known.last = difference.raw;
    } else if (this.#found.size < this.#most) {
      this.#found.set(key, { ...difference, count: 1, last: difference.raw });
    } else this.#more += 1;
  }

  get list(): readonly Difference[] {
    return [...this.#found.values()];
  }

  /** How many were not kept. */
  get more(): number {
    return this.#more;
  }
}
