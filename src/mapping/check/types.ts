import type { Span } from '../diagnostics.js';
import { didYouMean } from '../diagnostics.js';
import { none, other, possible } from '../resolve/domain.js';
import type { BoundPath, FieldIr, SourceValueIr } from '../resolve/ir.js';
import { misfit } from '../schema/fits.js';
import type { SchemaNode } from '../schema/node.js';
import type { Scalar } from '../syntax/ast.js';
import { transforms } from '../transforms.js';
import { conversion } from '../units.js';
import type { CheckContext } from './context.js';
import { checkLiteral } from './literals.js';

/** The type of a value on its way: as the schema has it, dates told from other text. */
type Flow = 'string' | 'date-time' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'any';

const flowOf = (node: SchemaNode): Flow =>
  node.type === 'string' && node.format === 'date-time' ? 'date-time' : node.type;
const isNumber = (flow: Flow): boolean => flow === 'number' || flow === 'integer';

/** Types, enums, units, fractions and transforms of every field. */
export function checkTypes(context: CheckContext): void {
  for (const field of context.mapping.fields) checkField(context, field);
}

export function checkField(context: CheckContext, field: FieldIr): void {
  context.report.fields++;
  const { source, target } = field;
  switch (source.kind) {
    case 'from':
      checkFlow(context, field, source.path.node, source.path);
      return;
    case 'first':
      for (const path of source.paths) checkFlow(context, field, path.node, path);
      return;
    case 'const':
      checkConstant(context, source, target);
      return;
    case 'identity':
    case 'join':
      checkFlow(context, field, undefined, undefined);
      return;
    case 'each':
    case 'object':
      checkUsing(context, field, source);
  }
}

/** One value from its source (undefined = text made here) through the transforms to the target. */
function checkFlow(
  context: CheckContext,
  field: FieldIr,
  source: SchemaNode | undefined,
  path: BoundPath | undefined,
): void {
  const { add } = context;
  const target = field.target.node;
  const at = path?.ref.at ?? field.ast.at;
  if (source?.type === 'array' && target.type === 'array' && source.items && target.items) {
    const item = { ...field, target: { ...field.target, node: target.items } };
    checkFlow(context, item, source.items, undefined);
    return;
  }
  let flow: Flow = source ? flowOf(source) : 'string';
  if (flow === 'object' || flow === 'array') {
    add(
      'MAP_TYPE',
      at,
      `${source?.title} is ${flow}`,
      `use {${flow === 'array' ? 'each' : 'object'}: …, using: <mapping>}`,
    );
    return;
  }
  for (const { value, at: byAt } of field.by) {
    const transform = transforms.get(value);
    if (!transform) {
      add(
        'MAP_TRANSFORM',
        byAt,
        `there is no transform ${value}`,
        didYouMean(value, transforms.keys()) ?? `known: ${[...transforms.keys()].join(', ')}`,
      );
      return;
    }
    const takes =
      transform.in.includes(flow as never) ||
      (flow === 'date-time' && transform.in.includes('string')) ||
      (flow === 'integer' && transform.in.includes('number'));
    if (!takes) {
      add('MAP_TRANSFORM', byAt, `\`${value}\` takes ${transform.in.join(' or ')}, not ${flow}`);
      return;
    }
    if (value === 'cut' && target.bound('maxLength') === undefined)
      add('MAP_TRANSFORM', byAt, `\`cut\` needs a maxLength, and ${target.title} has none`);
    flow = transform.out;
  }
  arrive(context, field, flow, source, at, path);
}

function arrive(
  context: CheckContext,
  field: FieldIr,
  flow: Flow,
  source: SchemaNode | undefined,
  at: Span,
  path: BoundPath | undefined,
): void {
  const { add } = context;
  const target = field.target.node;
  const wanted = flowOf(target);
  if (target.enum) {
    checkEnum(context, field, flow, source, at, path);
    return;
  }
  if (wanted === 'date-time' && flow === 'date-time') checkInstant(context, field, source, at);
  if (field.round && !isNumber(wanted))
    add('MAP_TYPE', field.ast.at, `\`round\` is for numbers, and ${target.title} is ${wanted}`);
  if (isNumber(wanted) && isNumber(flow)) {
    checkNumber(context, field, flow, source, at);
    return;
  }
  if (wanted === 'any' || wanted === flow || (wanted === 'string' && flow === 'date-time')) return;
  const hint =
    wanted === 'date-time'
      ? 'add `by: utc`'
      : wanted === 'string' && (isNumber(flow) || flow === 'boolean')
        ? 'add `by: text`'
        : undefined;
  add('MAP_TYPE', at, `${source?.title ?? 'the value'} is ${flow}, ${target.title} is ${wanted}`, hint);
}

/** Instants of the canonical model are in UTC and keep what precision they came with. */
function checkInstant(context: CheckContext, field: FieldIr, source: SchemaNode | undefined, at: Span): void {
  const canonical = (name: string | undefined): boolean => name?.startsWith('bridge.') ?? false;
  if (!canonical(field.target.node.message.name) || canonical(source?.message.name)) return;
  const last = field.by.at(-1);
  if (!last)
    context.add(
      'MAP_TYPE',
      at,
      `${field.target.node.title} is in UTC, ${source?.title} can be in any zone`,
      'add `by: utc`',
    );
  else if (last.value === 'utc-seconds')
    context.add(
      'MAP_TRANSFORM',
      last.at,
      `\`utc-seconds\` loses what ${field.target.node.title} can keep`,
      'use `utc`',
    );
}

function checkEnum(
  context: CheckContext,
  field: FieldIr,
  flow: Flow,
  source: SchemaNode | undefined,
  at: Span,
  path: BoundPath | undefined,
): void {
  const { mapping, add } = context;
  const target = field.target.node;
  // The items of a list: no condition looks into it, so their schemas alone tell.
  const items = path || field.by.length > 0 ? undefined : source?.enum;
  if (items?.every((value) => target.enum?.includes(value))) return;
  if (!path || field.by.length > 0) {
    add(
      'MAP_TYPE',
      at,
      `${target.title} has a closed list of values, which text cannot be proven to be`,
      'use a table',
    );
    return;
  }
  const clauses = [...mapping.only, ...field.when.filter((clause) => clause.path.side === 'source')];
  const values = possible(path, [], clauses).filter((value) => value !== none);
  const extra = values.filter((value) => value === other || !target.enum?.includes(value as Scalar));
  if (extra.length === 0) return;
  const names = extra.map((value) => (value === other ? `any ${flow}` : String(value)));
  add(
    'MAP_ENUM',
    at,
    `${path.ref.text} can be ${names.join(', ')}, which ${target.title} does not know`,
    'use a table, or `when`',
  );
}

function checkNumber(
  context: CheckContext,
  field: FieldIr,
  flow: Flow,
  source: SchemaNode | undefined,
  at: Span,
): void {
  const { add } = context;
  const target = field.target.node;
  const fromUnit = field.by.length > 0 ? undefined : source?.unit;
  const toUnit = target.unit;
  let fractional = flow === 'number';
  if (field.asIs) {
    if (fromUnit === toUnit)
      add('MAP_STALE', field.ast.at, '`as-is` is not needed: both sides have the same unit');
  } else if (fromUnit !== undefined && toUnit !== undefined) {
    const rule = conversion(fromUnit, toUnit);
    if (rule === undefined)
      add('MAP_UNIT', at, `${source?.title} is in ${fromUnit}, which is no ${toUnit} (${target.title})`);
    fractional ||= rule?.fractional ?? false;
  } else if (fromUnit !== toUnit) {
    const [bare, known] =
      fromUnit === undefined
        ? [source?.title ?? 'the value', `${target.title} is in ${toUnit}`]
        : [target.title, `${source?.title} is in ${fromUnit}`];
    add(
      'MAP_UNIT',
      at,
      `${bare} has no unit, but ${known}`,
      'declare the unit in the schema, or use `as-is: true` if another field tells it',
    );
  }
  if (target.type === 'integer' && fractional && !field.round)
    add(
      'MAP_FRACTION',
      at,
      `${source?.title ?? 'the value'} can have a fraction, ${target.title} is a whole number`,
      'add `round: true`, `down` or `up`',
    );
}

function checkConstant(
  context: CheckContext,
  source: SourceValueIr & { kind: 'const' },
  target: BoundPath,
): void {
  const { value, at } = source;
  const { node } = target;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    checkLiteral(context, { value, at }, target);
    return;
  }
  const empty = value !== null && Object.keys(value).length === 0;
  const fitting = Array.isArray(value)
    ? node.type === 'array' && (node.bound('minItems') ?? 0) === 0
    : node.type === 'object';
  if (!empty || !fitting)
    context.add(
      'MAP_TYPE',
      at,
      `${node.title} is ${node.type}, and this constant does not fit it`,
      'a constant is a value, {} or []; set fields one by one',
    );
}

/** A used mapping takes what it is given, and makes what the target wants. */
function checkUsing(
  context: CheckContext,
  field: FieldIr,
  source: SourceValueIr & { kind: 'each' | 'object' },
): void {
  const { add, mapping, all } = context;
  const { path, using, kind } = source;
  const target = field.target.node;
  const used = all.get(using.value);
  if (!used) {
    add('MAP_UNKNOWN', using.at, `no mapping is named ${using.value}`, didYouMean(using.value, all.keys()));
    return;
  }
  const [given, made] = kind === 'each' ? [path.node.items, target.items] : [path.node, target];
  if (!given || (kind === 'object' && path.node.type !== 'object')) {
    add(
      'MAP_TYPE',
      path.ref.at,
      `${path.node.title} is ${path.node.type}, not ${kind === 'each' ? 'a list' : 'an object'}`,
    );
    return;
  }
  if (!made) {
    add('MAP_TYPE', field.ast.at, `${target.title} is ${target.type}, not a list`);
    return;
  }
  const [first, ...further] = used.sources;
  const wrong = (first && misfit(given, first.root)) ?? misfit(used.target.root, made);
  if (wrong) add('MAP_TYPE', using.at, `${using.value} does not fit here: ${wrong}`);
  for (const need of further) {
    const own = mapping.sources.find(({ alias }) => alias === need.alias);
    if (!own || own.name !== need.name)
      add(
        'MAP_TYPE',
        using.at,
        `${using.value} also needs ${need.alias}: ${need.name}, which this mapping does not have`,
      );
  }
}
