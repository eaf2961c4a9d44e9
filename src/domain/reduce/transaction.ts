/** Transactions: begun, running, ended; told live, late, twice or out of order. */
import type { StationEvent } from '../events.js';
import { mintTransactionId } from '../ids.js';
import type { Instant } from '../source.js';
import type { DepotState, ProcessId, ProcessState } from '../state.js';
import { historicTime, isUnsetClock } from '../time.js';
import { bindRequests } from './match.js';
import { deliver } from './meter.js';
import { currentProcess, openProcess, processOf, settleRequest } from './process.js';
import { vehicleIdentified } from './station.js';
import { leafOf, newer, withPoint, withProcess, withStation } from './update.js';

type Of<K extends StationEvent['type']> = Extract<StationEvent, { type: K }>;
type Told = Of<'TransactionStarted'> | Of<'TransactionUpdated'> | Of<'TransactionEnded'>;

export function transactionStarted(state: DepotState, event: Of<'TransactionStarted'>): DepotState {
  const { pointId, meterStartWh, receivedAt } = event.payload;
  const station = state.stations.get(event.stationId);
  if (!station?.points[pointId]) return state;
  const at = historicTime(event.payload.at, receivedAt);
  const known = knownStart(state, event);
  const placed = known ? { state, processId: known.processId } : placeStart(state, event, at);
  let next = placed.state;
  const transactionId =
    event.payload.transactionId ?? known?.transactionId?.value ?? mintTransactionId(station, event.raw);
  next = withStation(next, event.stationId, (before) => ({
    ...before,
    transactions: { ...before.transactions, [transactionId]: placed.processId },
  }));
  next = withProcess(next, placed.processId, (process) => ({
    ...process,
    transactionId: process.transactionId ?? leafOf(event, 'transactionId', transactionId, at, receivedAt),
    // A transaction heard of before its start was told began earlier than it was heard of.
    ...(known ? { startedAt: earliest(process.startedAt, at) } : {}),
    transactionStartedAt: earliest(process.transactionStartedAt, at),
    transactionStartedByDevice: event.payload.at,
    ...(event.payload.connectorId === undefined ? {} : { connectorId: event.payload.connectorId }),
    ...(meterStartWh === undefined
      ? {}
      : { meterStartWh: leafOf(event, 'meterStartWh', meterStartWh, at, receivedAt) }),
  }));
  if (meterStartWh !== undefined)
    next = deliver(next, placed.processId, event, 'meterStartWh', meterStartWh, at);
  return finishTold(next, event, placed.processId, at);
}

/** The process that a start made, by its first telling or by an earlier one (a retry). */
export function processStartedBy(
  state: DepotState,
  event: Of<'TransactionStarted'>,
): ProcessState | undefined {
  return knownStart(state, event);
}

/** The process that this start already made: the same id, or (1.6, retried) the same content. */
function knownStart(state: DepotState, event: Of<'TransactionStarted'>): ProcessState | undefined {
  const { transactionId, pointId, token, meterStartWh } = event.payload;
  if (transactionId) return processOf(state, event.stationId, transactionId);
  // Whatever began by a start is among the transactions of its station: what others did in the past costs nothing.
  const known = Object.values(state.stations.get(event.stationId)?.transactions ?? {});
  return known
    .flatMap((processId) => state.processes.get(processId) ?? [])
    .find(
      (process) =>
        process.pointId === pointId &&
        process.meterStartWh?.value === meterStartWh &&
        // An empty idTag names nobody, and so leaves no vehicle behind.
        (process.vehicle?.value.token ?? '') === (token ?? '') &&
        isSameStart(process, event.payload.at),
    );
}

/**
 * Whether a start with this time, as the station wrote it, is the one that made a process. The time of a clock that
 * was never set proves nothing: two sessions may bear the same, one and its retry another. Then a start is a retry
 * while the transaction runs and its meter has not moved.
 */
function isSameStart(process: ProcessState, at: Instant): boolean {
  const before = process.transactionStartedByDevice;
  if (before === undefined) return false;
  if (!isUnsetClock(at) || !isUnsetClock(before)) return before === at;
  return process.endedAt === undefined && (process.deliveredWh?.value ?? 0) === 0;
}

/** Finds the bay's open process that has no transaction yet, or opens one; an older open transaction is over. */
function placeStart(
  state: DepotState,
  event: Of<'TransactionStarted'>,
  at: Instant,
): { state: DepotState; processId: ProcessId } {
  const { pointId, offline } = event.payload;
  const place = { stationId: event.stationId, pointId };
  const current = currentProcess(state, event.stationId, pointId);
  if (!current) {
    const status = state.stations.get(event.stationId)?.points[pointId]?.status;
    const live = !offline && !(status?.value === 'Available' && status.at > at && isHistory(at, event));
    return openProcess(state, place, at, event, live);
  }
  if (!current.transactionId && !(offline && current.startedAt > at)) {
    return { state, processId: current.processId };
  }
  if (current.transactionStartedAt && current.transactionStartedAt > at) {
    return openProcess(state, place, at, event, false);
  }
  const ended = current.endedAt
    ? state
    : settleRequest(
        withProcess(state, current.processId, (process) => ({ ...process, endedAt: at })),
        current.processId,
      );
  const closed = withProcess(ended, current.processId, (process) => ({ ...process, closedAt: at }));
  return openProcess(closed, place, at, event, true);
}

function isHistory(at: Instant, event: Told): boolean {
  return Date.parse(event.payload.receivedAt) - Date.parse(at) > 60_000;
}

export function transactionUpdated(state: DepotState, event: Of<'TransactionUpdated'>): DepotState {
  const at = historicTime(event.payload.at, event.payload.receivedAt);
  const found = findOrAdopt(state, event, at);
  return found ? finishTold(found.state, event, found.processId, at) : state;
}

export function transactionEnded(state: DepotState, event: Of<'TransactionEnded'>): DepotState {
  const { receivedAt, meterStopWh, stopReason, stopClass } = event.payload;
  const at = historicTime(event.payload.at, receivedAt);
  const found = findOrAdopt(state, event, at);
  if (!found) return state;
  let next = withProcess(found.state, found.processId, (process) => ({
    ...process,
    endedAt: process.stopReason && process.endedAt ? process.endedAt : at,
    ...(meterStopWh === undefined
      ? {}
      : { meterStopWh: leafOf(event, 'meterStopWh', meterStopWh, at, receivedAt) }),
    ...(stopReason === undefined
      ? {}
      : { stopReason: leafOf(event, 'stopReason', stopReason, at, receivedAt) }),
    ...(stopClass === undefined ? {} : { stopClass: leafOf(event, 'stopClass', stopClass, at, receivedAt) }),
  }));
  if (meterStopWh !== undefined) next = deliver(next, found.processId, event, 'meterStopWh', meterStopWh, at);
  return finishTold(next, event, found.processId, at);
}

/** A transaction told of before (or without) its start is adopted when the message says where it is. */
function findOrAdopt(
  state: DepotState,
  event: Of<'TransactionUpdated'> | Of<'TransactionEnded'>,
  at: Instant,
): { state: DepotState; processId: ProcessId } | undefined {
  const { transactionId, pointId } = event.payload;
  const known = processOf(state, event.stationId, transactionId);
  if (known) return { state, processId: known.processId };
  if (!pointId || !state.stations.get(event.stationId)?.points[pointId]) return undefined;
  const current = currentProcess(state, event.stationId, pointId);
  const free = current && !current.transactionId && current.startedAt <= at ? current : undefined;
  const live = event.type === 'TransactionUpdated' && !event.payload.offline && !current;
  const placed = free
    ? { state, processId: free.processId }
    : openProcess(state, { stationId: event.stationId, pointId }, at, event, live);
  const named = withStation(placed.state, event.stationId, (station) => ({
    ...station,
    transactions: { ...station.transactions, [transactionId]: placed.processId },
  }));
  const adopted = withProcess(named, placed.processId, (process) => ({
    ...process,
    transactionId: leafOf(event, 'transactionId', transactionId, at, event.payload.receivedAt),
    transactionStartedAt: earliest(process.transactionStartedAt, at),
  }));
  return { state: adopted, processId: placed.processId };
}

/** What every transaction message may carry: phase, sequence, vehicle; then the request follows. */
function finishTold(state: DepotState, event: Told, processId: ProcessId, at: Instant): DepotState {
  const { phase, seqNo, receivedAt, offline } = event.payload;
  let next = state;
  if (seqNo !== undefined) {
    next = withProcess(next, processId, (process) => ({
      ...process,
      lastSeqNo: Math.max(process.lastSeqNo ?? seqNo, seqNo),
    }));
  }
  if (phase !== undefined) {
    const leaf = leafOf(event, 'phase', phase, at, receivedAt);
    next = withProcess(next, processId, (process) => ({ ...process, phase: newer(process.phase, leaf) }));
    const process = next.processes.get(processId);
    const isCurrent =
      process && next.stations.get(event.stationId)?.points[process.pointId]?.processId === processId;
    if (process && isCurrent && !offline) {
      next = withPoint(next, event.stationId, process.pointId, (point) => ({
        ...point,
        phase: newer(point.phase, leaf),
      }));
    }
  }
  if (event.type !== 'TransactionEnded') next = vehicleIdentified(next, event, processId);
  return bindRequests(settleRequest(next, processId));
}

function earliest(before: Instant | undefined, at: Instant): Instant {
  return before && before < at ? before : at;
}
