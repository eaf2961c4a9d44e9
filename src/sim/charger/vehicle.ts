import { SimulatorError } from './errors.js';
import type { PowerType } from './options.js';

/** One point of a charge curve: what the battery takes at this state of charge, at the plug. */
export interface CurvePoint {
  readonly socPct: number;
  readonly powerW: number;
}

/** A vehicle as a scenario describes it. */
export interface Vehicle {
  readonly vin?: string;
  /** MAC address of the vehicle's communication controller. */
  readonly evccId?: string;
  /**
   * The token shown to the station on plug-in (the driver's card, Autocharge, Plug & Charge).
   * Absent: the station waits for `present` or for a remote start.
   */
  readonly idTag?: string;
  /** 2.0.1 type of `idTag` (default ISO14443). */
  readonly idTagType?: string;
  readonly batteryWh: number;
  readonly socPct: number;
  /** Highest power on DC; on AC too unless `maxAcPowerW` says less. */
  readonly maxPowerW: number;
  readonly maxAcPowerW?: number;
  /** AC phases its on-board charger uses (default 3). */
  readonly phases?: number;
  /** SoC at which the vehicle stops taking energy (default 100). */
  readonly stopSocPct?: number;
  /** Nominal voltage of the battery (default 650 V). */
  readonly packVoltageV?: number;
  /** Rising SoC; straight lines between. Default: full power to 80 %, then down to a tenth at 100 %. */
  readonly curve?: readonly CurvePoint[];
  /** What the vehicle tells by ISO 15118; sent as NotifyEVChargingNeeds (2.0.1, DC). */
  readonly needs?: { readonly departureTime?: string };
}

const msPerHour = 3_600_000;

function defaultCurve(maxPowerW: number): CurvePoint[] {
  return [
    { socPct: 0, powerW: maxPowerW },
    { socPct: 80, powerW: maxPowerW },
    { socPct: 100, powerW: maxPowerW / 10 },
  ];
}

/** The battery of a plugged-in vehicle: what it takes now and what it has taken. */
export class Battery {
  readonly vehicle: Vehicle;
  readonly phases: number;
  readonly #curve: readonly CurvePoint[];
  readonly #maxPowerW: number;
  readonly #efficiency: number;
  readonly #stopSocPct: number;
  #socPct: number;

  constructor(vehicle: Vehicle, powerType: PowerType) {
    if (!(vehicle.batteryWh > 0)) throw new SimulatorError('batteryWh of a vehicle must be above 0');
    if (!(vehicle.socPct >= 0 && vehicle.socPct <= 100)) {
      throw new SimulatorError(`socPct of a vehicle must be 0 to 100, not ${vehicle.socPct}`);
    }
    this.vehicle = vehicle;
    this.phases = vehicle.phases ?? 3;
    this.#curve = vehicle.curve ?? defaultCurve(vehicle.maxPowerW);
    this.#maxPowerW = powerType === 'AC' ? (vehicle.maxAcPowerW ?? vehicle.maxPowerW) : vehicle.maxPowerW;
    this.#efficiency = powerType === 'AC' ? 0.92 : 0.97;
    this.#stopSocPct = vehicle.stopSocPct ?? 100;
    this.#socPct = vehicle.socPct;
  }

  get socPct(): number {
    return this.#socPct;
  }

  get full(): boolean {
    return this.#socPct >= this.#stopSocPct;
  }

  /** Power the vehicle would take at the plug with no limit at all, W. */
  get acceptsW(): number {
    if (this.full) return 0;
    return Math.max(0, Math.min(this.#maxPowerW, this.#curveAt(this.#socPct)));
  }

  /** Voltage of the pack: rises a little with the SoC. */
  get voltageV(): number {
    return (this.vehicle.packVoltageV ?? 650) * (0.94 + 0.12 * (this.#socPct / 100));
  }

  /** Energy at the plug until the vehicle stops, Wh. */
  get missingWh(): number {
    const missingPct = Math.max(0, this.#stopSocPct - this.#socPct);
    return (missingPct / 100) * (this.vehicle.batteryWh / this.#efficiency);
  }

  /** Takes `powerW` for `durationMs`, no further than full. Returns the energy taken at the plug, Wh. */
  take(powerW: number, durationMs: number): number {
    const offeredWh = (powerW * durationMs) / msPerHour;
    if (offeredWh >= this.missingWh) {
      const takenWh = this.missingWh;
      this.#socPct = Math.max(this.#socPct, this.#stopSocPct);
      return takenWh;
    }
    this.#socPct += ((offeredWh * this.#efficiency) / this.vehicle.batteryWh) * 100;
    return offeredWh;
  }

  #curveAt(socPct: number): number {
    let below = this.#curve[0];
    if (!below) return this.#maxPowerW;
    for (const point of this.#curve) {
      if (point.socPct >= socPct) {
        const width = point.socPct - below.socPct;
        const share = width > 0 ? (socPct - below.socPct) / width : 1;
        return below.powerW + share * (point.powerW - below.powerW);
      }
      below = point;
    }
    return below.powerW;
  }
}
