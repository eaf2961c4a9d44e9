import type { Connection } from '../connection.js';
import { type Answer, status } from '../dialect.js';
import type { Profile } from '../schedule.js';
import type { Sessions } from '../sessions.js';
import type { Station } from '../station.js';
import type { Requests201 } from './messages.js';
import { profileOf, purposes, refusalOf, rejected, replacedBy } from './profiles.js';

/** Smart charging of 2.0.1: set, clear, report and add up charging profiles. */
export class SmartCharging201 {
  readonly #station: Station;
  readonly #sessions: Sessions;
  readonly #connection: Connection;

  constructor(station: Station, sessions: Sessions, connection: Connection) {
    this.#station = station;
    this.#sessions = sessions;
    this.#connection = connection;
  }

  set({ evseId, chargingProfile }: Requests201['SetChargingProfile']): Answer {
    const station = this.#station;
    const sessions = this.#sessions;
    sessions.catchUp();
    const profile = profileOf(evseId, chargingProfile);
    if (!profile) return rejected('InvalidProfile', 'a CSMS cannot set external constraints');
    const refusal = refusalOf(station, profile);
    if (refusal) return rejected(refusal.reasonCode, refusal.additionalInfo);
    station.profiles.install(profile, replacedBy(profile));
    return status('Accepted', () => sessions.settle(sessions.catchUp()));
  }

  clear(request: Requests201['ClearChargingProfile']): Answer {
    const station = this.#station;
    const sessions = this.#sessions;
    sessions.catchUp();
    const { chargingProfileId: id, chargingProfileCriteria: criteria } = request;
    const filter = id === undefined ? this.#filterOf(criteria ?? {}) : { id };
    const cleared = filter ? station.profiles.clear(filter) : [];
    return status(cleared.length > 0 ? 'Accepted' : 'Unknown', () => sessions.settle(sessions.catchUp()));
  }

  report(request: Requests201['GetChargingProfiles']): Answer {
    const { chargingProfileId: ids, chargingLimitSource: sources, ...criteria } = request.chargingProfile;
    const evse = request.evseId === undefined ? {} : { evseId: request.evseId };
    const filter = this.#filterOf({ ...criteria, ...evse });
    const found = (filter ? this.#station.profiles.find(filter) : []).filter(
      (profile) =>
        (ids === undefined || ids.includes(profile.id)) && (sources === undefined || sources.includes('CSO')),
    );
    if (found.length === 0) return status('NoProfiles');
    return status('Accepted', () => {
      found.forEach((profile, index) => {
        this.#connection.notify('ReportChargingProfiles', {
          requestId: request.requestId,
          chargingLimitSource: 'CSO',
          evseId: profile.pointId,
          chargingProfile: [{ ...profile.raw, ...ownerOf(profile) }],
          tbc: index < found.length - 1,
        });
      });
    });
  }

  /** Undefined: nothing can match. */
  #filterOf(criteria: NonNullable<Requests201['ClearChargingProfile']['chargingProfileCriteria']>) {
    const { evseId, chargingProfilePurpose: purpose, stackLevel } = criteria;
    if (purpose === 'ChargingStationExternalConstraints') return undefined;
    return {
      ...(evseId === undefined ? {} : { pointId: evseId }),
      ...(purpose === undefined ? {} : { purpose: purposes[purpose] }),
      ...(stackLevel === undefined ? {} : { stackLevel }),
    };
  }

  composite(request: Requests201['GetCompositeSchedule']): Answer {
    const station = this.#station;
    const sessions = this.#sessions;
    const { evseId, duration } = request;
    const unit = request.chargingRateUnit ?? station.settings.rateUnits[0] ?? 'W';
    if (evseId !== 0 && !station.find(evseId)) return rejected('UnknownEvse', `no EVSE ${evseId}`);
    if (!station.settings.rateUnits.includes(unit)) {
      return rejected('UnsupportedRateUnit', `use ${station.settings.rateUnits.join(' or ')}`);
    }
    const at = sessions.catchUp();
    return {
      reply: {
        status: 'Accepted',
        schedule: {
          evseId,
          duration,
          scheduleStart: station.iso(at),
          chargingRateUnit: unit,
          chargingSchedulePeriod: station.profiles.composite(evseId, at, duration, unit),
        },
      },
    };
  }
}

/** A profile that came with RequestStartTransaction is reported with the transaction it got. */
function ownerOf(profile: Profile): object {
  return profile.transactionId === undefined ? {} : { transactionId: profile.transactionId };
}
