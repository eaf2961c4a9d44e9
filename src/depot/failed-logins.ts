/**
 * Slows down guessing of tokens: an address that has shown too many wrong ones is not heard for a while. No address
 * suffers for another, and whoever has shown a right token from an address before is heard from there all the same.
 */
import { isIPv6 } from 'node:net';

export interface FailedLoginLimits {
  /** Wrong tokens of one address within the window that shut the door until it is over. */
  readonly most: number;
  readonly windowMs: number;
}

export const FAILED_LOGIN_LIMITS: FailedLoginLimits = { most: 60, windowMs: 60_000 };

const MOST_ENTRIES = 10_000;

interface Failures {
  count: number;
  readonly until: number;
}

export class FailedLogins {
  readonly #limits: FailedLoginLimits;
  readonly #now: () => number;
  readonly #failures = new Map<string, Failures>();
  readonly #known = new Map<string, true>();

  /** @param now milliseconds, of a clock that never goes back */
  constructor(limits = FAILED_LOGIN_LIMITS, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /**
   * Seconds until an address is heard again; 0: now.
   *
   * @param credential stands for the right token that was shown; absent if it was wrong
   */
  waitS(address: string, credential?: string): number {
    const found = this.#failures.get(networkOf(address));
    if (!found || found.count < this.#limits.most) return 0;
    if (credential !== undefined && this.#known.has(`${networkOf(address)} ${credential}`)) return 0;
    return Math.max(0, Math.ceil((found.until - this.#now()) / 1000));
  }

  /** Counts a wrong token; true if it is the one that shuts the door. */
  failed(address: string): boolean {
    const key = networkOf(address);
    const before = this.#failures.get(key);
    const now = this.#now();
    const failures = before && before.until > now ? before : { count: 0, until: now + this.#limits.windowMs };
    failures.count += 1;
    remember(this.#failures, key, failures);
    return failures.count === this.#limits.most;
  }

  succeeded(address: string, credential: string): void {
    remember(this.#known, `${networkOf(address)} ${credential}`, true);
  }
}

/** Taken out and put in again, the map stays ordered by last use and forgets the oldest first. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= MOST_ENTRIES) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

/** Who has one IPv6 address has the other 2^64 of its network too; an IPv4 address is the same in every dress. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.replace(/%.*$/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const all = [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...(tail ? tail.split(':') : [])];
  return all.slice(0, 4).join(':');
}
