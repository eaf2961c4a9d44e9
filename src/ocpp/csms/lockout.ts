/** Shuts the door for an identity at an address after too many wrong logins; others are not touched. */

const MOST_ENTRIES = 10_000;

interface Tries {
  count: number;
  firstAt: number;
  lockedUntil: number;
}

export class Lockout {
  readonly #most: number;
  readonly #windowMs: number;
  readonly #now: () => number;
  readonly #tries = new Map<string, Tries>();

  constructor(options: { readonly badLogins: number; readonly lockoutSeconds: number }, now: () => number) {
    this.#most = options.badLogins;
    this.#windowMs = options.lockoutSeconds * 1000;
    this.#now = now;
  }

  isLocked(identity: string, address: string): boolean {
    return (this.#tries.get(keyOf(identity, address))?.lockedUntil ?? 0) > this.#now();
  }

  /** Counts a wrong login. */
  failed(identity: string, address: string): void {
    const key = keyOf(identity, address);
    const now = this.#now();
    const before = this.#tries.get(key);
    const fresh = !before || now - before.firstAt > this.#windowMs;
    const tries = fresh ? { count: 0, firstAt: now, lockedUntil: 0 } : before;
    tries.count += 1;
    if (tries.count >= this.#most) tries.lockedUntil = now + this.#windowMs;
    // Taken out and put in again, the map stays ordered by the last try and forgets the oldest first.
    this.#tries.delete(key);
    this.#tries.set(key, tries);
    if (this.#tries.size > MOST_ENTRIES) this.#forgetOldest();
  }

  succeeded(identity: string, address: string): void {
    this.#tries.delete(keyOf(identity, address));
  }

  #forgetOldest(): void {
    const [oldest] = this.#tries.keys();
    if (oldest !== undefined) this.#tries.delete(oldest);
  }
}

function keyOf(identity: string, address: string): string {
  return `${identity}\u001f${address}`;
}
