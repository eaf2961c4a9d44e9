import { Admission } from './admission.js';
import { beginning, mayBegin, outlives } from './bounds.js';
import type { Connection } from './connection.js';
import type { Dialect, StartCause, StopCause } from './dialect.js';
import { SimulatorError } from './errors.js';
import type { Reading, ReadingContext } from './meter.js';
import type { Outlet, PointState, Reservation } from './outlet.js';
import { Plant } from './plant.js';
import { inBothUnits } from './profiles.js';
import { Sampling } from './sampling.js';
import type { Station } from './station.js';
import type { Token, Transaction } from './transaction.js';
import type { Vehicle } from './vehicle.js';

/** What became of a shown token. */
export type Presented = 'started' | 'waiting' | 'stopped' | 'rejected';

/**
 * What happens at the points of a station: vehicles come, tokens are shown, transactions begin and end, energy
 * flows and is measured. Knows time and order; the words are the dialect's.
 */
export class Sessions {
  readonly #station: Station;
  readonly #admission: Admission;
  readonly #plant: Plant;
  readonly #sampling: Sampling;
  readonly #states = new Map<Outlet, PointState>();
  #dialect: Dialect | undefined;
  /** Every transaction since the simulator was made. */
  readonly transactions: Transaction[] = [];

  constructor(station: Station, connection: Connection) {
    this.#station = station;
    this.#admission = new Admission(station, connection);
    this.#sampling = new Sampling(station);
    this.#plant = new Plant(station.outlets, station.profiles, station.clock.now());
    for (const outlet of station.outlets) this.#states.set(outlet, outlet.state);
  }

  use(dialect: Dialect): void {
    this.#dialect = dialect;
  }

  get dialect(): Dialect {
    if (!this.#dialect) throw new SimulatorError('the station has no protocol yet');
    return this.#dialect;
  }

  /** A vehicle is plugged in; it shows its token if it has one. */
  async plugIn(outlet: Outlet, vehicle: Vehicle): Promise<void> {
    const at = this.catchUp();
    if (outlet.battery) throw new SimulatorError(`point ${outlet.spec.id} already has a vehicle`);
    outlet.plug(vehicle);
    this.dialect.pluggedIn(outlet, at);
    this.#station.timers.clear(`connect ${outlet.spec.id}`);
    this.#moveOn(outlet, 'CablePluggedIn', at);
    this.settle(at);
    if (vehicle.idTag === undefined || outlet.authorized) return;
    const token = { idToken: vehicle.idTag, type: vehicle.idTagType ?? 'ISO14443' };
    await this.#show(outlet, token, 'Authorized', () => outlet.battery?.vehicle === vehicle);
  }

  unplug(outlet: Outlet): void {
    const at = this.catchUp();
    if (!outlet.battery) throw new SimulatorError(`point ${outlet.spec.id} has no vehicle`);
    if (outlet.transaction) this.end(outlet, 'EVDisconnected');
    outlet.battery = undefined;
    outlet.authorized = undefined;
    outlet.finished = false;
    this.settle(at);
  }

  /** A token is shown: starts what is waiting, or stops what it started. */
  async present(
    outlet: Outlet,
    token: Token,
    cause: StartCause = 'Authorized',
    remoteStartId?: number,
  ): Promise<Presented> {
    this.catchUp();
    if (outlet.transaction && outlet.authorized?.idToken === token.idToken) {
      this.end(outlet, 'Local');
      this.settle(this.#plant.at);
      return 'stopped';
    }
    return this.#show(outlet, token, cause, () => true, remoteStartId);
  }

  /** A token is good: the point may charge as soon as a vehicle is there. */
  authorize(outlet: Outlet, token: Token, cause: StartCause, remoteStartId?: number): Presented {
    const at = this.catchUp();
    outlet.authorized = token;
    outlet.remoteStartId = remoteStartId;
    this.#moveOn(outlet, cause, at);
    this.settle(at);
    if (outlet.battery) return outlet.transaction ? 'started' : 'waiting';
    this.#station.timers.set(
      `connect ${outlet.spec.id}`,
      this.#station.settings.connectionTimeoutS * 1000,
      () => this.#nobodyCame(outlet),
    );
    return 'waiting';
  }

  /** Ends the transaction of a point; the vehicle stays plugged in. */
  end(outlet: Outlet, cause: StopCause): void {
    const at = this.catchUp();
    const { transaction } = outlet;
    if (!transaction) return;
    if (outlives(cause, this.#station.settings)) {
      outlet.authorized = undefined;
      this.dialect.updated(outlet, transaction, cause, at);
      return;
    }
    const reading = this.read(outlet, at, 'Transaction.End');
    transaction.meterStop = outlet.meter.registerWh;
    transaction.stoppedAt = at;
    transaction.stopReason = cause;
    this.dialect.ended(outlet, transaction, cause, reading);
    outlet.transaction = undefined;
    outlet.authorized = undefined;
    outlet.remoteStartId = undefined;
    outlet.pendingProfile = undefined;
    outlet.finished = outlet.battery !== undefined;
    this.#sampling.end(outlet);
    this.#station.profiles.endTransaction(outlet.spec.id);
    if (outlet.inoperativeScheduled) {
      outlet.inoperativeScheduled = false;
      outlet.operative = false;
    }
  }

  /** The CSMS does not know the token of a running transaction (1.6 StopTransactionOnInvalidId, 2.0.1 StopTxOnInvalidId). */
  deauthorize(outlet: Outlet, transaction: Transaction): void {
    if (outlet.transaction !== transaction || !this.#station.settings.stopOnInvalidId) return;
    this.end(outlet, 'DeAuthorized');
    this.settle(this.#plant.at);
  }

  /** What kept a point from charging is gone: begins the transactions that wait for that. */
  tryAgain(at: number): void {
    for (const outlet of this.#station.outlets) {
      if (outlet.authorized && outlet.battery && !outlet.transaction) this.#moveOn(outlet, 'Authorized', at);
    }
    this.settle(at);
  }

  /** Keeps a point for a token until `expiresInMs` from now. */
  reserve(outlet: Outlet, reservation: Reservation, expiresInMs: number): void {
    const at = this.catchUp();
    outlet.reservation = reservation;
    this.#station.timers.set(`reserve ${outlet.spec.id}`, Math.max(0, expiresInMs), () => {
      if (outlet.reservation !== reservation) return;
      this.cancelReservation(outlet);
      this.dialect.reservationExpired(reservation);
    });
    this.settle(at);
  }

  cancelReservation(outlet: Outlet): void {
    const at = this.catchUp();
    outlet.reservation = undefined;
    this.settle(at);
  }

  /** Measures a point now. */
  read(outlet: Outlet, at: number, context: ReadingContext): Reading {
    return outlet.read(at, context, this.#station.options.quirks?.noSoc !== true);
  }

  /** The station's clock jumps; what is under way goes on as if it had not. */
  jump(byMs: number): void {
    this.catchUp();
    this.#station.clock.offsetMs += byMs;
    this.#plant.jump(byMs);
    this.#sampling.jump(byMs);
    for (const { transaction } of this.#station.outlets) if (transaction) transaction.jumpedMs += byMs;
    this.settle(this.catchUp());
  }

  /** What profiles, the station and the rated power of a point allow now, W. */
  limitW({ spec, battery }: Outlet): number {
    const { profiles } = this.#station;
    const at = this.#plant.at;
    const raw = profiles.pointLimit(spec.id, at);
    const own = raw ? inBothUnits(raw, spec.powerType, battery?.voltageV).watts : spec.maxPowerW;
    return Math.min(spec.maxPowerW, own, profiles.stationLimitW(at));
  }

  /** Lets everything happen that is due until now, each thing at its own time. Returns now. */
  catchUp(): number {
    const now = Math.max(this.#station.clock.now(), this.#plant.at);
    for (let due = this.#nextDue(); due !== undefined && due <= now; due = this.#nextDue()) {
      this.#plant.advance(due);
      this.#sampling.take(due, this.dialect);
      this.settle(due);
    }
    this.#plant.advance(now);
    return now;
  }

  /** Finds out what has changed, reports it, and sets the alarm for the next thing that happens by itself. */
  settle(at: number): void {
    this.#plant.advance(at);
    for (const outlet of this.#station.outlets) {
      const state = outlet.state;
      if (state === this.#states.get(outlet)) continue;
      this.#states.set(outlet, state);
      this.#station.events.emit('state', { pointId: outlet.spec.id, state, at });
      if (outlet.transaction) this.dialect.updated(outlet, outlet.transaction, 'ChargingStateChanged', at);
      this.dialect.reportPoint(outlet, at);
    }
    this.#arm();
  }

  /** Settings about metering have changed: the next sample is due one new interval from now. */
  rescheduleSamples(): void {
    const at = this.catchUp();
    this.#sampling.restart(at);
    this.settle(at);
  }

  /** `stillThere`: who showed the token may have gone while the CSMS thought about it. */
  async #show(
    outlet: Outlet,
    token: Token,
    cause: StartCause,
    stillThere: () => boolean,
    remoteStartId?: number,
  ): Promise<Presented> {
    const isFree = this.#admission.isFree(outlet, token);
    const accepted = isFree && (await this.#admission.accepts(token, this.dialect));
    // Somebody else may have been quicker, too.
    if (accepted && !outlet.authorized && stillThere()) {
      return this.authorize(outlet, token, cause, remoteStartId);
    }
    if (!outlet.authorized) outlet.pendingProfile = undefined;
    return 'rejected';
  }

  /** Begins a transaction if all it takes is there; tells of the token if one is running already. */
  #moveOn(outlet: Outlet, cause: StartCause, at: number): void {
    if (outlet.transaction) {
      if (outlet.authorized) outlet.transaction.token = outlet.authorized;
      this.#installPending(outlet, outlet.transaction);
      this.dialect.updated(outlet, outlet.transaction, cause, at);
      return;
    }
    if (!mayBegin(outlet, this.#station.settings)) return;
    const transaction = beginning(outlet, at);
    this.transactions.push(transaction);
    outlet.transaction = transaction;
    outlet.finished = false;
    this.dialect.started(outlet, transaction, cause, this.read(outlet, at, 'Transaction.Begin'));
    outlet.reservation = undefined;
    this.#installPending(outlet, transaction);
    this.#sampling.schedule(outlet, at);
  }

  /** The TxProfile that came with a remote start belongs to the transaction it has brought about. */
  #installPending(outlet: Outlet, { transactionId }: Transaction): void {
    const profile = outlet.pendingProfile;
    outlet.pendingProfile = undefined;
    if (!profile) return;
    const owned = transactionId === undefined ? profile : { ...profile, transactionId };
    this.#station.profiles.install(owned, (other) => other.id === profile.id);
  }

  #nobodyCame(outlet: Outlet): void {
    const at = this.catchUp();
    if (outlet.battery) return;
    if (outlet.transaction) this.end(outlet, 'Timeout');
    outlet.authorized = undefined;
    outlet.pendingProfile = undefined;
    this.settle(at);
  }

  #nextDue(): number | undefined {
    const due = [this.#sampling.due(this.#plant.at), this.#plant.nextChange()].filter(
      (each) => each !== undefined,
    );
    return due.length > 0 ? Math.min(...due) : undefined;
  }

  #arm(): void {
    const { clock, timers } = this.#station;
    const due = this.#nextDue();
    if (due === undefined) timers.clear('happen');
    else timers.set('happen', Math.max(1, due - clock.now()), () => this.settle(this.catchUp()));
  }
}
