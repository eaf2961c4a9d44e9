import type { Json } from '../api.js';
import { type AdaptOp, adaptOps } from '../compile/adapt-ops.js';
import type { FindExecutor } from '../compile/executable.js';
import type { FieldPlan } from '../compile/plan.js';
import type { FieldIr, MappingIr, SourceValueIr } from '../resolve/ir.js';
import { type AdaptWriter, bail } from './adapt.js';
import type { Reads } from './reads.js';
import { literal } from './text.js';
import type { Writer } from './writer.js';

type Done = (value: string) => void;
type Source<K extends string> = Extract<SourceValueIr, { readonly kind: K }>;
type Used = Extract<SourceValueIr, { readonly using: unknown }>;

/** Writes what fields read. `done` writes what is done with a value that is there. */
export class SourceWriter {
  private readonly mapping: MappingIr;
  private readonly writer: Writer;
  private readonly reads: Reads;
  private readonly adapt: AdaptWriter;
  private readonly executor: FindExecutor;
  /** Notes the provenance of a used mapping; gives the variable for it. */
  private readonly nested: (slot: number) => string;

  constructor(
    mapping: MappingIr,
    tools: { writer: Writer; reads: Reads; adapt: AdaptWriter },
    executor: FindExecutor,
    nested: (slot: number) => string,
  ) {
    this.mapping = mapping;
    this.writer = tools.writer;
    this.reads = tools.reads;
    this.adapt = tools.adapt;
    this.executor = executor;
    this.nested = nested;
  }

  /** `value` is the variable of the target, still undefined; `must`: nothing can be made without it. */
  field({ field, slot }: FieldPlan, value: string, must: boolean, done: Done): void {
    const { source } = field;
    const when = this.reads.condition(field.when);
    if (source.kind === 'from' && when === undefined)
      this.adapt.present(this.reads.read(source.path), this.ops(field, source.path.node), done, must);
    else this.writer.when(when, () => this.source(field, slot, value, done));
  }

  private source(field: FieldIr, slot: number, value: string, done: Done): void {
    const { source } = field;
    switch (source.kind) {
      case 'const':
        done(this.constant(source.value));
        break;
      case 'from':
        this.adapt.present(this.reads.read(source.path), this.ops(field, source.path.node), done);
        break;
      case 'first':
        this.first(field, source, value, done);
        break;
      case 'identity':
        this.identity(field, source, done);
        break;
      case 'join':
        this.join(field, source, done);
        break;
      case 'object':
        this.object(source, slot, done);
        break;
      case 'each':
        this.each(field, source, slot, done);
        break;
    }
  }

  private ops(field: FieldIr, node?: FieldIr['target']['node']): AdaptOp[] {
    const by = field.by.map((transform) => transform.value);
    const round = field.round && { round: field.round };
    return adaptOps(node, field.target.node, { by, asIs: field.asIs, ...round });
  }

  /** Objects and lists are written out: a new one each time, since outputs belong to their receiver. */
  private constant(value: Json): string {
    return typeof value === 'object' && value !== null ? `(${literal(value)})` : literal(value);
  }

  private first(field: FieldIr, { paths }: Source<'first'>, value: string, done: Done): void {
    paths.forEach((path, i) => {
      const from = (): void => this.adapt.present(this.reads.read(path), this.ops(field, path.node), done);
      if (i === 0) from();
      else this.writer.block(`if (${value} === undefined)`, from);
    });
  }

  private identity(field: FieldIr, { identity, key, optional }: Source<'identity'>, done: Done): void {
    const { writer, reads } = this;
    const parts = key.map((path) => reads.read(path));
    const known = parts.map((part) => `${part} != null`).join(' && ');
    writer.when(known || undefined, () => {
      const id = writer.name('t');
      writer.line(`const ${id} = x.identity.resolve(${literal(identity)}, [${parts.join(', ')}]);`);
      writer.block(`if (${id} !== undefined)`, () => this.adapt.apply(id, this.ops(field), done));
      if (!optional) writer.line(`else ${bail}`);
    });
  }

  private join(field: FieldIr, { paths, with: separator, places }: Source<'join'>, done: Done): void {
    const { writer, reads } = this;
    const values = paths.map((path) => reads.read(path));
    for (const value of values) writer.line(`if (typeof ${value} === 'object' && ${value} !== null) ${bail}`);
    const parts = writer.name('l');
    writer.line(`const ${parts} = [];`);
    for (const value of values) {
      writer.line(`if (${value} != null) ${parts}.push(String(${value}));`);
      if (places) writer.line(`else ${parts}.push('');`);
    }
    const there = values.map((value) => `${value} != null`).join(' || ') || 'false';
    writer.block(`if (${there})`, () => {
      const joined = writer.name('t');
      writer.line(`const ${joined} = ${parts}.join(${literal(separator)});`);
      this.adapt.apply(joined, this.ops(field), done);
    });
  }

  private object({ path, using }: Used, slot: number, done: Done): void {
    const { writer } = this;
    const value = this.reads.read(path);
    const call = this.call(using.value);
    writer.block(`if (${value} != null)`, () => {
      const made = writer.name('m');
      writer.line(`const ${made} = ${call(value)};`);
      writer.line(`if (${made} === undefined) ${bail}`);
      writer.block(`if (${made} !== null)`, () => {
        this.notes(made);
        writer.line(`${this.nested(slot)} = ${made}.provenance;`);
        done(`${made}.value`);
      });
    });
  }

  private each(field: FieldIr, { path, using }: Used, slot: number, done: Done): void {
    const { writer } = this;
    const value = this.reads.read(path);
    const call = this.call(using.value);
    const least = field.target.node.bound('minItems') ?? 0;
    writer.block(`if (${value} != null)`, () => {
      const items = writer.name('l');
      const lineage = writer.name('p');
      const index = writer.name('i');
      const made = writer.name('m');
      writer.line(`if (!Array.isArray(${value})) ${bail}`);
      writer.line(`const ${items} = [], ${lineage} = [];`);
      writer.block(`for (let ${index} = 0; ${index} < ${value}.length; ${index}++)`, () => {
        writer.line(`const ${made} = ${call(`${value}[${index}]`)};`);
        writer.line(`if (${made} === undefined) ${bail}`);
        writer.block(`if (${made} !== null)`, () => {
          this.notes(made);
          writer.line(`${items}.push(${made}.value);`);
          writer.line(`${lineage}.push(${made}.provenance);`);
        });
      });
      const few = `${items}.length < ${literal(least)}`;
      // What was made is left out: the closures count it.
      if (least > 0) writer.line(`if (${few} && ${items}.length > 0) ${bail}`);
      writer.when(least > 0 ? `!(${few})` : undefined, () => {
        writer.line(`${this.nested(slot)} = ${lineage};`);
        done(items);
      });
    });
  }

  private notes(made: string): void {
    this.writer.line(
      `if (${made}.notes !== undefined) notes = notes === undefined ? ${made}.notes : [...notes, ...${made}.notes];`,
    );
  }

  /** A call of a used mapping. */
  private call(name: string): (value: string) => string {
    const { mapping, writer, executor } = this;
    const found = executor(name);
    const own = mapping.sources.map(({ alias }) => alias);
    const further = found.sources
      .slice(1)
      .map(({ alias }) => (own.includes(alias) ? `s${own.indexOf(alias)}` : 'undefined'));
    const { attempt: fixed } = found;
    const attempt = fixed ? writer.constant(fixed) : `${writer.constant(found)}.attemptFor(x.select)`;
    return (value) => `${attempt}(${[value, ...further, 'x'].join(', ')})`;
  }
}
