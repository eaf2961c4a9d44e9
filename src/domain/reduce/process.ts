/** Opening, finding and closing charging processes. A process is what one vehicle does at one bay. */
import type { Origin } from '../events.js';
import { mintUuid } from '../ids.js';
import type { Instant, JournalId, Source } from '../source.js';
import type { DepotState, PointId, ProcessId, ProcessState, StationId } from '../state.js';
import { requestByKey } from '../state.js';
import { lateness } from '../time.js';
import { without, withPoint, withPresystem, withProcess } from './update.js';

/** The process in progress at a point: opened, and its bay not yet left. */
export function currentProcess(
  state: DepotState,
  stationId: StationId,
  pointId: PointId,
): ProcessState | undefined {
  const processId = state.stations.get(stationId)?.points[pointId]?.processId;
  const process = processId ? state.processes.get(processId) : undefined;
  return process && !process.closedAt ? process : undefined;
}

/**
 * The process of a transaction id at a station, if known. A station may use an id again: `at` says which of its
 * transactions is meant; without it, the newest.
 */
export function processOf(
  state: DepotState,
  stationId: StationId,
  transactionId: string,
  at?: Instant,
): ProcessState | undefined {
  const station = state.stations.get(stationId);
  if (!station || !Object.hasOwn(station.transactions, transactionId)) return undefined;
  let process = state.processes.get(station.transactions[transactionId] ?? '');
  while (at !== undefined && process?.sameIdBefore && (process.transactionStartedAt ?? '') > at) {
    const before = state.processes.get(process.sameIdBefore);
    if (!before) break;
    process = before;
  }
  return process;
}

/** Opens a process. `current`: it is the one at the bay now (false for a session that is already history). */
export function openProcess(
  state: DepotState,
  place: { readonly stationId: StationId; readonly pointId: PointId },
  startedAt: Instant,
  origin: Origin,
  current: boolean,
): { readonly state: DepotState; readonly processId: ProcessId } {
  const processId = freshId(state, origin.raw);
  const startSource: Source = { raw: origin.raw, rule: origin.ruleOf('') };
  const opened: DepotState = {
    ...state,
    processes: state.processes.set(processId, {
      ...place,
      processId,
      startedAt,
      startSource,
      readings: {},
    }),
  };
  if (!current) return { state: opened, processId };
  const placed = withPoint(opened, place.stationId, place.pointId, (point) => ({ ...point, processId }));
  return { state: placed, processId };
}

/** The id of a process that a frame opens; one frame may open several, of several points. */
function freshId(state: DepotState, raw: JournalId): ProcessId {
  let processId = mintUuid(state.depotId, raw);
  for (let more = 1; state.processes.has(processId); more += 1)
    processId = mintUuid(state.depotId, `${raw}+${more}`);
  return processId;
}

/** The bay is free again: the process at it is over, whatever the station still has to tell about it. */
export function closeCurrentProcess(
  state: DepotState,
  stationId: StationId,
  pointId: PointId,
  at: Instant,
): DepotState {
  const process = currentProcess(state, stationId, pointId);
  if (!process || process.startedAt > at || isToldAfter(process, at)) return state;
  const closed = withProcess(state, process.processId, (before) => ({
    ...before,
    closedAt: at,
    ...(before.transactionStartedAt && !before.endedAt ? { endedAt: at } : {}),
  }));
  const freed = withPoint(closed, stationId, pointId, (point) =>
    without(point, 'processId', 'vehicle', 'needs'),
  );
  return settleRequest(freed, process.processId);
}

/** With a word of its transaction that speaks of this instant. */
export function toldAt(process: ProcessState, at: Instant): ProcessState {
  return process.toldAt !== undefined && process.toldAt >= at ? process : { ...process, toldAt: at };
}

/** Clocks of a station's parts differ, and seconds are rounded: so much later is the same moment. */
const SAME_MOMENT_MS = 60_000;

/** Its transaction went on after this instant: whoever says that the bay was free then speaks of something else. */
export function isToldAfter(process: ProcessState, at: Instant): boolean {
  const running = process.transactionId !== undefined && process.endedAt === undefined;
  return running && process.toldAt !== undefined && isMomentsAfter(at, process.toldAt);
}

/** Whether the second instant is so much later than the first that it is another moment. */
export function isMomentsAfter(first: Instant, second: Instant): boolean {
  return lateness(first, second) > SAME_MOMENT_MS;
}

/** What is said of later than its end, and not in the frame that told the end, is not of this transaction. */
export function isAfterToldEnd({ endedAt, stopClass }: ProcessState, at: Instant, raw: JournalId): boolean {
  return endedAt !== undefined && stopClass !== undefined && at > endedAt && stopClass.raw !== raw;
}

/** Brings the request of a process in line with it: running, ended, or free again if nothing was charged. */
export function settleRequest(state: DepotState, processId: ProcessId): DepotState {
  const process = state.processes.get(processId);
  const key = process?.requestKey?.value;
  if (!process || !key) return state;
  const request = requestByKey(state, key);
  if (request?.processId !== processId) return state;
  const id = request.request.chargingRequestId;
  const neverStarted = process.closedAt && !process.transactionStartedAt;
  const next = neverStarted
    ? { ...without(request, 'processId'), status: 'pending' as const }
    : { ...request, status: statusOf(process, request.status) };
  if (!neverStarted && next.status === request.status) return state;
  const settled = withPresystem(state, request.presystemId, (before) => ({
    ...before,
    requests: { ...before.requests, [id]: next },
  }));
  return neverStarted
    ? withProcess(settled, processId, (before) => without(before, 'requestKey') as ProcessState)
    : settled;
}

function statusOf(process: ProcessState, before: 'pending' | 'running' | 'stopping' | 'ended') {
  if (process.endedAt) return 'ended' as const;
  if (!process.transactionStartedAt) return before;
  return before === 'stopping' ? before : ('running' as const);
}
