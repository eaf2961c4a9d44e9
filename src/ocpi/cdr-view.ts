/** Makes the charge detail record of a session that is over, or says what it lacks. */
import {
  type CdrView,
  compact,
  type Instant,
  type ProcessState,
  type SessionView,
  type Source,
  Sources,
  sessionView,
  type TariffView,
} from '../domain/index.js';
import type { ErrorCode } from '../errors/index.js';
import {
  type Costs,
  costsOf,
  type EnergyPoint,
  type MeteredSession,
  type Period,
  periodsOf,
  toNumber,
  WallClock,
} from './billing/index.js';
import type { Course } from './courses.js';
import { signedReadings } from './signed.js';
import type { ToldSession } from './told.js';
import { factsOf } from './world.js';

/** A session and all that a bill is made from. */
export interface Billed {
  readonly told: ToldSession;
  readonly process: ProcessState;
  readonly course: Course;
}

export type CdrResult =
  | { readonly ok: true; readonly view: CdrView; readonly sources: Readonly<Record<string, Source>> }
  | { readonly ok: false; readonly code: ErrorCode; readonly reason: string };

/** A period ends after so long at the latest, at the next reading. */
const INTERVAL_MS = { ac: 15 * 60_000, dc: 5 * 60_000 };
/** The rule by which a reading stands for a start that nobody told. */
const FIRST_READING = 'bridge/first-reading';

/** `cdrId` and `lastUpdated` are the caller's. */
export function cdrOf(billed: Billed, cdrId: string, lastUpdated: Instant): CdrResult {
  const { told, process, course } = billed;
  const { tariff } = told;
  const session = sessionView(process, factsOf(told.view), lastUpdated).value;
  const [evse] = told.view.location.evses;
  if (!tariff || !evse) return held('OCPI_CDR_NO_TARIFF', 'its grant named no tariff when it began');
  const { startedAt, endedAt } = session;
  if (endedAt === undefined || endedAt < startedAt)
    return held('OCPI_CDR_TIMES', `it began at ${startedAt} and ended at ${endedAt ?? 'no time'}`);
  const intervalMs = evse.connector.powerType === 'DC' ? INTERVAL_MS.dc : INTERVAL_MS.ac;
  const lack = energyLack(process, startedAt, intervalMs);
  if (lack) return held('OCPI_CDR_NO_ENERGY', lack);
  const metered = meteredSession(process, course, startedAt, endedAt);
  const clock = new WallClock(told.view.location.timeZone);
  const periods = periodsOf(metered, { tariff, clock, intervalMs });
  const bill = { cdrId, lastUpdated, session, tariff, periods, costs: costsOf(periods, tariff) };
  return { ok: true, view: viewOf(bill, billed), sources: sourcesOf(billed, periods) };
}

/** What is missing to know the energy, in words; undefined: nothing. */
function energyLack(process: ProcessState, startedAt: Instant, intervalMs: number): string | undefined {
  const { meterStartWh, meterStopWh, deliveredWh } = process;
  if (!meterStartWh) return 'the charger told no register at all';
  if (!deliveredWh && !meterStopWh) return 'the charger told the register at the start only';
  if (meterStartWh.rule !== FIRST_READING) return undefined;
  const lateMs = Date.parse(meterStartWh.at) - Date.parse(startedAt);
  if (!deliveredWh) return 'the charger told the register at the end only';
  return lateMs > intervalMs
    ? `the charger told the register ${Math.round(lateMs / 60_000)} minutes after the start for the first time`
    : undefined;
}

function held(code: ErrorCode, reason: string): CdrResult {
  return { ok: false, code, reason };
}

function meteredSession(
  process: ProcessState,
  course: Course,
  startedAt: Instant,
  endedAt: Instant,
): MeteredSession {
  const [startMs, endMs] = [Date.parse(startedAt), Date.parse(endedAt)];
  const isInside = ({ at }: { readonly at: Instant }) => at > startedAt && at < endedAt;
  const idleAtStart = course.idle.findLast(({ at }) => at <= startedAt)?.idle ?? false;
  return {
    startMs,
    endMs,
    energy: energyOf(process, course, endMs),
    idle: [
      { atMs: startMs, idle: idleAtStart },
      ...course.idle.filter(isInside).map(({ at, idle }) => ({ atMs: Date.parse(at), idle })),
    ],
  };
}

/** Readings on the way count as far as they lie on the stretches in which the register grew. */
function energyOf(
  { register = [], deliveredWh }: ProcessState,
  course: Course,
  endMs: number,
): EnergyPoint[] {
  const total = deliveredWh?.value ?? 0;
  const points: EnergyPoint[] = [];
  let before = 0;
  for (const { from, to } of register) {
    let last = from.wh;
    const within = course.points.filter(
      ({ at, wh }) => at > from.at && at < to.at && wh >= from.wh && wh <= to.wh,
    );
    for (const { at, wh } of within) {
      if (wh < last) continue;
      points.push({ atMs: Date.parse(at), wh: Math.min(total, before + wh - from.wh) });
      last = wh;
    }
    before += to.wh - from.wh;
    points.push({ atMs: Date.parse(to.at), wh: Math.min(total, before) });
  }
  return [...points.filter(({ atMs }) => atMs < endMs), { atMs: endMs, wh: total }];
}

interface Bill {
  readonly cdrId: string;
  readonly lastUpdated: Instant;
  readonly session: SessionView;
  readonly tariff: TariffView;
  readonly periods: readonly Period[];
  readonly costs: Costs;
}

function viewOf({ cdrId, lastUpdated, session, tariff, periods, costs }: Bill, billed: Billed): CdrView {
  const { location } = session;
  const [evse] = location.evses;
  if (!evse) throw new RangeError('a session has an EVSE');
  const sum = (of: (period: Period) => bigint) => toNumber(periods.reduce((all, each) => all + of(each), 0n));
  return compact({
    countryCode: session.countryCode,
    partyId: session.partyId,
    cdrId,
    sessionId: session.sessionId,
    startedAt: session.startedAt,
    endedAt: session.endedAt ?? session.startedAt,
    tokenUid: session.tokenUid,
    tokenType: session.tokenType,
    contractId: session.contractId,
    tokenCountryCode: session.tokenCountryCode,
    tokenPartyId: session.tokenPartyId,
    authMethod: session.authMethod,
    authorizationReference: session.authorizationReference,
    location,
    locationId: location.locationId,
    name: location.name,
    street: location.street,
    postalCode: location.postalCode,
    city: location.city,
    country: location.country,
    latitude: location.latitude,
    longitude: location.longitude,
    evseUid: evse.evseUid,
    evseId: evse.evseId,
    connector: evse.connector,
    meterId: billed.told.meterId,
    currency: tariff.currency,
    tariffs: [tariff],
    periods: periods.map((period) => periodView(period, tariff.tariffId)),
    signed: signedReadings(billed.course.signed),
    totalCost: costs.total,
    fixedCost: costs.fixed,
    energyKwh: sum(({ energy }) => energy),
    energyCost: costs.energy,
    timeH: sum(({ time }) => time),
    timeCost: costs.time,
    parkingTimeH: sum(({ isIdle, time }) => (isIdle ? time : 0n)),
    parkingCost: costs.parking,
    lastUpdated,
  });
}

function periodView({ startMs, isIdle, energy, time }: Period, tariffId: string): CdrView['periods'][number] {
  const charged = energy > 0n ? [{ dimension: 'energy' as const, volume: toNumber(energy) }] : [];
  return {
    startedAt: new Date(startMs).toISOString(),
    tariffId,
    dimensions: [
      ...charged,
      { dimension: isIdle ? ('parking-time' as const) : ('time' as const), volume: toNumber(time) },
    ],
  };
}

/** The frames behind a bill: those of the session, and of each period the reading and the change at its end. */
function sourcesOf({ told, process, course }: Billed, periods: readonly Period[]): Record<string, Source> {
  const sources = new Sources();
  const { startSource, vehicle, transactionId, meterStartWh, meterStopWh, deliveredWh, stopReason } = process;
  sources.note('sessionId', startSource);
  if (vehicle) sources.note('tokenUid', vehicle);
  if (transactionId) sources.note('startedAt', transactionId);
  const end = stopReason ?? meterStopWh ?? deliveredWh;
  if (end) sources.note('endedAt', end);
  if (deliveredWh ?? meterStopWh) sources.note('energyKwh', (deliveredWh ?? meterStopWh) as Source);
  if (meterStartWh) sources.note('periods.0.startedAt', meterStartWh);
  for (const [index, { startMs, endMs }] of periods.entries()) {
    const [from, to] = [new Date(startMs).toISOString(), new Date(endMs).toISOString()];
    const change = course.idle.find(({ at }) => at === from);
    const reading = course.points.findLast(({ at }) => at <= to) ?? deliveredWh;
    if (change) sources.note(`periods.${index}.startedAt`, change);
    if (reading) sources.note(`periods.${index}.dimensions.0.volume`, reading);
  }
  for (const [path, source] of Object.entries(told.sources))
    if (path === 'tokenUid') sources.note(path, source);
  return sources.all;
}
