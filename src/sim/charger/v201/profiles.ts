import type { Answer } from '../dialect.js';
import type { Profile, Purpose } from '../schedule.js';
import type { Station } from '../station.js';
import type { ChargingProfile201, Purpose201 } from './messages.js';

/** The station's word for each purpose that a CSMS may set. */
export const purposes: {
  readonly [P in Exclude<Purpose201, 'ChargingStationExternalConstraints'>]: Purpose;
} = {
  ChargingStationMaxProfile: 'StationMax',
  TxDefaultProfile: 'TxDefault',
  TxProfile: 'Tx',
};

/** A 2.0.1 profile in the station's form; undefined for a purpose that a CSMS cannot set. */
export function profileOf(evseId: number, sent: ChargingProfile201): Profile | undefined {
  const { chargingProfilePurpose: purpose, chargingSchedule } = sent;
  const schedule = chargingSchedule[0];
  if (purpose === 'ChargingStationExternalConstraints' || !schedule) return undefined;
  return {
    id: sent.id,
    pointId: evseId,
    purpose: purposes[purpose],
    stackLevel: sent.stackLevel,
    kind: sent.chargingProfileKind,
    unit: schedule.chargingRateUnit,
    periods: schedule.chargingSchedulePeriod,
    raw: sent,
    ...(sent.recurrencyKind === undefined ? {} : { recurrency: sent.recurrencyKind }),
    ...(sent.validFrom === undefined ? {} : { validFrom: Date.parse(sent.validFrom) }),
    ...(sent.validTo === undefined ? {} : { validTo: Date.parse(sent.validTo) }),
    ...(sent.transactionId === undefined ? {} : { transactionId: sent.transactionId }),
    ...(schedule.startSchedule === undefined ? {} : { startSchedule: Date.parse(schedule.startSchedule) }),
    ...(schedule.duration === undefined ? {} : { durationS: schedule.duration }),
  };
}

/** 2.0.1: only the same id replaces (K01.FR.05). */
export function replacedBy(profile: Profile): (other: Profile) => boolean {
  return (other) => other.id === profile.id;
}

/** A reasonCode of the standard's appendix, with words for a human. */
export interface Refusal {
  readonly reasonCode: string;
  readonly additionalInfo: string;
}

/** An answer that says no, and why. */
export function rejected(reasonCode: string, additionalInfo: string): Answer {
  return { reply: { status: 'Rejected', statusInfo: { reasonCode, additionalInfo } satisfies Refusal } };
}

const refuse = (reasonCode: string, additionalInfo: string): Refusal => ({ reasonCode, additionalInfo });

/** Why the schedule itself cannot be used; undefined when it can. */
export function scheduleRefusal(station: Station, profile: Profile): Refusal | undefined {
  const { settings } = station;
  const starts = profile.periods.map((period) => period.startPeriod);
  if (starts[0] !== 0) return refuse('InvalidSchedule', 'the first startPeriod must be 0');
  if (starts.some((start, index) => index > 0 && start <= (starts[index - 1] ?? 0))) {
    return refuse('InvalidSchedule', 'startPeriod must rise');
  }
  if (starts.length > settings.maxPeriods) {
    return refuse('TooManyElements', `at most ${settings.maxPeriods} periods`);
  }
  if (profile.periods.some((period) => period.limit < 0))
    return refuse('InvalidSchedule', 'a limit is below 0');
  if (!settings.rateUnits.includes(profile.unit)) {
    return refuse('UnsupportedRateUnit', `use ${settings.rateUnits.join(' or ')}`);
  }
  if (profile.stackLevel < 0 || profile.stackLevel > settings.maxStackLevel) {
    return refuse('InvalidStackLevel', `stack levels are 0 to ${settings.maxStackLevel}`);
  }
  if (profile.kind === 'Relative' && profile.startSchedule !== undefined) {
    return refuse('InvalidSchedule', 'a Relative profile has no startSchedule');
  }
  if (profile.kind !== 'Relative' && profile.startSchedule === undefined) {
    return refuse('InvalidSchedule', `${profile.kind} needs startSchedule`);
  }
  if (profile.kind === 'Recurring' && profile.recurrency === undefined) {
    return refuse('InvalidProfile', 'Recurring needs recurrencyKind');
  }
  const onDc = station.find(profile.pointId)?.spec.powerType === 'DC';
  if (onDc && profile.periods.some((period) => period.numberPhases !== undefined)) {
    return refuse('InvalidSchedule', 'a DC EVSE has no numberPhases');
  }
  return undefined;
}

/** Why the station does not take the profile; undefined when it does (2.0.1 part 2 K01). */
export function refusalOf(station: Station, profile: Profile): Refusal | undefined {
  const outlet = station.find(profile.pointId);
  if (profile.pointId !== 0 && !outlet) return refuse('UnknownEvse', `no EVSE ${profile.pointId}`);
  const unusable = scheduleRefusal(station, profile);
  if (unusable) return unusable;
  if (profile.purpose === 'TxDefault' && station.options.quirks?.refusesTxDefault)
    return refuse('UnsupportedParam', 'no TxDefaultProfile here');
  if (profile.purpose === 'StationMax') {
    if (profile.pointId !== 0) return refuse('InvalidProfile', 'ChargingStationMaxProfile needs evseId 0');
    if (profile.kind === 'Relative') return refuse('InvalidProfile', 'a station maximum cannot be Relative');
  }
  if (profile.purpose === 'Tx') {
    if (profile.pointId === 0) return refuse('InvalidProfile', 'TxProfile needs an EVSE');
    if (profile.transactionId === undefined) return refuse('MissingParam', 'TxProfile needs transactionId');
    if (outlet?.transaction?.transactionId !== profile.transactionId) {
      return refuse(
        'TxNotFound',
        `transaction ${profile.transactionId} does not run on EVSE ${profile.pointId}`,
      );
    }
  }
  const others = station.profiles.all.filter((other) => !replacedBy(profile)(other));
  if (others.some((other) => clashes(profile, other))) {
    return refuse('DuplicateProfile', 'another id holds this purpose and stackLevel');
  }
  if (others.length >= station.settings.maxProfiles) {
    return refuse('TooManyElements', `at most ${station.settings.maxProfiles} profiles`);
  }
  return undefined;
}

/** Same purpose, level and place, at overlapping times (K01.FR.06, FR.39, FR.52, FR.53). */
function clashes(profile: Profile, other: Profile): boolean {
  if (profile.purpose !== other.purpose || profile.stackLevel !== other.stackLevel) return false;
  const samePlace = profile.pointId === other.pointId;
  const general = profile.purpose === 'TxDefault' && (profile.pointId === 0 || other.pointId === 0);
  if (!samePlace && !general) return false;
  const from = Math.max(profile.validFrom ?? 0, other.validFrom ?? 0);
  const to = Math.min(profile.validTo ?? Number.POSITIVE_INFINITY, other.validTo ?? Number.POSITIVE_INFINITY);
  return from < to;
}
