/** Request lists of presystems: full snapshots, compared with what is held (VDV 463 §2 rules 19 to 33). */
import type { PresystemEvent } from '../events.js';
import type { ChargingRequest } from '../model.js';
import type { Leaf } from '../source.js';
import type { DepotState, PresystemState, RequestState } from '../state.js';
import { requestKey } from '../state.js';
import { bindRequests } from './match.js';
import { leafOf, without, withPresystem } from './update.js';

type ListReceived = Extract<PresystemEvent, { type: 'RequestListReceived' }>;

export function presystemBooted(
  state: DepotState,
  event: Extract<PresystemEvent, { type: 'PresystemBooted' }>,
): DepotState {
  return withPresystem(state, event.presystemId, (presystem) => ({ ...presystem, awaitingList: true }));
}

export function requestListReceived(state: DepotState, event: ListReceived): DepotState {
  const before = state.presystems[event.presystemId];
  const refused: Record<string, Leaf<string>> = {};
  for (const { chargingRequestId, reason } of event.payload.refused) {
    refused[chargingRequestId] = reasonLeaf(event, reason);
  }
  const requests: Record<string, RequestState> = {};
  for (const request of event.payload.requests) {
    const id = request.chargingRequestId;
    const held = before?.requests[id];
    const reason = whyRefused(state, held, request);
    if (reason) {
      refused[id] = reasonLeaf(event, reason);
      if (held) requests[id] = held;
      continue;
    }
    const applied = apply(held, request, event);
    if (applied) requests[id] = applied;
  }
  for (const id of Object.keys(refused)) {
    const held = before?.requests[id];
    if (held) requests[id] = held;
  }
  const kept = keepOmitted(before, requests, refused, event);
  const next = withPresystem(state, event.presystemId, (presystem) => ({
    ...without(presystem, 'alarm', 'omittedIds'),
    requests: { ...requests, ...kept.requests },
    refused,
    listRaw: event.raw,
    awaitingList: false,
    ...(kept.alarm ? { alarm: kept.alarm } : {}),
    ...(kept.omittedIds ? { omittedIds: kept.omittedIds } : {}),
  }));
  return bindRequests(unbindRemoved(next));
}

/** An operator says that the omission the guard held back was meant: those requests end now. */
export function omissionConfirmed(
  state: DepotState,
  event: Extract<PresystemEvent, { type: 'OmissionConfirmed' }>,
): DepotState {
  const held = state.presystems[event.presystemId];
  if (!held?.omittedIds) return state;
  const ending = held.omittedIds.flatMap((id): [string, RequestState][] => {
    const request = held.requests[id];
    return request?.status === 'running' ? [[id, { ...request, status: 'stopping' }]] : [];
  });
  return withPresystem(state, event.presystemId, (presystem) => ({
    ...without(presystem, 'alarm', 'omittedIds'),
    requests: { ...presystem.requests, ...Object.fromEntries(ending) },
  }));
}

function reasonLeaf(event: ListReceived, reason: string): Leaf<string> {
  const { receivedAt } = event.payload;
  return leafOf(event, 'refused', reason, receivedAt, receivedAt);
}

/** Why an entry that is well-formed cannot be accepted, in words for the presystem. */
function whyRefused(
  state: DepotState,
  held: RequestState | undefined,
  request: ChargingRequest,
): string | undefined {
  // An end is never refused for what else the entry says.
  if (request.instruction === 'Terminate') return undefined;
  const { minTargetSocPct, maxTargetSocPct, chargingPointId, chargingProcessId } = request;
  if (minTargetSocPct > maxTargetSocPct) {
    return `minTargetSoc ${minTargetSocPct} is above maxTargetSoc ${maxTargetSocPct}`;
  }
  const points = state.stations.values().flatMap((station) => Object.keys(station.points));
  if (chargingPointId && !points.includes(chargingPointId)) {
    return `chargingPointId ${chargingPointId} is not a charging point of this depot`;
  }
  if (chargingProcessId && !state.processes.has(chargingProcessId)) {
    return `chargingProcessId ${chargingProcessId} is not a process of this depot`;
  }
  return whyNotHere(state, held, chargingPointId);
}

/** A bus that charges stays where it is: another bay would be a second transaction (rule 31). */
function whyNotHere(
  state: DepotState,
  held: RequestState | undefined,
  chargingPointId: string | undefined,
): string | undefined {
  const process = held?.processId ? state.processes.get(held.processId) : undefined;
  if (!process || held?.status === 'ended' || !chargingPointId) return undefined;
  if (process.pointId === chargingPointId) return undefined;
  // Named for one bay, plugged in at another: the order of before is simply repeated.
  if (held?.request.chargingPointId === chargingPointId) return undefined;
  return `the vehicle is charging at ${process.pointId}, not at ${chargingPointId}`;
}

/** The request as the new list wants it; undefined: it is over. */
function apply(
  held: RequestState | undefined,
  request: ChargingRequest,
  event: ListReceived,
): RequestState | undefined {
  const { presystemId } = event;
  if (request.instruction === 'Terminate') {
    if (!held || held.status === 'pending') return undefined;
    return held.status === 'running' ? { ...held, status: 'stopping' } : held;
  }
  if (held && sameRequest(held.request, request)) return held;
  const source = { raw: event.raw, rule: event.ruleOf(`requests.${request.chargingRequestId}`) };
  if (held) return { ...held, request, source };
  return {
    key: requestKey(presystemId, request.chargingRequestId),
    presystemId,
    request,
    source,
    receivedAt: event.payload.receivedAt,
    status: 'pending',
  };
}

/** Values are compared, Normal and Changed are not (rule 24). */
function sameRequest(a: ChargingRequest, b: ChargingRequest): boolean {
  return (
    JSON.stringify(sorted(without(a, 'instruction'))) === JSON.stringify(sorted(without(b, 'instruction')))
  );
}

function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

/** What becomes of requests that the list no longer names (rules 25, 26). */
function keepOmitted(
  before: PresystemState | undefined,
  listed: Readonly<Record<string, RequestState>>,
  refused: Readonly<Record<string, Leaf<string>>>,
  event: ListReceived,
): { requests: Record<string, RequestState>; alarm?: Leaf<string>; omittedIds?: readonly string[] } {
  const omitted = Object.entries(before?.requests ?? {}).filter(
    ([id]) => !(id in listed) && !(id in refused),
  );
  const terminated = new Set(
    event.payload.requests.filter((r) => r.instruction === 'Terminate').map((r) => r.chargingRequestId),
  );
  const running = omitted.filter(
    ([id, r]) => (r.status === 'running' || r.status === 'stopping') && !terminated.has(id),
  );
  if (!event.payload.rules.omissionEndsRunning) return { requests: Object.fromEntries(running) };
  const allRunning = Object.values(before?.requests ?? {}).filter(
    (request) => request.status === 'running',
  ).length;
  const leaving = running.filter(([, request]) => request.status === 'running').length;
  const mass = leaving >= 2 && leaving * 2 >= allRunning;
  if (leaving > 0 && (mass || before?.awaitingList)) {
    const why = mass
      ? 'half or more of the running requests vanished at once'
      : 'it is the first list after a connect';
    const alarm = reasonLeaf(event, `${leaving} running requests were omitted and kept: ${why}`);
    const omittedIds = running.filter(([, request]) => request.status === 'running').map(([id]) => id);
    return { requests: Object.fromEntries(running), alarm, omittedIds };
  }
  return {
    requests: Object.fromEntries(running.map(([id, request]) => [id, { ...request, status: 'stopping' }])),
  };
}

/** A process whose pending request was deleted is spontaneous again. */
function unbindRemoved(state: DepotState): DepotState {
  const keys = new Set(
    Object.values(state.presystems).flatMap((presystem) =>
      Object.values(presystem.requests).map((r) => r.key),
    ),
  );
  let processes = state.processes;
  for (const process of state.processes.values()) {
    const key = process.requestKey?.value;
    if (!key || keys.has(key) || process.closedAt || process.endedAt) continue;
    processes = processes.set(process.processId, without(process, 'requestKey', 'plan'));
  }
  return processes === state.processes ? state : { ...state, processes };
}
