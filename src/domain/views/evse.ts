/** A charging point as a roaming partner may see it (OCPI EVSE's source). */
import type { ConnectorView, EvseView } from '../model.js';
import { currentProcess } from '../reduce/process.js';
import type { Instant } from '../source.js';
import type { DepotState, PointId, ProcessState, StationId } from '../state.js';
import { compact, Sources, type View } from './view.js';

/** What the configuration says of a granted charging point. */
export interface EvsePlace {
  readonly stationId: StationId;
  readonly pointId: PointId;
  readonly evseUid: string;
  readonly evseId: string;
  readonly connector: Omit<ConnectorView, 'lastUpdated'>;
  /** Whether sessions can be started and stopped here by command. */
  readonly remoteStart: boolean;
}

/** Whether a process is a guest's: its token is a roaming partner's. */
export type IsGuest = (process: ProcessState) => boolean;

/**
 * The bay is in use by one of the depot's own vehicles: somebody said which one it is, or an upstream system asked
 * for this process. A guest who was taken for it (a request that only names the bay) stays a guest.
 */
export function isOwnFleetWindow(
  state: DepotState,
  stationId: StationId,
  pointId: PointId,
  isGuest: IsGuest,
): boolean {
  const process = currentProcess(state, stationId, pointId);
  if (process && isGuest(process)) return false;
  const vehicle = state.stations.get(stationId)?.points[pointId]?.vehicle ?? process?.vehicle;
  return Boolean(vehicle?.value.vehicleId ?? process?.requestKey);
}

/**
 * While the own fleet uses the bay, the view is the same whatever happens there: no status, no phase, no transaction.
 * `lastUpdated` is the caller's, who knows what the partner was told last.
 */
export function evseView(
  state: DepotState,
  place: EvsePlace,
  isGuest: IsGuest,
  lastUpdated: Instant,
): View<EvseView> {
  const { stationId, pointId, evseUid, evseId, connector, remoteStart } = place;
  const station = state.stations.get(stationId);
  const point = station?.points[pointId];
  const ownFleetWindow = isOwnFleetWindow(state, stationId, pointId, isGuest);
  const sources = new Sources();
  const process = currentProcess(state, stationId, pointId);
  if (station) sources.note('linkState', station.link);
  if (process?.transactionId) sources.note('transactionOpen', process.transactionId);
  if (point?.phase?.value && !ownFleetWindow) sources.note('phase', point.phase);
  const use = ownFleetWindow
    ? { transactionOpen: false }
    : {
        transactionOpen: Boolean(process?.transactionId && !process.endedAt),
        phase: point?.phase?.value ?? undefined,
        ...sources.take('', 'status', point?.status),
        ...sources.take('', 'stationStatus', station?.status),
      };
  const value = compact({
    evseUid,
    evseId,
    linkState: station?.link.value ?? ('never' as const),
    ownFleetWindow,
    remoteStart,
    ...use,
    connector: { ...connector, lastUpdated },
    lastUpdated,
  });
  return { value, sources: sources.all };
}
