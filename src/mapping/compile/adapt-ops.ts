import type { SchemaNode } from '../schema/node.js';
import type { Rounding, Scalar } from '../syntax/ast.js';
import { type Transform, transforms } from '../transforms.js';
import { type Conversion, conversion } from '../units.js';

/** One thing done to a source value so that it fits its target. */
export type AdaptOp =
  | { readonly op: 'guard'; readonly type: 'string' | 'number' | 'boolean' }
  | { readonly op: 'transform'; readonly transform: Transform; readonly limit: number }
  | { readonly op: 'convert'; readonly rule: Conversion }
  | { readonly op: 'round'; readonly places: number; readonly mode: Rounding }
  | { readonly op: 'whole' }
  | { readonly op: 'enum'; readonly values: readonly Scalar[] }
  | { readonly op: 'length' | 'range'; readonly min: number; readonly max: number }
  /** Each element of a list. */
  | { readonly op: 'list'; readonly item: readonly AdaptOp[] };

/** What a field says of its values. */
export interface AdaptWish {
  readonly by: readonly string[];
  readonly round?: Rounding;
  readonly asIs: boolean;
}

/** What must be done, in order: type guard, transforms, unit, rounding, bounds. Only what is needed is in it. */
export function adaptOps(source: SchemaNode | undefined, target: SchemaNode, wish: AdaptWish): AdaptOp[] {
  if (target.type === 'array' && target.items && source?.type === 'array')
    return [{ op: 'list', item: adaptOps(source.items, target.items, wish) }];
  const guard = source && guardOf(source);
  const limit = target.bound('maxLength') ?? Number.POSITIVE_INFINITY;
  const chosen = wish.by.flatMap((name) => transforms.get(name) ?? []);
  const ops: AdaptOp[] = guard ? [guard] : [];
  for (const transform of chosen) ops.push({ op: 'transform', transform, limit });
  if (isNumeric(target)) ops.push(...numberOps(source, target, chosen.length > 0, wish));
  ops.push(...boundOps(source, target, chosen.length > 0));
  return ops;
}

const isNumeric = (node: SchemaNode): boolean => node.type === 'number' || node.type === 'integer';

function guardOf({ type }: SchemaNode): AdaptOp | undefined {
  if (type === 'integer') return { op: 'guard', type: 'number' };
  return type === 'string' || type === 'number' || type === 'boolean' ? { op: 'guard', type } : undefined;
}

function numberOps(
  source: SchemaNode | undefined,
  target: SchemaNode,
  transformed: boolean,
  { round, asIs }: AdaptWish,
): AdaptOp[] {
  const ops: AdaptOp[] = [];
  const rule =
    source?.unit && target.unit && !asIs && !transformed ? conversion(source.unit, target.unit) : undefined;
  if (rule) ops.push({ op: 'convert', rule });
  const { decimals } = target;
  const mode = round ?? (target.type === 'number' && decimals !== undefined ? 'half' : undefined);
  if (mode) ops.push({ op: 'round', places: decimals ?? 0, mode });
  else if (target.type === 'integer' && source?.type !== 'integer') ops.push({ op: 'whole' });
  return ops;
}

/** Bounds of the target that those of the source do not imply. */
function boundOps(source: SchemaNode | undefined, target: SchemaNode, changed: boolean): AdaptOp[] {
  if (target.enum) return [{ op: 'enum', values: target.enum }];
  const same = source && !changed && source.unit === target.unit ? source : undefined;
  if (target.type === 'string') {
    const [min, max] = [target.bound('minLength') ?? 0, target.bound('maxLength') ?? Infinity];
    const proven = (same?.bound('minLength') ?? 0) >= min && (same?.bound('maxLength') ?? Infinity) <= max;
    return proven ? [] : [{ op: 'length', min, max }];
  }
  if (!isNumeric(target)) return [];
  const [min, max] = [target.bound('minimum') ?? -Infinity, target.bound('maximum') ?? Infinity];
  const proven = (same?.bound('minimum') ?? -Infinity) >= min && (same?.bound('maximum') ?? Infinity) <= max;
  return proven ? [] : [{ op: 'range', min, max }];
}
