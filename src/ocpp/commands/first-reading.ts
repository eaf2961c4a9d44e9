/**
 * Asks for a reading when a transaction runs and nobody has told its power: an upstream system may show a process
 * only with its power, and the station's own interval can be minutes away. Asked once per transaction and
 * connection; what a station refuses it is not asked again until it boots.
 */
import type { Runtime } from '../../depot/index.js';
import type { DomainEvent, PointState, ProcessState, StationId } from '../../domain/index.js';
import type { Station } from '../station/index.js';
import { type Asker, NoReply } from './ask.js';
import type { CommandDialect } from './dialect.js';

/** What is needed of a station to ask it. */
export interface ReadableUnit {
  readonly station: Station;
  readonly asker: Asker;
  dialect(): CommandDialect | undefined;
}

/** After these a transaction may run whose power is not known. */
const MAY_BEGIN: ReadonlySet<DomainEvent['type']> = new Set([
  'TransactionStarted',
  'TransactionUpdated',
  'LinkOpened',
]);

/** What was asked of one station. */
interface Asked {
  /** The process for which a reading was asked, or is about to be, by point. */
  readonly processes: Map<string, string>;
  /** Kinds of message that the station will not be triggered to send. */
  readonly refused: Set<string>;
}

export class FirstReadings {
  readonly #runtime: Runtime;
  readonly #waitMs: number;
  readonly #unitOf: (stationId: StationId) => ReadableUnit | undefined;
  readonly #asked = new Map<StationId, Asked>();

  /** `waitMs`: how long a station has to tell by itself. */
  constructor(runtime: Runtime, waitMs: number, unitOf: (stationId: StationId) => ReadableUnit | undefined) {
    this.#runtime = runtime;
    this.#waitMs = waitMs;
    this.#unitOf = unitOf;
    runtime.depot.onChange(({ events }) => {
      for (const event of events) this.#heard(event);
    });
  }

  #heard(event: DomainEvent): void {
    if (event.type === 'StationBooted') this.#asked.delete(event.stationId);
    else if (event.type === 'LinkOpened') this.#askedOf(event.stationId).processes.clear();
    if (!MAY_BEGIN.has(event.type) || !('stationId' in event)) return;
    const { stationId } = event;
    for (const point of Object.values(this.#runtime.depot.state.stations.get(stationId)?.points ?? {})) {
      const process = this.#unread(point);
      const { processes } = this.#askedOf(stationId);
      if (!process || processes.get(point.pointId) === process.processId) continue;
      processes.set(point.pointId, process.processId);
      setTimeout(() => this.#ask(process), this.#waitMs).unref();
    }
  }

  #askedOf(stationId: StationId): Asked {
    const known = this.#asked.get(stationId) ?? { processes: new Map(), refused: new Set() };
    this.#asked.set(stationId, known);
    return known;
  }

  /** The process here whose transaction runs and whose power nobody has told. */
  #unread({ processId }: PointState): ProcessState | undefined {
    const process = processId === undefined ? undefined : this.#runtime.depot.state.processes.get(processId);
    return process?.transactionId && !process.endedAt && !process.readings.powerW ? process : undefined;
  }

  #ask({ stationId, pointId, processId }: ProcessState): void {
    const unit = this.#unitOf(stationId);
    const point = this.#runtime.depot.state.stations.get(stationId)?.points[pointId];
    // A station that is away is asked when it comes back.
    if (unit?.station.control === 'observe') return;
    if (!unit?.station.isConnected || !point || this.#unread(point)?.processId !== processId) return;
    this.#trigger(unit, stationId, pointId, processId).catch((error: unknown) => {
      const why = error instanceof NoReply ? { code: error.code, reason: error.message } : { err: error };
      this.#runtime.log.warn({ ...why, stationId, pointId }, 'a first reading could not be asked for');
    });
  }

  async #trigger(
    { station, asker, dialect }: ReadableUnit,
    stationId: StationId,
    pointId: string,
    processId: string,
  ): Promise<void> {
    const point = station.config.points.find((candidate) => candidate.id === pointId);
    const words = dialect();
    const { refused } = this.#askedOf(stationId);
    const messages = words?.readings.filter((message) => !refused.has(message)) ?? [];
    if (!point || !words || messages.length === 0) return;
    const intent = await station.frames.note({
      action: 'AskForReading',
      value: { stationId, pointId, processId },
    });
    for (const message of messages) {
      const status = await statusOf(asker, words, message, point, intent?.id);
      if (status === 'Accepted') return;
      // Rejected may be the moment; the others are for good.
      if (status !== 'Rejected') refused.add(message);
    }
  }
}

/** The status of the answer; `refused` if it is a CALLERROR. @throws NoReply if there is none */
async function statusOf(
  asker: Asker,
  dialect: CommandDialect,
  message: CommandDialect['readings'][number],
  point: Station['config']['points'][number],
  intent: string | undefined,
): Promise<string> {
  try {
    const { answer } = await asker.ask(dialect.trigger(message, { point }), intent);
    return String(answer['status']);
  } catch (error) {
    if (error instanceof NoReply && error.refused) return 'refused';
    throw error;
  }
}
