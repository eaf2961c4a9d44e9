import type { Reading } from './meter.js';
import type { Fault, Outlet, Reservation } from './outlet.js';
import type { Token, Transaction } from './transaction.js';

/** The answer to BootNotification that both protocols share. */
export interface BootAnswer {
  readonly status: 'Accepted' | 'Pending' | 'Rejected';
  /** Accepted: seconds between heartbeats; else seconds until the next BootNotification. */
  readonly interval: number;
}

/** What makes a transaction begin or move on. */
export type StartCause = 'CablePluggedIn' | 'Authorized' | 'RemoteStart';

/** What makes a transaction end, in the words of 1.6 where it has one. */
export type StopCause =
  | 'Local'
  | 'Remote'
  | 'EVDisconnected'
  | 'DeAuthorized'
  | 'EmergencyStop'
  | 'HardReset'
  | 'SoftReset'
  | 'PowerLoss'
  | 'Reboot'
  | 'UnlockCommand'
  | 'Timeout'
  | 'Other';

export type UpdateCause = StartCause | StopCause | 'ChargingStateChanged';

/** The answer to a call, and what the station does once it is sent. */
export interface Answer {
  readonly reply: object;
  readonly afterwards?: () => void;
}

/** An answer that is a status word and nothing more. */
export function status(word: string, afterwards?: () => void): Answer {
  return { reply: { status: word }, ...(afterwards === undefined ? {} : { afterwards }) };
}

/** One protocol: puts what happens at the station into messages, and calls of the CSMS into deeds. */
export interface Dialect {
  /** @throws CallFailure */
  boot(): Promise<BootAnswer>;
  /** @throws CallFailure */
  heartbeat(): Promise<void>;
  /** Whether the CSMS accepts the token. @throws CallFailure */
  authorize(token: Token): Promise<boolean>;
  /** Sends the status of a point. */
  reportPoint(outlet: Outlet, at: number): void;
  /** Sends the status of the station as a whole, where the protocol has one. */
  reportStation(at: number): void;
  /** What a status message about this point would say: to know whether one is due. */
  statusOf(outlet: Outlet): string;
  pluggedIn(outlet: Outlet, at: number): void;
  started(outlet: Outlet, transaction: Transaction, cause: StartCause, reading: Reading): void;
  /** A running transaction got or lost its token, or its charging state changed. */
  updated(outlet: Outlet, transaction: Transaction, cause: UpdateCause, at: number): void;
  sampled(outlet: Outlet, transaction: Transaction | undefined, reading: Reading): void;
  ended(outlet: Outlet, transaction: Transaction, cause: StopCause, reading: Reading): void;
  /** A fault came (`cleared` false) or went. `outlet` undefined: the station's own. */
  faultChanged(outlet: Outlet | undefined, fault: Fault, cleared: boolean, at: number): void;
  /** A reservation has run out. */
  reservationExpired(reservation: Reservation): void;
  /** @throws CallRefusal */
  onCall(action: string, payload: unknown): Answer;
}
