/**
 * When to plan, and what of a plan is news. A plan is journalled before it counts, like everything that a
 * clock decides; an unchanged plan leaves no trace.
 */
import { type Config, controlOf } from '../config/index.js';
import type { Change, Runtime } from '../depot/index.js';
import type { DefaultPlan, DepotState, DomainEvent, JournalId, Leaf, Plan } from '../domain/index.js';
import { requestByKey } from '../domain/index.js';
import type { PlanInputs } from './job.js';
import { type PlanMade, planDepot } from './plan.js';
import { isLower, sameLimits, sameSchedule } from './steps.js';

const SETTLE_MS = 250;
const REPLAN_MS = 5 * 60_000;
const SOC_TOLERANCE_PCT = 1;
const TIME_TOLERANCE_MS = 10 * 60_000;
/** A default limit that could be higher for nobody in particular waits so many times the least time between two limits. */
const DEFAULT_RISE_PUSHES = 10;
/** A default limit whose far end differs is renewed at least this often: it holds while the bridge is away. */
const DEFAULT_REFRESH_MS = 60 * 60_000;

const TRIGGERS: ReadonlySet<DomainEvent['type']> = new Set([
  'RequestListReceived',
  'PointStatusReported',
  'TransactionStarted',
  'TransactionUpdated',
  'TransactionEnded',
  'VehicleIdentified',
  'ChargingNeedsReported',
  'CsmsLimitSet',
  'CsmsLimitCleared',
  'LinkOpened',
  'LinkLost',
]);

/** Plans after what may change a plan, at the latest every five minutes. */
export class Scheduler {
  readonly #runtime: Runtime;
  readonly #constants: Omit<PlanInputs, 'state' | 'now'>;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = 0;
  #planning: Promise<void> = Promise.resolve();
  #stopped = false;
  readonly #unsubscribe: () => void;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#constants = constantsOf(runtime);
    this.#unsubscribe = runtime.depot.onChange((change) => this.#consider(change));
    this.#arm(SETTLE_MS);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unsubscribe();
    clearTimeout(this.#timer);
    await this.#planning;
  }

  #consider({ before, after, events }: Change): void {
    if (events.some((event) => TRIGGERS.has(event.type)) || socMoved(before, after, events))
      this.#arm(SETTLE_MS);
  }

  /** Plans at the latest then: what comes meanwhile never puts off a plan that is due earlier. */
  #arm(afterMs: number): void {
    const dueAt = performance.now() + afterMs;
    if (this.#stopped || (this.#timer && this.#dueAt <= dueAt)) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#planning = this.#planning.then(() => this.#plan());
    }, afterMs);
  }

  async #plan(): Promise<void> {
    const { config, depot, log, now } = this.#runtime;
    try {
      const inputs = { ...this.#constants, state: depot.state, now: now().toISOString() };
      const riseMs = DEFAULT_RISE_PUSHES * config.depots[0].charging.minPushSeconds * 1000;
      const news = newsOf(depot.state, planDepot(inputs), riseMs);
      if (news.processes.length > 0 || news.requests.length > 0 || news.points.length > 0)
        await this.#record(news);
    } catch (error) {
      log.error({ err: error }, 'planning failed; the last plan stays');
    }
    this.#arm(REPLAN_MS);
  }

  async #record(payload: PlanMade): Promise<void> {
    const { depot } = this.#runtime;
    const rule = `charging/${this.#constants.policy}`;
    const draft = {
      depotId: depot.id,
      link: 'bridge',
      protocol: 'bridge',
      direction: 'internal',
      action: 'PlanMade',
      raw: JSON.stringify(payload),
      causes: causesOf(depot.state, payload),
      rules: [rule],
    } as const;
    await depot.record(draft, ({ id }) => [{ type: 'PlanMade', payload, raw: id, ruleOf: () => rule }]);
  }
}

/** What the configuration says, in the planner's units. */
export function constantsOf({ config }: Pick<Runtime, 'config'>): Omit<PlanInputs, 'state' | 'now'> {
  const [depot] = config.depots;
  const wishW = beforePlugInOf(depot);
  const places = depot.stations.flatMap((station) =>
    station.points.map((point) => {
      const phases = point.powerType === 'DC' ? 1 : (point.phases ?? 3);
      const electricalW = point.maxVoltage * point.maxAmperage * phases;
      const maxPowerW = Math.min(electricalW, (station.maxPowerKw ?? Number.POSITIVE_INFINITY) * 1000);
      const minPowerW = point.powerType === 'DC' ? 0 : 6 * point.maxVoltage * phases;
      const place = { pointId: point.id, stationId: station.id, maxPowerW, minPowerW };
      const control = controlOf(config, station);
      // What holds there before plug-in is for its own CSMS to say.
      const isOurs = wishW !== undefined && control === 'full';
      const ownW = isOurs ? { beforePlugInW: Math.min(wishW, maxPowerW) } : {};
      const observed = control === 'observe' ? ({ observed: true } as const) : {};
      const theirs = control === 'full' ? {} : { nominalV: point.maxVoltage, phases };
      return [point.id, { ...place, ...theirs, ...ownW, ...observed }] as const;
    }),
  );
  return {
    policy: depot.charging.policy,
    horizonHours: depot.charging.horizonHours,
    ...(depot.gridLimitKw === undefined ? {} : { gridLimitW: depot.gridLimitKw * 1000 }),
    stationLimitsW: new Map(
      depot.stations.flatMap((station) =>
        station.maxPowerKw === undefined ? [] : [[station.id, station.maxPowerKw * 1000] as const],
      ),
    ),
    places: new Map(places),
    vehicles: new Map(
      config.vehicles.map((vehicle) => [
        vehicle.id,
        {
          ...(vehicle.batteryKwh === undefined ? {} : { batteryWh: vehicle.batteryKwh * 1000 }),
          ...(vehicle.maxPowerKw === undefined ? {} : { maxPowerW: vehicle.maxPowerKw * 1000 }),
        },
      ]),
    ),
  };
}

/**
 * What one point is to have before anybody plugs in, in W; undefined: nothing. Left out, it is a quarter of an equal part
 * of the grid limit wherever there is one and limits are set at all.
 */
export function beforePlugInOf(depot: Config['depots'][0]): number | undefined {
  const { policy, beforePlugIn = { share: 0.25 } } = depot.charging;
  if (policy === 'forward' || beforePlugIn === 'none') return undefined;
  if ('limitKw' in beforePlugIn) return beforePlugIn.limitKw * 1000;
  const points = depot.stations.reduce((count, station) => count + station.points.length, 0);
  return depot.gridLimitKw === undefined
    ? undefined
    : (beforePlugIn.share * depot.gridLimitKw * 1000) / points;
}

/** A first state of charge, or one that moved by a point, is worth a new plan. */
function socMoved(before: DepotState, after: DepotState, events: readonly DomainEvent[]): boolean {
  return events.some((event) => {
    if (event.type !== 'MeterSampled') return false;
    const { transactionId, pointId } = event.payload;
    const station = after.stations.get(event.stationId);
    const processId =
      (transactionId ? station?.transactions[transactionId] : undefined) ??
      (pointId ? station?.points[pointId]?.processId : undefined);
    if (!processId) return false;
    const was = before.processes.get(processId)?.readings.socPct?.value;
    const is = after.processes.get(processId)?.readings.socPct?.value;
    return is !== undefined && (was === undefined || Math.floor(was) !== Math.floor(is));
  });
}

/** The part of a plan that differs from what the state holds. */
function newsOf(state: DepotState, plan: PlanMade, riseMs: number): Required<PlanMade> {
  return {
    at: plan.at,
    points: defaultNews(state, plan, riseMs),
    processes: plan.processes.filter(
      ({ processId, plan: next }) => !alike(state.processes.get(processId)?.plan?.value, next),
    ),
    requests: plan.requests.filter(({ presystemId, chargingRequestId, plan: next }) => {
      const held = state.presystems[presystemId]?.requests[chargingRequestId]?.plan?.value;
      return !next || !alike(held, next);
    }),
  };
}

/** Alike: nothing that a charger should do soon, or that a presystem is told, differs by more than noise. */
function alike(held: Plan | undefined, next: Plan): boolean {
  return (
    held !== undefined &&
    held.policy === next.policy &&
    held.finished === next.finished &&
    held.missing.join() === next.missing.join() &&
    Math.abs((held.departure?.socPct ?? 0) - (next.departure?.socPct ?? 0)) <= SOC_TOLERANCE_PCT &&
    nearInTime(held.minTarget?.at, next.minTarget?.at) &&
    nearInTime(held.maxTarget?.at, next.maxTarget?.at) &&
    sameLimits(held.steps, next.steps, next.steps[0]?.at)
  );
}

/** Default limits that differ; one that is not to be any more is told as having no steps. */
function defaultNews(
  state: DepotState,
  { points = [], at }: PlanMade,
  riseMs: number,
): NonNullable<PlanMade['points']> {
  const planned = new Map(points.map((point) => [point.pointId, point]));
  const none: DefaultPlan = { steps: [] };
  return state.stations.values().flatMap(({ stationId, points: known }) =>
    Object.values(known).flatMap(({ pointId, defaultPlan }) => {
      const next = planned.get(pointId) ?? { stationId, pointId, plan: none };
      return isDefaultNews(defaultPlan, next.plan, at, riseMs) ? [next] : [];
    }),
  );
}

/** A lower limit is news at once, a higher one if it is for somebody; for nobody in particular it can wait. */
function isDefaultNews(
  held: Leaf<DefaultPlan> | undefined,
  next: DefaultPlan,
  now: string,
  riseMs: number,
): boolean {
  const before = held?.value.steps ?? [];
  if (!held || before.length === 0 || next.steps.length === 0) return before.length !== next.steps.length;
  if (isLower(next.steps, before, now)) return true;
  const ageMs = Date.parse(now) - Date.parse(held.at);
  if (sameLimits(before, next.steps, now))
    return ageMs > DEFAULT_REFRESH_MS && !sameSchedule(before, next.steps, now);
  return next.processId !== undefined || next.requestKey !== undefined || ageMs >= riseMs;
}

function nearInTime(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return Math.abs(Date.parse(a) - Date.parse(b)) <= TIME_TOLERANCE_MS;
}

function causesOf(state: DepotState, payload: PlanMade): JournalId[] {
  const causes = new Set<JournalId>();
  for (const { processId } of payload.processes) {
    const process = state.processes.get(processId);
    if (process) causes.add(process.startSource.raw);
    if (process?.readings.socPct) causes.add(process.readings.socPct.raw);
  }
  for (const { presystemId, chargingRequestId } of payload.requests) {
    const request = state.presystems[presystemId]?.requests[chargingRequestId];
    if (request) causes.add(request.source.raw);
  }
  for (const { plan } of payload.points ?? []) {
    const process = plan.processId === undefined ? undefined : state.processes.get(plan.processId);
    if (process) causes.add(process.startSource.raw);
    const request = plan.requestKey === undefined ? undefined : requestByKey(state, plan.requestKey);
    if (request) causes.add(request.source.raw);
  }
  return [...causes];
}
