/** What may be set when the charger side starts, beside the configuration. */

import type { Store } from '../store/index.js';

/** Bounds on what one station can make us do. */
export interface OcppLimits {
  /** Bytes of one frame; larger ones close the socket with 1009. */
  readonly maxPayload: number;
  /** Objects and lists inside each other. */
  readonly maxDepth: number;
  /** Frames per second over a longer time; a station that sends more is read more slowly. */
  readonly framesPerSecond: number;
  /** Frames at once before the rate counts. */
  readonly burst: number;
  /** Malformed frames in a row before the socket is closed. */
  readonly badFrames: number;
  /** Wrong passwords per identity and address within `lockoutSeconds` before the door stays shut that long. */
  readonly badLogins: number;
  readonly lockoutSeconds: number;
  /** A peer that has not said by then what it wants is cut off: a slow one shall not hold a socket. */
  readonly requestSeconds: number;
}

export const DEFAULT_LIMITS: OcppLimits = {
  maxPayload: 256 * 1024,
  maxDepth: 32,
  framesPerSecond: 100,
  burst: 500,
  badFrames: 10,
  badLogins: 10,
  lockoutSeconds: 300,
  requestSeconds: 10,
};

/** What a station should report of a running transaction. */
export interface Metering {
  readonly intervalSeconds: number;
  /** Measurands of OCPP; SoC is left out for stations that only have alternating current. */
  readonly measurands: readonly string[];
}

export interface OcppOptions {
  readonly limits?: Partial<OcppLimits>;
  /** What stations are told to measure instead of what the configuration says; null leaves them as they are. */
  readonly metering?: Metering | null;
  /** How long a station that connected has for its BootNotification before it is asked for its status; 3 s. */
  readonly bootWaitMs?: number;
  /** How long a station has to tell the power of a transaction that began before it is asked for it; 4 s. */
  readonly readingWaitMs?: number;
  /** Where the keys of orders and the passwords given to stations outlive a restart. */
  readonly store?: Store;
  /** Asked for tokens that belong to no vehicle, of stations by our id; false: not known to it either. */
  readonly authorize?: (token: string, stationId: string) => Promise<boolean>;
}
