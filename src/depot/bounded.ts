/** What peers make us remember, kept within bounds. */

/** Words of peers in metrics and memory: so many are kept, and of each so much. */
export class BoundedWords {
  readonly #kept = new Set<string>();
  readonly #most: number;
  readonly #length: number;

  /** @param length characters that are kept of each word */
  constructor(most: number, length = 60) {
    this.#most = most;
    this.#length = length;
  }

  /** The word, shortened, if it is among those kept or there is room for it; else what stands for all others. */
  of(word: string, others = 'other'): string {
    const kept = word.length > this.#length ? `${word.slice(0, this.#length - 1)}…` : word;
    if (this.#kept.has(kept)) return kept;
    if (this.#kept.size >= this.#most) return others;
    this.#kept.add(kept);
    return kept;
  }
}

/** A map that forgets: of its keys so many are kept, those that were set last. */
export class RecentMap<V> {
  readonly #values = new Map<string, V>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  set(key: string, value: V): void {
    // Taken out and put in again, the map stays ordered by the last time each key was set.
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size <= this.#most) return;
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest);
      return;
    }
  }

  delete(key: string): void {
    this.#values.delete(key);
  }
}
