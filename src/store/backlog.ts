/** Changes that are acknowledged and not yet in the database: reads lay them over what the database has. */
import type { Change, RowKey, RowRange } from './lmdb-rows.js';

export class Backlog {
  #changes: Change[] = [];
  /** Staged and neither pushed nor retracted. */
  #staged: Change[] = [];
  /** By key, the change that counts. Made when somebody reads: the frames of stations are only ever appended. */
  #index: Map<string, Change> | undefined;
  #chars = 0;

  get isEmpty(): boolean {
    return this.#isVoid;
  }

  get #isVoid(): boolean {
    return this.#changes.length === 0 && this.#staged.length === 0;
  }

  #newest(): Map<string, Change> {
    if (this.#index) return this.#index;
    this.#index = new Map();
    for (const changes of [this.#changes, this.#staged])
      for (const change of changes) this.#index.set(nameOf(change[0]), change);
    return this.#index;
  }

  /** Characters of values in it. */
  get chars(): number {
    return this.#chars;
  }

  /** Lets later reads see a change; {@link push} or {@link retract} follows. */
  stage(change: Change): void {
    this.#staged.push(change);
    this.#index?.set(nameOf(change[0]), change);
  }

  /** What was staged is acknowledged. */
  push(changes: readonly Change[]): void {
    this.#staged = [];
    for (const change of changes) {
      this.#changes.push(change);
      this.#chars += change[1]?.length ?? 0;
    }
  }

  /** What was staged and never pushed is undone. */
  retract(): void {
    this.#staged = [];
    this.#index = undefined;
  }

  /** All changes so far, in order. They stay visible until {@link drop}. */
  all(): readonly Change[] {
    return [...this.#changes];
  }

  /** The first changes are in the database now. */
  drop(taken: readonly Change[]): void {
    this.#changes = this.#changes.slice(taken.length);
    for (const [, value] of taken) this.#chars -= value?.length ?? 0;
    this.#index = undefined;
  }

  get(key: RowKey): Change | undefined {
    if (this.#isVoid) return undefined;
    return this.#newest().get(nameOf(key));
  }

  /** The changes that count, each key once, in no order. */
  newest(): Iterable<Change> {
    return this.#isVoid ? [] : this.#newest().values();
  }

  within({ start, end }: RowRange): Change[] {
    return [...this.newest()].filter(([key]) => compareKeys(key, start) >= 0 && compareKeys(key, end) <= 0);
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
