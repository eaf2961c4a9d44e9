import type { Json } from '../api.js';
import type { Frame, Get, Test } from '../run/frame.js';
import type { Adapt } from './adapt.js';
import { own } from './paths.js';

/** A plain `from`: what most fields are. */
export interface ReadStep {
  readonly kind: 'read';
  /** Number of the object that holds the value: equal for fields that read from the same one. */
  readonly holder: string;
  readonly hold: Get;
  readonly key: string;
  readonly type: 'string' | 'number' | 'boolean';
  /** Transforms, unit and bounds; absent if the value is taken as it is. */
  readonly adapt: Adapt | undefined;
  readonly when: Test | undefined;
  readonly slot: number;
  readonly rule: number;
  /** The same as a closure, which also says what is wrong with a value of another type. */
  readonly get: Get;
}

/** A quantity of the fold. */
export interface FoldStep {
  readonly kind: 'fold';
  readonly take: number;
  readonly slot: number;
  readonly rule: number;
  readonly get: Get;
}

/** An output of a table that no overlay touches, whose rows give literals or nothing. */
export interface TableStep {
  readonly kind: 'table';
  readonly decide: (frame: Frame) => number;
  /** Value per row. */
  readonly values: readonly (Json | undefined)[];
  readonly slot: number;
  readonly firstRule: number;
  readonly get: Get;
}

/** Anything else; notes its own rule. */
export interface GetStep {
  readonly kind: 'get';
  readonly get: Get;
}

/**
 * How a target gets its value. The builder of an object runs the frequent kinds in one loop, without a chain of
 * closures per field; `get` gives the same for whoever asks for one target alone.
 */
export type Step = ReadStep | FoldStep | TableStep | GetStep;

/** The value of a plain field; `holder` is what `hold` gave. */
function readStep(step: ReadStep, holder: Json | undefined, frame: Frame): Json | undefined {
  const value = own(holder, step.key);
  if (value === undefined) return undefined;
  if (typeof value !== step.type) return step.get(frame);
  if (step.when !== undefined && !step.when(frame)) return undefined;
  const made = step.adapt === undefined ? value : step.adapt(value, frame);
  if (made !== undefined) frame.rules[step.slot] = step.rule;
  return made;
}

/** What the row that fits gives. */
function tableStep(step: TableStep, frame: Frame): Json | undefined {
  const row = step.decide(frame);
  const value = row < 0 ? undefined : step.values[row];
  if (value !== undefined) frame.rules[step.slot] = step.firstRule + row;
  return value;
}

/** The value of any step; `holder` is what a `read` was given to read from. */
export function stepValue(step: Step, holder: Json | undefined, frame: Frame): Json | undefined {
  switch (step.kind) {
    case 'read':
      return readStep(step, holder, frame);
    case 'fold':
      return foldStep(step, frame);
    case 'table':
      return tableStep(step, frame);
    case 'get':
      return step.get(frame);
  }
}

/** The value of a quantity of the fold. */
function foldStep(step: FoldStep, frame: Frame): Json | undefined {
  const value = frame.fold?.values[step.take];
  if (value === undefined || Number.isNaN(value)) return undefined;
  frame.rules[step.slot] = step.rule;
  return value;
}
