/**
 * The reducer: `(state, event) → state`, pure. No clock, no I/O, no chance: the same events in the same order
 * give the same state, byte for byte. Arrival order within a station matters as little as it can: values are
 * ordered by the instant they speak of.
 */
import type { DomainEvent } from '../events.js';
import type { DepotState } from '../state.js';
import { learnClock } from './clock.js';
import { csmsLimitCleared, csmsLimitSet } from './csms-limit.js';
import { bindRequests } from './match.js';
import { meterSampled } from './meter.js';
import { hold, isOrphan, release } from './orphans.js';
import { defaultLimitAnswered, historyExpired, limitAnswered, planMade, stopAnswered } from './plan.js';
import { processOf } from './process.js';
import { omissionConfirmed, presystemBooted, requestListReceived } from './request.js';
import {
  chargingNeedsReported,
  faultReported,
  linkChanged,
  pointStatusReported,
  stationBooted,
  stationStatusReported,
  vehicleIdentified,
} from './station.js';
import { transactionEnded, transactionStarted, transactionUpdated } from './transaction.js';

type Reducers = {
  readonly [K in DomainEvent['type']]: (
    state: DepotState,
    event: Extract<DomainEvent, { type: K }>,
  ) => DepotState;
};

const reducers: Reducers = {
  StationBooted: stationBooted,
  StationStatusReported: stationStatusReported,
  PointStatusReported: pointStatusReported,
  FaultReported: faultReported,
  TransactionStarted: transactionStarted,
  TransactionUpdated: transactionUpdated,
  TransactionEnded: transactionEnded,
  MeterSampled: meterSampled,
  TokenPresented: (state) => state,
  VehicleIdentified: (state, event) => {
    const placed = atOnlyPoint(state, event);
    const { transactionId, pointId } = placed.payload;
    const process = transactionId ? processOf(state, event.stationId, transactionId) : undefined;
    const current = pointId ? state.stations.get(event.stationId)?.points[pointId]?.processId : undefined;
    return bindRequests(vehicleIdentified(state, placed, process?.processId ?? current));
  },
  ChargingNeedsReported: chargingNeedsReported,
  CsmsLimitSet: csmsLimitSet,
  CsmsLimitCleared: csmsLimitCleared,
  LinkOpened: linkChanged,
  LinkLost: linkChanged,
  LimitAnswered: limitAnswered,
  DefaultLimitAnswered: defaultLimitAnswered,
  StopAnswered: stopAnswered,
  PresystemBooted: presystemBooted,
  RequestListReceived: requestListReceived,
  OmissionConfirmed: omissionConfirmed,
  PlanMade: planMade,
  HistoryExpired: historyExpired,
};

type Identified = Extract<DomainEvent, { type: 'VehicleIdentified' }>;

/** A station with one charging point need not say where a vehicle is. */
function atOnlyPoint(state: DepotState, event: Identified): Identified {
  const { pointId, transactionId } = event.payload;
  if (pointId !== undefined || transactionId !== undefined) return event;
  const [only, ...others] = Object.keys(state.stations.get(event.stationId)?.points ?? {});
  if (only === undefined || others.length > 0) return event;
  return { ...event, payload: { ...event.payload, pointId: only } };
}

/** Applies one event. An event that names nothing known leaves the state as it was. */
export function reduce(before: DepotState, event: DomainEvent): DepotState {
  const state = 'stationId' in event ? learnClock(before, event) : before;
  if (isOrphan(state, event)) return hold(state, event);
  const next = step(state, event);
  if (!('stationId' in event) || !next.stations.get(event.stationId)?.held) return next;
  const ready = release(next, event.stationId);
  return ready.events.reduce(step, ready.state);
}

function step(state: DepotState, event: DomainEvent): DepotState {
  const reducer = reducers[event.type] as (state: DepotState, event: DomainEvent) => DepotState;
  return reducer(state, event);
}
