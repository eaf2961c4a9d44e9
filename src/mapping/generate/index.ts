import type { Json, RunContext } from '../api.js';
import type { Attempt, FindExecutor, Made } from '../compile/executable.js';
import type { MappingPlan } from '../compile/plan.js';
import { writeMapping } from './mapping.js';

export { type GeneratedSource, writeMapping } from './mapping.js';

/** A mapping as generated code. Both functions give undefined where the closures must run the message. */
export interface Generated {
  /** For a mapping that uses this one: counts nothing. */
  readonly attempt: Attempt;
  /** Runs over named inputs and counts the rows. */
  readonly run: (inputs: Readonly<Record<string, Json>>, context: RunContext) => Made | null | undefined;
}

let allowed: boolean | undefined;

/** Whether this process may make code from text (`--disallow-code-generation-from-strings` forbids it); warns once. */
export function mayGenerate(): boolean {
  if (allowed === undefined) {
    allowed = canMakeFunctions();
    if (!allowed)
      process.emitWarning(
        'this process may not make code from text: tables run on closures, several times slower',
      );
  }
  return allowed;
}

function canMakeFunctions(): boolean {
  try {
    return new Function('return true')() === true;
  } catch {
    return false;
  }
}

/** Generates a planned mapping; undefined where only closures can run it. */
export function generateMapping(plan: MappingPlan, executor: FindExecutor): Generated | undefined {
  const source = mayGenerate() ? writeMapping(plan, executor) : undefined;
  if (!source) return undefined;
  // The text holds nothing of a table but JSON literals (generate/text.ts); names in it are numbered.
  return new Function('k', source.text)(source.constants) as Generated;
}
