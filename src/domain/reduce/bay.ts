/**
 * Which transaction is at a charging point. What was recorded offline is history as a message, not as a transaction:
 * one that is not over waits, and is at the bay as soon as a word of now says so.
 */
import { mintUuid } from '../ids.js';
import type { Instant, Leaf } from '../source.js';
import type { DepotState, PointState, ProcessState, RequestState, StationState } from '../state.js';
import { requestByKey } from '../state.js';
import { isHistory } from '../time.js';
import { bindRequests } from './match.js';
import {
  closeCurrentProcess,
  currentProcess,
  isMomentsAfter,
  isToldAfter,
  openProcess,
  settleRequest,
} from './process.js';
import { withNewestOfPoint, withNewestOfProcess } from './readings.js';
import { newer, without, withPoint, withPresystem, withProcess, withStation } from './update.js';

/** When something was said, and how. */
export interface Word {
  readonly at: Instant;
  readonly receivedAt: Instant;
  readonly offline?: boolean | undefined;
}

/** Whether a word of a transaction shows that its vehicle stands at the point now. */
export function isOfNow({ status }: PointState, { at, receivedAt, offline }: Word): boolean {
  if (offline) return false;
  if (status?.value !== 'Available' || status.at <= at) return true;
  return !isHistory(at, receivedAt) && status.receivedAt <= receivedAt;
}

export function pointOf(
  state: DepotState,
  { stationId, pointId }: Pick<ProcessState, 'stationId' | 'pointId'>,
): PointState | undefined {
  return state.stations.get(stationId)?.points[pointId];
}

/**
 * Lets a transaction that was told as history wait for a word of now; of two, the one that began later. One that began
 * before the one that is at the bay waits for nothing.
 */
export function waits(state: DepotState, processId: string): DepotState {
  const process = state.processes.get(processId);
  if (!process) return state;
  const current = currentProcess(state, process.stationId, process.pointId);
  if (current?.transactionId && startOf(current) > startOf(process)) return state;
  return withPoint(state, process.stationId, process.pointId, (point) => {
    const other = point.waitingId ? state.processes.get(point.waitingId) : undefined;
    return other && !isOver(other) && startOf(other) > startOf(process)
      ? point
      : { ...point, waitingId: processId };
  });
}

/** The transaction that waits at a point, if it is still open. */
export function waitingAt(state: DepotState, { waitingId }: PointState): ProcessState | undefined {
  const process = waitingId ? state.processes.get(waitingId) : undefined;
  return process && !isOver(process) ? process : undefined;
}

/** After a word of a transaction: if it is of now, the transaction is at its bay, unless a later one is there. */
export function heardNow(state: DepotState, processId: string, word: Word): DepotState {
  const process = state.processes.get(processId);
  const point = process && pointOf(state, process);
  if (!process || !point || (process.toldLive && point.processId === processId)) return state;
  const isLive = !word.offline && !isHistory(word.at, word.receivedAt);
  const told =
    process.toldLive || !isLive
      ? state
      : withProcess(state, processId, (before) => ({ ...before, toldLive: true }));
  if (isOver(process) || point.processId === processId || !isOfNow(point, word)) return told;
  return takeBay(told, processId);
}

/**
 * Before a word of a transaction counts: one whose end nobody told, but that seemed over because its bay was free, goes
 * on if it speaks of now and nobody else has come since.
 */
export function resumed(state: DepotState, processId: string, word: Word): DepotState {
  const process = state.processes.get(processId);
  const point = process && pointOf(state, process);
  if (!process?.endedAt || process.stopClass || !point || !isOfNow(point, word)) return state;
  if (isHistory(word.at, word.receivedAt) || !isMomentsAfter(process.endedAt, word.at)) return state;
  const current = currentProcess(state, process.stationId, process.pointId);
  if (current?.transactionId) return state;
  const open = withProcess(state, processId, (before) => without(before, 'endedAt', 'closedAt'));
  return takeBay(open, processId);
}

/** Brings an open transaction to its bay. Whoever was there before it and has none is the same visit. */
export function takeBay(state: DepotState, processId: string): DepotState {
  const process = state.processes.get(processId);
  if (!process || isOver(process)) return state;
  const { stationId, pointId } = process;
  const current = currentProcess(state, stationId, pointId);
  if (current?.processId === processId) return state;
  if (
    current?.transactionId &&
    (startOf(current) > startOf(process) || isToldAfter(current, startOf(process)))
  )
    return state;
  let next = state;
  if (current?.transactionId) next = overtaken(next, current, startOf(process));
  else if (current) next = absorbed(next, current, process);
  next = withPoint(next, stationId, pointId, (point) =>
    shown(point, next.processes.get(processId) ?? process),
  );
  return bindRequests(settleRequest(next, processId));
}

/** The point with what is known of the process that is at it now. */
function shown(point: PointState, process: ProcessState): PointState {
  const vehicle = joined(point.vehicle, process.vehicle);
  const phase = process.phase ? newer<PhaseOfPoint>(point.phase, process.phase) : point.phase;
  const rest = point.waitingId === process.processId ? without(point, 'waitingId') : point;
  return {
    ...rest,
    processId: process.processId,
    readings: withNewestOfPoint(point.readings, process.readings),
    ...(vehicle ? { vehicle } : {}),
    ...(phase ? { phase } : {}),
  };
}

type PhaseOfPoint = NonNullable<PointState['phase']>['value'];

/** Brings a transaction that was thought to be at another point to its own. */
export function moved(
  state: DepotState,
  process: ProcessState,
  pointId: string,
): { readonly state: DepotState; readonly processId: string } {
  const point = pointOf(state, process);
  const { processId } = process;
  const split = point?.processId === processId ? parted(state, process, point) : { state, processId };
  const next = withProcess(split.state, split.processId, (before) => ({ ...before, pointId }));
  return { state: waits(next, split.processId), processId: split.processId };
}

/** An open transaction at a bay is over when the next begins, though nobody told its end. */
export function overtaken(state: DepotState, current: ProcessState, at: Instant): DepotState {
  const { processId } = current;
  const ended = current.endedAt
    ? state
    : settleRequest(
        withProcess(state, processId, (process) => ({ ...process, endedAt: at })),
        processId,
      );
  return withProcess(ended, processId, (process) => ({ ...process, closedAt: at }));
}

/**
 * After the end of a transaction: a bay that is free is left; and if all of it was history and the bay was taken again
 * after its end, whoever stands there is another.
 */
export function settleBay(state: DepotState, processId: string): DepotState {
  const process = state.processes.get(processId);
  const point = process && pointOf(state, process);
  if (!process?.endedAt || !point) return state;
  if (point.waitingId === processId)
    return withPoint(state, process.stationId, process.pointId, (before) => without(before, 'waitingId'));
  if (point.processId !== processId || !point.status) return state;
  const { value, at } = point.status;
  if (value === 'Available') return closeCurrentProcess(state, process.stationId, process.pointId, at);
  if (value !== 'Occupied' || at <= process.endedAt) return state;
  const next = waitingAt(state, point);
  if (next && startOf(next) >= process.endedAt) return takeBay(state, next.processId);
  // Told live, it was at the bay; but not if the bay's process was opened by this very status.
  const isPast = !process.toldLive || process.startSource.raw === point.status.raw;
  return isPast && point.phase?.value !== 'Finishing' ? parted(state, process, point).state : state;
}

function isOver(process: ProcessState): boolean {
  return process.endedAt !== undefined || process.closedAt !== undefined;
}

function startOf(process: ProcessState): Instant {
  return process.transactionStartedAt ?? process.startedAt;
}

function joined<T extends object>(a: Leaf<T> | undefined, b: Leaf<T> | undefined): Leaf<T> | undefined {
  if (!a || !b) return a ?? b;
  const later = newer(a, b);
  return { ...later, value: { ...(later === a ? b : a).value, ...later.value } };
}

/** The process without a transaction was the beginning of this visit: what it had goes over, and it is no more. */
function absorbed(state: DepotState, empty: ProcessState, process: ProcessState): DepotState {
  const vehicle = joined(empty.vehicle, process.vehicle);
  const { requestKey, plan } = { ...empty, ...process };
  const merged: ProcessState = {
    ...process,
    startedAt: empty.startedAt < process.startedAt ? empty.startedAt : process.startedAt,
    readings: withNewestOfProcess(empty.readings, process.readings),
    ...(vehicle ? { vehicle } : {}),
    ...(requestKey ? { requestKey } : {}),
    ...(plan ? { plan } : {}),
  };
  const processes = state.processes.set(process.processId, merged).without(new Set([empty.processId]));
  return withRequestOf({ ...state, processes }, empty, (request) => ({
    ...request,
    processId: process.processId,
  }));
}

function withRequestOf(
  state: DepotState,
  { requestKey, processId }: ProcessState,
  change: (request: RequestState) => RequestState,
): DepotState {
  const request = requestKey && requestByKey(state, requestKey.value);
  if (request?.processId !== processId) return state;
  return withPresystem(state, request.presystemId, (presystem) => ({
    ...presystem,
    requests: { ...presystem.requests, [request.request.chargingRequestId]: change(request) },
  }));
}

/** Takes a transaction from a bay where it is not, and opens the process of whoever stands there. */
function parted(
  state: DepotState,
  process: ProcessState,
  point: PointState,
): { readonly state: DepotState; readonly processId: string } {
  const { stationId, pointId, transactionId } = process;
  const freed = withRequestOf(state, process, (request) => ({
    ...without(request, 'processId'),
    status: 'pending',
  }));
  const own: ProcessState = {
    ...without(process, 'requestKey', 'plan', 'stop'),
    processId: mintUuid(state.depotId, transactionId?.raw ?? process.startSource.raw),
    startedAt: startOf(process),
    ...(transactionId ? { startSource: { raw: transactionId.raw, rule: transactionId.rule } } : {}),
  };
  const next = withStation(
    { ...freed, processes: freed.processes.set(own.processId, own) },
    stationId,
    (station) => ({
      ...station,
      points: { ...station.points, [pointId]: emptied(point, process) },
      transactions: renamed(station.transactions, process, own.processId),
    }),
  );
  const left = own.processId === process.processId ? undefined : process;
  return { state: bindRequests(refilled(next, point, process, left)), processId: own.processId };
}

function emptied(point: PointState, { phase }: ProcessState): PointState {
  const bare = without(point, 'processId', 'vehicle', 'needs');
  return phase && point.phase?.raw === phase.raw ? without(bare, 'phase') : bare;
}

/** All ids under which a process was found lead to another. */
function renamed(
  transactions: StationState['transactions'],
  { processId }: ProcessState,
  to: string,
): StationState['transactions'] {
  return Object.fromEntries(
    Object.entries(transactions).map(([id, known]) => [id, known === processId ? to : known]),
  );
}

/** The bay as if the transaction had not been there: with the process of the cable, if there is one. */
function refilled(
  state: DepotState,
  { status, pointId }: PointState,
  { stationId }: ProcessState,
  left: ProcessState | undefined,
): DepotState {
  const place = { stationId, pointId };
  if (!left) {
    if (status?.value !== 'Occupied') return state;
    return openProcess(state, place, status.at, { raw: status.raw, ruleOf: () => status.rule }, true).state;
  }
  const { processId, startSource } = left;
  const startedAt = status?.at ?? left.startedAt;
  const empty: ProcessState = { processId, ...place, startedAt, startSource, readings: {} };
  const filled = { ...state, processes: state.processes.set(processId, empty) };
  return withPoint(filled, stationId, pointId, (before) => ({ ...before, processId }));
}
