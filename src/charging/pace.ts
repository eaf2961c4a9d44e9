/** When something may be tried again: what failed after a while and not for ever, what worked not at once. */
import type { LimitStep } from '../domain/index.js';

const RETRY_MS = [5_000, 30_000, 120_000] as const;

/** What was last tried under a key. */
export interface Attempt {
  /** Whose limit it was: a process, or nobody. */
  readonly processId?: string;
  readonly steps: readonly LimitStep[];
  readonly at: number;
  readonly failures: number;
}

/** How long until then; undefined: not before something changes. */
export function retryInMs(last: Attempt, nowMs: number): number | undefined {
  const delay = RETRY_MS[last.failures - 1];
  return delay === undefined ? undefined : Math.max(0, last.at + delay - nowMs);
}

/** One timer for whoever waits: it goes off for the earliest. */
export class Alarm {
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = 0;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  within(ms: number): void {
    const dueAt = performance.now() + ms;
    if (this.#timer && this.#dueAt <= dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#ring();
    }, ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
