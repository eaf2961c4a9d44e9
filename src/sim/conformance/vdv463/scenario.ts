import type { Dialect } from '../../bms/index.js';
import type { Kit } from './kit.js';

/** `must`: the standard says so. `should`: it is silent and this is how well-behaved systems do it. */
export type Level = 'must' | 'should';

/** One play of an upstream system. It passes if `run` does not throw. */
export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** Rules and vectors it stands on. */
  readonly basis: string;
  readonly level: Level;
  /** Dialects it makes sense in; all if left out. */
  readonly dialects?: readonly Dialect[];
  readonly run: (kit: Kit) => Promise<void>;
}

export const SINCE_1_1: readonly Dialect[] = ['1.1.0', 'draft-2025-05', '2.0.0'];
export const WITH_INSTRUCTION: readonly Dialect[] = ['1.0.0', '1.1.0', 'draft-2025-05'];
export const WITHOUT_INSTRUCTION: readonly Dialect[] = ['2.0.0'];

/** Scenarios of one level, for short lists. */
export function scenarios(level: Level, list: readonly Omit<Scenario, 'level'>[]): readonly Scenario[] {
  return list.map((scenario) => ({ ...scenario, level }));
}
