/**
 * How the sessions of guests went: readings of the register, when the vehicle stopped asking and asked again, signed
 * readings. The state of the depot keeps only what is newest; bills need the way there.
 */
import type { Change, Runtime } from '../depot/index.js';
import {
  currentProcess,
  type DepotState,
  type DomainEvent,
  deviceTime,
  type Instant,
  type ProcessState,
  processOf,
  type Source,
} from '../domain/index.js';
import type { Shelf } from './shelf.js';

export interface CoursePoint extends Source {
  readonly at: Instant;
  /** The register, in Wh. */
  readonly wh: number;
}

export interface CourseIdle extends Source {
  readonly at: Instant;
  readonly idle: boolean;
}

export interface CourseSigned {
  readonly at: Instant;
  readonly context?: string;
  readonly text: string;
  readonly raw: string;
}

/** Each list in time order. */
export interface Course {
  readonly points: readonly CoursePoint[];
  readonly idle: readonly CourseIdle[];
  readonly signed: readonly CourseSigned[];
}

export interface CourseOptions {
  readonly runtime: Pick<Runtime, 'depot' | 'log'>;
  readonly shelf: Shelf<Course>;
  readonly isGuest: (process: ProcessState) => boolean;
}

const NONE: Course = { points: [], idle: [], signed: [] };
/** Readings closer together than this say nothing that a bill needs. */
const APART_MS = 60_000;
/** A day of readings a minute apart; of a longer session every second one is kept. */
const MOST_POINTS = 1440;
const MOST_SIGNED = 20;
const IDLE = new Set(['SuspendedEV', 'Finishing']);

type Sampled = Extract<DomainEvent, { type: 'MeterSampled' }>;

export class Courses {
  readonly #options: CourseOptions;
  #stop: (() => void) | undefined;

  constructor(options: CourseOptions) {
    this.#options = options;
  }

  /** Begins to follow the depot. */
  start(): void {
    const { depot } = this.#options.runtime;
    for (const process of depot.state.processes.values()) if (!process.closedAt) this.#phase(process);
    this.#stop = depot.onChange((change) => this.#follow(change));
  }

  stop(): void {
    this.#stop?.();
  }

  of(processId: string): Course {
    return this.#options.shelf.get(processId) ?? NONE;
  }

  /** Keeps those of these processes only. */
  async keep(processIds: ReadonlySet<string>): Promise<void> {
    const { shelf } = this.#options;
    for (const [id] of shelf.entries()) if (!processIds.has(id)) await shelf.delete(id);
  }

  #follow({ before, after, events }: Change): void {
    for (const event of events) {
      if (event.type === 'MeterSampled') this.#sampled(event, after);
      else if (SPEAKING.has(event.type))
        for (const process of concerned(event, before, after)) this.#phase(process);
    }
  }

  #sampled(event: Sampled, state: DepotState): void {
    const process = ownerOf(event, state);
    if (!process || !this.#options.isGuest(process)) return;
    const { samples, receivedAt } = event.payload;
    const behindMs = state.stations.get(event.stationId)?.clock?.behindMs;
    const { raw } = event;
    const told = this.of(process.processId);
    let points = told.points;
    const signed = [...told.signed];
    for (const [index, sample] of samples.entries()) {
      const at = deviceTime(sample.at, receivedAt, behindMs);
      const rule = event.ruleOf(`samples.${index}.energyWh`);
      if (sample.energyWh !== undefined) points = withPoint(points, { at, wh: sample.energyWh, raw, rule });
      for (const text of sample.signed ?? [])
        signed.push({ at, text, raw, ...(sample.context === undefined ? {} : { context: sample.context }) });
    }
    const kept =
      signed.length > MOST_SIGNED ? [...signed.slice(0, 2), ...signed.slice(2 - MOST_SIGNED)] : signed;
    if (points === told.points && signed.length === told.signed.length) return;
    this.#set(process, { ...told, points: bounded(points), signed: kept });
  }

  #phase(process: ProcessState): void {
    const { phase } = process;
    if (!phase || !this.#options.isGuest(process)) return;
    const told = this.of(process.processId);
    const { at, raw, rule } = phase;
    const idle = IDLE.has(phase.value);
    const before = told.idle.findLast((each) => each.at <= at);
    if ((before?.idle ?? false) === idle) return;
    const change = { at, idle, raw, rule };
    this.#set(process, { ...told, idle: [...told.idle, change].sort(byTime) });
  }

  #set({ processId }: ProcessState, course: Course): void {
    this.#options.shelf.set(processId, course).catch((error: unknown) => {
      this.#options.runtime.log.error(
        { err: error, processId },
        'the course of a session could not be stored',
      );
    });
  }
}

const SPEAKING: ReadonlySet<string> = new Set([
  'PointStatusReported',
  'TransactionStarted',
  'TransactionUpdated',
  'TransactionEnded',
]);

/** The processes at the point, and of the transaction, that an event speaks of. */
function concerned(event: DomainEvent, before: DepotState, after: DepotState): ProcessState[] {
  if (!('stationId' in event)) return [];
  const { pointId, transactionId } = event.payload as { pointId?: string; transactionId?: string };
  const ids = new Set<string>();
  for (const state of [before, after]) {
    const here = pointId === undefined ? undefined : currentProcess(state, event.stationId, pointId);
    if (here) ids.add(here.processId);
  }
  const named = transactionId === undefined ? undefined : processOf(after, event.stationId, transactionId);
  if (named) ids.add(named.processId);
  return [...ids].flatMap((id) => after.processes.get(id) ?? []);
}

function ownerOf({ stationId, payload }: Sampled, state: DepotState): ProcessState | undefined {
  const { transactionId, pointId } = payload;
  const named = transactionId === undefined ? undefined : processOf(state, stationId, transactionId);
  return named ?? (pointId === undefined ? undefined : currentProcess(state, stationId, pointId));
}

/** In its place in time; of readings close together the first is kept, and the newest while nothing follows it. */
function withPoint(points: readonly CoursePoint[], point: CoursePoint): readonly CoursePoint[] {
  const last = points.at(-1);
  if (!last || last.at < point.at) {
    const before = points.at(-2);
    const isClose = before && Date.parse(point.at) - Date.parse(before.at) < APART_MS;
    return [...(isClose ? points.slice(0, -1) : points), point];
  }
  if (points.some(({ at }) => at === point.at)) return points;
  return [...points, point].sort(byTime);
}

function bounded(points: readonly CoursePoint[]): readonly CoursePoint[] {
  return points.length <= MOST_POINTS ? points : points.filter((_, index) => index % 2 === 0);
}

function byTime(a: { readonly at: Instant }, b: { readonly at: Instant }): number {
  return a.at < b.at ? -1 : a.at > b.at ? 1 : 0;
}
