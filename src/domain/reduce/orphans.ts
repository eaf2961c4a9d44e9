/**
 * Messages of a transaction that nobody has begun yet and that do not say where it is (OCPP 2.x names the EVSE in
 * the first event only): held until its start is told, then applied as if they had come after it.
 */
import type { DomainEvent, StationEvent } from '../events.js';
import type { DepotState, HeldEvent, StationState } from '../state.js';
import { placeOfUnknown, processMeant } from './adopt.js';
import { timeOf } from './clock.js';
import { isAfterToldEnd, processOf } from './process.js';
import { without, withStation } from './update.js';

/** Per station: a charger with more unknown messages than this has lost more than we can mend; the oldest go. */
const MOST_HELD = 200;

type Orphan = Extract<StationEvent, { type: HeldEvent['type'] }>;

/** Whether this event waits for the start of its transaction. */
export function isOrphan(state: DepotState, event: DomainEvent): event is Orphan {
  if (
    event.type !== 'TransactionUpdated' &&
    event.type !== 'TransactionEnded' &&
    event.type !== 'MeterSampled'
  )
    return false;
  const { transactionId, pointId } = event.payload;
  if (transactionId === undefined || pointId !== undefined || isKnown(state, event.stationId, event))
    return false;
  // One that is over means another of the same id, which somebody may still begin.
  if (event.type === 'MeterSampled' || processOf(state, event.stationId, transactionId)) return true;
  const at = timeOf(state, event, event.payload.at);
  return !processMeant(state, event, at) && placeOfUnknown(state, event) === undefined;
}

/** Whether it speaks of a transaction that is known and was not over by then. */
function isKnown(state: DepotState, stationId: string, event: HeldEvent | Orphan): boolean {
  const { payload, raw } = event;
  if (payload.transactionId === undefined) return false;
  const byDevice = 'at' in payload ? payload.at : payload.samples.at(-1)?.at;
  const at = timeOf(state, { stationId, payload }, byDevice ?? payload.receivedAt);
  const process = processOf(state, stationId, payload.transactionId, at);
  return process !== undefined && !isAfterToldEnd(process, at, raw);
}

/** Keeps it in the state. */
export function hold(state: DepotState, event: Orphan): DepotState {
  return withStation(state, event.stationId, (station) => {
    const held = station.held ?? [];
    return { ...station, held: [...held, asHeld(event)].slice(-MOST_HELD) };
  });
}

/** Takes what waited for transactions that are known now out of the state, in the order it came. */
export function release(
  state: DepotState,
  stationId: string,
): { readonly state: DepotState; readonly events: readonly DomainEvent[] } {
  const held = state.stations.get(stationId)?.held;
  if (!held) return { state, events: [] };
  const ready = held.filter((event) => isKnown(state, stationId, event));
  if (ready.length === 0) return { state, events: [] };
  const rest = held.filter((event) => !ready.includes(event));
  return {
    state: withStation(state, stationId, (station) => withHeld(station, rest)),
    events: ready.map((event) => asEvent(stationId, event)),
  };
}

/** Forgets what was received before an instant: its start will not come any more. */
export function forgetHeld(station: StationState, before: string): StationState {
  const { held } = station;
  if (!held?.some((event) => event.payload.receivedAt < before)) return station;
  return withHeld(
    station,
    held.filter((event) => event.payload.receivedAt >= before),
  );
}

function withHeld(station: StationState, held: readonly HeldEvent[]): StationState {
  return held.length > 0 ? { ...station, held } : without(station, 'held');
}

/** The state is plain JSON: the rules are written out for each value the event carries. */
function asHeld(event: Orphan): HeldEvent {
  const { type, payload, raw } = event;
  const rules: Record<string, string> = { '': event.ruleOf('') };
  for (const path of leavesOf(payload)) {
    const rule = event.ruleOf(path);
    if (rule !== rules['']) rules[path] = rule;
  }
  return { type, payload, raw, rules } as HeldEvent;
}

function asEvent(stationId: string, { rules, ...held }: HeldEvent): DomainEvent {
  const whole = rules[''] ?? '';
  return { ...held, stationId, ruleOf: (path: string) => rules[path] ?? whole } as DomainEvent;
}

/** Paths as the reducers ask for them: `phase`, `samples.0.powerW`. */
function* leavesOf(value: unknown, path = ''): Generator<string> {
  if (typeof value !== 'object' || value === null) {
    if (path) yield path;
    return;
  }
  for (const [key, inner] of Object.entries(value)) yield* leavesOf(inner, path ? `${path}.${key}` : key);
}
