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

/** Which rule set which target, as small integers; names are looked up when somebody asks. */
export abstract class CompactProvenance implements Provenance {
  protected abstract readonly book: RuleBook;
  /** Rule per slot, -1 = unset. */
  protected abstract readonly set: readonly number[];
  protected abstract readonly nested: Nested | undefined;

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
    const { targets } = this.book;
    let best = -1;
    for (let slot = 0; slot < targets.length; slot++) {
      const target = targets[slot] ?? '';
      if ((this.set[slot] ?? -1) < 0 || !targetPath.startsWith(target)) continue;
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
    const nested = this.nested?.[slot];
    if (rest === '' || nested === undefined) return undefined;
    if (nested instanceof CompactProvenance) return { provenance: nested, rest: rest.slice(1), index: '' };
    const [, index = '', inner = ''] = /^\[(\d+)\]\.?(.*)$/.exec(rest) ?? [];
    const provenance = nested[Number(index)];
    return provenance && { provenance, rest: inner, index: `[${index}]` };
  }
}

/** What the closures note: one rule per slot. */
export class ListedProvenance extends CompactProvenance {
  protected readonly book: RuleBook;
  protected readonly set: readonly number[];
  protected readonly nested: Nested | undefined;

  constructor(book: RuleBook, set: readonly number[], nested: Nested | undefined) {
    super();
    this.book = book;
    this.set = set;
    this.nested = nested;
  }
}
