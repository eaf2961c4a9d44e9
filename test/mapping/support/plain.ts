/**
 * Shipped mappings run by going through their tables row by row and their fields one by one, without compiling
 * anything: what the engine gives, this must give.
 */
import type { BoundPath, FieldIr, Json, JsonObject, MappingIr, TableIr } from '../../../src/mapping/index.js';
import { fits, isBeneath, none } from '../../../src/mapping/resolve/domain.js';
import type { ClauseIr, Link } from '../../../src/mapping/resolve/ir.js';
import type { SchemaNode } from '../../../src/mapping/schema/node.js';
import type { OutputCell } from '../../../src/mapping/syntax/ast.js';
import { absent, failed, type Transformed, transforms } from '../../../src/mapping/transforms.js';
import { conversion, converter, roundTo } from '../../../src/mapping/units.js';
import { type Folded, plainFold } from './plain-fold.js';

/** Thrown where an object cannot be made whole. */
export class Refused extends Error {}

type Inputs = Readonly<Record<string, Json | undefined>>;
type Overlay = Pick<MappingIr, 'fields'> & { tables: ReadonlyMap<string, TableIr> };

/** The world a mapping runs in: the others, and the overlays that apply, the strongest first. */
export interface PlainWorld {
  readonly mappings: ReadonlyMap<string, MappingIr>;
  readonly overlays: (mapping: string) => readonly Overlay[];
  readonly resolve: (kind: string, key: readonly Json[]) => string | undefined;
}

/** The target; null if the mapping does not apply. */
export function plainRun(mapping: MappingIr, inputs: Inputs, world: PlainWorld): JsonObject | null {
  return new PlainRun(mapping, inputs, world).run();
}

class PlainRun {
  private readonly mapping: MappingIr;
  private readonly inputs: Inputs;
  private readonly world: PlainWorld;
  private folded: Folded | undefined;

  constructor(mapping: MappingIr, inputs: Inputs, world: PlainWorld) {
    this.mapping = mapping;
    this.inputs = inputs;
    this.world = world;
  }

  run(): JsonObject | null {
    const { mapping } = this;
    if (!this.meets(mapping.only)) return null;
    if (mapping.fold) {
      this.folded = plainFold(mapping.fold, this.read(mapping.fold.over));
      if (!this.folded) return null;
    }
    return this.object(this.places(), 0, mapping.target.alias, true) as JsonObject;
  }

  private read(path: BoundPath): Json | undefined {
    if (path.side === 'target') return this.leaf(path);
    let value: Json | undefined = this.inputs[path.ref.alias];
    for (const step of path.ref.steps)
      value = (value as { [key: string]: Json } | undefined)?.[step === '[0]' ? '0' : step] ?? undefined;
    return value ?? undefined;
  }

  private meets(clauses: readonly ClauseIr[]): boolean {
    return clauses.every(({ path, cell }) => {
      const value = this.read(path);
      if (value !== null && typeof value === 'object')
        return cell.kind !== 'set' || (cell.values.length === 0 && cell.absent === cell.not);
      return fits(cell, value ?? none, path);
    });
  }

  private places(): BoundPath[] {
    const { tables, fields, fold, name } = this.mapping;
    const all = [
      ...[...this.world.overlays(name), { fields }].flatMap((layer) =>
        layer.fields.map(({ target }) => target),
      ),
      ...tables.flatMap(({ outputs }) => outputs),
      ...(fold ? [...fold.take.map(({ to }) => to), fold.context, fold.signed] : []),
    ];
    const byKey = new Map<string, BoundPath>();
    for (const path of all) if (path && !byKey.has(path.key)) byKey.set(path.key, path);
    return [...byKey.values()];
  }

  /** The value at a place of the target that is `depth` steps deep. */
  private object(paths: readonly BoundPath[], depth: number, key: string, forced: boolean): Json | undefined {
    const groups = this.mapping.groups.filter(({ target }) => target.key === key);
    if (!groups.every(({ when }) => this.meets(when))) return undefined;
    const here = paths.find(({ links }) => links.length === depth);
    if (here && paths.length === 1) return this.value(here);
    const made: JsonObject = {};
    const missing: string[] = [];
    const steps = new Map<string, Link>();
    for (const { links } of paths) {
      const link = links[depth];
      if (link) steps.set(link.step, link);
    }
    for (const { step, required } of steps.values()) {
      const beneath = paths.filter(({ links }) => links[depth]?.step === step);
      const value = this.object(beneath, depth + 1, `${key}.${step}`, false);
      if (value !== undefined) made[step] = value;
      else if (required && step !== '[0]') missing.push(step);
    }
    if (steps.has('[0]')) return made['[0]'] === undefined ? undefined : [made['[0]']];
    const wanted = forced || Object.keys(made).length > 0 || (here && this.value(here) !== undefined);
    if (!wanted) return undefined;
    if (missing.length > 0) throw new Refused(`${key} lacks ${missing.join()}`);
    return made;
  }

  /** For `when: <target>`: the value under the groups above it. */
  private leaf(path: BoundPath): Json | undefined {
    const groups = this.mapping.groups.filter(({ target }) => isBeneath(path, target));
    return groups.every(({ when }) => this.meets(when)) ? this.value(path) : undefined;
  }

  private value(path: BoundPath): Json | undefined {
    const { mapping, world } = this;
    const layers = [...world.overlays(mapping.name), mapping];
    const field = layers.flatMap(({ fields }) => fields).find(({ target }) => target.key === path.key);
    const set = field && this.meets(field.when) ? this.field(field) : undefined;
    let found = set ?? this.folded?.get(path.key);
    for (const table of mapping.tables)
      if (table.outputs.some(({ key }) => key === path.key)) found ??= this.decided(table, path);
    return found;
  }

  private decided(base: TableIr, path: BoundPath): Json | undefined {
    const { name } = this.mapping;
    const patches = this.world.overlays(name).flatMap(({ tables }) => tables.get(base.name) ?? []);
    for (const table of [...patches, base]) {
      const column = table.outputs.findIndex(({ key }) => key === path.key);
      if (column < 0 || !this.meets(table.only)) continue;
      const row = table.rows.find(({ inputs }) =>
        this.meets(inputs.map((cell, i) => ({ cell, path: table.inputs[i] as BoundPath }))),
      );
      if (row) return this.output(row.outputs[column], table, path.node);
      if (table === base) throw new Refused(`no row of ${table.name}`);
    }
    return undefined;
  }

  private output(cell: OutputCell | undefined, table: TableIr, target: SchemaNode): Json | undefined {
    if (cell?.kind === 'literal') return cell.value;
    const input = cell?.kind === 'copy' ? table.inputs[cell.input] : undefined;
    const value = input && this.read(input);
    return value === undefined ? undefined : fitted(value, input?.node, target, { by: [], asIs: false });
  }

  private field(field: FieldIr): Json | undefined {
    const { source, target } = field;
    const fitTo = (value: Json | undefined, node?: SchemaNode): Json | undefined =>
      value === undefined ? undefined : fitted(value, node, target.node, field);
    switch (source.kind) {
      case 'const':
        return source.value;
      case 'from':
        return fitTo(this.read(source.path), source.path.node);
      case 'first':
        for (const path of source.paths) {
          const value = fitTo(this.read(path), path.node);
          if (value !== undefined) return value;
        }
        return undefined;
      case 'identity': {
        const key = source.key.map((path) => this.read(path));
        if (key.includes(undefined)) return undefined;
        const id = this.world.resolve(source.identity, key as Json[]);
        if (id === undefined && !source.optional) throw new Refused('identity');
        return fitTo(id);
      }
      case 'join': {
        const parts = source.paths.map((path) => this.read(path));
        if (parts.every((part) => part === undefined)) return undefined;
        const texts = source.places ? parts.map((part) => part ?? '') : parts.filter((p) => p !== undefined);
        return fitTo(texts.join(source.with));
      }
      case 'object': {
        const value = this.read(source.path);
        return value === undefined ? undefined : (this.used(source.using.value, value) ?? undefined);
      }
      case 'each': {
        const list = this.read(source.path);
        if (list === undefined) return undefined;
        if (!Array.isArray(list)) throw new Refused('no list');
        const made: Json[] = list.flatMap((item: Json) => this.used(source.using.value, item) ?? []);
        return made.length < (target.node.bound('minItems') ?? 0) ? undefined : made;
      }
    }
  }

  private used(name: string, value: Json): JsonObject | null {
    const mapping = this.world.mappings.get(name);
    const alias = mapping?.sources[0]?.alias;
    if (!mapping || alias === undefined) throw new Error(`no mapping ${name}`);
    return plainRun(mapping, { ...this.inputs, [alias]: value }, this.world);
  }
}

function fitted(
  value: Json,
  source: SchemaNode | undefined,
  target: SchemaNode,
  field: Pick<FieldIr, 'by' | 'asIs' | 'round'>,
): Json | undefined {
  if (Array.isArray(value)) {
    const item = target.items;
    if (!item) throw new Refused('list');
    return value.flatMap((each) => fitted(each, source?.items, item, field) ?? []);
  }
  let current: Json = value;
  for (const { value: name } of field.by) {
    const limit = target.bound('maxLength') ?? Number.POSITIVE_INFINITY;
    const made: Transformed = transforms.get(name)?.apply(current as string, limit) ?? failed;
    if (made === absent) return undefined;
    if (made === failed) throw new Refused(`${name} ${current}`);
    current = made;
  }
  if (typeof current === 'number') current = numeric(current, source, target, field);
  if (target.enum && !target.enum.includes(current as string)) throw new Refused(`${current} in enum`);
  if (!target.enum && typeof current === 'string' && target.type === 'string') {
    if (current.length < (target.bound('minLength') ?? 0)) throw new Refused('too short');
    if (current.length > (target.bound('maxLength') ?? Number.POSITIVE_INFINITY))
      throw new Refused('too long');
  }
  return current;
}

function numeric(
  value: number,
  source: SchemaNode | undefined,
  target: SchemaNode,
  field: Pick<FieldIr, 'by' | 'asIs' | 'round'>,
): number {
  const rule =
    source?.unit && target.unit && !field.asIs && field.by.length === 0
      ? conversion(source.unit, target.unit)
      : undefined;
  let current = rule ? converter(rule)(value) : value;
  const declared = target.type === 'number' && target.decimals !== undefined ? 'half' : undefined;
  const mode = field.round ?? declared;
  if (mode) current = roundTo(current, target.decimals ?? 0, mode);
  if (target.type === 'integer' && !Number.isInteger(current)) throw new Refused('fraction');
  const [least, most] = [target.bound('minimum'), target.bound('maximum')];
  if (!target.enum && (current < (least ?? -Infinity) || current > (most ?? Infinity)))
    throw new Refused('bounds');
  return current;
}
