/** Transactions: begun, running, ended; told live, late, twice or out of order. */
import type { StationEvent } from '../events.js';
import { mintTransactionId } from '../ids.js';
import type { Instant } from '../source.js';
import type { DepotState, ProcessId, ProcessState, StationState } from '../state.js';
import { isUnsetClock } from '../time.js';
import { adopted, NO_ID, placeOfUnknown, processMeant } from './adopt.js';
import { heardNow, isOfNow, moved, overtaken, resumed, settleBay, waits } from './bay.js';
import { timeOf } from './clock.js';
import { withoutTransactionLimits } from './csms-limit.js';
import { begunAt, endedAtRegister, registerAt, toldStartOf } from './energy.js';
import { bindRequests } from './match.js';
import {
  currentProcess,
  isAfterToldEnd,
  isToldAfter,
  openProcess,
  processOf,
  settleRequest,
  toldAt,
} from './process.js';
import { vehicleIdentified } from './station.js';
import { leafOf, newer, without, withPoint, withProcess, withStation } from './update.js';

type Of<K extends StationEvent['type']> = Extract<StationEvent, { type: K }>;
type Told = Of<'TransactionStarted'> | Of<'TransactionUpdated'> | Of<'TransactionEnded'>;

export function transactionStarted(state: DepotState, event: Of<'TransactionStarted'>): DepotState {
  const { pointId, receivedAt } = event.payload;
  const station = state.stations.get(event.stationId);
  if (!station?.points[pointId]) return state;
  const at = timeOf(state, event, event.payload.at);
  const found = knownStart(state, event, at);
  // A start after the end of the one with this id is another: stations count anew after a reboot.
  const isAgain = found !== undefined && isAfterEnd(found, event, at);
  const known = isAgain ? undefined : found;
  const placed = known ? atItsPoint(state, event, known) : placeStart(state, event, at);
  const told = event.payload.transactionId === NO_ID ? undefined : event.payload.transactionId;
  const transactionId = told ?? known?.transactionId?.value ?? unnamed(event, station);
  let next = named(placed.state, event, transactionId, { processId: placed.processId, at });
  next = withProcess(next, placed.processId, (process) => ({
    ...without(process, 'placeGuessed'),
    ...(isNewName(state, event, process, transactionId)
      ? { transactionId: leafOf(event, 'transactionId', transactionId, at, receivedAt) }
      : {}),
    // A transaction heard of before its start was told began earlier than it was heard of.
    startedAt: earliest(process.startedAt, at),
    transactionStartedAt: earliest(process.transactionStartedAt, at),
    transactionStartedByDevice: event.payload.at,
    ...(event.payload.connectorId === undefined ? {} : { connectorId: event.payload.connectorId }),
    ...(isAgain ? { sameIdBefore: found.processId } : {}),
  }));
  return finishTold(begunAt(next, placed.processId, event, at), event, placed.processId, at);
}

/** The id of a start that has none: of our own where we give it, the standard's word for none where nobody did. */
function unnamed({ payload, raw }: Of<'TransactionStarted'>, station: StationState): string {
  return payload.transactionId ?? mintTransactionId(station, raw);
}

/**
 * With a transaction under an id; one that was given another before is found under both. Several may have none: each of
 * them has a key that no station says.
 */
function named(
  state: DepotState,
  { stationId, raw }: Of<'TransactionStarted'>,
  transactionId: string,
  { processId, at }: { readonly processId: ProcessId; readonly at: Instant },
): DepotState {
  const isUnnamed = transactionId === NO_ID;
  const known = state.stations.get(stationId)?.transactions ?? {};
  const isKnown = isUnnamed
    ? Object.values(known).includes(processId)
    : processOf(state, stationId, transactionId, at)?.processId === processId;
  if (isKnown) return state;
  const key = isUnnamed ? `${NO_ID}@${raw}` : transactionId;
  return withStation(state, stationId, (before) => ({
    ...before,
    transactions: { ...before.transactions, [key]: processId },
  }));
}

/** Whether an id is not yet one of those of a process: the last that a CSMS gave is the one that counts. */
function isNewName(
  before: DepotState,
  { stationId }: Of<'TransactionStarted'>,
  { processId, transactionId: leaf }: ProcessState,
  transactionId: string,
): boolean {
  if (!leaf) return true;
  if (transactionId === NO_ID || leaf.value === transactionId) return false;
  return before.stations.get(stationId)?.transactions[transactionId] !== processId;
}

function isAfterEnd(process: ProcessState, event: Of<'TransactionStarted'>, at: Instant): boolean {
  const { transactionId, at: byDevice } = event.payload;
  if (transactionId === undefined || !process.endedAt || process.endedAt >= at) return false;
  return process.transactionStartedByDevice !== byDevice;
}

/** A transaction that was taken for that of another point is brought to its own. */
function atItsPoint(
  state: DepotState,
  event: Of<'TransactionStarted'>,
  process: ProcessState,
): { state: DepotState; processId: ProcessId } {
  const { pointId } = event.payload;
  return process.placeGuessed && process.pointId !== pointId
    ? moved(state, process, pointId)
    : { state, processId: process.processId };
}

/** The process that a start made, by its first telling or by an earlier one (a retry). */
export function processStartedBy(
  state: DepotState,
  event: Of<'TransactionStarted'>,
): ProcessState | undefined {
  return knownStart(state, event, timeOf(state, event, event.payload.at));
}

/**
 * The process that this start already made: the same id, or the same content (1.6, retried). A CSMS that was asked again
 * may have given the retry an id of its own.
 */
function knownStart(
  state: DepotState,
  event: Of<'TransactionStarted'>,
  at: Instant,
): ProcessState | undefined {
  const { transactionId, seqNo } = event.payload;
  const byId =
    transactionId === undefined || transactionId === NO_ID
      ? undefined
      : processOf(state, event.stationId, transactionId, at);
  // Stations of 2.x give ids themselves, and the same one to every telling.
  return seqNo === undefined ? (sameContent(state, event) ?? byId) : byId;
}

function sameContent(state: DepotState, event: Of<'TransactionStarted'>): ProcessState | undefined {
  const { pointId, token } = event.payload;
  const meterStartWh = registerAt(event.payload.meterStartWh);
  // Whatever began by a start is among the transactions of its station: what others did in the past costs nothing.
  const known = Object.values(state.stations.get(event.stationId)?.transactions ?? {});
  return known
    .flatMap((processId) => state.processes.get(processId) ?? [])
    .find(
      (process) =>
        process.pointId === pointId &&
        toldStartOf(process)?.value === meterStartWh &&
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
  const { pointId, offline, receivedAt } = event.payload;
  const place = { stationId: event.stationId, pointId };
  const current = currentProcess(state, event.stationId, pointId);
  const point = state.stations.get(event.stationId)?.points[pointId];
  const isNow = point !== undefined && isOfNow(point, { at, receivedAt, offline });
  // Whoever has taken the bay without a word of a transaction has most likely begun this one.
  if (current && !current.transactionId && (isNow || point?.status?.value === 'Occupied'))
    return { state, processId: current.processId };
  const mayBeHere =
    current?.transactionId === undefined
      ? isNow
      : (current.transactionStartedAt ?? '') <= at && !isToldAfter(current, at);
  if (!mayBeHere) {
    const opened = openProcess(state, place, at, event, false);
    return { ...opened, state: waits(opened.state, opened.processId) };
  }
  return openProcess(current ? overtaken(state, current, at) : state, place, at, event, true);
}

export function transactionUpdated(state: DepotState, event: Of<'TransactionUpdated'>): DepotState {
  const at = timeOf(state, event, event.payload.at);
  const found = findOrAdopt(state, event, at);
  if (!found) return state;
  const { receivedAt, offline } = event.payload;
  const next = resumed(found.state, found.processId, { at, receivedAt, offline });
  const { endedAt } = next.processes.get(found.processId) ?? {};
  // What a finished transaction still says of later adds nothing to it.
  return endedAt && at > endedAt ? next : finishTold(next, event, found.processId, at);
}

export function transactionEnded(state: DepotState, event: Of<'TransactionEnded'>): DepotState {
  const { receivedAt, stopReason, stopClass } = event.payload;
  const at = timeOf(state, event, event.payload.at);
  const found = findOrAdopt(state, event, at);
  const known = found?.state.processes.get(found.processId);
  if (!found || !known || isAfterToldEnd(known, at, event.raw)) return state;
  let next = withProcess(found.state, found.processId, (process) => ({
    ...process,
    endedAt: process.stopClass && process.endedAt ? process.endedAt : at,
    ...(stopReason === undefined
      ? {}
      : { stopReason: leafOf(event, 'stopReason', stopReason, at, receivedAt) }),
    ...(stopClass === undefined ? {} : { stopClass: leafOf(event, 'stopClass', stopClass, at, receivedAt) }),
  }));
  next = withoutTransactionLimits(next, event.stationId, event.payload.transactionId, known.pointId);
  next = endedAtRegister(next, found.processId, event, at);
  next = finishTold(next, event, found.processId, at);
  return settleBay(next, found.processId);
}

/** A transaction told of before (or without) its start is adopted when it is known where it is. */
function findOrAdopt(
  state: DepotState,
  event: Of<'TransactionUpdated'> | Of<'TransactionEnded'>,
  at: Instant,
): { state: DepotState; processId: ProcessId } | undefined {
  const known = processMeant(state, event, at);
  if (known) return { state, processId: known.processId };
  const pointId = placeOfUnknown(state, event);
  if (!pointId || !state.stations.get(event.stationId)?.points[pointId]) return undefined;
  const { transactionId } = event.payload;
  const guessed = event.payload.pointId === undefined;
  return adopted(state, event, { transactionId, pointId, at, guessed });
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
  next = withProcess(next, processId, (process) => toldAt(process, at));
  next = heardNow(next, processId, { at, receivedAt, offline });
  return bindRequests(settleRequest(next, processId));
}

function earliest(before: Instant | undefined, at: Instant): Instant {
  return before && before < at ? before : at;
}
