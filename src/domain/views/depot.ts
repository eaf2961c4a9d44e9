/** The whole depot as upstream systems see it (VDV 463 ProvideChargingInformation's source). */
import type { DepotView, RejectedRequestView, StationView, UpstreamView } from '../model.js';
import type { Instant } from '../source.js';
import type { DepotState, PresystemId, StationState } from '../state.js';
import { newestFault, pointView } from './point.js';
import { RequestsOfDepot } from './requests.js';
import { compact, Sources, type View, type ViewContext } from './view.js';

/** `now` decides which step of a limit is in force. */
export function depotView(state: DepotState, name: string, now: Instant): View<DepotView> {
  const sources = new Sources();
  return { value: depotIn(state, name, now, sources, ''), sources: sources.all };
}

/** `prefix` is the path of this view inside the one that holds it, with a trailing dot, or empty. */
function depotIn(state: DepotState, name: string, now: Instant, sources: Sources, prefix: string): DepotView {
  const context: ViewContext = { state, now, sources, requests: new RequestsOfDepot(state) };
  const stations = state.stations
    .values()
    .map((station, index) => stationView(context, station, `${prefix}stations.${index}.`));
  return { depotId: state.depotId, name, stations };
}

/** All that a presystem is told; `now` decides which step of a limit is in force. */
export function upstreamView(
  state: DepotState,
  name: string,
  presystemId: PresystemId,
  now: Instant,
): View<UpstreamView> {
  const sources = new Sources();
  const depot = depotIn(state, name, now, sources, 'depots.0.');
  const rejected = rejectedRequests(state, presystemId);
  for (const [path, source] of Object.entries(rejected.sources)) sources.note(`rejected.${path}`, source);
  return {
    value: compact({
      depots: [depot],
      rejected: rejected.value.length > 0 ? rejected.value : undefined,
    }),
    sources: sources.all,
  };
}

function stationView(context: ViewContext, station: StationState, prefix: string): StationView {
  const { sources } = context;
  const [only, ...others] = Object.values(station.points);
  // What ails the only charging point ails the station.
  const fault = newestFault(station.faults, only && others.length === 0 ? only.faults : {});
  if (fault) sources.note(`${prefix}fault`, fault);
  const points = Object.values(station.points).map((point, index) =>
    pointView(context, station, point, `${prefix}points.${index}.`),
  );
  sources.note(`${prefix}linkState`, station.link);
  const linkLostAt = station.link.value === 'lost' ? station.link.at : undefined;
  if (linkLostAt) sources.note(`${prefix}linkLostAt`, station.link);
  return compact({
    stationId: station.stationId,
    linkState: station.link.value,
    linkLostAt,
    ...sources.take(prefix, 'status', station.status),
    totalPowerW: totalPower(points),
    fault:
      fault &&
      compact({
        code: fault.value.stationFaultCode ?? ('OtherChargingStationFailure' as const),
        text: fault.value.text,
        at: fault.at,
      }),
    points,
  });
}

/** The sum over points, known only if every point with an open transaction tells its power. */
function totalPower(points: StationView['points']): number | undefined {
  const charging = points.filter((point) => point.transactionOpen);
  const known = charging.filter((point) => point.powerW !== undefined);
  if (charging.length === 0 || known.length < charging.length) return undefined;
  return known.reduce((sum, point) => sum + (point.powerW ?? 0), 0);
}

/** What a presystem must be told that it cannot have: entries refused on receipt, requests that cannot be served. */
export function rejectedRequests(state: DepotState, presystemId: PresystemId): View<RejectedRequestView[]> {
  const sources = new Sources();
  const presystem = state.presystems[presystemId];
  const refused = Object.entries(presystem?.refused ?? {});
  const rejected = Object.values(presystem?.requests ?? {}).flatMap((request) =>
    request.rejection ? [[request.request.chargingRequestId, request.rejection] as const] : [],
  );
  const value = [...refused, ...rejected].map(([chargingRequestId, reason], index) => {
    sources.note(`${index}.reason`, reason);
    return { presystemId, chargingRequestId, reason: reason.value };
  });
  return { value, sources: sources.all };
}
