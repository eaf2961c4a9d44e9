/** What can be asked of a station, put into the calls of one version of OCPP. */
import { createHash } from 'node:crypto';
import type { PointConfig } from '../../config/index.js';
import type { Instant, JournalId, RateUnit } from '../../domain/index.js';
import type { JsonObject } from '../../mapping/index.js';
import type { Asker, Call } from './ask.js';
import type { Abilities } from './schedule.js';

/** Without a point: the whole station. */
export interface AtPoint {
  readonly point?: PointConfig;
}

/** Messages that a station can be asked to send; 1.6 lacks some. */
export type Triggered =
  | 'BootNotification'
  | 'Heartbeat'
  | 'MeterValues'
  | 'TransactionEvent'
  | 'StatusNotification'
  | 'FirmwareStatusNotification'
  | 'LogStatusNotification';

export interface Reservation extends AtPoint {
  readonly reservationId: number;
  readonly token: string;
  readonly expiresAt: Instant;
}

/** A limit as the station says that it applies it now. */
export interface Composite {
  readonly unit: RateUnit;
  readonly startAt: Instant;
  readonly periods: readonly {
    readonly startS: number;
    readonly limit: number;
    readonly numberPhases?: number;
  }[];
}

/** What metering should be: written only where it differs. */
export interface MeteringWish {
  readonly intervalSeconds: number;
  readonly measurands: readonly string[];
}

/** What became of settings that were written, each as `name=value`. */
export interface Written {
  /** With the answer. */
  readonly refused: readonly string[];
  /** Taken, and not in force before the station restarts. */
  readonly untilRestart: readonly string[];
}

export const NOTHING_WRITTEN: Written = { refused: [], untilRestart: [] };

/** What a station said of itself, and what it made of what was written. */
export interface Survey extends Written {
  readonly abilities: Abilities;
  /** Settings as read, by the standard's own name. */
  readonly settings: Readonly<Record<string, string>>;
}

/** One version of OCPP. Builders throw BridgeError OCPP_UNABLE for what it cannot say. */
export interface CommandDialect {
  /** The number by which this version names a point. */
  numberOf(point: PointConfig): { readonly connectorId: number } | { readonly evseId: number };
  clearProfile(profileId: number): Call;
  /** Clears whatever other default limits of this level keep ours from being taken. */
  clearRivals(point: PointConfig, stackLevel: number): readonly Call[];
  /** Clears every limit of whatever transaction runs at a point. */
  clearTransactionLimits(point: PointConfig): Call;
  compositeSchedule(at: AtPoint, durationS: number, unit: RateUnit | undefined): Call;
  readComposite(answer: JsonObject): Composite | undefined;
  start(point: PointConfig, token: string, remoteStartId: number): Call;
  stop(transactionId: string): Call;
  unlock(point: PointConfig): Call;
  changeAvailability(at: AtPoint, operative: boolean): Call;
  trigger(message: Triggered, at: AtPoint): Call;
  /** The messages that bring readings of a running transaction, the better first. */
  readonly readings: readonly Triggered[];
  reset(how: 'soft' | 'hard'): Call;
  reserve(reservation: Reservation): Call;
  cancelReservation(reservationId: number): Call;
  dataTransfer(vendorId: string, messageId: string | undefined, data: string | undefined): Call;
  /** Reads abilities and settings, and writes what differs from the wish. */
  survey(asker: Asker, wish: MeteringWish | undefined, intent: JournalId | undefined): Promise<Survey>;
}

/** A positive 31-bit number that stands for an intent: the same at every try. */
export function numberOfIntent(intent: JournalId): number {
  return createHash('sha256').update(intent).digest().readUInt32BE(0) >>> 1 || 1;
}

/** A setting that should be a whole number, under its new name; nothing if it is not one. */
export function wholeNumber<K extends string>(name: K, text: string | undefined): { [P in K]?: number } {
  const value = Number(text);
  return text && Number.isInteger(value) && value >= 0 ? ({ [name]: value } as { [P in K]: number }) : {};
}

/**
 * Whether a setting is as wished. Lists of words have no order that matters, and more than was wished does no harm.
 */
export function isAsWished(setting: string | undefined, wish: string): boolean {
  if (setting === undefined) return false;
  const has = new Set(setting.split(',').map((word) => word.trim()));
  return wish.split(',').every((word) => has.has(word));
}

/**
 * Finds out which of the wished measurands a station takes. A list with one that it does not have is refused as a whole,
 * and changes nothing (OCPP 1.6 §9.1, keys of measurands): so they are offered one more at a time, beginning with what is set.
 *
 * @param setting the list as it is now, if the station told
 * @param takes sets a list and tells whether the station took it
 * @returns those that are set in the end, in the order of the wish
 */
export async function takenMeasurands(
  wished: readonly string[],
  setting: string | undefined,
  takes: (list: string) => Promise<boolean>,
): Promise<readonly string[]> {
  let taken = wished.filter((measurand) => isAsWished(setting, measurand));
  for (const measurand of wished) {
    if (taken.includes(measurand)) continue;
    const more = wished.filter((each) => each === measurand || taken.includes(each));
    if (more.length < wished.length && (await takes(more.join(',')))) taken = more;
  }
  return taken;
}
