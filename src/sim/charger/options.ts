import type { Clock } from './clock.js';
import { SimulatorError } from './errors.js';

export type Protocol = 'ocpp1.6' | 'ocpp2.0.1';
export type PowerType = 'AC' | 'DC';

/** One place to charge: a 1.6 connector or a 2.0.1 EVSE (with its one connector). */
export interface PointOptions {
  /** OCPP 1.6. */
  readonly connectorId?: number;
  /** OCPP 2.0.1. */
  readonly evseId?: number;
  readonly powerType: PowerType;
  readonly maxPowerW: number;
  /** AC only: 1 to 3 (default 3). */
  readonly phases?: number;
  /** Reading of the energy register when the simulator starts, Wh (default 1 000 000: real meters are not new). */
  readonly initialEnergyWh?: number;
}

/** Ways in which real stations deviate; each is documented in the field. All off by default. */
export interface Quirks {
  /** Sends calls without waiting for the answer of the one before. */
  readonly pipelined?: boolean;
  /** Sends every StopTransaction (2.0.1: Ended event) twice. */
  readonly duplicateStop?: boolean;
  /** Reports no SoC even on DC. */
  readonly noSoc?: boolean;
  /** The station's clock is wrong by this much (positive: it is ahead), in timestamps and in schedules. */
  readonly clockSkewMs?: number;
  /** The station's clock starts at 1970-01-01 and is never set. */
  readonly year1970?: boolean;
  /** 2.0.1: every TransactionEvent carries seqNo 0. */
  readonly seqNoZero?: boolean;
  /** 1.6: messages of a transaction whose id is not known yet carry -1 instead of waiting for it. */
  readonly transactionIdMinusOne?: boolean;
  /** 1.6: sends this word as errorCode in StatusNotification, e.g. `Error`, which no standard knows. */
  readonly errorCode?: string;
  /** Asks for no WebSocket subprotocol. */
  readonly noSubprotocol?: boolean;
  /** Has no charging profiles any more after a restart (1.6 errata 3.37 demands that it keeps them). */
  readonly forgetsProfiles?: boolean;
  /** 1.6: logs in with the hexadecimal digits of its AuthorizationKey instead of the bytes they stand for. */
  readonly hexPassword?: boolean;
  /** Rejects every TxDefaultProfile. */
  readonly refusesTxDefault?: boolean;
}

/** Key and certificates for wss, in PEM. */
export interface TlsOptions {
  /** Trusted roots; absent: those of Node. */
  readonly ca?: string;
  /** Client certificate and key: security profile 3. */
  readonly cert?: string;
  readonly key?: string;
  /** Default true. */
  readonly rejectUnauthorized?: boolean;
}

/** What makes a charging station. */
export interface ChargerOptions {
  /** Where the CSMS is, without the identity: `ws://127.0.0.1:7461/ocpp`. */
  readonly url: string;
  readonly identity: string;
  /** HTTP Basic; absent: no Authorization header. */
  readonly password?: string;
  readonly tls?: TlsOptions;
  readonly protocol: Protocol;
  readonly vendor?: string;
  readonly model?: string;
  readonly firmware?: string;
  readonly serialNumber?: string;
  readonly points: readonly PointOptions[];
  /** Power that all points share, W (default: the sum of the points). */
  readonly maxPowerW?: number;
  /**
   * Simulated time; default: real time from now on, `timeScale` times as fast. The station never sets it by
   * the CSMS's clock.
   */
  readonly clock?: Clock;
  readonly timeScale?: number;
  /** Simulated time between two meter values of a transaction (default 60 000). The CSMS may change it. */
  readonly meterIntervalMs?: number;
  /** Values of settings at delivery, by 1.6 key or 2.0.1 `Component.Variable`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Tells the vehicle's VIN and evccId by DataTransfer under this vendor id when it is plugged in (1.6). */
  readonly vehicleDataTransfer?: { readonly vendorId: string; readonly messageId: string };
  /** Real milliseconds between two attempts to connect: doubles from `initialMs` to `maxMs`. */
  readonly reconnect?: { readonly initialMs: number; readonly maxMs: number };
  /** Real milliseconds to wait for the answer to a call (default 30 000). */
  readonly callTimeoutMs?: number;
  readonly quirks?: Quirks;
}

/** A point as the simulator uses it: identified by one number, nothing left open. */
export interface PointSpec {
  readonly id: number;
  readonly powerType: PowerType;
  readonly maxPowerW: number;
  /** AC phases; 1 on DC, where phases mean nothing. */
  readonly phases: number;
  readonly initialEnergyWh: number;
}

/** @throws SimulatorError when a point is not described well enough for its protocol */
export function pointSpec(protocol: Protocol, options: PointOptions): PointSpec {
  const key = protocol === 'ocpp1.6' ? 'connectorId' : 'evseId';
  const id = options[key];
  if (id === undefined || !Number.isInteger(id) || id < 1) {
    throw new SimulatorError(`a point of an ${protocol} station needs ${key}, a whole number from 1`);
  }
  const phases = options.phases ?? 3;
  if (options.powerType === 'AC' && ![1, 2, 3].includes(phases)) {
    throw new SimulatorError(`point ${id}: phases must be 1, 2 or 3, not ${phases}`);
  }
  if (!(options.maxPowerW > 0)) throw new SimulatorError(`point ${id}: maxPowerW must be above 0`);
  return {
    id,
    powerType: options.powerType,
    maxPowerW: options.maxPowerW,
    phases: options.powerType === 'AC' ? phases : 1,
    initialEnergyWh: options.initialEnergyWh ?? 1_000_000,
  };
}
