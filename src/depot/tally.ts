/** Counting on a busy path. */
import { Counter, type CounterConfiguration } from 'prom-client';

/** What was counted under one combination of labels since the metric was last read. */
export interface Tally {
  count: number;
}

/**
 * A counter that also counts in plain numbers: finding a combination by its labels costs more than counting does. The
 * numbers go into the metric when somebody reads it.
 */
export class TalliedCounter<T extends string> extends Counter<T> {
  readonly #tallies: { readonly labels: Partial<Record<T, string>>; readonly tally: Tally }[];

  constructor(configuration: CounterConfiguration<T>) {
    const tallies: { readonly labels: Partial<Record<T, string>>; readonly tally: Tally }[] = [];
    super({
      ...configuration,
      collect() {
        for (const { labels, tally } of tallies) {
          if (tally.count > 0) this.inc(labels, tally.count);
          tally.count = 0;
        }
      },
    });
    this.#tallies = tallies;
  }

  /** A number to raise; keep it, for it stays as long as the metric. */
  tally(labels: Partial<Record<T, string>>): Tally {
    const tally: Tally = { count: 0 };
    this.#tallies.push({ labels, tally });
    return tally;
  }
}
