/**
 * The state in the store: its aggregates as they were at a checkpoint, and behind it each group of events that was
 * applied since. Checkpoint and events reduced again give the state, because the reducer is pure.
 */
import type {
  DepotState,
  DomainEvent,
  JournalId,
  PresystemState,
  ProcessState,
  StationState,
} from '../domain/index.js';
import { PersistentMap, reduce } from '../domain/index.js';
import { depotKey, formatId, parseId, type Store, type StoreOp } from '../store/index.js';
import { type Asked, NOTHING_ASKED } from './asked.js';

/** A part of the state that is stored under one key. */
type Aggregate = 'station' | 'process' | 'presystem';

/** What a rule is called that nobody asked for when the event was applied. */
const UNRECORDED = 'bridge/unrecorded';
const PAGE = 1_000;

/** An event as it is kept: with the rules that the reducer asked for. */
type StoredEvent = Omit<DomainEvent, 'ruleOf'> & { readonly rules: Readonly<Record<string, string>> };

/** An event, and the rules that the reducer asks it for: nothing else of its origin is ever needed. */
export class RecordedEvent {
  readonly event: DomainEvent;
  #asked: Asked = NOTHING_ASKED;

  /** `event`, as the reducer is to have it, asks the one that was told. */
  constructor(told: DomainEvent) {
    this.event = withRules(told, (path) => {
      const rule = told.ruleOf(path);
      this.#asked = this.#asked.and(path, rule);
      return rule;
    });
  }

  /** As it is stored ({@link StoredEvent}), in parts. */
  get json(): readonly string[] {
    const { event } = this;
    const { type, payload, raw } = event;
    let subject = '';
    if ('stationId' in event) subject = `"stationId":${JSON.stringify(event.stationId)},`;
    else if ('presystemId' in event) subject = `"presystemId":${JSON.stringify(event.presystemId)},`;
    return [
      `{"type":"${type}",${subject}"payload":`,
      JSON.stringify(payload),
      `,"raw":${JSON.stringify(raw)},"rules":`,
      this.#asked.json,
    ];
  }
}

/** Events of stations are nearly all that there are. */
function withRules(event: DomainEvent, ruleOf: (path: string) => string): DomainEvent {
  if (!('stationId' in event)) return { ...event, ruleOf };
  const { type, stationId, payload, raw } = event;
  return { type, stationId, payload, raw, ruleOf } as DomainEvent;
}

/** What was found in the store. */
export interface Held {
  /** The state as the events make it of the checkpoint. */
  readonly state: DepotState;
  /** The checkpoint itself. */
  readonly checkpoint: DepotState;
  /** The last group of events that is in `state`. */
  readonly last: JournalId | undefined;
}

export class EventLog {
  readonly #store: Store;
  readonly #depotId: string;
  readonly #stream: string;
  readonly #mark: string;

  constructor(store: Store, depotId: string) {
    this.#store = store;
    this.#depotId = depotId;
    this.#stream = depotKey(depotId, 'events');
    this.#mark = depotKey(depotId, 'checkpoint');
  }

  /** Begins to store a group of events; groups are stored in the order of these calls. @throws BridgeError STORE_UNAVAILABLE */
  begin(events: readonly RecordedEvent[]): { readonly id: JournalId; readonly stored: Promise<void> } {
    const parts = ['['];
    for (const { json } of events) parts.push(...json, '},');
    parts[parts.length - 1] = '}]';
    return this.#store.begin(this.#stream, parts);
  }

  /** Stores a state as the new checkpoint: all that changed since the one before, or nothing. */
  async checkpoint(before: DepotState, after: DepotState, last: JournalId | undefined): Promise<void> {
    const ops = [...difference(before, after)];
    if (last !== undefined) ops.push({ op: 'set', key: this.#mark, value: JSON.stringify({ last }) });
    if (ops.length > 0) await this.#store.commit(ops);
    if (last !== undefined) await this.#store.trim(this.#stream, next(last));
  }

  /**
   * Reads the state back. `settle` fits a checkpoint to the configuration, as it was fitted when the events behind it
   * were applied.
   */
  async read(settle: (held: DepotState) => DepotState): Promise<Held> {
    const checkpoint = await this.#readCheckpoint();
    const mark = await this.#store.get(this.#mark);
    let last = mark ? (JSON.parse(mark.value) as { last: JournalId }).last : undefined;
    let state = settle(checkpoint);
    for (;;) {
      const page = await this.#store.range(this.#stream, {
        count: PAGE,
        ...(last === undefined ? {} : { after: last }),
      });
      for (const { id, value } of page) {
        state = (JSON.parse(value) as StoredEvent[]).map(revived).reduce(reduce, state);
        last = id;
      }
      if (page.length < PAGE) return { state, checkpoint, last };
    }
  }

  async #readCheckpoint(): Promise<DepotState> {
    return {
      depotId: this.#depotId,
      stations: PersistentMap.of(await this.#readAll<StationState>('station')),
      processes: PersistentMap.of(await this.#readAll<ProcessState>('process')),
      presystems: Object.fromEntries(await this.#readAll<PresystemState>('presystem')),
    };
  }

  async #readAll<T>(aggregate: Aggregate): Promise<(readonly [id: string, value: T])[]> {
    const prefix = keyOf(this.#depotId, aggregate, '');
    const found = await this.#store.scan(prefix);
    return found.map(({ key, value }) => [key.slice(prefix.length), JSON.parse(value) as T]);
  }
}

/** The id after this one. */
function next(id: JournalId): JournalId {
  const { ms, seq } = parseId(id);
  return formatId({ ms, seq: seq + 1 });
}

function revived({ rules, ...event }: StoredEvent): DomainEvent {
  return { ...event, ruleOf: (path: string) => rules[path] ?? UNRECORDED } as DomainEvent;
}

function keyOf(depotId: string, aggregate: Aggregate, id: string): string {
  return depotKey(depotId, 'state', aggregate, id);
}

/** Aggregates are immutable: what is not the same object has changed. */
function* difference(before: DepotState, after: DepotState): Generator<StoreOp> {
  const { depotId } = after;
  for (const [id, station] of after.stations.changesSince(before.stations))
    yield stored(keyOf(depotId, 'station', id), station);
  for (const [id, process] of after.processes.changesSince(before.processes))
    yield stored(keyOf(depotId, 'process', id), process);
  if (before.presystems === after.presystems) return;
  for (const [id, presystem] of Object.entries(after.presystems))
    if (before.presystems[id] !== presystem) yield stored(keyOf(depotId, 'presystem', id), presystem);
  for (const id of Object.keys(before.presystems))
    if (!(id in after.presystems)) yield stored(keyOf(depotId, 'presystem', id), undefined);
}

function stored(key: string, value: object | undefined): StoreOp {
  return value === undefined ? { op: 'delete', key } : { op: 'set', key, value: JSON.stringify(value) };
}
