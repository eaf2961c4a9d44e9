import type { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from './clock.js';
import { Connection } from './connection.js';
import type { StopCause } from './dialect.js';
import { SimulatorError } from './errors.js';
import type { ChargerOptions } from './options.js';
import type { Fault, Outlet, PointState } from './outlet.js';
import { type Presented, Sessions } from './sessions.js';
import { type ChargerEvents, Station } from './station.js';
import { Strange } from './strange.js';
import { type ChargerTransaction, type Token, viewOf } from './transaction.js';
import { Dialect16, type Fault16 } from './v16/index.js';
import { Dialect201, type Fault201 } from './v201/index.js';
import type { Vehicle } from './vehicle.js';

/** Real time a station that restarts in an orderly way gives its last messages, ms. */
const farewellMs = 500;

/** How a fault works, beside what it is called. */
export interface FaultEffect {
  /** Default true; false: only a warning, charging goes on. */
  readonly blocking?: boolean;
  /** End the running transaction with this reason, e.g. EmergencyStop. Default: it stays open. */
  readonly stops?: StopCause;
}

/** A point as it stands. */
export interface PointView {
  readonly pointId: number;
  readonly state: PointState;
  readonly powerW: number;
  /** What profiles, station and rated power allow now. */
  readonly limitW: number;
  readonly meterWh: number;
  readonly socPct: number | undefined;
  readonly transactionId: number | string | undefined;
}

/**
 * A charging station: real sockets towards the CSMS, simulated vehicles and time on the other side. It knows
 * nothing of the bridge and shares no code with it, so that it can find its mistakes.
 */
export class ChargerSimulator {
  readonly #station: Station;
  readonly #connection: Connection;
  readonly #sessions: Sessions;
  readonly #strange: Strange;
  #life: 'new' | 'running' | 'stopped' = 'new';

  constructor(options: ChargerOptions) {
    this.#station = new Station(options);
    this.#connection = new Connection(this.#station, (afterBoot, offlineMs) =>
      this.#accepted(afterBoot, offlineMs),
    );
    this.#sessions = new Sessions(this.#station, this.#connection);
    this.#strange = new Strange(this.#station, this.#connection, this.#sessions);
    const Dialect = options.protocol === 'ocpp1.6' ? Dialect16 : Dialect201;
    this.#sessions.use(
      new Dialect(this.#station, this.#connection, this.#sessions, (cause) => this.#restart(cause)),
    );
  }

  get identity(): string {
    return this.#station.options.identity;
  }

  /** The station's own clock, as wrong as its quirks make it. */
  get clock(): Clock {
    return this.#station.clock;
  }

  get events(): EventEmitter<ChargerEvents> {
    return this.#station.events;
  }

  /** Connected, and accepted by the CSMS. */
  get online(): boolean {
    return this.#connection.online;
  }

  /** Transaction-related messages that still wait for the CSMS. */
  get queued(): number {
    return this.#connection.queue.length;
  }

  /** Switches the station on. Resolves once the CSMS has accepted it; until then it keeps trying. */
  async start(): Promise<void> {
    if (this.#life !== 'new') {
      throw new SimulatorError(
        `station ${this.identity} has been started before: make a new one, or reboot it`,
      );
    }
    this.#life = 'running';
    const accepted = this.#whenAccepted();
    this.#connection.open(this.#sessions.dialect);
    await accepted;
  }

  /** Ends the simulation: closes the connection and all timers. Transactions stay as they are. */
  async stop(): Promise<void> {
    this.#life = 'stopped';
    this.#strange.end();
    this.#station.timers.clearAll();
    await this.#connection.shut(true);
    this.#station.timers.clearAll();
    this.#station.events.emit('stopped');
  }

  /** Plugs a vehicle in. Resolves once its token, if it has one, is accepted or rejected. */
  async plugIn(point: number, vehicle: Vehicle): Promise<void> {
    await this.#sessions.plugIn(this.#station.point(point), vehicle);
  }

  /** Pulls the plug; a running transaction ends. */
  unplug(point: number): void {
    this.#sessions.unplug(this.#station.point(point));
  }

  /** Shows a token: starts, or stops what the same token started. */
  async present(point: number, token: string | Token): Promise<Presented> {
    const shown = typeof token === 'string' ? { idToken: token, type: 'ISO14443' } : token;
    return this.#sessions.present(this.#station.point(point), shown);
  }

  /** Sets a fault of a point, or of the station (point 0), in the words of its protocol. */
  fault(point: number, detail: Fault16 | Fault201, effect: FaultEffect = {}): void {
    const wanted = this.#station.options.protocol === 'ocpp1.6' ? 'errorCode' : 'component';
    if (!(wanted in detail)) {
      throw new SimulatorError(`a fault of an ${this.#station.options.protocol} station needs ${wanted}`);
    }
    const outlet = point === 0 ? undefined : this.#station.point(point);
    const at = this.#sessions.catchUp();
    const fault: Fault = { detail, blocking: effect.blocking ?? true };
    (outlet ?? this.#station).fault = fault;
    this.#sessions.dialect.faultChanged(outlet, fault, false, at);
    if (effect.stops && outlet) this.#sessions.end(outlet, effect.stops);
    this.#sessions.settle(at);
  }

  /** The fault is gone. */
  clearFault(point: number): void {
    const owner: Outlet | Station = point === 0 ? this.#station : this.#station.point(point);
    const { fault } = owner;
    if (!fault) throw new SimulatorError(`point ${point} of ${this.identity} has no fault`);
    const at = this.#sessions.catchUp();
    owner.fault = undefined;
    this.#sessions.dialect.faultChanged(
      point === 0 ? undefined : this.#station.point(point),
      fault,
      true,
      at,
    );
    this.#sessions.tryAgain(at);
  }

  /** Loses the network until `goOnline`. Charging goes on, transaction messages queue. */
  async goOffline(): Promise<void> {
    await this.#connection.shut(false);
  }

  /** Has the network again. Resolves once the station may talk. */
  async goOnline(): Promise<void> {
    if (this.#connection.online) return;
    const accepted = this.#whenAccepted();
    this.#connection.open(this.#sessions.dialect);
    await accepted;
  }

  /** Breaks the connection; the station comes back by itself. */
  dropConnection(): void {
    this.#connection.cut();
  }

  /**
   * Restarts the station; resolves once it is accepted again. Without a `cause` the power just goes: nothing can
   * be said before. `transactions`: `stop` (default) ends them with the cause (default PowerLoss), `resume`
   * carries on with them as some stations do.
   */
  async reboot(
    options: { readonly transactions?: 'stop' | 'resume'; readonly cause?: StopCause } = {},
  ): Promise<void> {
    const { cause, transactions = 'stop' } = options;
    const { outlets } = this.#station;
    this.#station.lastRestart = cause;
    if (cause === undefined) await this.#connection.shut(false);
    if (transactions === 'stop') {
      for (const outlet of outlets) this.#sessions.end(outlet, cause ?? 'PowerLoss');
    }
    this.#sessions.settle(this.#sessions.catchUp());
    if (cause !== undefined) {
      if (this.#connection.online) await Promise.race([this.#connection.queue.empty(), pause(farewellMs)]);
      await this.#connection.shut(true);
    }
    this.#connection.forgetBoot();
    if (this.#station.options.quirks?.forgetsProfiles) this.#station.profiles.clear({});
    for (const outlet of outlets) outlet.reported = undefined;
    if (this.#life !== 'running') return;
    const accepted = this.#whenAccepted();
    this.#connection.open(this.#sessions.dialect);
    await accepted;
  }

  /** What the station does that it should not. */
  get strange(): Strange {
    return this.#strange;
  }

  /** Resolves once the CSMS has answered all transaction messages, or after `atMostMs` real ms. */
  async settled(atMostMs: number): Promise<void> {
    if (!this.#connection.online) return;
    await Promise.race([this.#connection.queue.empty(), pause(atMostMs, undefined, { ref: false })]);
  }

  /** A point as it stands now. */
  view(point: number): PointView {
    this.#sessions.settle(this.#sessions.catchUp());
    const outlet = this.#station.point(point);
    return {
      pointId: point,
      state: outlet.state,
      powerW: outlet.powerW,
      limitW: this.#sessions.limitW(outlet),
      meterWh: outlet.meter.registerWh,
      socPct: outlet.battery?.socPct,
      transactionId: outlet.transaction?.transactionId,
    };
  }

  /** The last transaction that began at a point. */
  lastTransaction(point: number): ChargerTransaction | undefined {
    const last = this.#sessions.transactions.filter((each) => each.pointId === point).at(-1);
    return last && viewOf(last);
  }

  /** Every transaction of which the CSMS has answered at least the start. */
  acknowledgedTransactions(): ChargerTransaction[] {
    return this.#sessions.transactions.filter((each) => each.startAcknowledged).map(viewOf);
  }

  /** A restart the CSMS has asked for. */
  async #restart(cause: StopCause): Promise<boolean> {
    try {
      await this.reboot({ cause });
      return true;
    } catch (error) {
      if (!(error instanceof SimulatorError)) throw error;
      return false;
    }
  }

  #accepted(afterBoot: boolean, offlineMs: number): void {
    const { outlets, settings, options } = this.#station;
    const { dialect } = this.#sessions;
    const at = this.#sessions.catchUp();
    const all = options.protocol === 'ocpp2.0.1' && offlineMs > settings.offlineThresholdS * 1000;
    const report = (): void => {
      if (afterBoot) dialect.reportStation(at);
      for (const outlet of outlets) {
        if (afterBoot || all) outlet.reported = undefined;
        dialect.reportPoint(outlet, at);
      }
    };
    if (this.#station.oddities.statusAfterQueue) void this.#connection.queue.empty().then(report);
    else report();
    this.#sessions.settle(at);
    this.#station.events.emit('ready');
  }

  #whenAccepted(): Promise<void> {
    const { events } = this.#station;
    return new Promise((resolve, reject) => {
      const done = (settle: () => void) => () => {
        events.off('ready', onReady);
        events.off('stopped', onStopped);
        settle();
      };
      const onReady = done(resolve);
      const onStopped = done(() =>
        reject(new SimulatorError(`station ${this.identity} was stopped before the CSMS accepted it`)),
      );
      events.on('ready', onReady);
      events.on('stopped', onStopped);
    });
  }
}
