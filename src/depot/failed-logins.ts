/**
 * Slows down guessing of tokens: an address that has shown too many wrong ones is not heard for a while. No address
 * suffers for another, and whoever has shown a right token from an address before is heard from there all the same.
 */
import { isIPv6 } from 'node:net';
import { RecentMap } from './bounded.js';
import { Lockout } from './lockout.js';

export interface FailedLoginLimits {
  /** Wrong tokens of one address within the window that shut the door until it is over. */
  readonly most: number;
  readonly windowMs: number;
}

export const FAILED_LOGIN_LIMITS: FailedLoginLimits = { most: 60, windowMs: 60_000 };

const MOST_KNOWN = 10_000;

export class FailedLogins {
  readonly #lockout: Lockout;
  readonly #known = new RecentMap<true>(MOST_KNOWN);

  /** @param now milliseconds, of a clock that never goes back */
  constructor(limits = FAILED_LOGIN_LIMITS, now: () => number = () => performance.now()) {
    this.#lockout = new Lockout({ ...limits, counts: 'first', shuts: 'first' }, now);
  }

  /**
   * Seconds until an address is heard again; 0: now.
   *
   * @param credential stands for the right token that was shown; absent if it was wrong
   */
  waitS(address: string, credential?: string): number {
    const network = networkOf(address);
    const waitMs = this.#lockout.waitMs(network);
    if (waitMs === 0) return 0;
    if (credential !== undefined && this.#known.has(`${network} ${credential}`)) return 0;
    return Math.ceil(waitMs / 1000);
  }

  /** Counts a wrong token; true if it is the one that shuts the door. */
  failed(address: string): boolean {
    return this.#lockout.failed(networkOf(address));
  }

  succeeded(address: string, credential: string): void {
    this.#known.set(`${networkOf(address)} ${credential}`, true);
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
