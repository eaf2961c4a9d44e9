import type { Provenance } from '../api.js';

/** The names behind the indexes; one per compiled mapping. */
export interface RuleBook {
  readonly generation: string;
  /** Target paths without alias, per slot. */
  readonly targets: readonly string[];
  /** Rule ids, `<mapping>/<rule>`. */
  readonly rules: readonly string[];
}

type Nested = readonly (CompactProvenance | readonly CompactProvenance[] | undefined)[];

/** Which rule set which target, as one small integer per target. */
export class CompactProvenance implements Provenance {
  private readonly book: RuleBook;
  private readonly set: readonly number[];
  private readonly nested: Nested | undefined;

  constructor(book: RuleBook, set: readonly number[], nested: Nested | undefined) {
    this.book = book;
    this.set = set;
    this.nested = nested;
  }

  get generation(): string {
    return this.book.generation;
  }

  ruleOf(targetPath: string): string | undefined {
    const { targets, rules } = this.book;
    for (let slot = 0; slot < targets.length; slot++) {
      const target = targets[slot] ?? '';
      if (!targetPath.startsWith(target)) continue;
      const rest = targetPath.slice(target.length);
      if (rest !== '' && rest[0] !== '.' && rest[0] !== '[') continue;
      const own = this.set[slot] ?? -1;
      if (own < 0) continue;
      return (rest && inside(this.nested?.[slot], rest)) || rules[own];
    }
    return undefined;
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
}

function inside(nested: Nested[number], rest: string): string | undefined {
  if (nested instanceof CompactProvenance) return nested.ruleOf(rest.slice(1));
  const match = /^\[(\d+)\]\.?(.*)$/.exec(rest);
  return match ? nested?.[Number(match[1])]?.ruleOf(match[2] ?? '') : undefined;
}
