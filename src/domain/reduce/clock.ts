/**
 * What is learned of a station's clock. A message that is old says by itself neither that it waited nor that the clock
 * is behind. What waited comes in a burst; what a slow clock writes now is late by the same amount a minute later too.
 */
import type { StationEvent } from '../events.js';
import type { Instant } from '../source.js';
import type { ClockState, DepotState, StationState } from '../state.js';
import { deviceTime, isSameMinute, lateness, ON_TIME_MS, statusTime } from '../time.js';
import { without, withStation } from './update.js';

/** Two messages that are late by the same amount, to within whole seconds and the network… */
const SAME_MS = 5_000;
/** …and come at least so far apart were both written just before they were sent. */
const APART_MS = 60_000;

type Timed = { readonly stationId: string; readonly payload: { readonly receivedAt: Instant } };

/** When it happened: a transaction, a reading, who came. */
export function timeOf(state: DepotState, { stationId, payload }: Timed, at: Instant): Instant {
  return deviceTime(at, payload.receivedAt, behind(state, stationId));
}

/** When it happened: a status, a fault, a boot. */
export function timeOfStatus(state: DepotState, { stationId, payload }: Timed, at: Instant): Instant {
  return statusTime(at, payload.receivedAt, behind(state, stationId));
}

function behind(state: DepotState, stationId: string): number | undefined {
  return state.stations.get(stationId)?.clock?.behindMs;
}

/** Learns from one event, before it counts. */
export function learnClock(state: DepotState, event: StationEvent): DepotState {
  const at = writtenAt(event);
  // A station that names no time is given the time of receipt: that says nothing of its clock.
  if (at === undefined || at === event.payload.receivedAt) return state;
  const known = state.stations.get(event.stationId)?.clock;
  if (!known && isSameMinute(at, event.payload.receivedAt)) return state;
  const lateMs = lateness(at, event.payload.receivedAt);
  if (lateMs <= ON_TIME_MS) {
    if (!known) return state;
    return withStation(state, event.stationId, (station) => without(station, 'clock') as StationState);
  }
  const clock = withLate(known, lateMs, event.payload.receivedAt);
  return clock === known ? state : withStation(state, event.stationId, (station) => ({ ...station, clock }));
}

/** The station's own time of an event; undefined where it has none, or says that it waited. */
function writtenAt(event: StationEvent): Instant | undefined {
  switch (event.type) {
    case 'MeterSampled':
      return event.payload.offline ? undefined : event.payload.samples.at(-1)?.at;
    case 'TransactionStarted':
    case 'TransactionUpdated':
    case 'TransactionEnded':
      return event.payload.offline ? undefined : event.payload.at;
    case 'PointStatusReported':
    case 'StationStatusReported':
    case 'FaultReported':
      return event.payload.at;
    default:
      return undefined;
  }
}

function withLate(known: ClockState | undefined, lateMs: number, receivedAt: Instant): ClockState {
  if (known?.behindMs !== undefined && Math.abs(known.behindMs - lateMs) <= SAME_MS) return known;
  if (!known || Math.abs(known.lateMs - lateMs) > SAME_MS) return { ...known, lateMs, receivedAt };
  if (lateness(known.receivedAt, receivedAt) < APART_MS) return known;
  return { behindMs: lateMs, lateMs, receivedAt };
}
