import { Meter, type Reading, type ReadingContext } from './meter.js';
import type { PointSpec } from './options.js';
import { acVoltageV, inBothUnits } from './profiles.js';
import type { Profile, RawLimit } from './schedule.js';
import type { Token, Transaction } from './transaction.js';
import { Battery, type Vehicle } from './vehicle.js';

/** Status of a point in the words of OCPP 1.6, which tell more apart than those of 2.0.1. */
export type PointState =
  | 'Available'
  | 'Preparing'
  | 'Charging'
  | 'SuspendedEVSE'
  | 'SuspendedEV'
  | 'Finishing'
  | 'Reserved'
  | 'Unavailable'
  | 'Faulted';

/** Fault or warning as set by the scenario; the protocol module gives it words. */
export interface Fault<Detail = unknown> {
  readonly detail: Detail;
  /** A warning is reported but charging goes on. */
  readonly blocking: boolean;
}

export interface Reservation {
  readonly id: number;
  readonly idToken: string;
  readonly groupIdToken?: string;
}

/** The least current an AC vehicle can be told by the control pilot (IEC 61851-1). */
const leastAcCurrentA = 6;

/** One charging point: plug, contactor, meter, and what is known of who charges there. */
export class Outlet {
  readonly spec: PointSpec;
  readonly meter: Meter;
  battery: Battery | undefined;
  /** Who may charge here now. */
  authorized: Token | undefined;
  remoteStartId: number | undefined;
  transaction: Transaction | undefined;
  /** A transaction has ended since the vehicle came: only unplugging makes the point free. */
  finished = false;
  /** TxProfile that came with a remote start, to be installed when the transaction begins. */
  pendingProfile: Profile | undefined;
  operative = true;
  /** Taken out of service once the running transaction has ended. */
  inoperativeScheduled = false;
  fault: Fault | undefined;
  reservation: Reservation | undefined;
  /** Charging profiles are kept and told, but not followed. */
  ignoresLimits = false;
  /** What the CSMS was last told of this point. */
  reported: string | undefined;
  powerW = 0;
  offeredW = 0;

  constructor(spec: PointSpec) {
    this.spec = spec;
    this.meter = new Meter(spec);
  }

  plug(vehicle: Vehicle): void {
    this.battery = new Battery(vehicle, this.spec.powerType);
    this.finished = false;
  }

  /** Energy may flow: plugged in, in a transaction, authorised, no fault. */
  get energised(): boolean {
    return (
      this.transaction !== undefined &&
      this.authorized !== undefined &&
      this.battery !== undefined &&
      this.operative &&
      this.fault?.blocking !== true
    );
  }

  get phasesInUse(): number {
    if (this.spec.powerType === 'DC') return 0;
    return Math.min(this.spec.phases, this.battery?.phases ?? this.spec.phases);
  }

  /** What the point would offer the vehicle under this limit, W, before the station's own limit is shared out. */
  offerUnder(limit: RawLimit | undefined): number {
    if (!this.energised) return 0;
    if (this.spec.powerType === 'DC') {
      const watts = limit ? inBothUnits(limit, 'DC', this.battery?.voltageV).watts : Number.POSITIVE_INFINITY;
      return Math.max(0, Math.min(this.spec.maxPowerW, watts));
    }
    const rated = this.spec.maxPowerW / (acVoltageV * this.spec.phases);
    const own = limit ? inBothUnits(limit, 'AC') : undefined;
    const amps = Math.min(rated, own?.amps ?? rated);
    return amps * acVoltageV * Math.min(this.phasesInUse, own?.phases ?? 3);
  }

  /** Sets what flows now. `offeredW` is what limits and station leave for this point. */
  drive(offeredW: number): void {
    this.offeredW = this.#usable(offeredW) ? offeredW : 0;
    this.powerW = this.energised ? Math.min(this.offeredW, this.#acceptedW) : 0;
  }

  /** An on-board charger takes no more of a phase where it has fewer than it could use. */
  get #acceptedW(): number {
    const { acceptsW = 0, phases = 1 } = this.battery ?? {};
    return this.spec.powerType === 'DC' ? acceptsW : (acceptsW * this.phasesInUse) / phases;
  }

  /** Lets the set power flow. */
  flow(durationMs: number): void {
    if (this.powerW <= 0 || !this.battery) return;
    this.meter.add(this.battery.take(this.powerW, durationMs));
    if (this.transaction) this.transaction.chargedMs += durationMs;
  }

  get state(): PointState {
    if (this.fault?.blocking) return 'Faulted';
    if (this.transaction && this.energised) return this.#chargingState();
    if (this.transaction) return 'Preparing';
    if (!this.operative) return 'Unavailable';
    if (this.battery) return this.finished ? 'Finishing' : 'Preparing';
    if (this.authorized) return 'Preparing';
    return this.reservation ? 'Reserved' : 'Available';
  }

  read(at: number, context: ReadingContext, withSoc: boolean): Reading {
    const soc = withSoc && this.spec.powerType === 'DC' ? this.battery?.socPct : undefined;
    return {
      at,
      context,
      energyWh: this.meter.registerWh,
      powerW: this.powerW,
      offeredW: this.offeredW,
      voltageV: this.spec.powerType === 'AC' ? acVoltageV : (this.battery?.voltageV ?? 0),
      phases: this.phasesInUse,
      temperatureC: 25 + 30 * (this.powerW / this.spec.maxPowerW),
      ...(soc === undefined ? {} : { socPct: soc }),
    };
  }

  #chargingState(): PointState {
    if (this.offeredW <= 0) return 'SuspendedEVSE';
    return this.powerW > 0 ? 'Charging' : 'SuspendedEV';
  }

  #usable(offeredW: number): boolean {
    if (offeredW <= 0) return false;
    if (this.spec.powerType === 'DC') return true;
    return offeredW / (acVoltageV * Math.max(1, this.phasesInUse)) >= leastAcCurrentA - 1e-9;
  }
}
