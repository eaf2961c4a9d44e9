/**
 * Keeps the default limit of every charging point at its charger (OCPP TxDefaultProfile): it holds from the moment a
 * vehicle is plugged in, until its transaction has a limit of its own, and again when that one has ended. What a charger
 * has taken is not sent again unless it came back since: it may have forgotten it.
 */
import type { Runtime, StationCommands } from '../depot/index.js';
import type { Leaf, LimitOutcome, PointState, StationState } from '../domain/index.js';
import { limitAt, requestByKey } from '../domain/index.js';
import { changeOf, type Order } from './orders.js';
import { type Alarm, type Attempt, retryInMs } from './pace.js';
import type { Recorder } from './recorder.js';
import { powerAt, sameSteps } from './steps.js';

/** What is asked for under this action: in the journal, an intent. */
const SET = 'Intent SetDefaultLimit';
const CLEAR = 'Intent ClearDefaultLimit';

/** What a decision not to act was made from: while it is the same, nothing is to be done. */
type Seen = readonly [unknown, unknown, unknown, unknown];

export class DefaultLimits {
  readonly #runtime: Runtime;
  readonly #commands: StationCommands;
  readonly #recorder: Recorder;
  readonly #alarm: Alarm;
  readonly #failed = new Map<string, Attempt>();
  readonly #settled = new Map<string, Seen>();
  /** Points whose charger may hold another limit than it has answered to. */
  readonly #doubted = new Set<string>();
  /** Refusals that were reported: each is reported once. */
  readonly #reported = new Set<string>();

  constructor(runtime: Runtime, commands: StationCommands, recorder: Recorder, alarm: Alarm) {
    this.#runtime = runtime;
    this.#commands = commands;
    this.#recorder = recorder;
    this.#alarm = alarm;
  }

  /** Tries that failed before a charger came back say nothing any more. */
  forget(pointIds: readonly string[]): void {
    for (const pointId of pointIds) this.#failed.delete(pointId);
  }

  /** Somebody else has set or cleared limits at these points: ours are set again. */
  doubt(pointIds: readonly string[]): void {
    for (const pointId of pointIds) {
      this.#doubted.add(pointId);
      this.#settled.delete(pointId);
    }
  }

  /** What is to be asked for a point now, if anything. */
  orderFor(station: StationState, point: PointState): Order | undefined {
    const { pointId, defaultPlan: plan, defaultLimit: held } = point;
    // Before plug-in, a station with a CSMS of its own holds what that has set.
    if (!plan || this.#commands.controlOf(station.stationId) !== 'full') return undefined;
    const seen: Seen = [plan, held, station.link, station.boot];
    const before = this.#settled.get(pointId);
    if (before && seen.every((part, index) => part === before[index])) return undefined;
    const isThere = plan.value.steps.length === 0 ? !isToClear(held) : isHeld(station, point);
    if (isThere && !(this.#doubted.has(pointId) && held?.value.outcome === 'accepted')) {
      this.#settled.set(pointId, seen);
      return undefined;
    }
    const now = this.#runtime.now().toISOString();
    const change = changeOf(
      limitAt(point, undefined, now),
      powerAt(plan.value.steps, now) ?? Number.POSITIVE_INFINITY,
    );
    if (!this.#isTime(point, plan.value.steps, change)) return undefined;
    const run = () => this.#carryOut(station, point);
    return { key: `default ${pointId}`, station: station.stationId, point: pointId, change, run };
  }

  #isTime(point: PointState, steps: Attempt['steps'], change: Order['change']): boolean {
    const nowMs = this.#runtime.now().getTime();
    const failed = this.#failed.get(point.pointId);
    if (failed && sameSteps(failed.steps, steps)) return this.#isIn(retryInMs(failed, nowMs));
    if (change !== 'raise' || !point.defaultLimit) return true;
    const { minPushSeconds } = this.#runtime.config.depots[0].charging;
    return this.#isIn(Math.max(0, Date.parse(point.defaultLimit.at) + minPushSeconds * 1000 - nowMs));
  }

  #isIn(ms: number | undefined): boolean {
    if (ms !== undefined && ms > 0) this.#alarm.within(ms);
    return ms === 0;
  }

  async #carryOut({ stationId }: StationState, { pointId, defaultPlan }: PointState): Promise<void> {
    if (!defaultPlan) return;
    const { steps, processId, requestKey } = defaultPlan.value;
    this.#doubted.delete(pointId);
    const { state } = this.#runtime.depot;
    const request = requestKey === undefined ? undefined : requestByKey(state, requestKey);
    const isClear = steps.length === 0;
    const details = { pointId, ...(processId ? { processId } : {}), steps };
    const action = isClear ? CLEAR : SET;
    const intent = await this.#recorder.intend(action, request, [defaultPlan.raw], details);
    const outcome = isClear
      ? await this.#commands.clearLimit({ stationId, pointId, only: 'default', intent })
      : await this.#commands.setLimit({ stationId, pointId, steps, whenIntroduced: true, intent });
    this.#note(pointId, steps, outcome.outcome === 'failed');
    if (outcome.outcome === 'rejected') this.#report(stationId, pointId, outcome.reason);
    await this.#recorder.answered('DefaultLimitAnswered', stationId, intent, outcome, {
      pointId,
      steps,
      cleared: isClear,
    });
  }

  #note(pointId: string, steps: Attempt['steps'], failed: boolean): void {
    const before = this.#failed.get(pointId);
    const failures = before && sameSteps(before.steps, steps) ? before.failures + 1 : 1;
    if (failed) this.#failed.set(pointId, { steps, at: this.#runtime.now().getTime(), failures });
    else this.#failed.delete(pointId);
  }

  #report(stationId: string, pointId: string, reason: string | undefined): void {
    const key = `${pointId} ${reason}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.#runtime.log.warn(
      { stationId, pointId, reason },
      'a station takes no limit before a vehicle is plugged in: until its plan is set, a vehicle draws what the station gives',
    );
  }
}

/** Whether a charger may hold a default limit of ours that it should not. */
function isToClear(held: Leaf<LimitOutcome> | undefined): boolean {
  return held?.value.outcome === 'accepted' || held?.value.outcome === 'failed';
}

/** Whether the charger has the limit, or has refused it and did not start anew since. */
function isHeld({ link, boot }: StationState, { defaultPlan, defaultLimit: held }: PointState): boolean {
  if (!held || !defaultPlan) return false;
  const bootedSince = boot !== undefined && boot.receivedAt >= held.at;
  if (held.value.outcome === 'rejected') return !bootedSince;
  if (held.value.outcome !== 'accepted' || bootedSince || link.at >= held.at) return false;
  return sameSteps(held.value.steps, defaultPlan.value.steps);
}
