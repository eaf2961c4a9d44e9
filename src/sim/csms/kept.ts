/** What is kept of the past: the newest, up to a bound. */
export class Kept<T> {
  readonly #bound: number;
  #all: T[] = [];

  constructor(bound: number) {
    this.#bound = bound;
  }

  add(each: T): void {
    this.#all.push(each);
    if (this.#all.length > 2 * this.#bound) this.#all = this.#all.slice(-this.#bound);
  }

  /** Oldest first. */
  get all(): readonly T[] {
    return this.#all.length > this.#bound ? this.#all.slice(-this.#bound) : this.#all;
  }

  clear(): void {
    this.#all = [];
  }
}

/** A frame as it was on the wire. */
export interface CsmsFrame {
  /** When, ms since 1970. */
  readonly at: number;
  readonly identity: string;
  /** Number of the connection, over all stations: 1 and on. */
  readonly connection: number;
  /** As the CSMS sees it. */
  readonly direction: 'received' | 'sent';
  readonly text: string;
  readonly isBinary: boolean;
}
