/** Slows down guessing of passwords: after some failures in a row, nobody is heard from there for a while. */

export interface LockoutLimits {
  /** Failures in a row that lock. */
  readonly failures: number;
  /** How long it stays locked, and after how long a failure is forgotten: milliseconds. */
  readonly lockMs: number;
}

export const DEFAULT_LOCKOUT: LockoutLimits = { failures: 5, lockMs: 60_000 };

const MOST_KEYS = 10_000;

interface Failures {
  count: number;
  until: number;
}

/** Keeps count per key (address and user). */
export class Lockout {
  readonly #limits: LockoutLimits;
  readonly #now: () => number;
  readonly #byKey = new Map<string, Failures>();

  /** @param now milliseconds since 1970 */
  constructor(limits: LockoutLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Milliseconds until this key is heard again; 0 = now. */
  lockedFor(key: string): number {
    const found = this.#byKey.get(key);
    if (!found || found.count < this.#limits.failures) return 0;
    return Math.max(0, found.until - this.#now());
  }

  failed(key: string): void {
    const now = this.#now();
    const found = this.#byKey.get(key);
    const count = found && found.until > now ? found.count + 1 : 1;
    this.#byKey.delete(key);
    this.#byKey.set(key, { count, until: now + this.#limits.lockMs });
    if (this.#byKey.size <= MOST_KEYS) return;
    for (const oldest of this.#byKey.keys()) {
      this.#byKey.delete(oldest);
      break;
    }
  }

  succeeded(key: string): void {
    this.#byKey.delete(key);
  }
}
