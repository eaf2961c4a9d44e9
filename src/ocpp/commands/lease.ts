/**
 * Limits at a station that has its own CSMS: never more than that CSMS allows, and over by themselves when they are not
 * renewed. What the CSMS allows is known from what it was heard to set.
 */
import type { PointConfig } from '../../config/index.js';
import type { CsmsLimitStep, LimitStep, ProcessState, StationState } from '../../domain/index.js';
import { csmsLimitSteps, csmsStackLevel } from '../../domain/index.js';
import { phasesIn, phasesOf } from './schedule.js';

/** So far ahead the limit of a CSMS is written down where ours has taken the place of its profile. */
const TAIL_MS = 24 * 60 * 60_000;

export interface LeaseInputs {
  readonly station: StationState;
  readonly process: ProcessState | undefined;
  readonly point: PointConfig;
  /** Absent: the lease is for the whole station, of which the point is one like all others. */
  readonly transactionId?: string;
  /** The most that its place can deliver, W. */
  readonly fullPowerW: number;
  /** What is planned, total power. */
  readonly steps: readonly LimitStep[];
  /** The highest level that the station knows, if it told. */
  readonly maxStackLevel: number | undefined;
  readonly nowMs: number;
  readonly leaseMs: number;
}

export interface Lease {
  /** What to set: the lower of plan and CSMS, then perhaps the CSMS alone; total power. */
  readonly steps: readonly LimitStep[];
  /** What holds then, also when it has ended by itself. */
  readonly applied: readonly LimitStep[];
  readonly stackLevel: number;
  /** When the limit ends by itself, ms; absent: it goes on as the CSMS's own, whose profile it has replaced. */
  readonly endsAtMs?: number;
}

/** The limit to set at a point now. */
export function leaseOf(inputs: LeaseInputs): Lease {
  const { station, point, transactionId, steps, nowMs, leaseMs, process } = inputs;
  const endsAtMs = nowMs + leaseMs;
  const of = transactionId === undefined ? {} : { pointId: point.id, transactionId };
  const theirs = csmsLimitSteps(station, {
    ...of,
    ...(process?.transactionStartedAt ? { transactionStartedAt: process.transactionStartedAt } : {}),
    from: new Date(nowMs).toISOString(),
    untilMs: nowMs + TAIL_MS,
    watts: (limit, unit, phases) => wattsOf(point, limit, unit, phases),
  });
  const level = csmsStackLevel(station, of);
  const stackLevel = Math.max(inputs.maxStackLevel ?? 0, level ?? 0);
  const lower = lowerOf(steps, theirs, endsAtMs);
  const applied = [...lower, ...tailOf(theirs, endsAtMs, inputs.fullPowerW)];
  // A profile of the same level takes the place of theirs (1.6 §3.13.2), which would be gone when ours has ended.
  if (level === stackLevel) return { steps: applied, applied, stackLevel };
  return { steps: lower, applied, stackLevel, endsAtMs };
}

/** Total power of a limit; amperes count at the nominal voltage, as in what is set. */
function wattsOf(point: PointConfig, limit: number, unit: 'W' | 'A', phases: number | undefined): number {
  return unit === 'W' ? limit : limit * point.maxVoltage * phasesIn(point, phases);
}

/** What a point can deliver, W. */
export function fullPowerOf(point: PointConfig): number {
  return point.maxVoltage * point.maxAmperage * (point.powerType === 'DC' ? 1 : phasesOf(point));
}

/** The lower of two limits at every instant until the end. */
function lowerOf(
  ours: readonly LimitStep[],
  theirs: readonly CsmsLimitStep[],
  endsAtMs: number,
): LimitStep[] {
  const instants = [...new Set([...ours, ...theirs].map(({ at }) => Date.parse(at)))].sort((a, b) => a - b);
  const first = Date.parse(ours[0]?.at ?? '');
  const steps: LimitStep[] = [];
  for (const ms of instants) {
    const own = inForce(ours, ms)?.powerW;
    if (own === undefined || ms < first || ms >= endsAtMs) continue;
    const powerW = Math.min(own, inForce(theirs, ms)?.powerW ?? Number.POSITIVE_INFINITY);
    if (steps.at(-1)?.powerW !== powerW) steps.push({ at: new Date(ms).toISOString(), powerW });
  }
  return steps;
}

/** What several limits add up to, from an instant on; one that has not begun by then adds nothing until it does. */
export function sumOf(limits: readonly (readonly LimitStep[])[], from: string): LimitStep[] {
  const fromMs = Date.parse(from);
  const later = limits.flat().map(({ at }) => Date.parse(at));
  const instants = [...new Set([fromMs, ...later.filter((ms) => ms > fromMs)])].sort((a, b) => a - b);
  return instants.map((ms) => ({
    at: new Date(ms).toISOString(),
    powerW: limits.reduce((sum, steps) => sum + (inForce(steps, ms)?.powerW ?? 0), 0),
  }));
}

/** The limit of the CSMS alone, from the end of ours on. */
function tailOf(theirs: readonly CsmsLimitStep[], endsAtMs: number, fullW: number): LimitStep[] {
  const at = new Date(endsAtMs).toISOString();
  const then = { at, powerW: inForce(theirs, endsAtMs)?.powerW ?? fullW };
  const later = theirs.filter((step) => Date.parse(step.at) > endsAtMs);
  return [then, ...later.map((step) => ({ at: step.at, powerW: step.powerW ?? fullW }))];
}

function inForce<T extends { readonly at: string }>(steps: readonly T[], ms: number): T | undefined {
  return steps.findLast(({ at }) => Date.parse(at) <= ms);
}
