/**
 * The second backend: writes a mapping with its overlays as one JavaScript function. What it cannot make whole it leaves
 * (`bail`) to the closures, which say why: failures, their messages and their order exist once.
 */

import type { Json } from '../api.js';
import type { FindExecutor } from '../compile/executable.js';
import { isInherited } from '../compile/paths.js';
import type { MappingPlan, ProviderPlan, TargetPlan } from '../compile/plan.js';
import { type Branch, branches, inSchemaOrder } from '../compile/tree.js';
import { isBeneath, placeKey } from '../resolve/domain.js';
import type { BoundPath } from '../resolve/ir.js';
import { countRows, type Mark, MarkedProvenance, type MarkLayout, marksPerWord } from '../run/marks.js';
import { AdaptWriter, bail } from './adapt.js';
import { FoldWriter } from './fold.js';
import { Reads } from './reads.js';
import { SourceWriter } from './sources.js';
import { TableWriter } from './tables.js';
import { literal, member } from './text.js';
import { Writer } from './writer.js';

/** Source text, and the values it is handed as `k`. */
export interface GeneratedSource {
  readonly text: string;
  readonly constants: readonly unknown[];
}

/** Writes the source of a planned mapping; undefined where only closures can run it. */
export function writeMapping(plan: MappingPlan, executor: FindExecutor): GeneratedSource | undefined {
  if (asksForMadeObjects(plan) || usedNames(plan).some((name) => executor(name).onlyClosures))
    return undefined;
  return new MappingWriter(plan, executor).write();
}

function usedNames({ targets }: MappingPlan): string[] {
  const fields = targets.flatMap(({ providers }) => providers.filter((one) => one.kind === 'field'));
  return fields.flatMap(({ field: { source } }) => ('using' in source ? [source.using.value] : []));
}

/** Whether a condition asks for a target that another mapping makes: it would be made twice. */
function asksForMadeObjects(plan: MappingPlan): boolean {
  const asked = new Set(targetsAsked(plan).map((path) => placeKey(path)));
  return plan.targets.some(
    ({ path, providers }) =>
      asked.has(placeKey(path)) &&
      providers.some(
        (one) =>
          one.kind === 'field' && (one.field.source.kind === 'each' || one.field.source.kind === 'object'),
      ),
  );
}

/** Target paths that conditions and tables read. */
function targetsAsked({ mapping, targets, decisions }: MappingPlan): BoundPath[] {
  const clauses = [
    ...mapping.only,
    ...mapping.groups.flatMap(({ when }) => when),
    ...decisions.flatMap(({ table }) => table.only),
    ...targets.flatMap(({ providers }) =>
      providers.flatMap((one) => (one.kind === 'field' ? one.field.when : [])),
    ),
  ];
  const read = [...clauses.map(({ path }) => path), ...decisions.flatMap(({ table }) => table.inputs)];
  return read.filter(({ side }) => side === 'target');
}

class MappingWriter {
  private readonly plan: MappingPlan;
  private readonly writer = new Writer();
  private readonly reads: Reads;
  private readonly adapt = new AdaptWriter(this.writer);
  private readonly tables: TableWriter;
  private readonly sources: SourceWriter;
  private readonly fold: FoldWriter | undefined;
  private readonly marks: Mark[] = [];
  private readonly nestedSlots: number[] = [];
  /** The variable of each target. */
  private readonly variables = new Map<string, string>();
  private readonly written = new Set<string>();
  private readonly shapes: string[] = [];

  constructor(plan: MappingPlan, executor: FindExecutor) {
    const { mapping } = plan;
    const { writer, adapt } = this;
    this.plan = plan;
    this.reads = new Reads(writer, mapping, this.target);
    const { reads } = this;
    this.tables = new TableWriter(mapping, writer, reads, adapt);
    this.sources = new SourceWriter(mapping, { writer, reads, adapt }, executor, this.nested);
    this.fold = mapping.fold && new FoldWriter(mapping.fold, writer, reads);
    for (const { path } of plan.targets) this.variables.set(placeKey(path), writer.name('v'));
  }

  write(): GeneratedSource {
    const { writer, plan } = this;
    const { sources } = plan.mapping;
    const inputs = sources.map((_, i) => `s${i}`);
    writer.block(`function attempt(${[...inputs, 'x'].join(', ')})`, () => this.body());
    writer.block('function run(inputs, x)', () => {
      const read = sources.map(({ alias }) => {
        const value = member('inputs', alias);
        return isInherited(alias)
          ? `(Object.hasOwn(inputs, ${literal(alias)}) ? ${value} : undefined)`
          : value;
      });
      writer.line(`const made = attempt(${[...read, 'x'].join(', ')});`);
      if (plan.decisions.length > 0 || this.nestedSlots.length > 0)
        writer.line(`if (made != null) ${writer.constant(countRows)}(made.provenance);`);
      writer.line('return made;');
    });
    const beside = this.fold ? [this.fold.beside()] : [];
    const constants = writer.constants.map((_, i) => `const k${i} = k[${i}];`);
    const text = [
      "'use strict';",
      ...constants,
      ...this.shapes,
      ...beside,
      writer.text(),
      'return { attempt, run };',
    ].join('\n');
    return { text: `${text}\n`, constants: writer.constants };
  }

  private body(): void {
    const { writer, plan, reads } = this;
    const { mapping } = plan;
    const declared: string[] = [];
    const at = writer.mark();
    const only = reads.condition(mapping.only);
    if (only !== undefined) writer.line(`if (!(${only})) return null;`);
    this.fold?.run();
    for (const path of targetsAsked(plan)) this.target(path);
    const tree = branches(
      mapping.target.root,
      mapping.target.alias,
      plan.targets.map((leaf) => ({ path: leaf.path, leaf })),
    );
    const value = this.branch(tree, true);
    if (value === undefined) writer.line(bail);
    else {
      if (mapping.groups.some(({ target }) => target.links.length === 0))
        writer.line(`if (${value} === undefined) ${bail}`);
      this.losses();
      this.give(value);
    }
    declared.push('notes', ...this.variables.values(), ...this.objects);
    declared.push(...this.words().map((word) => `${word} = 0`));
    declared.push(...plan.decisions.map(({ index }) => `d${index} = -2`));
    declared.push(...this.nestedSlots.map((_, i) => `q${i}`));
    writer.insert(at, `let ${declared.join(', ')};`);
  }

  private words(): string[] {
    return Array.from(
      { length: Math.max(1, Math.ceil(this.marks.length / marksPerWord)) },
      (_, i) => `b${i}`,
    );
  }

  private readonly objects: string[] = [];

  /** Writes a place of the target and gives its variable; undefined where nothing sets it. */
  private branch(branch: Branch<TargetPlan>, forced: boolean): string | undefined {
    const { writer, reads } = this;
    const groups = this.plan.mapping.groups.filter(({ target }) => placeKey(target) === branch.path);
    const test = reads.condition(groups.at(-1)?.when ?? []);
    if (branch.children.size === 0) {
      const { leaf } = branch;
      if (!leaf) return undefined;
      writer.when(this.written.has(branch.path) ? undefined : test, () => this.leaf(leaf));
      return this.variables.get(branch.path);
    }
    const made = writer.name('o');
    this.objects.push(made);
    writer.when(test, () => {
      const element = branch.children.get('[0]');
      if (!element) return this.object(branch, made, forced);
      const value = this.branch(element, false);
      if (value !== undefined) writer.line(`if (${value} !== undefined) ${made} = [${value}];`);
    });
    return made;
  }

  private object(branch: Branch<TargetPlan>, made: string, forced: boolean): void {
    const { writer } = this;
    const { leaf } = branch;
    // What makes the object though it may stay empty.
    if (leaf && !forced) this.leaf(leaf);
    const children = inSchemaOrder(branch).flatMap((child) => {
      const value = this.branch(child, false);
      return value === undefined ? [] : [{ key: child.key, required: child.required, value }];
    });
    const set = children.map(({ value }) => `${value} !== undefined`);
    if (leaf) set.push(`${this.variables.get(branch.path)} !== undefined`);
    writer.when(forced ? undefined : set.join(' || ') || 'false', () => {
      const missing = children
        .filter(({ required }) => required)
        .map(({ value }) => `${value} === undefined`);
      if (missing.length > 0) writer.line(`if (${missing.join(' || ')}) ${bail}`);
      const values = children.map(({ value }) => value).join(', ');
      writer.line(`${made} = new ${this.shape(children)}(${values});`);
    });
  }

  /**
   * A maker of plain objects of one kind. Each has a shape of its own in V8, which learns how many keys its objects get
   * and leaves room for them.
   */
  private shape(children: readonly { readonly key: string; readonly required: boolean }[]): string {
    const shape = this.writer.name('Shape');
    const sets = children.map(({ key, required }, i) => {
      const set = `this[${literal(key)}] = a${i};`;
      return required ? set : `if (a${i} !== undefined) ${set}`;
    });
    this.shapes.push(
      `function ${shape}(${children.map((_, i) => `a${i}`).join(', ')}) { ${sets.join(' ')} }`,
      `${shape}.prototype = Object.prototype;`,
    );
    return shape;
  }

  /** The variable of a target that a condition asks for, under the conditions of the groups above it. */
  private readonly target = (path: BoundPath): string => {
    const key = placeKey(path);
    const variable = this.variables.get(key);
    const plan = this.plan.targets.find((target) => placeKey(target.path) === key);
    if (variable === undefined || !plan) return 'undefined';
    const above = this.plan.mapping.groups.filter(({ target }) => isBeneath(path, target));
    if (!this.written.has(key)) {
      const test = this.reads.condition(above.flatMap(({ when }) => when));
      this.writer.when(test, () => this.leaf(plan));
    }
    return variable;
  };

  /** Writes what sets the variable of a target, once. */
  private leaf({ path, providers }: TargetPlan): void {
    const key = placeKey(path);
    if (this.written.has(key)) return;
    this.written.add(key);
    const variable = this.variables.get(key) ?? '';
    providers.forEach((provider, i) => {
      const provide = (): void => this.provider(provider, variable);
      if (i === 0) provide();
      else this.writer.block(`if (${variable} === undefined)`, provide);
    });
  }

  private provider(provider: ProviderPlan, variable: string): void {
    const { writer } = this;
    const { slot } = provider;
    const by =
      provider.kind === 'output' ? provider.layers.map(({ decision }) => decision.index) : provider.rule;
    const mark = this.mark({ slot, by });
    const done = (value: string, maybe = false): void => {
      writer.line(`${variable} = ${value};`);
      writer.line(maybe ? `if (${variable} !== undefined) ${mark}` : mark);
    };
    if (provider.kind === 'output') this.tables.output(provider, done);
    else if (provider.kind === 'field') this.sources.field(provider, variable, done);
    else {
      writer.line(`${variable} = ${this.fold?.output(provider.of) ?? 'undefined'};`);
      writer.line(`if (${variable} !== undefined) ${mark}`);
    }
  }

  /** The statement that notes that a rule set its slot. */
  private mark(mark: Mark): string {
    const bit = this.marks.push(mark) - 1;
    return `b${Math.floor(bit / marksPerWord)} |= ${1 << (bit % marksPerWord)};`;
  }

  private readonly nested = (slot: number): string => `q${this.nestedSlots.push(slot) - 1}`;

  private losses(): void {
    const { writer, reads, plan } = this;
    for (const { target, reason, sources } of plan.mapping.losses) {
      if (sources.length === 0) continue;
      const note = writer.constant({ code: 'MAP_LOSS', path: target.text, detail: reason });
      const lost = sources.map((path) => `${reads.read(path)} != null`).join(' || ');
      writer.line(`if (${lost}) notes = notes === undefined ? [${note}] : [...notes, ${note}];`);
    }
  }

  private give(value: string): void {
    const { writer, plan } = this;
    const { book, hits, decisions, mapping } = plan;
    const layout: MarkLayout = {
      book,
      hits,
      marks: this.marks,
      firstRules: decisions.map(({ firstRule }) => firstRule),
      nestedSlots: this.nestedSlots,
    };
    const packed = (names: string[]): string =>
      names.length > 1 ? `[${names.join(', ')}]` : (names[0] ?? '-1');
    const rows = packed(decisions.map(({ index }) => `d${index}`));
    const entries =
      this.nestedSlots.length > 0 ? `[${this.nestedSlots.map((_, i) => `q${i}`).join(', ')}]` : 'undefined';
    const args = [writer.constant(layout), packed(this.words()), rows, entries].join(', ');
    writer.line(`const lineage = new ${writer.constant(MarkedProvenance)}(${args});`);
    const made = `ok: true, target: ${literal(mapping.target.name as Json)}, value: ${value}, provenance: lineage`;
    writer.line(`if (notes !== undefined) return { ${made}, notes };`);
    writer.line(`return { ${made} };`);
  }
}
