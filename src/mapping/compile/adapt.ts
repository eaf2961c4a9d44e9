import type { Json } from '../api.js';
import { type Frame, fail } from '../run/frame.js';
import type { SchemaNode } from '../schema/node.js';
import { absent, failed, type Transform } from '../transforms.js';
import { converter, roundTo } from '../units.js';
import { type AdaptOp, type AdaptWish, adaptOps } from './adapt-ops.js';

/** Makes a source value fit its target; undefined = no value, or the frame has failed. */
export type Adapt = (value: Json, frame: Frame) => Json | undefined;

/** What an adaptation needs to know of its field. */
export interface Adaptation extends AdaptWish {
  readonly mapping: string;
  readonly rule: string;
  /** The target path, for messages. */
  readonly path: string;
}

/** Builds the chain: type guard, transforms, unit, rounding, bounds. Only what is needed is in it. */
export function adaptation(source: SchemaNode | undefined, target: SchemaNode, spec: Adaptation): Adapt {
  return chain(adaptOps(source, target, spec).map((op) => step(op, spec)));
}

/** The same without the type guard, for whoever has looked at the type; undefined if nothing is left to do. */
export function adaptationSteps(
  source: SchemaNode | undefined,
  target: SchemaNode,
  spec: Adaptation,
): Adapt | undefined {
  const steps = adaptOps(source, target, spec).flatMap((op) => (op.op === 'guard' ? [] : [step(op, spec)]));
  return steps.length === 0 ? undefined : chain(steps);
}

function chain(steps: readonly Adapt[]): Adapt {
  const [first, second, third] = steps;
  if (!first) return (value) => value;
  if (!second) return first;
  if (steps.length === 2 || !third)
    return (value, frame) => {
      const next = first(value, frame);
      return next === undefined ? undefined : second(next, frame);
    };
  return (value, frame) => {
    let current: Json | undefined = value;
    for (const step of steps) {
      current = step(current, frame);
      if (current === undefined) return undefined;
    }
    return current;
  };
}

function step(op: AdaptOp, spec: Adaptation): Adapt {
  switch (op.op) {
    case 'list':
      return listStep(chain(op.item.map((inner) => step(inner, spec))), spec);
    case 'guard':
      return guardStep(op.type, spec);
    case 'transform':
      return transformStep(op.transform, op.limit, spec);
    case 'convert': {
      const convert = converter(op.rule);
      return (value, frame) => {
        const result = convert(value as number);
        return Number.isFinite(result) ? result : outOfBounds(frame, spec, value, 'a number in its new unit');
      };
    }
    case 'round': {
      const { places, mode } = op;
      if (places === 0 && mode === 'down') return (value) => Math.floor(value as number);
      return (value) => roundTo(value as number, places, mode);
    }
    default:
      return boundStep(op, spec);
  }
}

function boundStep(
  op: Extract<AdaptOp, { op: 'whole' | 'enum' | 'length' | 'range' }>,
  spec: Adaptation,
): Adapt {
  switch (op.op) {
    case 'whole':
      return (value, frame) =>
        Number.isInteger(value) ? value : outOfBounds(frame, spec, value, 'a whole number');
    case 'enum': {
      const known = new Set<Json>(op.values);
      return (value, frame) =>
        known.has(value) ? value : outOfBounds(frame, spec, value, 'a value of the target');
    }
    case 'length': {
      const { min, max } = op;
      return (value, frame) => {
        const { length } = value as string;
        return length >= min && length <= max ? value : outOfBounds(frame, spec, value, lengthText(min, max));
      };
    }
    case 'range': {
      const { min, max } = op;
      return (value, frame) =>
        (value as number) >= min && (value as number) <= max
          ? value
          : outOfBounds(frame, spec, value, `within ${min} to ${max}`);
    }
  }
}

function listStep(item: Adapt, spec: Adaptation): Adapt {
  return (value, frame) => {
    if (!Array.isArray(value)) return wrongType(frame, spec, value, 'a list');
    const items: Json[] = [];
    for (const element of value) {
      const adapted = item(element, frame);
      if (adapted !== undefined) items.push(adapted);
    }
    return items;
  };
}

const typeNames = { string: 'text', number: 'a number', boolean: 'true or false' } as const;

function guardStep(type: keyof typeof typeNames, spec: Adaptation): Adapt {
  const name = typeNames[type];
  return (value, frame) => (typeof value === type ? value : wrongType(frame, spec, value, name));
}

function wrongType(frame: Frame, spec: Adaptation, value: Json, expected: string): undefined {
  const shown = JSON.stringify(value)?.slice(0, 80);
  const message = `${shown} for ${spec.path} is not ${expected}`;
  return fail(frame, spec.mapping, 'MAP_INPUT', message, { rule: spec.rule, path: spec.path });
}

function transformStep(transform: Transform, limit: number, spec: Adaptation): Adapt {
  return (value, frame) => {
    const result = typeof value === 'object' || value === null ? failed : transform.apply(value, limit);
    if (result === absent) return undefined;
    if (result !== failed) return result;
    const message = `${JSON.stringify(value)?.slice(0, 80)} for ${spec.path} cannot be read by ${spec.by.join(', ')}`;
    return fail(frame, spec.mapping, 'MAP_TRANSFORM_FAILED', message, { rule: spec.rule, path: spec.path });
  };
}

function outOfBounds(frame: Frame, spec: Adaptation, value: Json, expected: string): undefined {
  const message = `${JSON.stringify(value)?.slice(0, 80)} for ${spec.path} is not ${expected}`;
  return fail(frame, spec.mapping, 'MAP_BOUNDS', message, { rule: spec.rule, path: spec.path });
}

function lengthText(min: number, max: number): string {
  return max === Number.POSITIVE_INFINITY ? `at least ${min} long` : `${min} to ${max} long`;
}
