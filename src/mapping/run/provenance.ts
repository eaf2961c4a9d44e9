import type { Provenance } from '../api.js';

/** The names behind the indexes; one per compiled mapping. */
export interface RuleBook {
  readonly generation: string;
  /** Target paths without alias, per slot. */
  readonly targets: readonly string[];
  /** Rule ids, `<mapping>/<rule>`. */
  readonly rules: readonly string[];
  /** Source paths with alias that each rule reads. */
  readonly reads: readonly (readonly string[])[];
  /** Alias of the first source: what a mapping that uses this one hands in. */
  readonly first: string;
}

/** What the mappings used for lists and objects noted, per slot. */
export type Nested = readonly (CompactProvenance | readonly CompactProvenance[] | undefined)[];

/** What one bit of the marks stands for: a slot, and the rule that set it. */
export interface Mark {
  readonly slot: number;
  /** The rule; or the decisions whose rows tell it: the first that has a row set the slot. */
  readonly by: number | readonly number[];
}

/** How the marks of a mapping with its overlays are read. */
export interface MarkLayout {
  readonly book: RuleBook;
  /** How often each rule that is a row decided. */
  readonly hits: Float64Array;
  /** Undefined where rules are noted one by one. */
  readonly marks: readonly Mark[] | undefined;
  /** First rule of each decision. */
  readonly firstRules: readonly number[];
  /** The slot of each entry of `nested`. */
  readonly nestedSlots: readonly number[];
  /** The same for provenance that was unpacked. */
  unpacked?: MarkLayout;
}

const layouts = new WeakMap<RuleBook, MarkLayout>();

function unpackedLayout(book: RuleBook): MarkLayout {
  const known = layouts.get(book);
  if (known) return known;
  const nestedSlots = book.targets.map((_, slot) => slot);
  const layout = { book, hits: new Float64Array(0), marks: undefined, firstRules: [], nestedSlots };
  layouts.set(book, layout);
  return layout;
}

function unpack(
  { book, firstRules }: MarkLayout,
  marks: readonly Mark[],
  bits: Packed,
  rows: Packed,
): readonly number[] {
  const rules = book.targets.map(() => -1);
  marks.forEach(({ slot, by }, i) => {
    if (((packedAt(bits, Math.floor(i / marksPerWord)) >> (i % marksPerWord)) & 1) === 0) return;
    if (typeof by === 'number') rules[slot] = by;
    else {
      const decision = by.find((index) => packedAt(rows, index) >= 0) ?? -1;
      rules[slot] = (firstRules[decision] ?? -1) + packedAt(rows, decision);
    }
  });
  return rules;
}

/** Bits per number: V8 keeps such small ones without a box. */
export const marksPerWord = 30;

/** One number as it is, more of them as a list. */
export type Packed = number | readonly number[];

/** The number at a place. */
export function packedAt(packed: Packed, index: number): number {
  return typeof packed === 'number' ? packed : (packed[index] ?? -1);
}

/**
 * Which rule set which target. Generated code notes a bit per rule that set its target, and the row per table: which rule
 * that was is worked out, and names are looked up, when somebody asks.
 */
export class CompactProvenance implements Provenance {
  declare private layout: MarkLayout;
  /** Bits; once unpacked, the rule per slot. */
  declare private marks: Packed;
  /** The row of each decision. */
  declare private readonly rows: Packed;
  declare private readonly nested: Nested | undefined;

  constructor(layout: MarkLayout, marks: Packed, rows: Packed, nested: Nested | undefined) {
    this.layout = layout;
    this.marks = marks;
    this.rows = rows;
    this.nested = nested;
  }

  /** Of rules that are known one by one, -1 where a slot is unset; `nested` is by slot. */
  static of(book: RuleBook, set: readonly number[], nested: Nested | undefined): CompactProvenance {
    return new CompactProvenance(unpackedLayout(book), set, -1, nested);
  }

  /** Counts the rows that decided, also those of the mappings used. Called once, before anything is asked. */
  count(): void {
    const { hits, firstRules } = this.layout;
    for (let i = 0; i < firstRules.length; i++) {
      const row = packedAt(this.rows, i);
      const rule = (firstRules[i] as number) + row;
      if (row >= 0) hits[rule] = (hits[rule] as number) + 1;
    }
    for (const nested of this.nested ?? []) {
      if (nested instanceof CompactProvenance) nested.count();
      else for (const item of nested ?? []) item.count();
    }
  }

  private get book(): RuleBook {
    return this.layout.book;
  }

  /** Rule per slot, -1 = unset. */
  private get set(): readonly number[] {
    const { layout } = this;
    if (layout.marks !== undefined) {
      this.marks = unpack(layout, layout.marks, this.marks, this.rows);
      layout.unpacked ??= { ...layout, marks: undefined };
      this.layout = layout.unpacked;
    }
    return this.marks as readonly number[];
  }

  private nestedAt(slot: number): Nested[number] {
    return this.nested?.[this.layout.nestedSlots.indexOf(slot)];
  }

  get generation(): string {
    return this.book.generation;
  }

  ruleOf(targetPath: string): string | undefined {
    const slot = this.slotOf(targetPath);
    if (slot < 0) return undefined;
    const step = this.stepInto(slot, targetPath);
    return step?.provenance.ruleOf(step.rest) ?? this.book.rules[this.set[slot] ?? -1];
  }

  sourcesOf(targetPath: string): string[] {
    const slot = this.slotOf(targetPath);
    const reads = this.book.reads[this.set[slot] ?? -1] ?? [];
    const [outer] = reads;
    const step = slot < 0 ? undefined : this.stepInto(slot, targetPath);
    if (!step || outer === undefined) return [...reads];
    const inner = `${step.provenance.book.first}.`;
    return step.provenance
      .sourcesOf(step.rest)
      .map((path) => (path.startsWith(inner) ? `${outer}${step.index}.${path.slice(inner.length)}` : path));
  }

  rules(): string[] {
    const found = new Set<string>();
    this.collect(found);
    return [...found];
  }

  private collect(found: Set<string>): void {
    for (const index of this.set) {
      const rule = index < 0 ? undefined : this.book.rules[index];
      if (rule) found.add(rule);
    }
    for (const nested of this.nested ?? []) {
      if (nested instanceof CompactProvenance) nested.collect(found);
      else for (const item of nested ?? []) item.collect(found);
    }
  }

  /** The slot of the longest target that was set and holds this path; -1 if none. */
  private slotOf(targetPath: string): number {
    const { set } = this;
    const { targets } = this.book;
    let best = -1;
    for (let slot = 0; slot < targets.length; slot++) {
      const target = targets[slot] ?? '';
      if ((set[slot] ?? -1) < 0 || !targetPath.startsWith(target)) continue;
      if (target === targetPath) return slot;
      const next = targetPath[target.length];
      if (next !== undefined && next !== '.' && next !== '[') continue;
      if (best < 0 || target.length > (targets[best]?.length ?? 0)) best = slot;
    }
    return best;
  }

  /** The used mapping that made what lies beneath a slot, and the path inside it. */
  private stepInto(
    slot: number,
    targetPath: string,
  ): { provenance: CompactProvenance; rest: string; index: string } | undefined {
    const rest = targetPath.slice(this.book.targets[slot]?.length ?? 0);
    const nested = this.nestedAt(slot);
    if (rest === '' || nested === undefined) return undefined;
    if (nested instanceof CompactProvenance) return { provenance: nested, rest: rest.slice(1), index: '' };
    // `[3]`, `[3].path`
    const end = rest.indexOf(']') + 1;
    const provenance = nested[Number(rest.slice(1, end - 1))];
    const inner = rest[end] === '.' ? end + 1 : end;
    return provenance && { provenance, rest: rest.slice(inner), index: rest.slice(0, end) };
  }
}
