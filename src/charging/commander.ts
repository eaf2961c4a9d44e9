/**
 * Carries plans to chargers: a limit when the plan at a running transaction changes, a stop when a presystem
 * ends a request. Every command has an intent on record before it is sent, and its outcome after it.
 */
import type { CommandOutcome, Runtime, StationCommands } from '../depot/index.js';
import type { DomainEvent, JournalId, LimitStep, ProcessState, RequestState } from '../domain/index.js';
import { requestOf } from '../domain/index.js';
import { powerAt, sameLimits, sameSchedule } from './steps.js';
import { isStopDue, STOP_INTENT, stopsDue, unfinishedStops } from './unfinished.js';

const RETRY_MS = [5_000, 30_000, 120_000] as const;
/** A schedule whose far end differs is renewed at least this often: it is what the charger falls back on. */
const REFRESH_MS = 15 * 60_000;

/** What was last tried at a point. */
interface Attempt {
  readonly processId: string;
  readonly steps: readonly LimitStep[];
  readonly at: number;
  readonly failures: number;
}

export class Commander {
  readonly #runtime: Runtime;
  readonly #commands: StationCommands;
  readonly #attempts = new Map<string, Attempt>();
  readonly #busy = new Set<string>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #running = new Set<Promise<void>>();
  readonly #unsubscribe: () => void;
  /** Intents of an earlier run to stop a process, by process; undefined until they are looked for. */
  #unfinished: Map<string, JournalId> | undefined;
  #stopped = false;

  constructor(runtime: Runtime, commands: StationCommands) {
    this.#runtime = runtime;
    this.#commands = commands;
    this.#unsubscribe = runtime.depot.onChange(({ events }) => {
      this.#forget(events);
      // Readings alone give nobody anything to do: what follows from them comes as a plan.
      if (events.some((event) => event.type !== 'MeterSampled')) this.#look();
    });
    const due = stopsDue(runtime.depot.state);
    if (due.length === 0) this.#begun(new Map());
    else this.#recover(due);
  }

  /** Nothing is ordered before it is known what was. */
  #recover(due: ReturnType<typeof stopsDue>): void {
    const { depot, log } = this.#runtime;
    const done = unfinishedStops(depot.journal, due)
      .catch((error: unknown) => {
        log.error({ err: error }, 'orders from before the restart could not be read; they are given anew');
        return new Map<string, JournalId>();
      })
      .then((unfinished) => this.#begun(unfinished))
      .finally(() => this.#running.delete(done));
    this.#running.add(done);
  }

  #begun(unfinished: Map<string, JournalId>): void {
    this.#unfinished = unfinished;
    this.#look();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unsubscribe();
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.allSettled(this.#running);
  }

  /** A station that booted or came back may have lost its limits: they are set again. */
  #forget(events: readonly DomainEvent[]): void {
    for (const event of events) {
      if (event.type !== 'StationBooted' && event.type !== 'LinkOpened') continue;
      const station = this.#runtime.depot.state.stations.get(event.stationId);
      for (const pointId of Object.keys(station?.points ?? {})) this.#attempts.delete(pointId);
    }
  }

  #look(): void {
    if (this.#stopped || !this.#unfinished) return;
    const { state } = this.#runtime.depot;
    for (const station of state.stations.values()) {
      if (!this.#commands.isConnected(station.stationId)) continue;
      for (const point of Object.values(station.points)) {
        const process = point.processId ? state.processes.get(point.processId) : undefined;
        if (!process?.transactionId || process.endedAt || this.#busy.has(process.pointId)) continue;
        const request = requestOf(state, process);
        if (request && isStopDue(process, request, station))
          this.#begin(process, () => this.#stopProcess(process, request));
        else if (this.#limitIsDue(process)) this.#begin(process, () => this.#setLimit(process, request));
      }
    }
  }

  #begin(process: ProcessState, work: () => Promise<void>): void {
    this.#busy.add(process.pointId);
    const done = work()
      .catch((error: unknown) =>
        this.#runtime.log.error({ err: error, point: process.pointId }, 'a command could not be carried out'),
      )
      .finally(() => {
        this.#busy.delete(process.pointId);
        this.#running.delete(done);
        this.#look();
      });
    this.#running.add(done);
  }

  /** True if the plan differs from what was last tried, and enough time went by (a lower limit never waits). */
  #limitIsDue(process: ProcessState): boolean {
    const plan = process.plan?.value;
    if (!plan || plan.steps.length === 0) return false;
    const last = this.#attempts.get(process.pointId);
    if (!last || last.processId !== process.processId) return true;
    const now = this.#runtime.now();
    const nowMs = now.getTime();
    if (last.failures > 0 && sameLimits(last.steps, plan.steps, now.toISOString()))
      return this.#mayRetry(last, nowMs);
    const stale = nowMs - last.at > REFRESH_MS && !sameSchedule(last.steps, plan.steps, now.toISOString());
    if (!stale && sameLimits(last.steps, plan.steps, now.toISOString())) return false;
    const limitNow = powerAt(plan.steps, now.toISOString()) ?? 0;
    const lower = limitNow < (powerAt(last.steps, now.toISOString()) ?? Number.POSITIVE_INFINITY);
    const waitMs = this.#runtime.config.depots[0].charging.minPushSeconds * 1000 - (nowMs - last.at);
    if (lower || waitMs <= 0) return true;
    this.#lookAgain(waitMs);
    return false;
  }

  #mayRetry(last: Attempt, nowMs: number): boolean {
    const delay = RETRY_MS[last.failures - 1];
    if (delay === undefined) return false;
    const waitMs = last.at + delay - nowMs;
    if (waitMs > 0) this.#lookAgain(waitMs);
    return waitMs <= 0;
  }

  #lookAgain(afterMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#look();
    }, afterMs);
    this.#timers.add(timer);
  }

  async #setLimit(process: ProcessState, request: RequestState | undefined): Promise<void> {
    const plan = process.plan;
    if (!plan) return;
    const { stationId, pointId, processId } = process;
    const before = this.#attempts.get(pointId);
    const { steps } = plan.value;
    const intent = await this.#intend('Intent SetLimit', process, request, [plan.raw], { steps });
    const outcome = await this.#commands.setLimit({ stationId, pointId, processId, steps, intent });
    const again =
      before?.processId === processId && sameLimits(before.steps, steps, this.#runtime.now().toISOString());
    const failures = outcome.outcome === 'accepted' ? 0 : (again ? before.failures : 0) + 1;
    this.#attempts.set(pointId, { processId, steps, at: this.#runtime.now().getTime(), failures });
    await this.#record('LimitAnswered', process, intent, outcome, { pointId, steps });
  }

  async #stopProcess(process: ProcessState, request: RequestState): Promise<void> {
    const { stationId, processId } = process;
    const begun = this.#unfinished?.get(processId);
    this.#unfinished?.delete(processId);
    const intent = begun ?? (await this.#intend(STOP_INTENT, process, request, [request.source.raw], {}));
    const outcome = await this.#commands.stop({ stationId, processId, intent });
    await this.#record('StopAnswered', process, intent, outcome, { processId });
  }

  /** Who asks for what, and why: on record before anything moves (design rule 6). */
  async #intend(
    what: string,
    process: ProcessState,
    request: RequestState | undefined,
    causes: readonly JournalId[],
    details: object,
  ): Promise<JournalId> {
    const { depot } = this.#runtime;
    const why = request
      ? { presystemId: request.presystemId, chargingRequestId: request.request.chargingRequestId }
      : { policy: process.plan?.value.policy };
    const entry = await depot.journal.append({
      depotId: depot.id,
      link: 'bridge',
      protocol: 'bridge',
      direction: 'internal',
      action: what,
      raw: JSON.stringify({ pointId: process.pointId, processId: process.processId, ...why, ...details }),
      causes: [...new Set([...causes, ...(request ? [request.source.raw] : [])])],
    });
    return entry.id;
  }

  async #record(
    type: 'LimitAnswered' | 'StopAnswered',
    process: ProcessState,
    intent: JournalId,
    { outcome, reason, frames }: CommandOutcome,
    details: { pointId?: string; processId?: string; steps?: readonly LimitStep[] },
  ): Promise<void> {
    const { depot, now } = this.#runtime;
    const at = now().toISOString();
    const payload = {
      ...details,
      intentId: intent,
      outcome,
      ...(reason ? { reason } : {}),
      at,
      receivedAt: at,
    };
    const entry = await depot.journal.append({
      depotId: depot.id,
      link: 'bridge',
      protocol: 'bridge',
      direction: 'internal',
      action: type,
      raw: JSON.stringify({ stationId: process.stationId, payload }),
      causes: [intent, ...frames],
    });
    const event = {
      type,
      stationId: process.stationId,
      payload,
      raw: entry.id,
      ruleOf: () => `bridge/${type}`,
    };
    await depot.apply([event as DomainEvent]);
  }
}
