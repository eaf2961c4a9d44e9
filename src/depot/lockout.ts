/** Shuts a door for whoever fails too often, and for nobody else: the one count of wrong logins of all listeners. */
import { RecentMap } from './bounded.js';

/** From which failure on a time is reckoned. */
export type Since = 'first' | 'last';

export interface LockoutRule {
  /** Failures that belong together and shut the door. */
  readonly most: number;
  /** How long failures belong together, and how long the door stays shut: milliseconds. */
  readonly windowMs: number;
  /** Which failure begins the time in which they belong together: with `last`, each one prolongs it. */
  readonly counts: Since;
  /** Which failure begins the time the door stays shut: with `last`, one that comes while it is shut prolongs that. */
  readonly shuts: Since;
}

/** So many keys are remembered; the one whose last failure is longest ago is forgotten first. */
const MOST_KEYS = 10_000;

interface Failures {
  readonly count: number;
  /** Until when another failure belongs to these. */
  readonly until: number;
  /** Until when the door is shut; 0: it is not. */
  readonly shutUntil: number;
}

/** Counts failures by key: whatever names the one who tries, such as identity and address. */
export class Lockout {
  readonly #rule: LockoutRule;
  readonly #now: () => number;
  readonly #failures = new RecentMap<Failures>(MOST_KEYS);

  /** @param now milliseconds, of any clock */
  constructor(rule: LockoutRule, now: () => number) {
    this.#rule = rule;
    this.#now = now;
  }

  /** Milliseconds until the door is open to this key; 0: it is. */
  waitMs(key: string): number {
    return Math.max(0, (this.#failures.get(key)?.shutUntil ?? 0) - this.#now());
  }

  /** Counts a failure; true if it is the one that shuts the door. */
  failed(key: string): boolean {
    const { most, windowMs, counts, shuts } = this.#rule;
    const now = this.#now();
    const known = this.#failures.get(key);
    const before = known && known.until > now ? known : { count: 0, until: now + windowMs, shutUntil: 0 };
    const count = before.count + 1;
    const until = counts === 'last' ? now + windowMs : before.until;
    const shutUntil = shuts === 'last' ? now + windowMs : until;
    this.#failures.set(key, { count, until, shutUntil: count < most ? 0 : shutUntil });
    return count === most;
  }

  /** Forgets the failures of a key, as after a success. */
  forgive(key: string): void {
    this.#failures.delete(key);
  }
}
