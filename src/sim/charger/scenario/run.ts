import type { Cancel } from '../clock.js';
import { SimulatorError } from '../errors.js';
import type { ChargerSimulator } from '../simulator.js';
import { settle } from './expect.js';
import { msOf } from './parse.js';
import { perform } from './perform.js';
import { isExpectation, type Scenario, type Step } from './steps.js';
import { Trace } from './trace.js';

/** How a step of one station went: every expectation, and a deed that could not be done. */
export interface Outcome {
  /** In words: `expectLimit point 1 maxKw 50 at 00:10`. */
  readonly title: string;
  /** Absent: as expected. */
  readonly failure?: string;
  /** Real time it took. */
  readonly ms: number;
}

export interface RunOptions {
  /** Its number in a fleet, from 1. */
  readonly station?: number;
  readonly signal?: AbortSignal;
  /** What went over the wire before the scenario began too; absent: from now on. */
  readonly trace?: Trace;
  /** Told of every outcome; absent: the first failed expectation ends the scenario as a failed deed does. */
  readonly onOutcome?: (outcome: Outcome) => void;
}

interface Due {
  readonly step: Step;
  readonly ms: number;
}

/** A number in [0, 1) that is the same for the same step and station in every run. */
function fractionFor(station: number, step: number): number {
  const mixed = Math.sin(station * 127.1 + step * 311.7) * 43_758.545_3;
  return mixed - Math.floor(mixed);
}

/** The steps of a station in the order of their times; those of one time in the order of the file. */
function stepsOf(scenario: Scenario, station: number): Due[] {
  return scenario.steps
    .map((step, index) => ({
      step,
      ms: msOf(step.at) + msOf(step.spread ?? '00:00') * fractionFor(station, index),
    }))
    .filter(({ step }) => step.station === undefined || step.station === station)
    .sort((a, b) => a.ms - b.ms);
}

/** `expectLimit point 1 maxKw 50 at 00:10` */
export function titleOf(step: Step): string {
  const { at, do: kind, station: _station, spread: _spread, ...rest } = step;
  const facts = Object.entries(rest).map(
    ([key, value]) => ` ${key} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  );
  return `${kind}${facts.join('')} at ${at}`;
}

/**
 * Runs the steps of a scenario that concern this station, each at its time after now; a step waits until the
 * expectations before it are settled. Resolves when the last is done; rejects with the first step that cannot be
 * done.
 */
export async function runScenario(
  charger: ChargerSimulator,
  scenario: Scenario,
  options: RunOptions = {},
): Promise<void> {
  const { station = 1, signal } = options;
  if (signal?.aborted) throw brokenOff();
  const trace = options.trace ?? new Trace(charger);
  const cancels: Cancel[] = [];
  const timed = stepsOf(scenario, station).map(({ step, ms }) => ({
    step,
    due: new Promise<void>((resolve) => cancels.push(charger.clock.after(ms, resolve))),
  }));
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(brokenOff()), {
      once: true,
    });
  });
  try {
    await Promise.race([play(charger, scenario, timed, { ...options, trace }), aborted]);
  } finally {
    for (const cancel of cancels) cancel();
    if (!options.trace) trace.end();
  }
}

const brokenOff = (): SimulatorError => new SimulatorError('the scenario was broken off');

async function play(
  charger: ChargerSimulator,
  scenario: Scenario,
  timed: readonly { readonly step: Step; readonly due: Promise<void> }[],
  options: RunOptions & { readonly trace: Trace },
): Promise<void> {
  const { trace, signal, station = 1 } = options;
  const deeds: Promise<void>[] = [];
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // Nobody may look any more when a late deed fails.
  failed.catch(() => undefined);
  for (const { step, due } of timed) {
    await Promise.race([due, failed]);
    if (isExpectation(step)) {
      const from = performance.now();
      const failure = await Promise.race([settle(charger, trace, step, signal), failed]);
      tell(charger, step, failure, performance.now() - from, options);
      continue;
    }
    if (step.do !== 'wait') trace.mark();
    deeds.push(
      perform(charger, scenario, step, station).catch((cause: unknown) =>
        fail(inWords(charger, step, cause)),
      ),
    );
  }
  await Promise.race([Promise.all(deeds), failed]);
}

function inWords(charger: ChargerSimulator, step: Step, cause: unknown): SimulatorError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SimulatorError(`${charger.identity}, step ${step.do} at ${step.at}: ${why}`, { cause });
}

function tell(
  charger: ChargerSimulator,
  step: Step,
  failure: string | undefined,
  ms: number,
  { onOutcome, signal }: RunOptions,
): void {
  if (signal?.aborted) return;
  onOutcome?.({ title: titleOf(step), ms, ...(failure === undefined ? {} : { failure }) });
  if (failure !== undefined && !onOutcome) {
    throw new SimulatorError(`${charger.identity}, ${titleOf(step)}: ${failure}`);
  }
}
