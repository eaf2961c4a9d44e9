import { allMeasurands } from './meter.js';
import type { ChargerOptions } from './options.js';
import type { RateUnit } from './schedule.js';

/** When a 2.0.1 transaction begins or ends; 1.6 stations act as PowerPathClosed. */
export type TxPoint = 'EVConnected' | 'Authorized' | 'PowerPathClosed';

/** What a CSMS can read and, mostly, change: seen through 1.6 keys and 2.0.1 variables. */
export interface Settings {
  heartbeatS: number;
  meterIntervalS: number;
  /** Clock-aligned meter values; 0 = none. */
  alignedIntervalS: number;
  measurands: string[];
  alignedMeasurands: string[];
  /** 2.0.1: measurands in the Started event. */
  startedMeasurands: string[];
  /** Measurands in transactionData (1.6) and in the Ended event (2.0.1). */
  endedMeasurands: string[];
  connectionTimeoutS: number;
  authorizeRemote: boolean;
  offlineTxForUnknownId: boolean;
  stopOnInvalidId: boolean;
  messageAttempts: number;
  messageRetryS: number;
  txStartPoint: TxPoint[];
  txStopPoint: TxPoint[];
  /** 2.0.1: after this long offline the status of every connector is sent again. */
  offlineThresholdS: number;
  rateUnits: RateUnit[];
  maxStackLevel: number;
  maxPeriods: number;
  maxProfiles: number;
}

/** The settings of a station as delivered. */
export function defaultSettings(options: ChargerOptions): Settings {
  const measurands = [
    'Energy.Active.Import.Register',
    'Power.Active.Import',
    'Current.Import',
    'Voltage',
    'SoC',
    'Temperature',
  ];
  return {
    heartbeatS: 300,
    meterIntervalS: Math.round((options.meterIntervalMs ?? 60_000) / 1000),
    alignedIntervalS: 0,
    measurands: allMeasurands.filter((name) => measurands.includes(name)),
    startedMeasurands: ['Energy.Active.Import.Register', 'SoC'],
    alignedMeasurands: ['Energy.Active.Import.Register'],
    endedMeasurands: ['Energy.Active.Import.Register', 'SoC'],
    connectionTimeoutS: 120,
    authorizeRemote: false,
    offlineTxForUnknownId: true,
    stopOnInvalidId: true,
    messageAttempts: 3,
    messageRetryS: 60,
    txStartPoint: ['PowerPathClosed'],
    txStopPoint: ['EVConnected', 'Authorized'],
    offlineThresholdS: 300,
    rateUnits: ['A', 'W'],
    maxStackLevel: 10,
    maxPeriods: 48,
    maxProfiles: 20,
  };
}
