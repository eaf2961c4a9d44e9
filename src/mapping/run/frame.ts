import type { ErrorCode } from '../../errors/index.js';
import type { Json, MapFailure, MapNote, RunContext } from '../api.js';
import type { CompactProvenance } from './provenance.js';

/** What one run of a mapping works on. Closures take it as their only argument. */
export interface Frame {
  /** Values of the sources, in the order of `from`. */
  readonly sources: readonly (Json | undefined)[];
  readonly context: RunContext;
  /** Row decided per table; `undecided` until asked for, `noRow` where the table does not apply or failed. */
  readonly rows: number[];
  /** Rule index per target slot, -1 = unset. */
  readonly rules: number[];
  nested: (CompactProvenance | CompactProvenance[] | undefined)[] | undefined;
  notes: MapNote[] | undefined;
  failure: MapFailure | undefined;
  /** What the fold of sampled values gave. */
  fold: FoldResult | undefined;
}

/** One value per take of a fold, in their order; NaN = none. */
export interface FoldResult {
  readonly values: readonly number[];
  readonly context: string | undefined;
  readonly signed: string[] | undefined;
}

export const undecided = -2;
export const noRow = -1;

/** Reads or makes one value of a frame. */
export type Get = (frame: Frame) => Json | undefined;
export type Test = (frame: Frame) => boolean;

/** Records why the object cannot be made; the first reason stands. */
export function fail(
  frame: Frame,
  mapping: string,
  code: ErrorCode,
  message: string,
  where: { rule?: string; path?: string } = {},
): undefined {
  frame.failure ??= { code, mapping, message, ...where };
  return undefined;
}
