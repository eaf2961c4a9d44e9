import type { PointSpec } from './options.js';
import { acVoltageV } from './profiles.js';

export type ReadingContext =
  | 'Transaction.Begin'
  | 'Transaction.End'
  | 'Sample.Periodic'
  | 'Sample.Clock'
  | 'Trigger'
  | 'Interruption.Begin'
  | 'Interruption.End';

/** What a point measures at one moment. */
export interface Reading {
  readonly at: number;
  readonly context: ReadingContext;
  readonly energyWh: number;
  readonly powerW: number;
  readonly offeredW: number;
  readonly voltageV: number;
  /** Phases that carry current; 0 on DC. */
  readonly phases: number;
  readonly socPct?: number;
  readonly temperatureC: number;
}

/** One value as both protocols name it; they differ only in how it is written down. */
export interface Sample {
  readonly measurand: string;
  readonly value: number;
  readonly unit: string;
  readonly phase?: string;
  readonly location?: string;
}

/** Everything a station of this kind can measure, in the order it is sent. */
export const allMeasurands = [
  'Energy.Active.Import.Register',
  'Power.Active.Import',
  'Power.Offered',
  'Current.Import',
  'Current.Offered',
  'Voltage',
  'SoC',
  'Temperature',
] as const;
export type Measurand = (typeof allMeasurands)[number];

const tenth = (value: number): number => Math.round(value * 10) / 10;

const samplers: { readonly [M in Measurand]: (reading: Reading) => Sample[] } = {
  'Energy.Active.Import.Register': (r) => [
    {
      measurand: 'Energy.Active.Import.Register',
      value: Math.floor(r.energyWh),
      unit: 'Wh',
      location: 'Outlet',
    },
  ],
  'Power.Active.Import': (r) => [{ measurand: 'Power.Active.Import', value: tenth(r.powerW), unit: 'W' }],
  'Power.Offered': (r) => [{ measurand: 'Power.Offered', value: tenth(r.offeredW), unit: 'W' }],
  'Current.Import': (r) => current('Current.Import', r, r.powerW),
  'Current.Offered': (r) =>
    r.voltageV === 0
      ? []
      : [
          {
            measurand: 'Current.Offered',
            value: tenth(r.offeredW / (r.voltageV * Math.max(1, r.phases))),
            unit: 'A',
          },
        ],
  Voltage: (r) =>
    r.phases === 0
      ? [{ measurand: 'Voltage', value: tenth(r.voltageV), unit: 'V' }]
      : phaseNames(r.phases).map((phase) => ({
          measurand: 'Voltage',
          value: acVoltageV,
          unit: 'V',
          phase: `${phase}-N`,
        })),
  SoC: (r) =>
    r.socPct === undefined
      ? []
      : [{ measurand: 'SoC', value: tenth(r.socPct), unit: 'Percent', location: 'EV' }],
  Temperature: (r) => [
    { measurand: 'Temperature', value: tenth(r.temperatureC), unit: 'Celsius', location: 'Body' },
  ],
};

function phaseNames(phases: number): string[] {
  return ['L1', 'L2', 'L3'].slice(0, phases);
}

function current(measurand: string, reading: Reading, powerW: number): Sample[] {
  if (reading.voltageV === 0) return [{ measurand, value: 0, unit: 'A' }];
  if (reading.phases === 0) return [{ measurand, value: tenth(powerW / reading.voltageV), unit: 'A' }];
  const perPhase = tenth(powerW / (acVoltageV * reading.phases));
  return phaseNames(reading.phases).map((phase) => ({ measurand, value: perPhase, unit: 'A', phase }));
}

/** The samples of one reading for the measurands asked for; one the station cannot measure is left out. */
export function samplesOf(reading: Reading, measurands: readonly string[]): Sample[] {
  return allMeasurands.filter((name) => measurands.includes(name)).flatMap((name) => samplers[name](reading));
}

/** Electricity meter of a point: a register that rises, unless somebody resets it. */
export class Meter {
  #energyWh: number;

  constructor(spec: PointSpec) {
    this.#energyWh = spec.initialEnergyWh;
  }

  /** Wh as the display shows them: whole, rounded down. */
  get registerWh(): number {
    return Math.floor(this.#energyWh);
  }

  /** The register jumps, as when a meter is replaced. */
  reset(toWh: number): void {
    this.#energyWh = toWh;
  }

  add(energyWh: number): void {
    this.#energyWh += energyWh;
  }
}
