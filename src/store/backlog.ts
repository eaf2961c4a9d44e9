/** Changes that are acknowledged and not yet in the database: reads lay them over what the database has. */
import type { Change, RowKey, RowRange } from './lmdb-table.js';

export class Backlog {
  #changes: Change[] = [];
  /** By key, the change that counts. */
  readonly #newest = new Map<string, Change>();
  #chars = 0;

  get isEmpty(): boolean {
    return this.#changes.length === 0;
  }

  /** Characters of values in it. */
  get chars(): number {
    return this.#chars;
  }

  /** Lets later reads see a change; {@link push} or {@link retract} follows. */
  stage(change: Change): void {
    this.#newest.set(nameOf(change[0]), change);
  }

  /** What was staged is acknowledged. */
  push(changes: readonly Change[]): void {
    for (const change of changes) {
      this.#changes.push(change);
      this.#chars += change[1]?.length ?? 0;
    }
  }

  /** What was staged and never pushed is undone. */
  retract(): void {
    this.#newest.clear();
    for (const change of this.#changes) this.stage(change);
  }

  /** All changes so far, in order. They stay visible until {@link drop}. */
  all(): readonly Change[] {
    return [...this.#changes];
  }

  /** The first changes are in the database now. */
  drop(taken: readonly Change[]): void {
    this.#changes = this.#changes.slice(taken.length);
    for (const change of taken) {
      this.#chars -= change[1]?.length ?? 0;
      const name = nameOf(change[0]);
      if (this.#newest.get(name) === change) this.#newest.delete(name);
    }
  }

  get(key: RowKey): Change | undefined {
    return this.#newest.get(nameOf(key));
  }

  /** The changes that count, each key once, in no order. */
  newest(): Iterable<Change> {
    return this.#newest.values();
  }

  within({ start, end }: RowRange): Change[] {
    return [...this.#newest.values()].filter(
      ([key]) => compareKeys(key, start) >= 0 && compareKeys(key, end) <= 0,
    );
  }
}

/** As the database orders keys of one kind: part by part, the shorter first. */
export function compareKeys(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  for (const [index, part] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (part === other) continue;
    // Numbers come before texts.
    if (typeof part !== typeof other) return typeof part === 'number' ? -1 : 1;
    return part < other ? -1 : 1;
  }
  return a.length - b.length;
}

export function nameOf(key: readonly (string | number)[]): string {
  return key.join('\u0000');
}
