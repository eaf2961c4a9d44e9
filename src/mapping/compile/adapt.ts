import type { Json } from '../api.js';
import { type Frame, fail } from '../run/frame.js';
import type { SchemaNode } from '../schema/node.js';
import type { Rounding } from '../syntax/ast.js';
import { absent, failed, type Transform, transforms } from '../transforms.js';
import { conversion, converter, roundTo } from '../units.js';

/** Makes a source value fit its target; undefined = no value, or the frame has failed. */
export type Adapt = (value: Json, frame: Frame) => Json | undefined;

/** What an adaptation needs to know of its field. */
export interface Adaptation {
  readonly mapping: string;
  readonly rule: string;
  /** The target path, for messages. */
  readonly path: string;
  readonly by: readonly string[];
  readonly round?: Rounding;
  readonly asIs: boolean;
}

/** Builds the chain: type guard, transforms, unit, rounding, bounds. Only what is needed is in it. */
export function adaptation(source: SchemaNode | undefined, target: SchemaNode, spec: Adaptation): Adapt {
  if (target.type === 'array' && target.items && source?.type === 'array')
    return listAdaptation(adaptation(source.items, target.items, spec), spec);
  const guard = source && typeGuard(source, spec);
  const steps = stepsAfterGuard(source, target, spec);
  return chain(guard ? [guard, ...steps] : steps);
}

/** The same without the type guard, for whoever has looked at the type; undefined if nothing is left to do. */
export function adaptationSteps(
  source: SchemaNode | undefined,
  target: SchemaNode,
  spec: Adaptation,
): Adapt | undefined {
  const steps = stepsAfterGuard(source, target, spec);
  return steps.length === 0 ? undefined : chain(steps);
}

function stepsAfterGuard(source: SchemaNode | undefined, target: SchemaNode, spec: Adaptation): Adapt[] {
  const chosen = spec.by.flatMap((name) => transforms.get(name) ?? []);
  const steps = chosen.map((transform) => transformStep(transform, target, spec));
  if (isNumeric(target)) steps.push(...numberSteps(source, target, chosen.length > 0, spec));
  steps.push(...boundSteps(source, target, chosen.length > 0, spec));
  return steps;
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

function listAdaptation(item: Adapt, spec: Adaptation): Adapt {
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

const isNumeric = (node: SchemaNode): boolean => node.type === 'number' || node.type === 'integer';

function wrongType(frame: Frame, spec: Adaptation, value: Json, expected: string): undefined {
  const shown = JSON.stringify(value)?.slice(0, 80);
  const message = `${shown} for ${spec.path} is not ${expected}`;
  return fail(frame, spec.mapping, 'MAP_INPUT', message, { rule: spec.rule, path: spec.path });
}

function typeGuard(source: SchemaNode, spec: Adaptation): Adapt | undefined {
  switch (source.type) {
    case 'string':
      return (value, frame) => (typeof value === 'string' ? value : wrongType(frame, spec, value, 'text'));
    case 'number':
    case 'integer':
      return (value, frame) =>
        typeof value === 'number' ? value : wrongType(frame, spec, value, 'a number');
    case 'boolean':
      return (value, frame) =>
        typeof value === 'boolean' ? value : wrongType(frame, spec, value, 'true or false');
    case 'array':
    case 'object':
    case 'any':
      return undefined;
  }
}

function transformStep(transform: Transform, target: SchemaNode, spec: Adaptation): Adapt {
  const limit = target.bound('maxLength') ?? Number.POSITIVE_INFINITY;
  return (value, frame) => {
    const result = typeof value === 'object' || value === null ? failed : transform.apply(value, limit);
    if (result === absent) return undefined;
    if (result !== failed) return result;
    const message = `${JSON.stringify(value)?.slice(0, 80)} for ${spec.path} cannot be read by ${spec.by.join(', ')}`;
    return fail(frame, spec.mapping, 'MAP_TRANSFORM_FAILED', message, { rule: spec.rule, path: spec.path });
  };
}

function numberSteps(
  source: SchemaNode | undefined,
  target: SchemaNode,
  transformed: boolean,
  spec: Adaptation,
): Adapt[] {
  const steps: Adapt[] = [];
  const rule =
    source?.unit && target.unit && !spec.asIs && !transformed
      ? conversion(source.unit, target.unit)
      : undefined;
  if (rule) {
    const convert = converter(rule);
    steps.push((value, frame) => {
      const result = convert(value as number);
      return Number.isFinite(result) ? result : outOfBounds(frame, spec, value, 'a number in its new unit');
    });
  }
  const decimals = target.decimals;
  const mode = spec.round ?? (target.type === 'number' && decimals !== undefined ? 'half' : undefined);
  if (mode) {
    const places = decimals ?? 0;
    if (places === 0 && mode === 'down') steps.push((value) => Math.floor(value as number));
    else steps.push((value) => roundTo(value as number, places, mode));
  } else if (target.type === 'integer' && source?.type !== 'integer')
    steps.push((value, frame) =>
      Number.isInteger(value) ? value : outOfBounds(frame, spec, value, 'a whole number'),
    );
  return steps;
}

function outOfBounds(frame: Frame, spec: Adaptation, value: Json, expected: string): undefined {
  const message = `${JSON.stringify(value)?.slice(0, 80)} for ${spec.path} is not ${expected}`;
  return fail(frame, spec.mapping, 'MAP_BOUNDS', message, { rule: spec.rule, path: spec.path });
}

/** Bounds of the target that those of the source do not imply. */
function boundSteps(
  source: SchemaNode | undefined,
  target: SchemaNode,
  changed: boolean,
  spec: Adaptation,
): Adapt[] {
  const steps: Adapt[] = [];
  if (target.enum) {
    const known = new Set<Json>(target.enum);
    steps.push((value, frame) =>
      known.has(value) ? value : outOfBounds(frame, spec, value, 'a value of the target'),
    );
    return steps;
  }
  const same = source && !changed && source.unit === target.unit ? source : undefined;
  if (target.type === 'string') {
    const [min, max] = [
      target.bound('minLength') ?? 0,
      target.bound('maxLength') ?? Number.POSITIVE_INFINITY,
    ];
    const proven =
      (same?.bound('minLength') ?? 0) >= min && (same?.bound('maxLength') ?? Number.POSITIVE_INFINITY) <= max;
    if (!proven)
      steps.push((value, frame) => {
        const { length } = value as string;
        return length >= min && length <= max ? value : outOfBounds(frame, spec, value, lengthText(min, max));
      });
  } else if (isNumeric(target)) {
    const [min, max] = [
      target.bound('minimum') ?? Number.NEGATIVE_INFINITY,
      target.bound('maximum') ?? Number.POSITIVE_INFINITY,
    ];
    const proven =
      (same?.bound('minimum') ?? Number.NEGATIVE_INFINITY) >= min &&
      (same?.bound('maximum') ?? Number.POSITIVE_INFINITY) <= max;
    if (!proven)
      steps.push((value, frame) =>
        (value as number) >= min && (value as number) <= max
          ? value
          : outOfBounds(frame, spec, value, `within ${min} to ${max}`),
      );
  }
  return steps;
}

function lengthText(min: number, max: number): string {
  return max === Number.POSITIVE_INFINITY ? `at least ${min} long` : `${min} to ${max} long`;
}
