/**
 * Asks chargers what limit they apply, some time after they have taken one and again every quarter of an hour: profiles
 * are forgotten, replaced on the spot, or taken and ignored. A charger that applies more than was planned is set right
 * once, without whatever else its transaction was given; if it still applies more, that is reported.
 */
import type { AppliedLimit, Runtime, StationCommands } from '../depot/index.js';
import type {
  Instant,
  JournalId,
  LimitStep,
  PointId,
  PointState,
  ProcessState,
  StationId,
  StationState,
} from '../domain/index.js';
import type { Order } from './orders.js';
import type { Alarm } from './pace.js';
import type { Recorder } from './recorder.js';
import { type Excess, excessAt, excessOf } from './steps.js';

/** While nothing changes, a charger is asked this often. */
const AGAIN_MS = 15 * 60_000;
/** One that draws more than it may is asked sooner, but not within this many times the first wait. */
const LEAST_WAITS = 10;
/** So many times the first wait a vehicle may take to follow a lower limit. */
const FOLLOW_WAITS = 6;

/** A limit that a charger has taken for a transaction. */
interface Taken {
  readonly stationId: StationId;
  readonly pointId: PointId;
  readonly processId: string;
  readonly steps: readonly LimitStep[];
  readonly intent: JournalId;
}

interface Watched extends Taken {
  /** When the charger took it, ms. */
  readonly takenAt: number;
  /** When to ask next, ms. */
  readonly dueAt: number;
  /** When it was asked last, ms; 0: not yet. */
  readonly askedAt: number;
  /** How often in a row it was more than planned. */
  readonly excesses: number;
}

/** What a charger says (`told`) or does (`measured`) beyond its limit. */
type Finding = Excess & { readonly by: 'told' | 'measured' };

/** What a charger applies although it took another limit. */
export interface LimitNotHeld {
  readonly pointId: PointId;
  readonly message: string;
  readonly at: Instant;
  /** What the bridge noted of it. */
  readonly journalId: JournalId;
}

export class ReadBack {
  readonly #runtime: Runtime;
  readonly #commands: Pick<StationCommands, 'readLimit'>;
  readonly #recorder: Recorder;
  readonly #alarm: Alarm;
  readonly #afterMs: number;
  readonly #watched = new Map<PointId, Watched>();
  readonly #asking = new Set<PointId>();
  /** Points whose limit is to be set again, alone. */
  readonly #contested = new Set<PointId>();
  readonly #notHeld = new Map<PointId, LimitNotHeld & { readonly stationId: StationId }>();
  /** Stations that do not tell what they apply. */
  readonly #mute = new Set<StationId>();

  constructor(
    runtime: Runtime,
    commands: Pick<StationCommands, 'readLimit'>,
    recorder: Recorder,
    alarm: Alarm,
  ) {
    this.#runtime = runtime;
    this.#commands = commands;
    this.#recorder = recorder;
    this.#alarm = alarm;
    this.#afterMs = runtime.config.depots[0].charging.readBackSeconds * 1000;
  }

  /** Limits at a station that are known not to hold. */
  notHeld(stationId: StationId): readonly LimitNotHeld[] {
    return [...this.#notHeld.values()].filter((each) => each.stationId === stationId);
  }

  /** A charger that came back is asked anew, also one that did not tell before. */
  forget(stationId: StationId, pointIds: readonly PointId[]): void {
    this.#mute.delete(stationId);
    for (const pointId of pointIds) {
      this.#watched.delete(pointId);
      this.#contested.delete(pointId);
      this.#notHeld.delete(pointId);
    }
  }

  /** Whether the limit at a point is to be set again although nothing of it has changed. */
  isContested(pointId: PointId): boolean {
    return this.#contested.has(pointId);
  }

  /** Somebody else has set or cleared limits there. */
  contest(pointId: PointId): void {
    this.#contested.add(pointId);
  }

  /** A charger has answered to a limit. */
  answered(taken: Taken, outcome: 'accepted' | 'rejected' | 'failed'): void {
    const { pointId, processId } = taken;
    this.#contested.delete(pointId);
    const before = this.#watched.get(pointId);
    const { excesses, askedAt } = before?.processId === processId ? before : { excesses: 0, askedAt: 0 };
    if (outcome === 'accepted' && this.#afterMs > 0)
      this.#watch({ ...taken, takenAt: this.#runtime.now().getTime(), excesses, askedAt }, this.#afterMs);
    else this.#watched.delete(pointId);
  }

  /** Readings came from a station. @returns whether there is something to ask because of them */
  measured(
    station: StationState | undefined,
    processOf: (point: PointState) => ProcessState | undefined,
  ): boolean {
    if (!station || this.#watched.size === 0 || this.#mute.has(station.stationId)) return false;
    return Object.values(station.points).some((point) => this.#drawsTooMuch(point, processOf(point)));
  }

  #drawsTooMuch(point: PointState, process: ProcessState | undefined): boolean {
    const { pointId } = point;
    const watched = this.#watched.get(pointId);
    if (!watched || this.#asking.has(pointId) || this.#notHeld.has(pointId)) return false;
    if (!measuredExcess(watched, process)) return false;
    const soonest = Math.max(watched.takenAt + this.#afterMs, watched.askedAt + LEAST_WAITS * this.#afterMs);
    const dueAt = Math.min(watched.dueAt, soonest);
    if (dueAt !== watched.dueAt) this.#watched.set(pointId, { ...watched, dueAt });
    return true;
  }

  /** What is to be asked at a point now, if anything. */
  orderFor({ pointId }: PointState, process: ProcessState | undefined): Order | undefined {
    const watched = this.#watched.get(pointId);
    if (!watched) return undefined;
    if (watched.processId !== process?.processId || process.endedAt) {
      this.#watched.delete(pointId);
      this.#notHeld.delete(pointId);
      return undefined;
    }
    if (this.#mute.has(watched.stationId)) return undefined;
    const waitMs = watched.dueAt - this.#runtime.now().getTime();
    if (waitMs > 0) {
      this.#alarm.within(waitMs);
      return undefined;
    }
    const run = async () => {
      this.#asking.add(pointId);
      await this.#ask(watched).finally(() => this.#asking.delete(pointId));
    };
    return { key: `read ${pointId}`, station: watched.stationId, point: pointId, change: 'other', run };
  }

  #watch(watched: Omit<Watched, 'dueAt'>, inMs: number): void {
    this.#watched.set(watched.pointId, { ...watched, dueAt: this.#runtime.now().getTime() + inMs });
    this.#alarm.within(inMs);
  }

  async #ask(watched: Watched): Promise<void> {
    const { stationId, pointId, processId, intent: cause } = watched;
    const intent = await this.#recorder.intend('Intent ReadLimit', undefined, [cause], {
      pointId,
      processId,
    });
    const told = await this.#commands.readLimit({ stationId, pointId, intent });
    // Meanwhile another limit was set, or the charger came back: what it said is of no use.
    if (this.#watched.get(pointId) !== watched) return;
    if (told.outcome === 'refused') this.#mute.add(stationId);
    const finding = this.#judge(watched, told);
    const isTold = told.outcome === 'told';
    const excesses = finding ? watched.excesses + 1 : isTold ? 0 : watched.excesses;
    const value = {
      stationId,
      pointId,
      processId,
      outcome: finding ? 'more' : isTold ? 'held' : told.outcome,
    };
    const journalId = await this.#recorder.note('LimitReadBack', [intent, ...told.frames], {
      ...value,
      ...finding,
    });
    if (this.#watched.get(pointId) !== watched) return;
    this.#watch({ ...watched, excesses, askedAt: this.#runtime.now().getTime() }, AGAIN_MS);
    // Every other time it is set right, and read again soon after that. To what it holds and ignores nothing can be added.
    if (finding?.by === 'told' && excesses % 2 === 1) this.#contested.add(pointId);
    else if (finding) this.#report(watched, finding, journalId);
    if (isTold && !finding) this.#notHeld.delete(pointId);
  }

  #judge(watched: Watched, told: AppliedLimit): Finding | undefined {
    if (told.outcome !== 'told') return undefined;
    const excess = excessOf(told.steps, watched.steps, this.#runtime.now().toISOString());
    if (excess) return { ...excess, by: 'told' };
    const process = this.#runtime.depot.state.processes.get(watched.processId);
    const power = process?.readings.powerW;
    if (!power || Date.parse(power.at) < watched.takenAt + FOLLOW_WAITS * this.#afterMs) return undefined;
    const drawn = measuredExcess(watched, process);
    return drawn && { ...drawn, by: 'measured' };
  }

  #report({ stationId, pointId }: Watched, finding: Finding, journalId: JournalId): void {
    const message = inWords(pointId, finding);
    const isNew = !this.#notHeld.has(pointId);
    const at = this.#runtime.now().toISOString();
    this.#notHeld.set(pointId, { stationId, pointId, message, at, journalId });
    if (!isNew) return;
    const code = 'OCPP_LIMIT_NOT_HELD';
    this.#runtime.log.warn({ code, stationId, pointId, journalId, ...finding }, message);
  }
}

/** What the newest reading of a process shows beyond its limit. */
function measuredExcess({ steps }: Watched, process: ProcessState | undefined): Excess | undefined {
  const power = process?.readings.powerW;
  return power && excessAt(power.value, steps, power.at);
}

function inWords(pointId: PointId, { powerW, plannedW, at, by }: Finding): string {
  const applied = powerW === undefined ? 'no limit' : `${kw(powerW)} kW`;
  const what = by === 'told' ? `says that it applies ${applied} (from ${at})` : `draws ${applied} (at ${at})`;
  return `${pointId} took a limit of ${kw(plannedW)} kW and ${what}`;
}

function kw(powerW: number): string {
  return String(Math.round(powerW / 100) / 10);
}
