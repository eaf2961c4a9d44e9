import type { Json } from '../api.js';
import type { BoundPath, FieldIr, SourceIr, SourceValueIr } from '../resolve/ir.js';
import { type Frame, fail, type Get } from '../run/frame.js';
import type { CompactProvenance } from '../run/provenance.js';
import { type Adaptation, adaptation, adaptationSteps } from './adapt.js';
import type { RunNested } from './executable.js';
import { pathHolder } from './paths.js';
import type { ReadStep } from './steps.js';

/** What the values of a field are made with. */
export interface FieldContext {
  readonly mapping: string;
  readonly rule: string;
  /** Target slot, for nested lineage. */
  readonly slot: number;
  readonly sources: readonly SourceIr[];
  readonly read: (path: BoundPath) => Get;
  readonly nested: (name: string) => RunNested;
}

/** How a field gets its value; `plain` where the builder of the object can read it itself. */
export interface FieldValue {
  readonly get: Get;
  readonly plain?: Pick<ReadStep, 'holder' | 'hold' | 'key' | 'type' | 'adapt'>;
}

/** The value of one field, without its `when` and groups. */
export function fieldValue(field: FieldIr, context: FieldContext): FieldValue {
  const { source, target } = field;
  const spec: Adaptation = {
    mapping: context.mapping,
    rule: context.rule,
    path: target.ref.text,
    by: field.by.map(({ value }) => value),
    asIs: field.asIs,
    ...(field.round && { round: field.round }),
  };
  if (source.kind !== 'from') return { get: otherValue(source, field, spec, context) };
  const get = adapted(source.path, field, spec, context);
  const plain = plainRead(source.path, field, spec, context);
  return plain ? { get, plain } : { get };
}

function plainRead(
  path: BoundPath,
  field: FieldIr,
  spec: Adaptation,
  context: FieldContext,
): FieldValue['plain'] {
  const type = path.node.type === 'integer' ? 'number' : path.node.type;
  const place = path.side === 'source' ? pathHolder(path, context.sources) : undefined;
  if (!place || (type !== 'string' && type !== 'number' && type !== 'boolean')) return undefined;
  return { ...place, type, adapt: adaptationSteps(path.node, field.target.node, spec) };
}

function otherValue(
  source: Exclude<SourceValueIr, { kind: 'from' }>,
  field: FieldIr,
  spec: Adaptation,
  context: FieldContext,
): Get {
  switch (source.kind) {
    case 'const':
      return constant(source.value);
    case 'first':
      return firstOf(source.paths.map((path) => adapted(path, field, spec, context)));
    case 'identity':
      return identityOf(source, source.key.map(context.read), field, spec);
    case 'join':
      return joined(source.paths.map(context.read), source.with, source.places, field, spec);
    case 'object':
      return nestedObject(context.read(source.path), context.nested(source.using.value), context.slot);
    case 'each':
      return nestedList(
        context.read(source.path),
        context.nested(source.using.value),
        context.slot,
        field,
        spec,
      );
  }
}

function constant(value: Json): Get {
  // A new object each time: outputs belong to their receiver.
  return typeof value === 'object' && value !== null ? () => structuredClone(value) : () => value;
}

function adapted(path: BoundPath, field: FieldIr, spec: Adaptation, context: FieldContext): Get {
  const get = context.read(path);
  const adapt = adaptation(path.node, field.target.node, spec);
  return (frame) => {
    const value = get(frame);
    return value === undefined ? undefined : adapt(value, frame);
  };
}

function firstOf(gets: readonly Get[]): Get {
  const [first, second] = gets;
  if (first && second && gets.length === 2) return (frame) => first(frame) ?? second(frame);
  return (frame) => {
    for (const get of gets) {
      const value = get(frame);
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

function identityOf(
  source: { identity: string; optional: boolean },
  key: readonly Get[],
  field: FieldIr,
  spec: Adaptation,
): Get {
  const adapt = adaptation(undefined, field.target.node, spec);
  return (frame) => {
    const values: Json[] = [];
    for (const get of key) {
      const value = get(frame);
      if (value === undefined) return undefined;
      values.push(value);
    }
    const id = frame.context.identity.resolve(source.identity, values);
    if (id !== undefined) return adapt(id, frame);
    if (source.optional) return undefined;
    const message = `no ${source.identity} is known as ${values.join('/')}`;
    return fail(frame, spec.mapping, 'MAP_IDENTITY', message, { rule: spec.rule, path: spec.path });
  };
}

function joined(
  gets: readonly Get[],
  separator: string,
  places: boolean,
  field: FieldIr,
  spec: Adaptation,
): Get {
  const adapt = adaptation(undefined, field.target.node, spec);
  return (frame) => {
    const parts: string[] = [];
    let any = false;
    for (const get of gets) {
      const value = get(frame);
      if (typeof value === 'object') {
        const message = `${spec.path} is joined from plain values, not from objects or lists`;
        return fail(frame, spec.mapping, 'MAP_INPUT', message, { rule: spec.rule, path: spec.path });
      }
      if (value !== undefined) any = true;
      if (value !== undefined || places) parts.push(value === undefined ? '' : String(value));
    }
    return any ? adapt(parts.join(separator), frame) : undefined;
  };
}

function nestedObject(get: Get, run: RunNested, slot: number): Get {
  return (frame) => {
    const value = get(frame);
    if (value === undefined) return undefined;
    const outcome = run(frame, value);
    if (!outcome || frame.failure) return undefined;
    keepNested(frame, slot, outcome.provenance);
    return outcome.value;
  };
}

function nestedList(get: Get, run: RunNested, slot: number, field: FieldIr, spec: Adaptation): Get {
  const least = field.target.node.bound('minItems') ?? 0;
  return (frame) => {
    const list = get(frame);
    if (list === undefined) return undefined;
    if (!Array.isArray(list))
      return fail(frame, spec.mapping, 'MAP_INPUT', `${spec.path} needs a list`, {
        rule: spec.rule,
        path: spec.path,
      });
    const values: Json[] = [];
    const provenance: CompactProvenance[] = [];
    for (const element of list) {
      const outcome = run(frame, element);
      if (frame.failure) return undefined;
      if (!outcome) continue;
      values.push(outcome.value);
      provenance.push(outcome.provenance);
    }
    if (values.length < least) return undefined;
    keepNested(frame, slot, provenance);
    return values;
  };
}

function keepNested(frame: Frame, slot: number, provenance: CompactProvenance | CompactProvenance[]): void {
  frame.nested ??= [];
  frame.nested[slot] = provenance;
}
