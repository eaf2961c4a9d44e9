/**
 * The second backend: writes a mapping with its overlays as one JavaScript function. What it cannot make whole it leaves
 * (`bail`) to the closures, which say why: failures, their messages and their order exist once.
 */
import type { FindExecutor } from '../compile/executable.js';
import { isInherited } from '../compile/paths.js';
import type { MappingPlan } from '../compile/plan.js';
import { placeKey } from '../resolve/domain.js';
import type { BoundPath } from '../resolve/ir.js';
import { AdaptWriter, bail } from './adapt.js';
import { FoldWriter } from './fold.js';
import { LineageWriter } from './lineage.js';
import { Reads } from './reads.js';
import { SourceWriter } from './sources.js';
import { TableWriter } from './tables.js';
import { TargetWriter } from './targets.js';
import { literal } from './text.js';
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
      providers.some((one) => one.kind === 'field' && 'using' in one.field.source),
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
  private readonly lineage: LineageWriter;
  private readonly fold: FoldWriter | undefined;
  private readonly targets: TargetWriter;

  constructor(plan: MappingPlan, executor: FindExecutor) {
    const { mapping } = plan;
    const { writer } = this;
    const reads = new Reads(writer, mapping, (path) => this.targets.asked(path));
    const lineage = new LineageWriter(plan, writer);
    const fold = mapping.fold && new FoldWriter(mapping.fold, writer, reads);
    const tools = { writer, reads, adapt: new AdaptWriter(writer) };
    const tables = new TableWriter(mapping, tools);
    const sources = new SourceWriter(mapping, tools, executor, lineage.nested);
    this.plan = plan;
    this.reads = reads;
    this.lineage = lineage;
    this.fold = fold;
    this.targets = new TargetWriter(plan, writer, { reads, lineage, tables, sources, fold });
  }

  write(): GeneratedSource {
    const { writer, plan } = this;
    const inputs = plan.mapping.sources.map((_, i) => `s${i}`);
    writer.block(`function attempt(${[...inputs, 'x'].join(', ')})`, () => this.attempt());
    writer.block('function run(inputs, x)', () => this.run());
    const text = [
      "'use strict';",
      ...writer.constants.map((_, i) => `const k${i} = k[${i}];`),
      ...writer.states,
      ...this.targets.shapes,
      writer.text(),
      'return { attempt, run };',
    ].join('\n');
    return { text: `${text}\n`, constants: writer.constants };
  }

  /** Makes the object and counts nothing. */
  private attempt(): void {
    const { writer, plan, reads, targets, lineage } = this;
    const start = writer.mark();
    const only = reads.condition(plan.mapping.only);
    if (only !== undefined) writer.line(`if (!(${only})) return null;`);
    this.fold?.run();
    for (const path of targetsAsked(plan)) targets.asked(path);
    const value = targets.write();
    if (value === undefined) writer.line(bail);
    else {
      this.losses();
      const made = `ok: true, target: ${literal(plan.mapping.target.name)}, value: ${value}, provenance: lineage`;
      writer.line(`const lineage = ${lineage.made()};`);
      const notes = this.mayNote() ? `notes === undefined ? { ${made} } : { ${made}, notes }` : `{ ${made} }`;
      writer.line(`return ${notes};`);
    }
    writer.insert(start, `let ${['notes', ...targets.declared(), ...lineage.declared()].join(', ')};`);
    writer.insert(start, `if (${reads.polluted()}) ${bail}`);
  }

  private mayNote(): boolean {
    const { mapping } = this.plan;
    return mapping.fold !== undefined || mapping.losses.length > 0 || this.lineage.usesMappings;
  }

  /** Takes named inputs, and counts the rows that decided. */
  private run(): void {
    const { writer, plan } = this;
    const { mapping, decisions, hits } = plan;
    const inputs = mapping.sources.map(({ alias }) => {
      const value = `inputs[${literal(alias)}]`;
      return isInherited(alias) ? `(Object.hasOwn(inputs, ${literal(alias)}) ? ${value} : undefined)` : value;
    });
    const names = inputs.map((_, i) => `s${i}`);
    if (names.length > 0)
      writer.line(`const ${names.map((name, i) => `${name} = ${inputs[i]}`).join(', ')};`);
    // Inputs are named by the object itself, not by what it descends from.
    writer.line(`if (Object.getPrototypeOf(inputs) !== Object.prototype) ${bail}`);
    const aliases = mapping.sources.map(({ alias }) => alias).filter((alias) => !isInherited(alias));
    const polluted = aliases.map((alias) => `Object.prototype[${literal(alias)}] !== undefined`);
    if (polluted.length > 0) writer.line(`if (${polluted.join(' || ')}) ${bail}`);
    writer.line(`const made = attempt(${[...names, 'x'].join(', ')});`);
    const [decision, more] = decisions;
    if (decision && !more && !this.lineage.usesMappings) {
      const rule = decision.firstRule === 0 ? 'row' : `${decision.firstRule} + row`;
      writer.block('if (made != null)', () => {
        writer.line('const row = made.provenance.rows;');
        writer.line(`if (row >= 0) ${writer.constant(hits)}[${rule}]++;`);
      });
    } else if (decision || this.lineage.usesMappings)
      writer.line('if (made != null) made.provenance.count();');
    writer.line('return made;');
  }

  private losses(): void {
    const { writer, reads, plan } = this;
    for (const { target, reason, sources } of plan.mapping.losses) {
      if (sources.length === 0) continue;
      const note = writer.constant({ code: 'MAP_LOSS', path: target.text, detail: reason });
      const lost = sources.map((path) => `${reads.read(path)} != null`).join(' || ');
      writer.line(`if (${lost}) notes = notes === undefined ? [${note}] : [...notes, ${note}];`);
    }
  }
}
