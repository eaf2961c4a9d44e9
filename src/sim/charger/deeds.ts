import type { Outlet, Reservation } from './outlet.js';
import type { Sessions } from './sessions.js';
import type { Station } from './station.js';
import type { Token } from './transaction.js';

/** A remote start may use this point. */
export function isFree(outlet: Outlet, idToken: string): boolean {
  const { reservation } = outlet;
  const kept = reservation && reservation.idToken !== idToken && reservation.groupIdToken !== idToken;
  return (
    !outlet.transaction?.token && !outlet.authorized && outlet.operative && !outlet.fault?.blocking && !kept
  );
}

/** The point a remote start means: the one named, else one with a vehicle, else any free one. */
export function pointToStart(
  station: Station,
  pointId: number | undefined,
  idToken: string,
): Outlet | undefined {
  const free = station.outlets.filter((outlet) => isFree(outlet, idToken));
  if (pointId !== undefined) return free.find((outlet) => outlet.spec.id === pointId);
  return free.find((outlet) => outlet.battery) ?? free[0];
}

/** Starts as the CSMS asked, checking the token first when the station is set to. */
export function startRemotely(
  station: Station,
  sessions: Sessions,
  outlet: Outlet,
  token: Token,
  id?: number,
): void {
  if (station.settings.authorizeRemote) void sessions.present(outlet, token, 'RemoteStart', id);
  else sessions.authorize(outlet, token, 'RemoteStart', id);
}

/** Whether a change of availability must wait for a transaction, and the change itself. */
export function availabilityChange(
  station: Station,
  sessions: Sessions,
  outlets: readonly Outlet[],
  operative: boolean,
): { readonly status: 'Accepted' | 'Scheduled'; readonly apply: (whole: boolean) => void } {
  const waits = (outlet: Outlet): boolean => !operative && outlet.transaction !== undefined;
  return {
    status: outlets.some(waits) ? 'Scheduled' : 'Accepted',
    apply(whole) {
      const at = sessions.catchUp();
      for (const outlet of outlets) {
        outlet.inoperativeScheduled = waits(outlet);
        outlet.operative = operative || outlet.inoperativeScheduled;
      }
      if (whole) {
        station.operative = operative;
        sessions.dialect.reportStation(at);
      }
      sessions.tryAgain(at);
    },
  };
}

/** Why a point cannot be reserved, in the word both protocols share; undefined when it can. */
export function reservationRefusal(
  outlet: Outlet,
  reservation: Reservation,
): 'Faulted' | 'Unavailable' | 'Occupied' | undefined {
  if (outlet.fault?.blocking) return 'Faulted';
  if (!outlet.operative) return 'Unavailable';
  const again = outlet.reservation?.id === reservation.id;
  return again || outlet.state === 'Available' ? undefined : 'Occupied';
}
