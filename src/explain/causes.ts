/** What the inputs of a rule were, in words: only those that are out of the ordinary explain anything. */
import type { Source } from '../domain/index.js';
import type { Json } from '../mapping/index.js';
import { type Bay, type Case, timeIn } from './case.js';
import { faultText } from './facts.js';
import { kw } from './words.js';

export interface Cause {
  readonly text: string;
  readonly sources: readonly Source[];
}

type Tell = (value: Json | undefined, bay: Bay, one: Case) => Cause | undefined;

const TELLINGS: Readonly<Record<string, Tell>> = {
  linkState: (value, { station }, one) => (value === 'connected' ? undefined : linkCause(station, one)),
  linkLostAt: (value, { station }, one) => (value === undefined ? undefined : linkCause(station, one)),
  withdrawn: (value) => when(value === true, 'its grant to this partner has ended'),
  ownFleetWindow: (value, bay) => (value === true ? ownFleetCause(bay) : undefined),
  stationStatus: (value, { station }, one) => {
    if (value === undefined || value === 'Available' || !station.status) return undefined;
    const at = timeIn(one, station.status.at);
    return {
      text: `charger ${station.stationId} said at ${at} that it is ${String(value)} as a whole`,
      sources: [station.status],
    };
  },
  status: (value, { station, point }, one) => {
    if (point.status === undefined || value === undefined)
      return { text: `charger ${station.stationId} has said nothing of this bay`, sources: [] };
    return {
      text: `the charger said ${String(value)} at ${timeIn(one, point.status.at)}`,
      sources: [point.status],
    };
  },
  transactionOpen: (value, bay, one) => (value === true ? transactionCause(bay, one) : undefined),
  transaction: (value, bay, one) => {
    if (value === 'open') return transactionCause(bay, one);
    if (value === 'none') return { text: 'no transaction has begun', sources: [] };
    return endCause(bay, one);
  },
  phase: (value, { point, process }, one) => {
    const leaf = process?.phase ?? point.phase;
    if (value === undefined || !leaf) return undefined;
    return {
      text: `the charger said ${String(value)} of the charging at ${timeIn(one, leaf.at)}`,
      sources: [leaf],
    };
  },
  pointFaulted: (value, bay, one) => {
    if (value !== true) return undefined;
    const fault = faultText(one, bay);
    return { text: fault?.text ?? 'the bay is faulted', sources: fault?.sources ?? [] };
  },
  heldByLimit: (value, { point }) =>
    value === true ? { text: 'our limit there is 0 kW', sources: limitSources(point) } : undefined,
  energyFlowed: (value) => when(value === true, 'energy has flowed'),
  requestRejected: (value, { request }) => {
    if (value !== true || !request) return undefined;
    const { rejection } = request;
    const why = rejection ? `: ${rejection.value}` : '';
    return { text: `its request cannot be served${why}`, sources: rejection ? [rejection] : [] };
  },
  stopClass: (value, bay, one) => (value === undefined ? undefined : endCause(bay, one)),
  powerLimitW: (value, { point }) =>
    typeof value === 'number'
      ? { text: `the charger has taken a limit of ${kw(value)}`, sources: limitSources(point) }
      : undefined,
};

/** In words what an input of a rule was; undefined for what is as always, or says nothing. */
export function causeOf(name: string, value: Json | undefined, bay: Bay, one: Case): Cause | undefined {
  return Object.hasOwn(TELLINGS, name) ? TELLINGS[name]?.(value, bay, one) : undefined;
}

function when(holds: boolean, text: string): Cause | undefined {
  return holds ? { text, sources: [] } : undefined;
}

/** Why a station is not there. */
export function linkCause(station: Bay['station'], one: Case): Cause {
  const { stationId, link } = station;
  if (link.value === 'never')
    return { text: `charger ${stationId} has not connected as far as the journal reaches`, sources: [] };
  const grace = one.config.ocpp.linkGraceSeconds;
  const lost = `its link was lost at ${timeIn(one, link.at)}, when it had been away for ${grace} s`;
  return { text: `charger ${stationId} is not connected: ${lost}`, sources: [link] };
}

/** Why a bay counts as used by the depot's own fleet. */
function ownFleetCause({ point, process, request }: Bay): Cause {
  const vehicle = point.vehicle ?? process?.vehicle;
  const vehicleId = vehicle?.value.vehicleId;
  const reasons = [
    ...(vehicleId ? [`vehicle ${vehicleId} stands there`] : []),
    ...(request
      ? [`it is charged for request ${request.presystemId}/${request.request.chargingRequestId}`]
      : []),
  ];
  const sources = [...(vehicle && vehicleId ? [vehicle] : []), ...(request ? [request.source] : [])];
  const why = reasons.length > 0 ? ` (${reasons.join(', ')})` : '';
  return { text: `one of the depot's own vehicles uses the bay${why}, which no partner may see`, sources };
}

function transactionCause({ process }: Bay, one: Case): Cause | undefined {
  const leaf = process?.transactionId;
  if (!process || !leaf) return undefined;
  const at = timeIn(one, process.transactionStartedAt ?? process.startedAt);
  return { text: `transaction ${leaf.value} is open since ${at}`, sources: [leaf] };
}

/** How a transaction ended. */
export function endCause({ process }: Pick<Bay, 'process'>, one: Case): Cause | undefined {
  if (!process?.endedAt) return undefined;
  const { stopReason, stopClass, transactionId } = process;
  const how = stopReason ? `: ${stopReason.value}` : '';
  const kind = stopClass?.value === 'technical' ? ', a technical end' : '';
  const sources = [stopReason, stopClass].filter((leaf) => leaf !== undefined);
  return {
    text: `transaction ${transactionId?.value ?? ''} ended at ${timeIn(one, process.endedAt)}${how}${kind}`,
    sources: sources.length > 0 ? sources : transactionId ? [transactionId] : [],
  };
}

function limitSources({ limit, defaultLimit }: Bay['point']): Source[] {
  return [limit ?? defaultLimit].filter((leaf) => leaf !== undefined);
}
