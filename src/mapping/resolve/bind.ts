import { didYouMean, type Findings, type Span } from '../diagnostics.js';
import { rootOf, type SchemaNode, type SchemaSource } from '../schema/node.js';
import type {
  Condition,
  FieldAst,
  FoldAst,
  FoldRole,
  GroupAst,
  Listed,
  PathRef,
  SchemaNameAst,
  TableAst,
} from '../syntax/ast.js';
import type {
  BoundPath,
  ClauseIr,
  FieldIr,
  FoldIr,
  GroupIr,
  Link,
  ListedIr,
  LossIr,
  MappingIr,
  SourceIr,
  SourceValueIr,
  TableIr,
} from './ir.js';
import { withoutColumns, withoutElse } from './tables.js';
import type { WholeMapping } from './whole.js';

type Side = 'source' | 'target' | 'either';

/** Resolves the paths of one mapping against the schemas of both sides. */
export class Binder {
  readonly findings: Findings;
  /** What is left of tables of which a path leads nowhere: their other columns can be checked all the same. */
  readonly remains: TableIr[] = [];
  private readonly whole: WholeMapping | undefined;
  private readonly sources: readonly SourceIr[];
  private readonly target: MappingIr['target'];

  private constructor(
    whole: WholeMapping | undefined,
    sources: readonly SourceIr[],
    target: MappingIr['target'],
    findings: Findings,
  ) {
    this.whole = whole;
    this.sources = sources;
    this.target = target;
    this.findings = findings;
  }

  /** Undefined when a schema is not known: nothing else could be said of the mapping then. */
  static of(whole: WholeMapping, schemas: SchemaSource, findings: Findings): Binder | undefined {
    const sources = whole.from.flatMap((source) => {
      const root = findSchema(source, schemas, findings);
      const element = elementOf(source, whole.from);
      return root ? [{ alias: source.alias, name: source.name, root, ...(element && { element }) }] : [];
    });
    const root = findSchema(whole.to, schemas, findings);
    if (!root || sources.length !== whole.from.length) return undefined;
    if (whole.from.some((source) => source.alias === whole.to.alias))
      findings.add('MAP_DUPLICATE', whole.to.at, `the alias ${whole.to.alias} names a source and the target`);
    return new Binder(whole, sources, { alias: whole.to.alias, name: whole.to.name, root }, findings);
  }

  /** A binder for paths of one message, without a mapping. */
  static forMessage(message: SchemaNameAst, schemas: SchemaSource, findings: Findings): Binder | undefined {
    const root = findSchema(message, schemas, findings);
    if (!root) return undefined;
    const sources = [{ alias: message.alias, name: message.name, root }];
    return new Binder(undefined, sources, { alias: '', name: '', root }, findings);
  }

  mapping(): MappingIr {
    const { whole } = this;
    if (!whole) throw new Error('a binder of a message has no mapping');
    const fold = whole.fold && this.fold(whole.fold);
    return {
      whole,
      name: whole.name,
      sources: this.sources,
      target: this.target,
      only: this.condition(whole.only, 'source'),
      tables: whole.tables.flatMap((table) => this.table(table) ?? []),
      fields: whole.fields.flatMap((field) => this.field(field) ?? []),
      groups: whole.groups.flatMap((group) => this.group(group) ?? []),
      ignore: this.listed(whole.ignore, 'source'),
      leave: this.listed(whole.leave, 'target'),
      lossy: this.listed(whole.lossy, 'either'),
      losses: whole.losses.map(
        ({ target, reason, sources }): LossIr => ({
          target,
          reason,
          sources: sources.flatMap((source) => this.path(source, 'source') ?? []),
        }),
      ),
      ...(fold && { fold }),
    };
  }

  /** Binds one path, or says why it leads nowhere. */
  path(ref: PathRef, side: Side, quiet = false): BoundPath | undefined {
    const fail = (code: 'MAP_PATH', message: string, suggestion?: string): undefined => {
      if (!quiet) this.findings.add(code, ref.at, this.inContext(message), suggestion);
      return undefined;
    };
    const source = this.sources.find(({ alias }) => alias === ref.alias);
    const isTarget = ref.alias === this.target.alias;
    const root = source?.root ?? (isTarget ? this.target.root : undefined);
    const aliases = [
      ...(side === 'target' ? [] : this.sources.map(({ alias }) => alias)),
      ...(side === 'source' ? [] : [this.target.alias]),
    ];
    if (!root || !aliases.includes(ref.alias))
      return fail(
        'MAP_PATH',
        `${ref.text} does not start with ${aliases.join(' or ')}`,
        didYouMean(ref.alias, aliases),
      );
    const links: Link[] = [];
    let node: SchemaNode = root;
    for (const step of ref.steps) {
      const link = stepInto(node, step);
      if (typeof link === 'string')
        return fail('MAP_PATH', `${node.title} has no ${step}`, link || undefined);
      links.push(link);
      node = link.node;
    }
    return {
      ref,
      key: [ref.alias, ...ref.steps].join('.'),
      side: isTarget ? 'target' : 'source',
      links,
      node,
    };
  }

  condition(condition: Condition, side: Side): ClauseIr[] {
    return condition.flatMap(({ path, cell }) => {
      const bound = this.path(path, side);
      return bound ? [{ path: bound, cell }] : [];
    });
  }

  table(ast: TableAst): TableIr | undefined {
    const bound = {
      inputs: ast.inputs.map((path) => this.path(path, 'source')),
      outputs: ast.outputs.map((path) => this.path(path, 'target')),
    };
    const whole = [...bound.inputs, ...bound.outputs].every((path) => path !== undefined);
    const kept = whole ? ast : withoutColumns(ast, bound);
    const table = {
      ast: kept,
      name: ast.name,
      inputs: bound.inputs.filter((path) => path !== undefined),
      outputs: bound.outputs.filter((path) => path !== undefined),
      only: this.condition(ast.only, 'source'),
      rows: withoutElse(kept).rows,
    };
    if (whole) return table;
    this.remains.push(table);
    return undefined;
  }

  field(ast: FieldAst): FieldIr | undefined {
    const target = this.path(ast.target, 'target');
    const source = this.sourceValue(ast);
    if (!target || !source) return undefined;
    const { by, asIs, round } = ast;
    return {
      ast,
      target,
      source,
      when: this.condition(ast.when, 'either'),
      by,
      asIs,
      ...(round && { round }),
    };
  }

  private sourceValue({ source }: FieldAst): SourceValueIr | undefined {
    const all = (paths: readonly PathRef[]): BoundPath[] | undefined => {
      const bound = paths.flatMap((path) => this.path(path, 'source') ?? []);
      return bound.length === paths.length ? bound : undefined;
    };
    switch (source.kind) {
      case 'const':
        return source;
      case 'from':
      case 'each':
      case 'object': {
        const path = this.path(source.path, 'source');
        return path && { ...source, path };
      }
      case 'first':
      case 'join': {
        const paths = all(source.paths);
        return paths && { ...source, paths };
      }
      case 'identity': {
        const key = all(source.key);
        return key && { ...source, key };
      }
    }
  }

  private group(ast: GroupAst): GroupIr | undefined {
    const target = this.path(ast.target, 'target');
    return target && { target, when: this.condition(ast.when, 'source') };
  }

  private fold(ast: FoldAst): FoldIr | undefined {
    const over = this.path(ast.over, 'source');
    if (!over) return undefined;
    const read = new Map<FoldRole, BoundPath>();
    for (const [role, ref] of ast.read) {
      const path = this.path(ref, 'source');
      if (path) read.set(role, path);
    }
    const context = ast.context && this.path(ast.context, 'target');
    const signed = ast.signed && this.path(ast.signed, 'target');
    const take = ast.take.flatMap((item) => {
      const to = this.path(item.to, 'target');
      return to ? [{ ast: item, to }] : [];
    });
    return { ast, over, read, take, ...(context && { context }), ...(signed && { signed }) };
  }

  /** Entries taken over from a base are passed over where this version does not have them. */
  private listed(items: readonly Listed[], side: Side): ListedIr[] {
    return items.flatMap((listed) => {
      const path = this.path(listed.path, side, listed.inherited);
      return path ? [{ path, listed }] : [];
    });
  }

  private inContext(message: string): string {
    const { base, reverseOf, name } = this.whole ?? {};
    return base || reverseOf ? `${message} (in ${name})` : message;
  }
}

function findSchema(
  source: SchemaNameAst,
  schemas: SchemaSource,
  findings: Findings,
): SchemaNode | undefined {
  const message = schemas.schemaOf(source.name);
  if (message) return rootOf(message);
  const plain = source.name.split(':')[0] ?? '';
  const known = schemas.schemaNames();
  const suggestion = known.includes(plain)
    ? `${plain} is known, but not the path after the colon`
    : didYouMean(source.name, known);
  findings.add('MAP_SCHEMA', source.at, `no schema is named ${source.name}`, suggestion);
  return undefined;
}

function elementOf(source: SchemaNameAst, all: readonly SchemaNameAst[]): SourceIr['element'] | undefined {
  const [message, path] = source.name.split(':');
  const owner = all.find(({ name }) => name === message);
  if (!owner || !path?.endsWith('[]')) return undefined;
  return { of: owner.alias, steps: path.slice(0, -2).split('.') };
}

/** The next link, or a suggestion (empty if there is none) when the schema has no such step. */
function stepInto(node: SchemaNode, step: string): Link | string {
  if (step === '[0]' || step === '[]') {
    const item = node.items;
    return item
      ? { step, node: item, required: step === '[0]' && (node.bound('minItems') ?? 0) > 0 }
      : 'it is not a list';
  }
  const property = node.properties.get(step);
  if (property) return { step, node: property.node, required: property.required };
  if (node.type === 'array') return 'it is a list: take an element with [0], or the list with `each`';
  return (
    didYouMean(step, node.properties.keys()) ??
    (node.properties.size > 0 ? `it has ${[...node.properties.keys()].join(', ')}` : '')
  );
}

/** A place for a diagnostic about a whole mapping. */
export function placeOf(mapping: MappingIr): Span {
  return mapping.whole.at;
}
