/**
 * How properties run. Of themselves: with one seed and their usual number of cases, so that a run of the suite tells
 * what a change broke and nothing else. PROPERTY_SEED (a whole number, or `random`) and PROPERTY_RUNS (how many times
 * the usual number) look further. A setup file: it counts for each property, whether its file imports this or not.
 */
import fc from 'fast-check';

const USUAL_SEED = 463;
const { PROPERTY_SEED: seed = String(USUAL_SEED), PROPERTY_RUNS: times = '1' } = process.env;
if (seed !== 'random' && !/^-?\d+$/.test(seed))
  throw new Error(`PROPERTY_SEED is "${seed}": give a whole number, or random`);
if (!(Number(times) > 0)) throw new Error(`PROPERTY_RUNS is "${times}": give a number above 0`);

/** How many times the usual number of cases are run. */
export const propertyRuns = Number(times);

/** The `numRuns` of a property that usually meets so many cases. */
export function runs(usual: number): number {
  return Math.ceil(usual * propertyRuns);
}

fc.configureGlobal({ numRuns: runs(100), ...(seed === 'random' ? {} : { seed: Number(seed) }) });
