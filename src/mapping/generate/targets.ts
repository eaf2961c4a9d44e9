import type { MappingPlan, ProviderPlan, TargetPlan } from '../compile/plan.js';
import { type Branch, branches, inSchemaOrder } from '../compile/tree.js';
import { isBeneath, placeKey } from '../resolve/domain.js';
import type { BoundPath } from '../resolve/ir.js';
import { bail } from './adapt.js';
import type { FoldWriter } from './fold.js';
import type { LineageWriter } from './lineage.js';
import type { Reads } from './reads.js';
import type { SourceWriter } from './sources.js';
import type { TableWriter } from './tables.js';
import { literal } from './text.js';
import type { Writer } from './writer.js';

/** What writes the values of targets. */
export interface ValueWriters {
  readonly reads: Reads;
  readonly lineage: LineageWriter;
  readonly tables: TableWriter;
  readonly sources: SourceWriter;
  readonly fold: FoldWriter | undefined;
}

/** A key of an object and the variable with its value. */
interface Child {
  readonly key: string;
  readonly required: boolean;
  readonly value: string;
}

/** Writes the target object: each target once, in the order of the schema, objects when what is in them is known. */
export class TargetWriter {
  /** Functions that make the objects. */
  readonly shapes: string[] = [];
  private readonly plan: MappingPlan;
  private readonly writer: Writer;
  private readonly values: ValueWriters;
  /** The variable of each target. */
  private readonly variables = new Map<string, string>();
  private readonly objects: string[] = [];
  private readonly written = new Set<string>();
  /** Variables that hold a value in every object that is made. */
  private readonly certain = new Set<string>();
  /** Number of open blocks in the body of the function. */
  private ground = 0;

  constructor(plan: MappingPlan, writer: Writer, values: ValueWriters) {
    this.plan = plan;
    this.writer = writer;
    this.values = values;
    for (const { path } of plan.targets) this.variables.set(placeKey(path), writer.name('v'));
  }

  /** Variables to declare. */
  declared(): string[] {
    return [...this.variables.values(), ...this.objects];
  }

  /** Writes the whole object and gives its variable; undefined if nothing sets anything. */
  write(): string | undefined {
    const { targets, mapping } = this.plan;
    const leaves = targets.map((leaf) => ({ path: leaf.path, leaf }));
    this.ground = this.writer.depth;
    const made = this.branch(branches(mapping.target.root, mapping.target.alias, leaves), true, true);
    if (made !== undefined && !this.certain.has(made)) this.writer.line(`if (${made} === undefined) ${bail}`);
    return made;
  }

  /** The variable of a target that a condition asks for, under the conditions of the groups above it. */
  asked(path: BoundPath): string {
    const key = placeKey(path);
    const variable = this.variables.get(key);
    const target = this.plan.targets.find((one) => placeKey(one.path) === key);
    if (variable === undefined || !target) return 'undefined';
    if (!this.written.has(key)) {
      const above = this.plan.mapping.groups.filter((group) => isBeneath(path, group.target));
      const test = this.values.reads.condition(above.flatMap(({ when }) => when));
      this.writer.when(test, () => this.leaf(target, false));
    }
    return variable;
  }

  /**
   * Writes a place of the target and gives its variable; undefined where nothing sets it. `must`: without a value here
   * nothing is made at all.
   */
  private branch(branch: Branch<TargetPlan>, forced: boolean, must: boolean): string | undefined {
    const { writer, values } = this;
    const groups = this.plan.mapping.groups.filter(({ target }) => placeKey(target) === branch.path);
    const { leaf, children } = branch;
    if (leaf && children.size === 0 && this.written.has(branch.path)) return this.variables.get(branch.path);
    const test = values.reads.condition(groups.at(-1)?.when ?? []);
    const needed = must && test === undefined;
    if (children.size === 0) {
      if (leaf) writer.when(test, () => this.leaf(leaf, needed));
      return leaf && this.variables.get(branch.path);
    }
    const made = writer.name('o');
    this.objects.push(made);
    const element = children.get('[0]');
    writer.when(test, () => {
      if (element) this.list(element, made, needed);
      else this.object(branch, made, forced, needed);
    });
    return made;
  }

  private list(element: Branch<TargetPlan>, made: string, must: boolean): void {
    const value = this.branch(element, false, must);
    if (value === undefined) return;
    const exists = this.certain.has(value) ? undefined : `${value} !== undefined`;
    this.writer.when(exists, () => this.make(made, `[${value}]`));
  }

  private object(branch: Branch<TargetPlan>, made: string, forced: boolean, must: boolean): void {
    const { leaf } = branch;
    // What makes the object though it may stay empty.
    if (leaf && !forced) this.leaf(leaf, false);
    const children = inSchemaOrder(branch).flatMap((child) => {
      const { key, required } = child;
      const value = this.branch(child, false, must && required);
      return value === undefined ? [] : [{ key, required, value }];
    });
    const set = children.map(({ value }) => `${value} !== undefined`);
    if (leaf) set.push(`${this.variables.get(branch.path)} !== undefined`);
    const certain = must || forced || children.some(({ value }) => this.certain.has(value));
    this.writer.when(certain ? undefined : set.join(' || ') || 'false', () => {
      const needed = children.filter(({ required, value }) => required && !this.certain.has(value));
      const missing = needed.map(({ value }) => `${value} === undefined`);
      if (missing.length > 0) this.writer.line(`if (${missing.join(' || ')}) ${bail}`);
      const values = children.map(({ value }) => value).join(', ');
      this.make(made, `new ${this.shape(children)}(${values})`);
    });
  }

  private make(variable: string, value: string): void {
    this.writer.line(`${variable} = ${value};`);
    if (this.writer.depth === this.ground) this.certain.add(variable);
  }

  /**
   * A maker of plain objects of one kind. Each has a shape of its own in V8, which learns how many keys its objects get
   * and leaves room for them.
   */
  private shape(children: readonly Child[]): string {
    const shape = this.writer.name('Shape');
    const sets = children.map(({ key, required }, i) => {
      const set = `this[${literal(key)}] = a${i};`;
      return required ? set : `if (a${i} !== undefined) ${set}`;
    });
    const values = children.map((_, i) => `a${i}`).join(', ');
    this.shapes.push(
      [`function ${shape}(${values}) {`, ...sets.map((set) => `  ${set}`), '}'].join('\n'),
      `${shape}.prototype = Object.prototype;`,
    );
    return shape;
  }

  /** Writes what sets the variable of a target, once. */
  private leaf({ path, providers }: TargetPlan, must: boolean): void {
    const key = placeKey(path);
    if (this.written.has(key)) return;
    this.written.add(key);
    const variable = this.variables.get(key) ?? '';
    providers.forEach((provider, i) => {
      const provide = (): void => this.provider(provider, variable, must && providers.length === 1);
      if (i === 0) provide();
      else this.writer.block(`if (${variable} === undefined)`, provide);
    });
  }

  private provider(provider: ProviderPlan, variable: string, must: boolean): void {
    const { writer, values } = this;
    const { slot } = provider;
    const by =
      provider.kind === 'output' ? provider.layers.map(({ decision }) => decision.index) : provider.rule;
    const mark = values.lineage.mark({ slot, by });
    const done = (value: string, maybe = false): void => {
      const always = !maybe && writer.depth === this.ground;
      const marked = values.lineage.set(mark, always);
      writer.line(`${variable} = ${value};`);
      if (always) this.certain.add(variable);
      else writer.line(maybe ? `if (${variable} !== undefined) ${marked}` : (marked ?? ''));
    };
    if (provider.kind === 'output') values.tables.output(provider, done);
    else if (provider.kind === 'field') values.sources.field(provider, variable, must, done);
    else done(values.fold?.output(provider.of) ?? 'undefined', true);
  }
}
