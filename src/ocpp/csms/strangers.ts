/** Stations that knocked without being configured: an operator may adopt them; they are never served. */

/** An identity that nobody configured. */
export interface Stranger {
  readonly identity: string;
  readonly remoteAddress: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly attempts: number;
}

const MOST_STRANGERS = 200;

export class Strangers {
  readonly #seen = new Map<string, Stranger>();

  seen(identity: string, remoteAddress: string, now: Date): void {
    const before = this.#seen.get(identity);
    const lastSeen = now.toISOString();
    this.#seen.delete(identity);
    this.#seen.set(identity, {
      identity,
      remoteAddress,
      firstSeen: before?.firstSeen ?? lastSeen,
      lastSeen,
      attempts: (before?.attempts ?? 0) + 1,
    });
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > MOST_STRANGERS && oldest !== undefined) this.#seen.delete(oldest);
  }

  /** The newest last. */
  list(): readonly Stranger[] {
    return [...this.#seen.values()];
  }
}
