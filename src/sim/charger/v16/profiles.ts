import type { Profile, Purpose } from '../schedule.js';
import type { Station } from '../station.js';
import type { ChargingProfile16 } from './messages.js';

/** The station's word for each purpose of 1.6. */
export const purposes: { readonly [P in ChargingProfile16['chargingProfilePurpose']]: Purpose } = {
  ChargePointMaxProfile: 'StationMax',
  TxDefaultProfile: 'TxDefault',
  TxProfile: 'Tx',
};

/** A 1.6 profile in the station's form. */
export function profileOf(connectorId: number, sent: ChargingProfile16): Profile {
  const { chargingSchedule: schedule } = sent;
  return {
    id: sent.chargingProfileId,
    pointId: connectorId,
    purpose: purposes[sent.chargingProfilePurpose],
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

/** 1.6: the same id, or the same level and purpose on the same connector, replaces (§3.13.2, §5.16). */
export function replacedBy(profile: Profile): (other: Profile) => boolean {
  return (other) =>
    other.id === profile.id ||
    (other.pointId === profile.pointId &&
      other.purpose === profile.purpose &&
      other.stackLevel === profile.stackLevel);
}

function fitsSchedule(station: Station, profile: Profile): boolean {
  const { settings } = station;
  const starts = profile.periods.map((period) => period.startPeriod);
  return (
    starts.length > 0 &&
    starts.length <= settings.maxPeriods &&
    starts[0] === 0 &&
    starts.every((start, index) => index === 0 || start > (starts[index - 1] ?? 0)) &&
    profile.periods.every((period) => period.limit >= 0) &&
    settings.rateUnits.includes(profile.unit) &&
    profile.stackLevel >= 0 &&
    profile.stackLevel <= settings.maxStackLevel &&
    (profile.kind !== 'Recurring' ||
      (profile.recurrency !== undefined && profile.startSchedule !== undefined))
  );
}

/** Whether a profile that comes with a remote start may wait for its transaction. */
export function fitsRemoteStart(station: Station, profile: Profile): boolean {
  return profile.purpose === 'Tx' && fitsSchedule(station, profile);
}

/** Whether the station takes the profile (1.6 §5.16 and errata). */
export function mayInstall(station: Station, profile: Profile): boolean {
  const outlet = station.find(profile.pointId);
  if (profile.pointId !== 0 && !outlet) return false;
  if (profile.purpose === 'TxDefault' && station.options.quirks?.refusesTxDefault) return false;
  if (!fitsSchedule(station, profile)) return false;
  if (profile.purpose === 'StationMax' && (profile.pointId !== 0 || profile.kind === 'Relative'))
    return false;
  if (profile.purpose === 'Tx') {
    const transaction = outlet?.transaction;
    if (!transaction) return false;
    if (profile.transactionId !== undefined && profile.transactionId !== transaction.transactionId)
      return false;
  }
  const kept = station.profiles.all.filter((other) => !replacedBy(profile)(other));
  return kept.length < station.settings.maxProfiles;
}
