import { placeKey } from '../resolve/domain.js';
import type { BoundPath, MappingIr } from '../resolve/ir.js';
import type { RuleBook } from '../run/provenance.js';

const shown = (path: BoundPath): string => placeKey(path).replaceAll('.[0]', '[0]');

/** Numbers rules and targets while a mapping is planned, so that lineage is one small integer per target. */
export class Rules {
  private readonly mapping: MappingIr;
  private readonly names: string[] = [];
  private readonly reads: (readonly string[])[] = [];
  private readonly targets: string[] = [];

  constructor(mapping: MappingIr) {
    this.mapping = mapping;
  }

  get count(): number {
    return this.names.length;
  }

  /** The number of a new rule. */
  add(owner: string, id: string, reads: readonly BoundPath[]): number {
    this.reads.push(reads.map(shown));
    return this.names.push(`${owner}/${id}`) - 1;
  }

  /** The number of a target. */
  slotOf(path: BoundPath): number {
    const text = this.targetName(path);
    const known = this.targets.indexOf(text);
    return known >= 0 ? known : this.targets.push(text) - 1;
  }

  /** The target's path without alias. */
  targetName(path: BoundPath): string {
    return shown(path).slice(this.mapping.target.alias.length + 1);
  }

  book(generation: string): RuleBook {
    const { names, reads, targets, mapping } = this;
    return { generation, targets, rules: names, reads, first: mapping.sources[0]?.alias ?? '' };
  }
}
