/**
 * Transactions whose start nobody told: the bridge came later than they did, lost its store, or the start was lost.
 * They are taken up where they must be, with the energy that is seen from then on.
 */
import type { Origin, StationEvent } from '../events.js';
import type { Instant } from '../source.js';
import type { DepotState, PointId, PointState, ProcessId, ProcessState, StationState } from '../state.js';
import { lateness, ON_TIME_MS } from '../time.js';
import { waits } from './bay.js';
import { timeOf } from './clock.js';
import { currentProcess, openProcess, processOf } from './process.js';
import { leafOf, withProcess, withStation } from './update.js';

type Of<K extends StationEvent['type']> = Extract<StationEvent, { type: K }>;

/** An id that a 1.6 station writes where it never got one (errata 3.18). */
export const NO_ID = '-1';

/** The process that a message of a transaction means; of an end without an id, the only transaction that runs. */
export function processMeant(
  state: DepotState,
  event: Of<'TransactionUpdated'> | Of<'TransactionEnded'>,
  at: Instant,
): ProcessState | undefined {
  const { transactionId } = event.payload;
  if (transactionId !== NO_ID || event.type !== 'TransactionEnded')
    return processOf(state, event.stationId, transactionId, at);
  const [only, ...others] = openAt(state, event.stationId).filter(({ transactionId: id }) => id);
  return only && others.length === 0 && (only.transactionStartedAt ?? only.startedAt) <= at
    ? only
    : undefined;
}

/** Where a transaction must be that nobody has begun, if its message does not say; undefined: nobody can tell. */
export function placeOfUnknown(
  state: DepotState,
  event: Of<'TransactionUpdated'> | Of<'TransactionEnded'>,
): PointId | undefined {
  const { pointId, transactionId, receivedAt, offline } = event.payload;
  if (pointId !== undefined) return pointId;
  if (transactionId === NO_ID) return undefined;
  const at = timeOf(state, event, event.payload.at);
  if (event.type === 'TransactionEnded') {
    const [free, ...more] = openAt(state, event.stationId).filter(
      (process) => !process.transactionId && process.startedAt <= at,
    );
    return more.length === 0 ? free?.pointId : undefined;
  }
  // What waited at the station has its beginning before it in the queue.
  if (offline || lateness(at, receivedAt) > ON_TIME_MS) return undefined;
  const points = Object.values(state.stations.get(event.stationId)?.points ?? {});
  const taken = points.length === 1 ? points : points.filter((point) => isTakenByNobody(state, event, point));
  return taken.length === 1 ? taken[0]?.pointId : undefined;
}

/** Occupied, as far as the station said, and without a transaction that runs. */
function isTakenByNobody(state: DepotState, event: Of<'TransactionUpdated'>, point: PointState): boolean {
  const process = currentProcess(state, event.stationId, point.pointId);
  if (process?.transactionId && !process.endedAt) return false;
  return process !== undefined || point.status?.value === 'Occupied';
}

function openAt(state: DepotState, stationId: string): ProcessState[] {
  return Object.keys(state.stations.get(stationId)?.points ?? {}).flatMap((pointId) => {
    const process = currentProcess(state, stationId, pointId);
    return process && !process.endedAt ? [process] : [];
  });
}

/** Whether readings that name an unknown transaction at this point are those of the vehicle that stands there. */
export function isAdoptedByReading(
  state: DepotState,
  event: Of<'MeterSampled'>,
  point: PointState,
  at: Instant,
): boolean {
  const { transactionId, receivedAt, offline } = event.payload;
  // Some stations name transaction 0 where there is none.
  if (transactionId === undefined || transactionId === '0') return false;
  if (offline || lateness(at, receivedAt) > ON_TIME_MS || point.status?.value === 'Available') return false;
  const current = currentProcess(state, event.stationId, point.pointId);
  return current ? !current.transactionId && current.startedAt <= at : point.status !== undefined;
}

/**
 * Gives a transaction that nobody began its process: that of the bay, if it has none yet, else one of its own.
 * `guessed`: the message did not say where it is.
 */
export function adopted(
  state: DepotState,
  event: Origin & { readonly stationId: string; readonly payload: { readonly receivedAt: Instant } },
  told: {
    readonly transactionId: string;
    readonly pointId: PointId;
    readonly at: Instant;
    readonly guessed: boolean;
  },
): { readonly state: DepotState; readonly processId: ProcessId } {
  const { transactionId, pointId, at, guessed } = told;
  const { stationId } = event;
  const current = currentProcess(state, stationId, pointId);
  const free = current && !current.transactionId && current.startedAt <= at ? current : undefined;
  const placed = free
    ? { state, processId: free.processId }
    : openProcess(state, { stationId, pointId }, at, event, false);
  const named = withStation(placed.state, stationId, (station: StationState) => ({
    ...station,
    transactions: { ...station.transactions, [transactionId]: placed.processId },
  }));
  const next = withProcess(named, placed.processId, (process) => ({
    ...process,
    transactionId: leafOf(event, 'transactionId', transactionId, at, event.payload.receivedAt),
    transactionStartedAt: at,
    ...(guessed ? { placeGuessed: true as const } : {}),
  }));
  return { state: free ? next : waits(next, placed.processId), processId: placed.processId };
}
