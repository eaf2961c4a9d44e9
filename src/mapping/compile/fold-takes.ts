import type { Json } from '../api.js';
import type { FoldIr, TakeIr } from '../resolve/ir.js';
import type { PhaseRule } from '../syntax/ast.js';
import { conversion, converter } from '../units.js';

/** How a value gets from the unit it was sent in to the target's. */
export type UnitConverter = (value: number) => number;

/** A take of the fold table, ready to run. */
export interface FoldTake {
  readonly index: number;
  readonly measurand: string;
  readonly phases: PhaseRule;
  /** Rank of each location taken, the best 0. */
  readonly locations: ReadonlyMap<Json, number>;
  /** Converter by unit word; null = same unit, missing = the unit does not fit. */
  readonly converters: ReadonlyMap<string, UnitConverter | null>;
  readonly defaultUnit: string;
  /** What the target can be, in its unit, ends included. */
  readonly low: number;
  readonly high: number;
}

export function takesOf(fold: FoldIr): FoldTake[] {
  return fold.take.map((take, index) => takeOf(take, index, fold));
}

export function byMeasurand(takes: readonly FoldTake[]): ReadonlyMap<Json, readonly FoldTake[]> {
  const found = new Map<Json, FoldTake[]>();
  for (const take of takes) found.set(take.measurand, [...(found.get(take.measurand) ?? []), take]);
  return found;
}

function takeOf({ ast, to }: TakeIr, index: number, fold: FoldIr): FoldTake {
  const converters = new Map<string, UnitConverter | null>();
  const target = to.node.unit;
  const words = new Map([...fold.ast.units].map(([word, { value }]) => [word, value]));
  if (!words.has(ast.unit.value)) words.set(ast.unit.value, ast.unit.value);
  for (const [word, unit] of words) {
    const rule = conversion(unit, target ?? unit);
    if (rule !== undefined) converters.set(word, rule === null ? null : converter(rule));
  }
  return {
    index,
    measurand: ast.measurand.value,
    phases: ast.phases,
    locations: new Map<Json, number>(ast.locations.map(({ value }, rank) => [value, rank])),
    converters,
    defaultUnit: ast.unit.value,
    low: to.node.bound('minimum') ?? Number.NEGATIVE_INFINITY,
    high: to.node.bound('maximum') ?? Number.POSITIVE_INFINITY,
  };
}
