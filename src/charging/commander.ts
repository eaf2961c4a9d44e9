/**
 * Carries plans to chargers: a limit when the plan at a running transaction changes, the default limit of a point, a stop
 * when a presystem ends a request. Every command has an intent on record before it is sent, and its outcome after it.
 */
import { type LeaseTerms, leaseTermsOf } from '../config/index.js';
import type { Runtime, StationCommands } from '../depot/index.js';
import type {
  DomainEvent,
  JournalId,
  PointState,
  ProcessState,
  RequestState,
  StationId,
  StationState,
} from '../domain/index.js';
import { limitAt, requestOf } from '../domain/index.js';
import { DefaultLimits } from './default-limits.js';
import { changeOf, type Order, Orders } from './orders.js';
import { Alarm, type Attempt, retryInMs } from './pace.js';
import { type LimitNotHeld, ReadBack } from './read-back.js';
import { Recorder } from './recorder.js';
import { powerAt, sameLimits, sameSchedule } from './steps.js';
import { isStopDue, STOP_INTENT, stopsDue, unfinishedStops } from './unfinished.js';

/** A schedule whose far end differs is renewed at least this often: it is what the charger falls back on. */
const REFRESH_MS = 15 * 60_000;

/** Least time between two limits to a station whose own CSMS sets limits too; less if any limit may follow sooner. */
const CONTEST_MS = 5_000;
/** What could not even be tried is tried again after this. */
const FAILED_MS = 2_000;

export class Commander {
  readonly #runtime: Runtime;
  readonly #commands: StationCommands;
  readonly #recorder: Recorder;
  readonly #defaults: DefaultLimits;
  readonly #readBack: ReadBack;
  readonly #alarm = new Alarm(() => this.#lookAt('all'));
  readonly #orders = new Orders((order, failure) => this.#done(order, failure));
  readonly #attempts = new Map<string, Attempt>();
  readonly #unsubscribe: (() => void)[];
  /** Intents of an earlier run to stop a process, by process; undefined until they are looked for. */
  #unfinished: Map<string, JournalId> | undefined;
  #stopped = false;
  /** Stations at which something may have to be done. */
  #due: Set<StationId> | 'all' = 'all';
  #looking: NodeJS.Immediate | undefined;

  constructor(runtime: Runtime, commands: StationCommands) {
    this.#runtime = runtime;
    this.#commands = commands;
    this.#recorder = new Recorder(runtime);
    this.#defaults = new DefaultLimits(runtime, commands, this.#recorder, this.#alarm);
    this.#readBack = new ReadBack(runtime, commands, this.#recorder, this.#alarm);
    this.#unsubscribe = [
      commands.onOthersLimits((stationId) => this.#insist(stationId)),
      runtime.depot.onChange(({ events }) => {
        this.#forget(events);
        for (const event of events) {
          // Readings give nobody anything to do but to doubt a limit: what follows from them comes as a plan.
          if (event.type !== 'MeterSampled' || this.#drawsTooMuch(event.stationId))
            this.#lookAt('stationId' in event ? event.stationId : 'all');
        }
      }),
    ];
    const due = stopsDue(runtime.depot.state);
    if (due.length === 0) this.#begun(new Map());
    else this.#recover(due);
  }

  /** Nothing is ordered before it is known what was. */
  #recover(due: ReturnType<typeof stopsDue>): void {
    const { depot, log } = this.#runtime;
    const found = unfinishedStops(depot.journal, due).catch((error: unknown) => {
      log.error({ err: error }, 'orders from before the restart could not be read; they are given anew');
      return new Map<string, JournalId>();
    });
    this.#orders.track(found.then((unfinished) => this.#begun(unfinished)));
  }

  #begun(unfinished: Map<string, JournalId>): void {
    this.#unfinished = unfinished;
    this.#lookAt('all');
  }

  /** Orders nothing any more; waits so long for the answers to what is under way. */
  async stop(withinMs: number): Promise<void> {
    this.#stopped = true;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#alarm.stop();
    clearImmediate(this.#looking);
    await this.#orders.settled(withinMs);
  }

  /** Limits at a station that it took and does not apply. */
  limitsNotHeld(stationId: StationId): readonly LimitNotHeld[] {
    return this.#readBack.notHeld(stationId);
  }

  /** Somebody else has touched the limits of a station: what is planned holds, so it is set again. */
  #insist(stationId: StationId): void {
    const station = this.#runtime.depot.state.stations.get(stationId);
    const pointIds = Object.keys(station?.points ?? {});
    for (const pointId of pointIds) if (this.#attempts.has(pointId)) this.#readBack.contest(pointId);
    this.#defaults.doubt(pointIds);
    this.#lookAt(stationId);
  }

  /** A station that booted or came back may have lost its limits: they are set again. */
  #forget(events: readonly DomainEvent[]): void {
    for (const event of events) {
      if (event.type !== 'StationBooted' && event.type !== 'LinkOpened') continue;
      const station = this.#runtime.depot.state.stations.get(event.stationId);
      const pointIds = Object.keys(station?.points ?? {});
      for (const pointId of pointIds) this.#attempts.delete(pointId);
      this.#defaults.forget(pointIds);
      this.#readBack.forget(event.stationId, pointIds);
    }
  }

  /** Many events in one turn are looked at once. */
  #lookAt(place: StationId | 'all'): void {
    if (place === 'all') this.#due = 'all';
    else if (this.#due !== 'all') this.#due.add(place);
    if (this.#stopped || !this.#unfinished) return;
    this.#looking ??= setImmediate(() => {
      this.#looking = undefined;
      this.#look();
    });
  }

  #look(): void {
    const { stations } = this.#runtime.depot.state;
    const due = this.#due === 'all' ? stations.values() : [...this.#due].map((id) => stations.get(id));
    this.#due = new Set();
    const orders: Order[] = [];
    for (const station of due) {
      if (!station || !this.#commands.isConnected(station.stationId)) continue;
      for (const point of Object.values(station.points)) {
        const order = this.#orderFor(station, point);
        if (order) orders.push(order);
        const byDefault = this.#defaults.orderFor(station, point);
        if (byDefault) orders.push(byDefault);
        const question = this.#readBack.orderFor(point, this.#processAt(point));
        if (question) orders.push(question);
      }
    }
    if (orders.length > 0) this.#orders.begin(orders);
  }

  /** What is to be asked for the transaction that runs at a point. */
  #orderFor(station: StationState, point: PointState): Order | undefined {
    const { state } = this.#runtime.depot;
    const process = this.#processAt(point);
    if (!process?.transactionId || process.endedAt || this.#orders.isBusy(point.pointId)) return undefined;
    const request = requestOf(state, process);
    const order = { key: point.pointId, station: station.stationId, point: point.pointId };
    const control = this.#commands.controlOf(station.stationId);
    if (control === 'observe') return undefined;
    // Whose station it is ends its transactions.
    if (control === 'full' && request && isStopDue(process, request, station))
      return { ...order, change: 'other', run: () => this.#stopProcess(process, request) };
    if (!this.#limitIsDue(process)) return undefined;
    const now = this.#runtime.now().toISOString();
    const nextW = powerAt(process.plan?.value.steps ?? [], now) ?? 0;
    const change = changeOf(limitAt(point, process, now), nextW);
    return { ...order, change, run: () => this.#setLimit(process, request) };
  }

  #drawsTooMuch(stationId: StationId): boolean {
    const station = this.#runtime.depot.state.stations.get(stationId);
    return this.#readBack.measured(station, (point) => this.#processAt(point));
  }

  #processAt({ processId }: PointState): ProcessState | undefined {
    return processId ? this.#runtime.depot.state.processes.get(processId) : undefined;
  }

  #done({ station, point, change }: Order, failure: unknown): void {
    if (failure !== undefined) {
      this.#runtime.log.error({ err: failure, station, point }, 'a command could not be carried out');
      // Not at once: what failed here is the bridge's own, such as its store.
      this.#alarm.within(FAILED_MS);
      return;
    }
    // Whoever may draw more has waited for those who draw less.
    this.#lookAt(change === 'lower' ? 'all' : station);
  }

  /** True if the plan differs from what was last tried, and enough time went by (a lower limit never waits). */
  #limitIsDue(process: ProcessState): boolean {
    const plan = process.plan?.value;
    if (!plan || plan.steps.length === 0) return false;
    const last = this.#attempts.get(process.pointId);
    if (!last || last.processId !== process.processId) return true;
    const now = this.#runtime.now();
    const nowMs = now.getTime();
    if (this.#readBack.isContested(process.pointId)) {
      // A CSMS that sets its limits over and over is not answered each time.
      const isLease = this.#commands.controlOf(process.stationId) === 'lease';
      const waitMs = Math.min(CONTEST_MS, this.#runtime.config.depots[0].charging.minPushSeconds * 1000);
      return !isLease || this.#isIn(Math.max(0, last.at + waitMs - nowMs));
    }
    if (last.failures === 0 && this.#isLeaseDue(process.stationId, last, nowMs)) return true;
    if (last.failures > 0 && sameLimits(last.steps, plan.steps, now.toISOString()))
      return this.#isIn(retryInMs(last, nowMs));
    const stale = nowMs - last.at > REFRESH_MS && !sameSchedule(last.steps, plan.steps, now.toISOString());
    if (!stale && sameLimits(last.steps, plan.steps, now.toISOString())) return false;
    const limitNow = powerAt(plan.steps, now.toISOString()) ?? 0;
    const lower = limitNow < (powerAt(last.steps, now.toISOString()) ?? Number.POSITIVE_INFINITY);
    const waitMs = this.#runtime.config.depots[0].charging.minPushSeconds * 1000 - (nowMs - last.at);
    return lower || this.#isIn(Math.max(0, waitMs));
  }

  /** A lease is renewed at half its time, so that one that is lost does not end it. */
  #isLeaseDue(stationId: StationId, { at }: Attempt, nowMs: number): boolean {
    const terms = this.#termsAt(stationId);
    return terms ? this.#isIn(Math.max(0, at + terms.leaseMinutes * 30_000 - nowMs)) : false;
  }

  #termsAt(stationId: StationId): LeaseTerms | undefined {
    const { config } = this.#runtime;
    const station = config.depots[0].stations.find(({ id }) => id === stationId);
    return station && leaseTermsOf(config, station);
  }

  #isIn(ms: number | undefined): boolean {
    if (ms !== undefined && ms > 0) this.#alarm.within(ms);
    return ms === 0;
  }

  async #setLimit(process: ProcessState, request: RequestState | undefined): Promise<void> {
    const plan = process.plan;
    if (!plan) return;
    const { stationId, pointId, processId } = process;
    const before = this.#attempts.get(pointId);
    const { steps } = plan.value;
    const details = { pointId, processId, steps };
    const intent = await this.#recorder.intend('Intent SetLimit', request, [plan.raw], details);
    const alone = this.#readBack.isContested(pointId);
    const { applied, ...outcome } = await this.#commands.setLimit({
      ...{ stationId, pointId, processId, steps, alone, intent },
    });
    const again =
      before?.processId === processId && sameLimits(before.steps, steps, this.#runtime.now().toISOString());
    const failures = outcome.outcome === 'accepted' ? 0 : (again ? before.failures : 0) + 1;
    this.#attempts.set(pointId, { processId, steps, at: this.#runtime.now().getTime(), failures });
    const held = { stationId, pointId, processId, steps: applied ?? steps, intent };
    // The limit of a whole station says nothing of one point.
    if (this.#termsAt(stationId)?.leaseAs !== 'cap') this.#readBack.answered(held, outcome.outcome);
    const set = { ...details, steps: applied ?? steps };
    await this.#recorder.answered('LimitAnswered', stationId, intent, outcome, set);
  }

  async #stopProcess(process: ProcessState, request: RequestState): Promise<void> {
    const { stationId, pointId, processId } = process;
    const begun = this.#unfinished?.get(processId);
    this.#unfinished?.delete(processId);
    const intent =
      begun ??
      (await this.#recorder.intend(STOP_INTENT, request, [request.source.raw], { pointId, processId }));
    const outcome = await this.#commands.stop({ stationId, processId, intent });
    await this.#recorder.answered('StopAnswered', stationId, intent, outcome, { processId });
  }
}
