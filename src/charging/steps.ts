/** Comparing limits over time: what a charger would do differently, soon. */
import type { Instant, LimitStep } from '../domain/index.js';

/** How far ahead two schedules must agree; later differences are corrected by later plans. */
const SOON_MS = 10 * 60_000;
const TOLERANCE_W = 1_000;
const TOLERANCE_SHARE = 0.02;

/** The limit in force at an instant; before the first step the first one's. */
export function powerAt(steps: readonly LimitStep[], at: Instant): number | undefined {
  return (steps.filter((step) => step.at <= at).at(-1) ?? steps[0])?.powerW;
}

/** True if both schedules say the same, within noise, from `now` on for ten minutes; none at all equals only none. */
export function sameLimits(
  a: readonly LimitStep[],
  b: readonly LimitStep[],
  now: Instant | undefined,
): boolean {
  return same(a, b, now, SOON_MS);
}

/** The same for all time to come. */
export function sameSchedule(
  a: readonly LimitStep[],
  b: readonly LimitStep[],
  now: Instant | undefined,
): boolean {
  return same(a, b, now, Number.POSITIVE_INFINITY);
}

/** True if both say the very same. */
export function sameSteps(a: readonly LimitStep[], b: readonly LimitStep[]): boolean {
  if (a === b) return true;
  return (
    a.length === b.length &&
    a.every((step, index) => step.at === b[index]?.at && step.powerW === b[index]?.powerW)
  );
}

/** True if `a` allows less than `b` at some instant of the next ten minutes, be it ever so little. */
export function isLower(a: readonly LimitStep[], b: readonly LimitStep[], now: Instant): boolean {
  return instants(a, b, now, SOON_MS).some(
    (at) => (powerAt(a, at) ?? 0) < (powerAt(b, at) ?? Number.POSITIVE_INFINITY),
  );
}

/** Clocks of stations and whole seconds may put a change of a limit that much elsewhere. */
const SLACK_MS = 30_000;

/** A limit that allows more than was planned. */
export interface Excess {
  readonly at: Instant;
  /** Absent: no limit at all. */
  readonly powerW?: number;
  readonly plannedW: number;
}

/**
 * Where the steps that a charger applies first allow more than was planned, beyond noise, from `now` on for ten minutes.
 * None at all allow everything. Changes may be half a minute early or late.
 */
export function excessOf(
  applied: readonly LimitStep[],
  planned: readonly LimitStep[],
  now: Instant,
): Excess | undefined {
  const changes = instants(applied, planned, now, SOON_MS);
  // At a change both sides of it are allowed: it is looked at again when it must have come.
  for (const at of [...changes, ...changes.map((change) => later(change, SLACK_MS + 1))]) {
    const excess = excessAt(powerAt(applied, at), planned, at);
    if (excess) return excess;
  }
  return undefined;
}

/** As {@link excessOf}, of one power at one instant; no power is no limit. */
export function excessAt(
  powerW: number | undefined,
  planned: readonly LimitStep[],
  at: Instant,
): Excess | undefined {
  const plannedW = mostAround(planned, at);
  if (plannedW === undefined) return undefined;
  if (powerW === undefined) return { at, plannedW };
  const isMore = powerW > plannedW + Math.max(TOLERANCE_W, TOLERANCE_SHARE * plannedW);
  return isMore ? { at, powerW, plannedW } : undefined;
}

function later(at: Instant, ms: number): Instant {
  return new Date(Date.parse(at) + ms).toISOString();
}

function mostAround(steps: readonly LimitStep[], at: Instant): number | undefined {
  if (steps.length === 0) return undefined;
  const [from, to] = [later(at, -SLACK_MS), later(at, SLACK_MS)] as const;
  const within = steps.filter((step) => step.at > from && step.at <= to).map((step) => step.powerW);
  return Math.max(powerAt(steps, from) ?? 0, ...within);
}

function same(
  a: readonly LimitStep[],
  b: readonly LimitStep[],
  now: Instant | undefined,
  aheadMs: number,
): boolean {
  if (a.length === 0 || b.length === 0 || now === undefined) return a.length === b.length;
  return instants(a, b, now, aheadMs).every((at) => near(powerAt(a, at), powerAt(b, at)));
}

/** Now, and every instant within the time ahead at which one of the schedules changes. */
function instants(
  a: readonly LimitStep[],
  b: readonly LimitStep[],
  now: Instant,
  aheadMs: number,
): Instant[] {
  const from = Date.parse(now);
  const bounds = [...a, ...b]
    .map((step) => Date.parse(step.at))
    .filter((ms) => ms > from && ms <= from + aheadMs);
  return [from, ...bounds].map((ms) => new Date(ms).toISOString());
}

function near(a: number | undefined, b: number | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  // Nothing and a little are never the same: a vehicle that may not charge must be told.
  if ((a === 0) !== (b === 0)) return false;
  return Math.abs(a - b) <= Math.max(TOLERANCE_W, TOLERANCE_SHARE * Math.max(a, b));
}
