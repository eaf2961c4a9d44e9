/** Decisions of the bridge and what chargers answered to them. */
import type { DepotEvent, StationEvent } from '../events.js';
import type { Instant } from '../source.js';
import type { DepotState, ProcessId, ProcessState, RequestState, StationState } from '../state.js';
import { forgetHeld } from './orphans.js';
import { leafOf, newer, without, withPoint, withPresystem, withProcess, withStation } from './update.js';

type Answered<K extends StationEvent['type']> = Extract<StationEvent, { type: K }>;

export function planMade(state: DepotState, event: Extract<DepotEvent, { type: 'PlanMade' }>): DepotState {
  const { at, processes, requests, points = [] } = event.payload;
  let next = state;
  for (const { processId, plan } of processes) {
    const leaf = leafOf(event, `processes.${processId}`, plan, at, at);
    next = withProcess(next, processId, (process) => ({ ...process, plan: leaf }));
  }
  for (const { presystemId, chargingRequestId, plan, rejection } of requests) {
    next = withPresystem(next, presystemId, (presystem) => {
      const request = presystem.requests[chargingRequestId];
      if (!request) return presystem;
      const bare = without(request, 'plan', 'rejection');
      const planned: RequestState = {
        ...bare,
        ...(plan ? { plan: leafOf(event, 'plan', plan, at, at) } : {}),
        ...(rejection ? { rejection: leafOf(event, 'rejection', rejection, at, at) } : {}),
      };
      return { ...presystem, requests: { ...presystem.requests, [chargingRequestId]: planned } };
    });
  }
  for (const { stationId, pointId, plan } of points) {
    const leaf = leafOf(event, `points.${pointId}`, plan, at, at);
    next = withPoint(next, stationId, pointId, (point) => ({ ...point, defaultPlan: leaf }));
  }
  return next;
}

export function limitAnswered(state: DepotState, event: Answered<'LimitAnswered'>): DepotState {
  const { pointId, at, receivedAt, ...outcome } = event.payload;
  const leaf = leafOf(event, '', outcome, at, receivedAt);
  return withPoint(state, event.stationId, pointId, (point) => ({
    ...point,
    limit: newer(point.limit, leaf),
  }));
}

export function defaultLimitAnswered(state: DepotState, event: Answered<'DefaultLimitAnswered'>): DepotState {
  const { pointId, at, receivedAt, ...outcome } = event.payload;
  const leaf = leafOf(event, '', outcome, at, receivedAt);
  return withPoint(state, event.stationId, pointId, (point) => ({
    ...point,
    defaultLimit: newer(point.defaultLimit, leaf),
  }));
}

export function stopAnswered(state: DepotState, event: Answered<'StopAnswered'>): DepotState {
  const { processId, at, receivedAt, ...outcome } = event.payload;
  const leaf = leafOf(event, '', outcome, at, receivedAt);
  return withProcess(state, processId, (process) => ({ ...process, stop: newer(process.stop, leaf) }));
}

/** Forgets closed processes, transaction ids that pointed to them, and messages whose start never came. */
export function historyExpired(
  state: DepotState,
  event: Extract<DepotEvent, { type: 'HistoryExpired' }>,
): DepotState {
  const { before } = event.payload;
  const gone = new Set(
    state.processes
      .values()
      .filter((process) => isPast(state, process, before))
      .map((process) => process.processId),
  );
  let next = state;
  for (const { stationId } of state.stations.values()) {
    next = withStation(next, stationId, (station) => forgetHeld(withoutTransactions(station, gone), before));
  }
  if (gone.size === 0) return next;
  return { ...next, processes: next.processes.without(gone) };
}

/** Its bay was left; or it was told as history and never was at a bay. */
function isPast(state: DepotState, process: ProcessState, before: Instant): boolean {
  const { processId, stationId, pointId, closedAt, endedAt } = process;
  const isAtBay = state.stations.get(stationId)?.points[pointId]?.processId === processId;
  const over = closedAt ?? (isAtBay ? undefined : endedAt);
  return over !== undefined && over < before;
}

function withoutTransactions(station: StationState, gone: ReadonlySet<ProcessId>): StationState {
  const kept = Object.entries(station.transactions).filter(([, processId]) => !gone.has(processId));
  return kept.length === Object.keys(station.transactions).length
    ? station
    : { ...station, transactions: Object.fromEntries(kept) };
}
