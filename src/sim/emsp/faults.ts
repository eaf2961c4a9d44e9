/** How the partner's server misbehaves. */
export interface EmspFault {
  /**
   * `error` 500, `too-many` 429, `silent` no answer at all: nothing is taken. `refused` a clear no. `truncated` half a
   * JSON text, `slow` a late answer, `lost` a connection that is cut: what was asked is taken.
   */
  readonly kind: 'error' | 'too-many' | 'truncated' | 'slow' | 'silent' | 'lost' | 'refused';
  /** Only requests whose `METHOD /path` contains this. */
  readonly match?: string;
  /** How many requests; all of them if left out. */
  readonly times?: number;
  /** Seconds in Retry-After of `too-many`: 1. */
  readonly retryAfterSeconds?: number;
  /** How late `slow` is: 1 s. */
  readonly delayMs?: number;
}

/** The faults in force, each with what is left of it. */
export class FaultBox {
  #faults: { readonly fault: EmspFault; left: number }[] = [];

  /** From now on. @returns what ends it */
  add(fault: EmspFault): () => void {
    const entry = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
    this.#faults.push(entry);
    return () => {
      this.#faults = this.#faults.filter((other) => other !== entry);
    };
  }

  clear(): void {
    this.#faults = [];
  }

  /** The fault this request meets, used up by one. */
  take(methodAndPath: string): EmspFault | undefined {
    const entry = this.#faults.find(
      ({ fault, left }) => left > 0 && methodAndPath.includes(fault.match ?? ''),
    );
    if (!entry) return undefined;
    entry.left--;
    return entry.fault;
  }
}
