/**
 * From power over time to the periods of a charging schedule (ocpp 1.6 §3.13, 2.0.1 K01): arithmetic only. Every
 * rounding and every merge goes down, so that no schedule allows more than was planned.
 */
import type { PointConfig } from '../../config/index.js';
import type { LimitPeriod, LimitStep, RateUnit } from '../../domain/index.js';

/** What a station said it can do with charging profiles; what it did not say is absent. */
export interface Abilities {
  readonly units?: readonly RateUnit[];
  readonly maxStackLevel?: number;
  readonly maxPeriods?: number;
  /** Profiles that it can hold, over all its points and purposes. */
  readonly maxProfiles?: number;
}

/** The least current that a control pilot can offer (IEC 61851-1). */
const LEAST_AC_CURRENT_A = 6;

const PHASES: Readonly<Record<PointConfig['powerType'], number>> = {
  AC_1_PHASE: 1,
  AC_2_PHASE: 2,
  AC_2_PHASE_SPLIT: 2,
  AC_3_PHASE: 3,
  DC: 1,
};

/** AC in amperes per phase, DC in watts, unless the station takes the other only. */
export function unitFor(point: PointConfig, abilities: Abilities): RateUnit {
  const wanted: RateUnit = point.powerType === 'DC' ? 'W' : 'A';
  const [first] = abilities.units ?? [];
  return first === undefined || abilities.units?.includes(wanted) ? wanted : first;
}

export function phasesOf(point: PointConfig): number {
  return point.phases ?? PHASES[point.powerType];
}

/** The phases that a limit counts for: absent means three (1.6 errata 3.34), of which a point may have fewer. */
export function phasesIn(point: PointConfig, said = 3): number {
  return point.powerType === 'DC' ? 1 : Math.min(said, phasesOf(point));
}

/** Down to one decimal, the finest that OCPP takes; the small addition undoes binary noise (0.3 = 0.29999…). */
function downToTenth(value: number): number {
  return Math.floor(value * 10 + 1e-6) / 10;
}

/**
 * Amperes per phase for a total power: nominal voltage, never a measured one. DC: at the highest voltage of the
 * point, so that a vehicle with a lower one draws less, not more. AC below what a pilot can offer is nothing.
 */
function amperes(powerW: number, point: PointConfig): number {
  const phases = point.powerType === 'DC' ? 1 : phasesOf(point);
  const current = downToTenth(powerW / (point.maxVoltage * phases));
  return point.powerType !== 'DC' && current < LEAST_AC_CURRENT_A ? 0 : current;
}

function periodOf(startS: number, powerW: number, unit: RateUnit, point: PointConfig): LimitPeriod {
  if (unit === 'W') return { startS, limitW: downToTenth(Math.max(0, powerW)) };
  const phases = phasesOf(point);
  const limitA = amperes(Math.max(0, powerW), point);
  // numberPhases absent means three.
  return point.powerType !== 'DC' && phases !== 3
    ? { startS, limitA, numberPhases: phases }
    : { startS, limitA };
}

const amountOf = (period: LimitPeriod): number => period.limitW ?? period.limitA ?? 0;

export interface Schedule {
  readonly unit: RateUnit;
  /** Whole seconds, not in the future. */
  readonly startAt: string;
  readonly periods: readonly LimitPeriod[];
}

/**
 * The schedule for these steps at this point, from `now` on. Steps of the past are left out but for the one in
 * force; equal neighbours are one; more periods than the station takes are merged, each pair at its lower limit,
 * where it costs the least energy.
 *
 * @throws RangeError without steps
 */
export function scheduleFor(
  steps: readonly LimitStep[],
  point: PointConfig,
  abilities: Abilities,
  nowMs: number,
): Schedule {
  const sorted = [...steps].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const inForce = sorted.filter((step) => Date.parse(step.at) <= nowMs).at(-1);
  const first = inForce ?? sorted[0];
  if (!first) throw new RangeError('a limit needs one step at least');
  // Whole seconds, and never ahead of the station's clock; what is in force since earlier begins now.
  const beginsMs = Math.floor(Math.min(Date.parse(first.at), nowMs) / 1000) * 1000;
  const startMs = Math.max(beginsMs, Math.floor(nowMs / 1000) * 1000 - 60_000);
  const unit = unitFor(point, abilities);
  const later = sorted.filter((step) => Date.parse(step.at) > nowMs && step !== first);
  const periods = [
    periodOf(0, first.powerW, unit, point),
    ...later.map((step) =>
      periodOf(Math.round((Date.parse(step.at) - startMs) / 1000), step.powerW, unit, point),
    ),
  ];
  const merged = merge(withoutEqualNeighbours(periods), abilities.maxPeriods);
  return { unit, startAt: new Date(startMs).toISOString(), periods: merged };
}

function withoutEqualNeighbours(periods: readonly LimitPeriod[]): LimitPeriod[] {
  return periods.filter((period, index) => {
    const before = periods[index - 1];
    return !before || amountOf(before) !== amountOf(period);
  });
}

function merge(periods: LimitPeriod[], most = Number.POSITIVE_INFINITY): LimitPeriod[] {
  let left = periods;
  while (left.length > Math.max(1, most)) left = withoutEqualNeighbours(mergeCheapest(left));
  return left;
}

function mergeCheapest(periods: readonly LimitPeriod[]): LimitPeriod[] {
  let cheapest = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let index = 0; index + 1 < periods.length; index++) {
    const cost = costOf(periods, index);
    if (cost < least) [cheapest, least] = [index, cost];
  }
  const [a, b] = [periods[cheapest], periods[cheapest + 1]];
  if (!a || !b) return [...periods];
  const lower = amountOf(a) < amountOf(b) ? a : b;
  return [...periods.slice(0, cheapest), { ...lower, startS: a.startS }, ...periods.slice(cheapest + 2)];
}

/** Energy (in the schedule's unit times seconds) lost if two neighbours become one at the lower limit. */
function costOf(periods: readonly LimitPeriod[], index: number): number {
  const [a, b, next] = [periods[index], periods[index + 1], periods[index + 2]];
  if (!a || !b) return Number.POSITIVE_INFINITY;
  const loss = amountOf(a) - amountOf(b);
  // The last period has no end: a day stands for it.
  const lasts = loss > 0 ? b.startS - a.startS : (next?.startS ?? b.startS + 86_400) - b.startS;
  return Math.abs(loss) * lasts;
}
