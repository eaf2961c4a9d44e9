/** Numbers of items by source: what a CSMS left out shows in them. */
import type { Instant } from '../../domain/index.js';

/** Items that were never handed over. */
export interface Gap {
  readonly source: string;
  readonly from: number;
  readonly to: number;
  /** When the item behind it came. */
  readonly at: Instant;
}

/** So many sources and gaps are remembered; a CSMS has a few. */
const MOST_SOURCES = 200;
const MOST_GAPS = 100;

export class Sequences {
  readonly #last: Map<string, number>;
  #gaps: Gap[] = [];

  /** @param last where each source had got to; goes on from there */
  constructor(last: Map<string, number>) {
    this.#last = last;
  }

  get gaps(): readonly Gap[] {
    return this.#gaps;
  }

  /** Takes the number of an item. @returns the gap that it shows, if it does */
  take(source: string, seq: number, at: Instant): Gap | undefined {
    const last = this.#last.get(source);
    if (last !== undefined && seq <= last) {
      // What comes late fills its gap; one that begins anew has been started anew.
      if (!this.#fill(source, seq) && seq <= 1) this.#last.set(source, seq);
      return undefined;
    }
    this.#last.delete(source);
    this.#last.set(source, seq);
    const [oldest] = this.#last.keys();
    if (this.#last.size > MOST_SOURCES && oldest !== undefined) this.#last.delete(oldest);
    if (last === undefined || seq === last + 1) return undefined;
    const gap = { source, from: last + 1, to: seq - 1, at };
    this.#gaps = [...this.#gaps, gap].slice(-MOST_GAPS);
    return gap;
  }

  #fill(source: string, seq: number): boolean {
    const gap = this.#gaps.find((each) => each.source === source && each.from <= seq && seq <= each.to);
    if (!gap) return false;
    const rest = [
      { ...gap, to: seq - 1 },
      { ...gap, from: seq + 1 },
    ].filter(({ from, to }) => from <= to);
    this.#gaps = this.#gaps.flatMap((each) => (each === gap ? rest : [each]));
    return true;
  }
}
