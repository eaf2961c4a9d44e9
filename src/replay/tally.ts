/** What a window held, counted. */
import type { JournalEntry } from '../journal/index.js';
import type { Step } from './side.js';

export interface WindowCounts {
  /** Entries of the journal. */
  readonly entries: number;
  /** Raw frames that went through tables, and decisions of the bridge that were taken as they were. */
  readonly frames: number;
  readonly decisions: number;
  readonly events: number;
  /** Frames that count for nothing: refused when they came, by code. */
  readonly refused: Readonly<Record<string, number>>;
  /** Objects that no table could make whole, by code. */
  readonly failures: Readonly<Record<string, number>>;
}

export class Tally {
  #entries = 0;
  #frames = 0;
  #decisions = 0;
  #events = 0;
  readonly #refused: Record<string, number> = {};
  readonly #failures: Record<string, number> = {};

  count(entry: JournalEntry, step: Step | undefined): void {
    this.#entries += 1;
    if (entry.direction === 'in' && entry.error !== undefined && !step?.refused)
      increase(this.#refused, entry.error);
    if (!step) return;
    if (step.refused) increase(this.#refused, step.refused.code);
    else if (entry.direction === 'in') this.#frames += 1;
    else this.#decisions += 1;
    this.#events += step.events.length;
    for (const { code } of step.failures) increase(this.#failures, code);
  }

  get counts(): WindowCounts {
    return {
      ...{ entries: this.#entries, frames: this.#frames, decisions: this.#decisions, events: this.#events },
      ...{ refused: this.#refused, failures: this.#failures },
    };
  }
}

function increase(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
