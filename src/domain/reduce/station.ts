/** What stations say of themselves: boot, link, status, faults, who is plugged in. */
import type { StationEvent } from '../events.js';
import type { Leaf } from '../source.js';
import type { DepotState, Fault, ProcessState, VehicleAtPoint } from '../state.js';
import { settleBay, takeBay, waitingAt } from './bay.js';
import { timeOf, timeOfStatus } from './clock.js';
import { withConnectorStatus } from './connectors.js';
import { bindRequests } from './match.js';
import { closeCurrentProcess, currentProcess, openProcess } from './process.js';
import { leafOf, newer, withPoint, withProcess, withStation } from './update.js';

type Of<K extends StationEvent['type']> = Extract<StationEvent, { type: K }>;

export function stationBooted(state: DepotState, event: Of<'StationBooted'>): DepotState {
  const at = timeOfStatus(state, event, event.payload.at);
  const boot = leafOf(event, '', event.payload, at, event.payload.receivedAt);
  return withStation(state, event.stationId, (station) => ({ ...station, boot: newer(station.boot, boot) }));
}

export function linkChanged(state: DepotState, event: Of<'LinkOpened'> | Of<'LinkLost'>): DepotState {
  const value = event.type === 'LinkOpened' ? 'connected' : 'lost';
  const link = leafOf(event, '', value, event.payload.at, event.payload.receivedAt);
  return withStation(
    state,
    event.stationId,
    (station) => ({ ...station, link: newer(station.link, link) }) as typeof station,
  );
}

export function stationStatusReported(state: DepotState, event: Of<'StationStatusReported'>): DepotState {
  const at = timeOfStatus(state, event, event.payload.at);
  const status = leafOf(event, 'status', event.payload.status, at, event.payload.receivedAt);
  return withStation(state, event.stationId, (station) => ({
    ...station,
    status: newer(station.status, status),
  }));
}

export function pointStatusReported(state: DepotState, event: Of<'PointStatusReported'>): DepotState {
  const { pointId, connectorId, receivedAt } = event.payload;
  const at = timeOfStatus(state, event, event.payload.at);
  const point = state.stations.get(event.stationId)?.points[pointId];
  if (!point) return state;
  const said = leafOf(event, 'status', event.payload.status, at, receivedAt);
  const before = currentProcess(state, event.stationId, pointId);
  const told = withConnectorStatus(point, before, connectorId, said);
  if (told === point) return state;
  const status = told.status?.value;
  const phase = event.payload.phase ?? (status === 'Occupied' || !told.status ? undefined : null);
  const phaseLeaf = phase === undefined ? undefined : leafOf(event, 'phase', phase, at, receivedAt);
  let next = withPoint(state, event.stationId, pointId, () => ({
    ...told,
    ...(phaseLeaf ? { phase: newer(told.phase, phaseLeaf) } : {}),
  }));
  // Another connector still decides: the bay is as it was.
  if (told.status === point.status) return next;
  if (status === 'Available') return closeCurrentProcess(next, event.stationId, pointId, at);
  if (status !== 'Occupied') return next;
  const place = { stationId: event.stationId, pointId };
  const current = currentProcess(next, event.stationId, pointId);
  const waiting = current ? undefined : waitingAt(next, told);
  if (waiting) next = takeBay(next, waiting.processId);
  else if (!current) next = openProcess(next, place, at, event, true).state;
  else if (phaseLeaf?.value) next = withPhase(next, current.processId, phaseLeaf as never);
  if (current?.endedAt) next = settleBay(next, current.processId);
  return bindRequests(next);
}

function withPhase(state: DepotState, processId: string, phase: NonNullable<ProcessState['phase']>) {
  return withProcess(state, processId, (process) => ({ ...process, phase: newer(process.phase, phase) }));
}

export function faultReported(state: DepotState, event: Of<'FaultReported'>): DepotState {
  const { pointId, key, active, receivedAt, stationFaultCode, pointFaultCode, text, vendorCode } =
    event.payload;
  const at = timeOfStatus(state, event, event.payload.at);
  const fault: Fault = {
    ...(stationFaultCode ? { stationFaultCode } : {}),
    ...(pointFaultCode ? { pointFaultCode } : {}),
    ...(text ? { text } : {}),
    ...(vendorCode ? { vendorCode } : {}),
  };
  const path = pointFaultCode ? 'pointFaultCode' : 'stationFaultCode';
  const leaf = leafOf(event, active ? path : 'active', active ? fault : null, at, receivedAt);
  if (!active && !(key in (faultsOf(state, event.stationId, pointId) ?? {}))) return state;
  if (pointId) {
    return withPoint(state, event.stationId, pointId, (point) => ({
      ...point,
      faults: { ...point.faults, [key]: newer(point.faults[key], leaf) },
    }));
  }
  return withStation(state, event.stationId, (station) => ({
    ...station,
    faults: { ...station.faults, [key]: newer(station.faults[key], leaf) },
  }));
}

function faultsOf(state: DepotState, stationId: string, pointId: string | undefined) {
  const station = state.stations.get(stationId);
  return pointId ? station?.points[pointId]?.faults : station?.faults;
}

/** Whoever is named at a point or in a transaction; a later word adds to an earlier one. */
export function vehicleIdentified(
  state: DepotState,
  event: Of<'VehicleIdentified'> | Of<'TransactionStarted'> | Of<'TransactionUpdated'>,
  processId: string | undefined,
): DepotState {
  const { vehicleId, evccId } = event.payload;
  const token = 'token' in event.payload ? event.payload.token : undefined;
  if (!vehicleId && !evccId && !token) return state;
  const receivedAt = event.payload.receivedAt;
  const at = 'at' in event.payload ? timeOf(state, event, event.payload.at) : receivedAt;
  const said: VehicleAtPoint = {
    ...(vehicleId ? { vehicleId } : {}),
    ...(evccId ? { evccId } : {}),
    ...(token ? { token } : {}),
  };
  const path = vehicleId ? 'vehicleId' : evccId ? 'evccId' : 'token';
  const leaf = leafOf(event, path, said, at, receivedAt);
  // The later word counts, whichever came first; what only the other knew stays.
  const merge = (before: Leaf<VehicleAtPoint> | undefined): Leaf<VehicleAtPoint> =>
    newer(before, leaf) === leaf
      ? { ...leaf, value: { ...before?.value, ...said } }
      : { ...(before ?? leaf), value: { ...said, ...before?.value } };
  let next = state;
  if (processId) {
    next = withProcess(next, processId, (process) => ({
      ...process,
      vehicle: merge(process.vehicle),
    }));
  }
  const pointId = event.payload.pointId ?? (processId ? state.processes.get(processId)?.pointId : undefined);
  const isCurrent = pointId && state.stations.get(event.stationId)?.points[pointId]?.processId === processId;
  if (pointId && isCurrent) {
    next = withPoint(next, event.stationId, pointId, (point) => ({
      ...point,
      vehicle: merge(point.vehicle),
    }));
  }
  return next;
}

export function chargingNeedsReported(state: DepotState, event: Of<'ChargingNeedsReported'>): DepotState {
  const { receivedAt, pointId, socPct } = event.payload;
  const needs = leafOf(event, '', event.payload, receivedAt, receivedAt);
  return withPoint(state, event.stationId, pointId, (point) => ({
    ...point,
    needs: newer(point.needs, needs),
    ...(socPct === undefined
      ? {}
      : {
          readings: {
            ...point.readings,
            socPct: newer(point.readings.socPct, leafOf(event, 'socPct', socPct, receivedAt, receivedAt)),
          },
        }),
  }));
}
