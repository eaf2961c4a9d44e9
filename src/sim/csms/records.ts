/** What a CSMS knows of its stations: all it was told, none of it guessed. */
import type { CsmsProtocol, Payload } from './options.js';

/** A transaction as the CSMS knows it. */
export interface CsmsTransaction {
  readonly identity: string;
  /** 1.6: a number of ours; 2.x: the text of the station. */
  readonly id: number | string;
  /** 1.6 connector or 2.x EVSE; undefined until a station of 2.x has told it. */
  pointId: number | undefined;
  token: string | undefined;
  meterStartWh: number | undefined;
  meterStopWh: number | undefined;
  /** As the station wrote it. */
  startedAt: string | undefined;
  stoppedAt: string | undefined;
  stopReason: string | undefined;
  /** 2.x: the last one told. */
  chargingState: string | undefined;
  /** 2.x: events taken, repeated ones too. */
  events: number;
  isRunning: boolean;
}

/** The last state of a connector: key `<evse>.<connector>`, where the EVSE of 1.6 is 0. */
export interface ConnectorRecord {
  readonly evseId: number | undefined;
  readonly connectorId: number;
  readonly status: string;
  readonly errorCode: string | undefined;
  readonly timestamp: string | undefined;
}

/** The last value of a measurand: key `<measurand>[.<phase>]`. */
export interface Reading {
  readonly value: number | string;
  readonly unit: string | undefined;
  readonly context: string | undefined;
  readonly timestamp: string | undefined;
}

/** A station as the CSMS knows it; it outlives connections. */
export interface StationRecord {
  readonly identity: string;
  /** Of the last connection. */
  protocol: CsmsProtocol;
  connected: boolean;
  /** Connections so far. */
  connections: number;
  /** What it said of itself at its last boot, and what it was answered. */
  boot: Payload | undefined;
  bootStatus: 'Accepted' | 'Pending' | 'Rejected' | undefined;
  boots: number;
  lastHeardAt: number;
  readonly connectors: Map<string, ConnectorRecord>;
  /** Every transaction, oldest first. */
  readonly transactions: CsmsTransaction[];
  /** Last readings by connector (1.6) or EVSE (2.x). */
  readonly readings: Map<number, Map<string, Reading>>;
}

export function newStation(identity: string, protocol: CsmsProtocol): StationRecord {
  return {
    identity,
    protocol,
    connected: false,
    connections: 0,
    boot: undefined,
    bootStatus: undefined,
    boots: 0,
    lastHeardAt: 0,
    connectors: new Map(),
    transactions: [],
    readings: new Map(),
  };
}

export function newTransaction(identity: string, id: number | string): CsmsTransaction {
  return {
    identity,
    id,
    pointId: undefined,
    token: undefined,
    meterStartWh: undefined,
    meterStopWh: undefined,
    startedAt: undefined,
    stoppedAt: undefined,
    stopReason: undefined,
    chargingState: undefined,
    events: 0,
    isRunning: true,
  };
}

interface SampledValue {
  readonly value: number | string;
  readonly measurand?: string;
  readonly phase?: string;
  readonly context?: string;
  readonly unit?: string;
  readonly unitOfMeasure?: { readonly unit?: string; readonly multiplier?: number };
}

interface MeterValue {
  readonly timestamp?: string;
  readonly sampledValue?: readonly SampledValue[];
}

/** Keeps the last value of each measurand. @returns the register of the whole point if one is among them, Wh */
export function keepReadings(
  station: StationRecord,
  pointId: number,
  meterValues: readonly MeterValue[],
): number | undefined {
  let registerWh: number | undefined;
  const readings = station.readings.get(pointId) ?? new Map<string, Reading>();
  station.readings.set(pointId, readings);
  for (const { timestamp, sampledValue = [] } of meterValues) {
    for (const sample of sampledValue) {
      const { measurand = 'Energy.Active.Import.Register', phase, context, unitOfMeasure } = sample;
      const unit = sample.unit ?? unitOfMeasure?.unit;
      const multiplier = unitOfMeasure?.multiplier ?? 0;
      const value = typeof sample.value === 'number' ? sample.value * 10 ** multiplier : sample.value;
      readings.set(phase ? `${measurand}.${phase}` : measurand, { value, unit, context, timestamp });
      if (measurand === 'Energy.Active.Import.Register' && !phase) {
        registerWh = Number(value) * (unit === 'kWh' ? 1000 : 1);
      }
    }
  }
  return registerWh;
}
