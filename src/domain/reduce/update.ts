/** Small steps on an immutable state, shared by the reducers. */
import type { Origin } from '../events.js';
import type { Instant, Leaf } from '../source.js';
import { compareJournalIds } from '../source.js';
import type {
  DepotState,
  PointId,
  PointState,
  PresystemId,
  PresystemState,
  ProcessId,
  ProcessState,
  StationId,
  StationState,
} from '../state.js';

/** A leaf whose source is the event, as read at `path` of its payload. */
export function leafOf<T>(origin: Origin, path: string, value: T, at: Instant, receivedAt: Instant): Leaf<T> {
  return { value, raw: origin.raw, rule: origin.ruleOf(path), at, receivedAt };
}

/** The later of two leaves by device time, then by journal id: the order of arrival does not matter. */
export function newer<T>(before: Leaf<T> | undefined, next: Leaf<T>): Leaf<T> {
  if (!before) return next;
  if (before.at !== next.at) return before.at > next.at ? before : next;
  return compareJournalIds(before.raw, next.raw) > 0 ? before : next;
}

export function withStation(
  state: DepotState,
  stationId: StationId,
  change: (station: StationState) => StationState,
): DepotState {
  const station = state.stations.get(stationId);
  if (!station) return state;
  const changed = change(station);
  return changed === station ? state : { ...state, stations: state.stations.set(stationId, changed) };
}

export function withPoint(
  state: DepotState,
  stationId: StationId,
  pointId: PointId,
  change: (point: PointState) => PointState,
): DepotState {
  return withStation(state, stationId, (station) => {
    const point = station.points[pointId];
    if (!point) return station;
    const changed = change(point);
    return changed === point ? station : { ...station, points: { ...station.points, [pointId]: changed } };
  });
}

export function withProcess(
  state: DepotState,
  processId: ProcessId,
  change: (process: ProcessState) => ProcessState,
): DepotState {
  const process = state.processes.get(processId);
  if (!process) return state;
  const changed = change(process);
  return changed === process ? state : { ...state, processes: state.processes.set(processId, changed) };
}

export function withPresystem(
  state: DepotState,
  presystemId: PresystemId,
  change: (presystem: PresystemState) => PresystemState,
): DepotState {
  const presystem = state.presystems[presystemId] ?? {
    presystemId,
    requests: {},
    refused: {},
    awaitingList: true,
  };
  return { ...state, presystems: { ...state.presystems, [presystemId]: change(presystem) } };
}

/** An object while it is being made: nobody else has seen it yet. */
export type Changing<T> = { -readonly [K in keyof T]: T[K] };

/** The same object without these keys. */
export function without<T extends object, K extends keyof T>(value: T, ...keys: K[]): Omit<T, K> {
  const copy = { ...value };
  for (const key of keys) delete copy[key];
  return copy;
}
