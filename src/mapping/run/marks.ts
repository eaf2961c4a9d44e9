import { CompactProvenance, type Nested, type RuleBook } from './provenance.js';

/** What one bit of the marks stands for: a slot, and the rule that set it. */
export interface Mark {
  readonly slot: number;
  /** The rule; or the decisions whose rows tell it: the first that has a row set the slot. */
  readonly by: number | readonly number[];
}

/** How the marks of a generated mapping are read; one per mapping and set of overlays. */
export interface MarkLayout {
  readonly book: RuleBook;
  readonly hits: Float64Array;
  readonly marks: readonly Mark[];
  /** First rule of each decision. */
  readonly firstRules: readonly number[];
  /** The slot of each nested entry. */
  readonly nestedSlots: readonly number[];
}

/** One bit of 30 per number: V8 keeps those without a box. */
export const marksPerWord = 30;

/** One word or decision is held as a number, more of them as a list. */
export type Packed = number | readonly number[];

/**
 * What generated code notes: a bit per rule that set its target, and the row per table. Which rule set which target is
 * worked out when somebody asks.
 */
export class MarkedProvenance extends CompactProvenance {
  readonly layout: MarkLayout;
  readonly marks: Packed;
  readonly rows: Packed;
  readonly entries: Nested | undefined;
  private unpacked: readonly number[] | undefined;

  constructor(layout: MarkLayout, marks: Packed, rows: Packed, entries: Nested | undefined) {
    super();
    this.layout = layout;
    this.marks = marks;
    this.rows = rows;
    this.entries = entries;
    this.unpacked = undefined;
  }

  protected override get book(): RuleBook {
    return this.layout.book;
  }

  protected override get set(): readonly number[] {
    this.unpacked ??= this.unpack();
    return this.unpacked;
  }

  private unpack(): readonly number[] {
    const { book, marks, firstRules } = this.layout;
    const rules = book.targets.map(() => -1);
    marks.forEach(({ slot, by }, i) => {
      if (((at(this.marks, Math.floor(i / marksPerWord)) >> (i % marksPerWord)) & 1) === 0) return;
      const decision = typeof by === 'number' ? undefined : by.find((index) => at(this.rows, index) >= 0);
      rules[slot] =
        typeof by === 'number' ? by : (firstRules[decision ?? -1] ?? -1) + at(this.rows, decision ?? -1);
    });
    return rules;
  }

  protected override get nested(): Nested | undefined {
    const { entries, layout } = this;
    if (!entries) return undefined;
    const nested: Nested[number][] = [];
    layout.nestedSlots.forEach((slot, i) => {
      nested[slot] = entries[i];
    });
    return nested;
  }
}

function at(packed: Packed, index: number): number {
  return typeof packed === 'number' ? packed : (packed[index] ?? -1);
}

/** Counts the rows that decided, also those of the mappings used. Done once, when the whole object has been made. */
export function countRows(provenance: MarkedProvenance): void {
  const { rows, entries, layout } = provenance;
  const { firstRules, hits } = layout;
  for (let i = 0; i < firstRules.length; i++) {
    const row = at(rows, i);
    const rule = (firstRules[i] as number) + row;
    if (row >= 0) hits[rule] = (hits[rule] as number) + 1;
  }
  if (entries === undefined) return;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    if (entry === undefined) continue;
    if (entry instanceof MarkedProvenance) countRows(entry);
    else for (const one of entry as readonly MarkedProvenance[]) countRows(one);
  }
}
