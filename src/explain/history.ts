/** Values followed over a stretch of the journal: since when each is what it is, and what it was before. */
import type { Instant, JournalId } from '../domain/index.js';
import type { Json } from '../mapping/index.js';

/** When a value became what it is. */
export interface Since {
  readonly at: Instant;
  /** The entry that changed it; absent: it was so when the stretch began, and perhaps for longer. */
  readonly id?: JournalId;
  /** What it was before; absent: not set. */
  readonly before?: Json;
}

interface Followed {
  readonly value: Json | undefined;
  readonly since: Since;
}

export class History {
  readonly #followed = new Map<string, Followed>();
  #began: Instant | undefined;

  /** What all values are after an entry; without an id, at the beginning of the stretch. */
  observe(values: ReadonlyMap<string, Json>, at: Instant, id?: JournalId): void {
    this.#began ??= at;
    for (const [key, value] of values) this.#note(key, value, at, id);
    for (const [key, { value }] of this.#followed)
      if (value !== undefined && !values.has(key)) this.#note(key, undefined, at, id);
  }

  /** Since when a value is what it is; undefined for one that was never set. */
  since(key: string): Since | undefined {
    return this.#followed.get(key)?.since;
  }

  #note(key: string, value: Json | undefined, at: Instant, id: JournalId | undefined): void {
    const known = this.#followed.get(key);
    if (known && known.value === value) return;
    const before = known?.value;
    this.#followed.set(key, {
      value,
      since: { at, ...(id === undefined ? {} : { id }), ...(before === undefined ? {} : { before }) },
    });
  }
}
