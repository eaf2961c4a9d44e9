/** Everything that can be asked of the stations of a depot, for charging, partners and operators. */
import { EventEmitter } from 'node:events';
import type { PointConfig } from '../../config/index.js';
import type {
  AppliedLimit,
  CommandOutcome,
  Runtime,
  SetLimit,
  StationCommands,
  StationControl,
} from '../../depot/index.js';
import type { JournalId, PointId, StationId } from '../../domain/index.js';
import { BridgeError } from '../../errors/index.js';
import type { JsonObject } from '../../mapping/index.js';
import type { OcppProtocol } from '../protocol.js';
import type { Station } from '../station/index.js';
import { Asker, type Call, outcomeOf, type Reply } from './ask.js';
import { barred } from './control.js';
import {
  type CommandDialect,
  type Composite,
  NOTHING_WRITTEN,
  numberOfIntent,
  type Reservation,
  type Survey,
  type Triggered,
  type Written,
} from './dialect.js';
import { FirstReadings } from './first-reading.js';
import { profileIds } from './limit.js';
import type { LimitedUnit } from './limited-unit.js';
import { readLimit, setDefaultLimit, setTransactionLimit } from './limits.js';
import { Onboarding, type OnboardingOptions } from './onboarding.js';
import { Once } from './once.js';
import { isPlanned } from './planned.js';
import type { Refused } from './refusals.js';
import { unitFor } from './schedule.js';
import { DIALECT_16 } from './v16.js';
import { DIALECT_201 } from './v201.js';

interface Place {
  readonly stationId: StationId;
  /** Absent: the whole station. */
  readonly pointId?: PointId;
  readonly intent: JournalId;
}

type Unit = LimitedUnit;

export interface CommandOptions extends OnboardingOptions {
  /** How long a station has to tell the power of a running transaction before it is asked for it. */
  readonly readingWaitMs: number;
}

const NOT_HEARD = {
  onBooted: () => undefined,
  onConnected: () => undefined,
  onDisconnected: () => undefined,
};

const DIALECTS: Readonly<Record<OcppProtocol, CommandDialect>> = {
  'ocpp1.6': DIALECT_16,
  'ocpp2.0.1': DIALECT_201,
  'ocpp2.1': DIALECT_201,
};

/** The commands of terminating mode. None rejects: what could not be done is an outcome with its reason. */
export class OcppCommands implements StationCommands {
  readonly #runtime: Runtime;
  readonly #units: ReadonlyMap<StationId, Unit>;
  readonly #once: Once;
  readonly #others = new EventEmitter<{ limits: [StationId] }>();

  constructor(runtime: Runtime, stations: ReadonlyMap<StationId, Station>, options: CommandOptions) {
    this.#runtime = runtime;
    this.#once = new Once(runtime);
    this.#units = new Map(
      [...stations].map(([stationId, station]) => {
        const asker = new Asker(station, runtime);
        const dialect = () => (station.protocol ? DIALECTS[station.protocol] : undefined);
        const onboarding = new Onboarding(asker, runtime, options, dialect);
        if (station.control === 'lease')
          station.listen({
            ...NOT_HEARD,
            onOverheard: ({ by, action, payload }) => {
              const isTheirs = by === 'csms' && isPlanned({ action, payload: (payload ?? {}) as JsonObject });
              if (isTheirs) this.#others.emit('limits', stationId);
            },
          });
        return [stationId, { station, asker, dialect, onboarding }];
      }),
    );
    new FirstReadings(runtime, options.readingWaitMs, (stationId) => this.#units.get(stationId));
  }

  isConnected(stationId: StationId): boolean {
    return this.#units.get(stationId)?.station.isConnected ?? false;
  }

  controlOf(stationId: StationId): StationControl {
    return this.#units.get(stationId)?.station.control ?? 'full';
  }

  /** What a station refused or did not answer since the start, by request. */
  refusalsOf(stationId: StationId): readonly Refused[] {
    return this.#units.get(stationId)?.asker.refusals.all() ?? [];
  }

  /** What became of the settings that were written when a station was last surveyed. */
  settingsWritten(stationId: StationId): Written {
    return this.#units.get(stationId)?.onboarding.written ?? NOTHING_WRITTEN;
  }

  /** What a station said that it can, and which settings it refused; undefined while nobody asked it. */
  async surveyOf(stationId: StationId): Promise<Survey | undefined> {
    return this.#units.get(stationId)?.onboarding.survey();
  }

  setLimit(command: SetLimit): Promise<CommandOutcome> {
    const { stationId, pointId, processId, intent } = command;
    return this.#do({ stationId, pointId, intent }, 'setLimit', (unit, _, point) => {
      if (!point) return Promise.resolve(unable(`${pointId} is no charging point of ${stationId}`));
      if (processId === undefined) return setDefaultLimit(this.#runtime, unit, point, command);
      const transactionId = this.#transactionOf(processId);
      if (transactionId === undefined)
        return Promise.resolve(unable(`process ${processId} has no running transaction`));
      return setTransactionLimit(this.#runtime, unit, point, { ...command, transactionId });
    });
  }

  /** Takes back what {@link setLimit} set at a point. That nothing was set is no failure. */
  clearLimit(command: Parameters<StationCommands['clearLimit']>[0]): Promise<CommandOutcome> {
    const { stationId, pointId, only, intent } = command;
    return this.#do({ stationId, pointId, intent }, 'clearLimit', async (unit, dialect) => {
      const ids = profileIds(this.#runtime, pointId);
      const outcomes: CommandOutcome[] = [];
      for (const id of only === 'default' ? [ids.default] : [ids.transaction, ids.default])
        outcomes.push(await unit.asker.command(dialect.clearProfile(id), intent, ['Unknown']));
      const frames = outcomes.flatMap((outcome) => outcome.frames);
      const worst = outcomes.find((outcome) => outcome.outcome !== 'accepted');
      return worst ? { ...worst, frames } : { outcome: 'accepted', frames };
    });
  }

  stop(command: { stationId: StationId; processId: string; intent: JournalId }): Promise<CommandOutcome> {
    const { stationId, processId, intent } = command;
    return this.#do({ stationId, intent }, `stop ${processId}`, async (unit, dialect) => {
      const transactionId = this.#transactionOf(processId);
      if (transactionId === undefined) return unable(`process ${processId} has no running transaction`);
      return unit.asker.command(dialect.stop(transactionId), intent);
    });
  }

  start(command: {
    stationId: StationId;
    pointId: PointId;
    token: string;
    intent: JournalId;
  }): Promise<CommandOutcome> {
    return this.#atPoint(command, 'start', (dialect, point) =>
      dialect.start(point, command.token, numberOfIntent(command.intent)),
    );
  }

  unlock(command: { stationId: StationId; pointId: PointId; intent: JournalId }): Promise<CommandOutcome> {
    return this.#atPoint(command, 'unlock', (dialect, point) => dialect.unlock(point));
  }

  changeAvailability(command: Place & { readonly operative: boolean }): Promise<CommandOutcome> {
    return this.#command(command, 'changeAvailability', (dialect, at) =>
      dialect.changeAvailability(at, command.operative),
    );
  }

  trigger(command: Place & { readonly message: Triggered }): Promise<CommandOutcome> {
    return this.#command(command, `trigger ${command.message}`, (dialect, at) =>
      dialect.trigger(command.message, at),
    );
  }

  reset(command: Omit<Place, 'pointId'> & { readonly how: 'soft' | 'hard' }): Promise<CommandOutcome> {
    return this.#command(command, 'reset', (dialect) => dialect.reset(command.how));
  }

  reserve(command: Place & Omit<Reservation, 'point'>): Promise<CommandOutcome> {
    const { reservationId, token, expiresAt } = command;
    return this.#command(command, 'reserve', (dialect, at) =>
      dialect.reserve({ ...at, reservationId, token, expiresAt }),
    );
  }

  cancelReservation(
    command: Omit<Place, 'pointId'> & { readonly reservationId: number },
  ): Promise<CommandOutcome> {
    return this.#command(command, 'cancelReservation', (dialect) =>
      dialect.cancelReservation(command.reservationId),
    );
  }

  dataTransfer(
    command: Omit<Place, 'pointId'> & { vendorId: string; messageId?: string; data?: string },
  ): Promise<CommandOutcome> {
    return this.#command(command, 'dataTransfer', (dialect) =>
      dialect.dataTransfer(command.vendorId, command.messageId, command.data),
    );
  }

  /**
   * The limit that a station says it applies; undefined if it knows none.
   *
   * @throws NoReply, BridgeError OCPP_NOT_CONNECTED
   */
  async compositeSchedule(command: Place & { readonly durationS: number }): Promise<Composite | undefined> {
    const { unit, dialect, point } = this.#find(command);
    // Asked for in the unit that limits are set in: what comes back can be compared.
    const rateUnit = point && unitFor(point, await unit.onboarding.abilities());
    const call = dialect.compositeSchedule(point ? { point } : {}, command.durationS, rateUnit);
    const { answer } = await unit.asker.ask(call, command.intent);
    return dialect.readComposite(answer);
  }

  /** The limit that a station applies at a point from now on, for ten minutes. */
  async readLimit(command: {
    stationId: StationId;
    pointId: PointId;
    intent: JournalId;
  }): Promise<AppliedLimit> {
    try {
      const { unit, point } = this.#find(command);
      if (!point)
        return { outcome: 'refused', reason: `${command.pointId} is no charging point`, frames: [] };
      return await readLimit(this.#runtime, unit, point, command.intent);
    } catch (error) {
      if (error instanceof BridgeError) return { outcome: 'untold', reason: error.message, frames: [] };
      throw error;
    }
  }

  onOthersLimits(listener: (stationId: StationId) => void): () => void {
    this.#others.on('limits', listener);
    return () => this.#others.off('limits', listener);
  }

  /**
   * Any other request of the station's version (GetConfiguration, SetVariables, GetChargingProfiles, SendLocalList …):
   * checked against its schema and journalled like all others.
   *
   * @throws NoReply, BridgeError OCPP_NOT_CONNECTED
   */
  async request(stationId: StationId, call: Call, intent: JournalId): Promise<Reply> {
    const { station } = this.#find({ stationId, intent }).unit;
    // Limits beside another CSMS are leases, which only the planner sets.
    if (station.control === 'lease' && isPlanned(call)) throw barred(station, call.action);
    try {
      return await this.#find({ stationId, intent }).unit.asker.ask(call, intent);
    } finally {
      // Also without an answer: it may have been carried out.
      if (isPlanned(call)) this.#others.emit('limits', stationId);
    }
  }

  #atPoint(
    place: Place,
    what: string,
    make: (dialect: CommandDialect, point: PointConfig) => Call,
  ): Promise<CommandOutcome> {
    return this.#do(place, what, async (unit, dialect, point) =>
      point
        ? unit.asker.command(make(dialect, point), place.intent)
        : unable(`${place.pointId} is no charging point of ${place.stationId}`),
    );
  }

  #command(
    place: Place,
    what: string,
    make: (dialect: CommandDialect, at: { point?: PointConfig }) => Call,
  ): Promise<CommandOutcome> {
    return this.#do(place, what, async (unit, dialect, point) =>
      unit.asker.command(make(dialect, point ? { point } : {}), place.intent),
    );
  }

  /** Does something once per intent and place, and turns whatever goes wrong into an outcome. */
  #do(
    place: Place,
    what: string,
    task: (unit: Unit, dialect: CommandDialect, point: PointConfig | undefined) => Promise<CommandOutcome>,
  ): Promise<CommandOutcome> {
    const { stationId, pointId = '', intent } = place;
    return this.#once.run(intent, `${what} ${stationId} ${pointId}`, async () => {
      try {
        const { unit, dialect, point } = this.#find(place);
        return await task(unit, dialect, point);
      } catch (error) {
        if (error instanceof BridgeError) return unable(error.message, error.code);
        return outcomeOf(error);
      }
    });
  }

  #find({ stationId, pointId }: Place): {
    unit: Unit;
    dialect: CommandDialect;
    point: PointConfig | undefined;
  } {
    const unit = this.#units.get(stationId);
    if (!unit) throw new BridgeError('OCPP_UNKNOWN_STATION', `station ${stationId} is not configured`);
    const { protocol } = unit.station;
    if (!protocol) throw new BridgeError('OCPP_NOT_CONNECTED', `station ${stationId} is not connected`);
    const point = unit.station.config.points.find((candidate) => candidate.id === pointId);
    return { unit, dialect: DIALECTS[protocol], point };
  }

  /** The transaction of a process while it runs. */
  #transactionOf(processId: string | undefined): string | undefined {
    const process = processId === undefined ? undefined : this.#runtime.depot.state.processes.get(processId);
    return process?.endedAt ? undefined : process?.transactionId?.value;
  }
}

function unable(reason: string, code = 'OCPP_UNABLE'): CommandOutcome {
  return { outcome: 'failed', reason: `${code}: ${reason}`, frames: [] };
}
