/**
 * What the charging profiles that its own CSMS has given a station allow at a charging point over time: OCPP 1.6 §3.13,
 * 2.0.1 K01. Inside a purpose the highest level with a period in force counts; the profile of a transaction comes before
 * the default one. The limit of the whole station is another question: the station applies it beside every other.
 */
import type { CsmsLimitSet, LimitPeriod, RateUnit } from '../model.js';
import type { Instant } from '../source.js';
import type { PointId, StationState } from '../state.js';

/** From `at` on, at most `powerW`; undefined: no profile says anything. */
export interface CsmsLimitStep {
  readonly at: Instant;
  readonly powerW: number | undefined;
}

export interface CsmsLimitQuery {
  /** Absent: the limit of the whole station. */
  readonly pointId?: PointId;
  /** The running transaction; absent: what holds for one to come. */
  readonly transactionId?: string;
  /** When it began: relative profiles count from there. */
  readonly transactionStartedAt?: Instant;
  readonly from: Instant;
  /** Milliseconds since 1970. */
  readonly untilMs: number;
  /** Total power of a limit of this point. */
  watts(limit: number, unit: RateUnit, numberPhases: number | undefined): number;
}

const DAY_MS = 86_400_000;
/** The first that says something counts; a question asks for points or for the station, never for both. */
const PURPOSES = ['station', 'transaction', 'default'] as const;

/** The limit over time, from `from` on; one step at least. */
export function csmsLimitSteps(station: StationState, query: CsmsLimitQuery): CsmsLimitStep[] {
  const limits = (station.csmsLimits ?? []).map((leaf) => leaf.value).filter((limit) => isFor(limit, query));
  const fromMs = Date.parse(query.from);
  const bounds = new Set([fromMs]);
  for (const limit of limits) for (const ms of boundsOf(limit, query)) bounds.add(ms);
  const steps: CsmsLimitStep[] = [];
  for (const ms of [...bounds].sort((a, b) => a - b)) {
    if (ms < fromMs || ms > query.untilMs) continue;
    const powerW = powerAtMs(limits, query, ms);
    if (steps.length === 0 || steps.at(-1)?.powerW !== powerW)
      steps.push({ at: new Date(ms).toISOString(), powerW });
  }
  return steps;
}

/** The highest level that the CSMS uses for the running transaction of a point, or for those to come. */
export function csmsStackLevel(
  station: StationState,
  query: Pick<CsmsLimitQuery, 'pointId' | 'transactionId'>,
): number | undefined {
  const own = query.transactionId === undefined ? 'default' : 'transaction';
  const purpose = query.pointId === undefined ? 'station' : own;
  const levels = (station.csmsLimits ?? [])
    .map((leaf) => leaf.value)
    .filter((limit) => limit.purpose === purpose && isFor(limit, query))
    .map((limit) => limit.stackLevel);
  return levels.length === 0 ? undefined : Math.max(...levels);
}

function isFor(
  { purpose, place, pointId, transactionId }: CsmsLimitSet,
  query: Pick<CsmsLimitQuery, 'pointId' | 'transactionId'>,
): boolean {
  if (query.pointId === undefined || purpose === 'station')
    return query.pointId === undefined && purpose === 'station';
  if (place !== 0 && pointId !== query.pointId) return false;
  if (purpose === 'default') return true;
  return query.transactionId !== undefined && (transactionId ?? query.transactionId) === query.transactionId;
}

function powerAtMs(limits: readonly CsmsLimitSet[], query: CsmsLimitQuery, ms: number): number | undefined {
  for (const purpose of PURPOSES) {
    const inForce = limits
      .filter((limit) => limit.purpose === purpose)
      // Of one level, that of the point itself comes before that of all.
      .sort((a, b) => b.stackLevel - a.stackLevel || b.place - a.place);
    for (const limit of inForce) {
      const period = periodAt(limit, query, ms);
      const amount = period?.limitW ?? period?.limitA;
      if (amount !== undefined) return query.watts(amount, limit.unit, period?.numberPhases);
    }
  }
  return undefined;
}

function periodAt(limit: CsmsLimitSet, query: CsmsLimitQuery, ms: number): LimitPeriod | undefined {
  const { validFrom, validTo, durationS, periods } = limit;
  if (validFrom !== undefined && ms < Date.parse(validFrom)) return undefined;
  if (validTo !== undefined && ms >= Date.parse(validTo)) return undefined;
  const startMs = startOf(limit, query, ms);
  if (startMs === undefined || ms < startMs) return undefined;
  const offsetS = (ms - startMs) / 1000;
  if (durationS !== undefined && offsetS >= durationS) return undefined;
  return periods.findLast(({ startS }) => startS <= offsetS);
}

/** From when the periods count that hold at an instant. */
function startOf(limit: CsmsLimitSet, query: CsmsLimitQuery, ms: number): number | undefined {
  const { kind, startAt, recurrency, receivedAt } = limit;
  if (kind === 'Relative')
    return Date.parse(
      limit.purpose === 'transaction' || query.transactionStartedAt
        ? (query.transactionStartedAt ?? receivedAt)
        : query.from,
    );
  // 1.6 §3.13.4 demands a start of the other kinds; without one it is when the profile came.
  const firstMs = Date.parse(startAt ?? receivedAt);
  if (kind === 'Absolute') return firstMs;
  const everyMs = recurrency === 'Weekly' ? 7 * DAY_MS : DAY_MS;
  return firstMs + Math.floor((ms - firstMs) / everyMs) * everyMs;
}

/** Instants at which a profile may say something else, between now and the end of the question. */
function boundsOf(limit: CsmsLimitSet, query: CsmsLimitQuery): number[] {
  const { kind, recurrency, validFrom, validTo, durationS, periods } = limit;
  const fromMs = Date.parse(query.from);
  const everyMs = recurrency === 'Weekly' ? 7 * DAY_MS : DAY_MS;
  const bounds = [validFrom, validTo].flatMap((instant) =>
    instant === undefined ? [] : [Date.parse(instant)],
  );
  const firstMs = startOf(limit, query, fromMs) ?? fromMs;
  const lastMs = kind === 'Recurring' ? query.untilMs : firstMs;
  for (let startMs = firstMs; startMs <= lastMs; startMs += everyMs) {
    bounds.push(startMs, ...periods.map(({ startS }) => startMs + startS * 1000));
    if (durationS !== undefined) bounds.push(startMs + durationS * 1000);
  }
  return bounds;
}
