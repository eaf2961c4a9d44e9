/** Which request belongs to which process (VDV 463 §2 rules 29 to 33). */
import { compareJournalIds } from '../source.js';
import type { DepotState, PointState, ProcessState, RequestState } from '../state.js';
import { settleRequest } from './process.js';
import { withPresystem, withProcess } from './update.js';

/** Gives every process at a bay that has no request the best one that fits; the same state gives the same pairs. */
export function bindRequests(state: DepotState): DepotState {
  if (!waitingIn(state).next().value) return state;
  let next = state;
  for (const station of state.stations.values()) {
    for (const point of Object.values(station.points)) {
      const process = point.processId ? next.processes.get(point.processId) : undefined;
      if (!process || !isFree(process)) continue;
      const request = bestRequest(next, process, point);
      if (request) next = bind(next, process, request);
    }
  }
  return next;
}

function bestRequest(state: DepotState, process: ProcessState, point: PointState): RequestState | undefined {
  const waiting = [...waitingIn(state)].filter(
    (request) => fits(request, process, point) && !isMeantElsewhere(state, request, point),
  );
  return waiting.sort(byClaim)[0];
}

/** Whether a process runs that no request has claimed yet. */
function isFree({ closedAt, endedAt, requestKey }: ProcessState): boolean {
  return !closedAt && !endedAt && !requestKey;
}

/**
 * Whether the request would fit as well at the point that it names, and this is another. A vehicle seems to stand at two
 * while nobody has told that it left the first.
 */
function isMeantElsewhere(state: DepotState, request: RequestState, here: PointState): boolean {
  const { chargingProcessId, chargingPointId: named } = request.request;
  if (named === undefined || named === here.pointId || chargingProcessId) return false;
  for (const { points } of state.stations.values()) {
    const point = Object.hasOwn(points, named) ? points[named] : undefined;
    const process = point?.processId ? state.processes.get(point.processId) : undefined;
    if (point && process) return isFree(process) && fits(request, process, point);
  }
  return false;
}

/** Requests that no process serves yet. */
function* waitingIn(state: DepotState): Generator<RequestState> {
  for (const presystem of Object.values(state.presystems)) {
    for (const request of Object.values(presystem.requests)) {
      if (request.status === 'pending' && !request.processId) yield request;
    }
  }
}

function fits(request: RequestState, process: ProcessState, point: PointState): boolean {
  const { chargingProcessId, chargingPointId, vehicleId } = request.request;
  if (chargingProcessId) return chargingProcessId === process.processId;
  const known = point.vehicle?.value.vehicleId ?? process.vehicle?.value.vehicleId;
  if (known) return known === vehicleId;
  return chargingPointId === point.pointId;
}

/** Lower priority number first, absent last; then earlier departure; then the older request. */
export function byClaim(a: RequestState, b: RequestState): number {
  const adHoc = Number(b.request.adHocCharging ?? false) - Number(a.request.adHocCharging ?? false);
  const priority =
    (a.request.priority ?? Number.MAX_SAFE_INTEGER) - (b.request.priority ?? Number.MAX_SAFE_INTEGER);
  const departure = compareText(a.request.departureAt, b.request.departureAt);
  return (
    adHoc ||
    priority ||
    departure ||
    compareJournalIds(a.source.raw, b.source.raw) ||
    compareText(a.key, b.key)
  );
}

function compareText(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  return a < b ? -1 : 1;
}

function bind(state: DepotState, process: ProcessState, request: RequestState): DepotState {
  const { presystemId, key, source, receivedAt } = request;
  const bound = withPresystem(state, presystemId, (presystem) => ({
    ...presystem,
    requests: {
      ...presystem.requests,
      [request.request.chargingRequestId]: { ...request, processId: process.processId },
    },
  }));
  const linked = withProcess(bound, process.processId, (before) => ({
    ...before,
    requestKey: { value: key, ...source, at: receivedAt, receivedAt },
  }));
  return settleRequest(linked, process.processId);
}
