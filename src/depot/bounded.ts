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
