import { type Answer, status } from '../dialect.js';
import type { Sessions } from '../sessions.js';
import type { Station } from '../station.js';
import type { Requests16 } from './messages.js';
import { mayInstall, profileOf, purposes, replacedBy } from './profiles.js';

/** The smart-charging profile of 1.6: SetChargingProfile, ClearChargingProfile, GetCompositeSchedule. */
export class SmartCharging16 {
  readonly #station: Station;
  readonly #sessions: Sessions;

  constructor(station: Station, sessions: Sessions) {
    this.#station = station;
    this.#sessions = sessions;
  }

  set({ connectorId, csChargingProfiles }: Requests16['SetChargingProfile']): Answer {
    const station = this.#station;
    const sessions = this.#sessions;
    sessions.catchUp();
    const profile = profileOf(connectorId, csChargingProfiles);
    if (!mayInstall(station, profile)) return status('Rejected');
    station.profiles.install(profile, replacedBy(profile));
    return status('Accepted', () => sessions.settle(sessions.catchUp()));
  }

  clear(request: Requests16['ClearChargingProfile']): Answer {
    const station = this.#station;
    const sessions = this.#sessions;
    sessions.catchUp();
    const { id, connectorId, chargingProfilePurpose, stackLevel } = request;
    const cleared =
      id === undefined
        ? station.profiles.clear({
            ...(connectorId === undefined ? {} : { pointId: connectorId }),
            ...(chargingProfilePurpose === undefined ? {} : { purpose: purposes[chargingProfilePurpose] }),
            ...(stackLevel === undefined ? {} : { stackLevel }),
          })
        : station.profiles.clear({ id });
    return status(cleared.length > 0 ? 'Accepted' : 'Unknown', () => sessions.settle(sessions.catchUp()));
  }

  composite(request: Requests16['GetCompositeSchedule']): Answer {
    const station = this.#station;
    const sessions = this.#sessions;
    const { connectorId, duration } = request;
    const unit = request.chargingRateUnit ?? station.settings.rateUnits[0] ?? 'W';
    if (connectorId !== 0 && !station.find(connectorId)) return status('Rejected');
    if (!station.settings.rateUnits.includes(unit)) return status('Rejected');
    const at = sessions.catchUp();
    const start = station.iso(at);
    return {
      reply: {
        status: 'Accepted',
        connectorId,
        scheduleStart: start,
        chargingSchedule: {
          duration,
          startSchedule: start,
          chargingRateUnit: unit,
          chargingSchedulePeriod: station.profiles.composite(connectorId, at, duration, unit),
        },
      },
    };
  }
}
