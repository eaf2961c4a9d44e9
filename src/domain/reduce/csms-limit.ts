/**
 * Charging profiles that the CSMS of a station has given it (OCPP 1.6 §3.13, §5.5; 2.0.1 K01, K10): kept as the station
 * keeps them, so that it is known what holds there without the bridge.
 */
import type { StationEvent } from '../events.js';
import type { CsmsLimitSet } from '../model.js';
import type { DepotState, StationState } from '../state.js';
import { leafOf, without, withStation } from './update.js';

type Of<K extends StationEvent['type']> = Extract<StationEvent, { type: K }>;

/** More than any station holds. */
const MOST_KEPT = 256;

/** A new profile takes the place of one with its id, and of one with its level and purpose at the same place. */
export function csmsLimitSet(state: DepotState, event: Of<'CsmsLimitSet'>): DepotState {
  const { payload } = event;
  // A connector that is not configured is nobody's charging point.
  if (payload.place !== 0 && payload.pointId === undefined) return state;
  const { receivedAt } = payload;
  const leaf = leafOf(event, '', payload, receivedAt, receivedAt);
  return withLimits(state, event.stationId, (before) => [
    ...before.filter(({ value }) => !isReplaced(value, payload)).slice(1 - MOST_KEPT),
    leaf,
  ]);
}

function isReplaced(old: CsmsLimitSet, next: CsmsLimitSet): boolean {
  if (old.profileId !== undefined && old.profileId === next.profileId) return true;
  return old.place === next.place && old.purpose === next.purpose && old.stackLevel === next.stackLevel;
}

/** An id decides alone; otherwise all that is said must fit, and nothing said fits everything. */
export function csmsLimitCleared(state: DepotState, event: Of<'CsmsLimitCleared'>): DepotState {
  const { profileId, place, purpose, stackLevel } = event.payload;
  const fits = (limit: CsmsLimitSet) =>
    profileId === undefined
      ? (place === undefined || limit.place === place) &&
        (purpose === undefined || limit.purpose === purpose) &&
        (stackLevel === undefined || limit.stackLevel === stackLevel)
      : limit.profileId === profileId;
  return withLimits(state, event.stationId, (before) => before.filter(({ value }) => !fits(value)));
}

/** The profiles of a transaction go with it. */
export function withoutTransactionLimits(
  state: DepotState,
  stationId: string,
  transactionId: string,
  pointId: string | undefined,
): DepotState {
  const isOver = (limit: CsmsLimitSet) =>
    limit.purpose === 'transaction' &&
    (limit.transactionId === undefined ? limit.pointId === pointId : limit.transactionId === transactionId);
  return withLimits(state, stationId, (before) => before.filter(({ value }) => !isOver(value)));
}

type Limits = NonNullable<StationState['csmsLimits']>;

function withLimits(state: DepotState, stationId: string, change: (before: Limits) => Limits): DepotState {
  return withStation(state, stationId, (station) => {
    const before = station.csmsLimits ?? [];
    const after = change(before);
    if (after.length === before.length && after.at(-1) === before.at(-1)) return station;
    return after.length === 0 ? without(station, 'csmsLimits') : { ...station, csmsLimits: after };
  });
}
