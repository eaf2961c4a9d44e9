/**
 * The one way data flows into the state: journalled events are reduced, stored, and told to whoever listens.
 * Protocol folders hold a Depot; none of them holds another.
 */
import { EventEmitter } from 'node:events';
import type { DepotState, DomainEvent } from '../domain/index.js';
import { initialState, reduce } from '../domain/index.js';
import type { Journal } from '../journal/index.js';
import { depotKey, type Store, type StoreOp } from '../store/index.js';

/** What changed by one call of {@link Depot.apply}. */
export interface Change {
  readonly before: DepotState;
  readonly after: DepotState;
  readonly events: readonly DomainEvent[];
}

/** A part of the state that is stored under one key. */
type Aggregate = 'station' | 'process' | 'presystem';

const AGGREGATES = { station: 'stations', process: 'processes', presystem: 'presystems' } as const;

export class Depot {
  readonly id: string;
  readonly journal: Journal;
  readonly #store: Store;
  readonly #changes = new EventEmitter<{ change: [Change] }>();
  #state: DepotState;
  #stored: DepotState;
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  private constructor(state: DepotState, stored: DepotState, store: Store, journal: Journal) {
    this.id = state.depotId;
    this.#state = state;
    this.#stored = stored;
    this.#store = store;
    this.journal = journal;
  }

  /** Loads what was stored; stations and points of the configuration that are new start as never heard. */
  static async open(
    depotId: string,
    stations: readonly { readonly stationId: string; readonly pointIds: readonly string[] }[],
    store: Store,
    journal: Journal,
  ): Promise<Depot> {
    const fresh = initialState(depotId, stations);
    const held: Record<string, Record<string, unknown>> = { stations: {}, processes: {}, presystems: {} };
    for (const [aggregate, part] of Object.entries(AGGREGATES)) {
      const prefix = keyOf(depotId, aggregate as Aggregate, '');
      for (const { key, value } of await store.scan(prefix)) {
        (held[part] as Record<string, unknown>)[key.slice(prefix.length)] = JSON.parse(value);
      }
    }
    const stored = { ...fresh, ...held } as DepotState;
    return new Depot({ ...stored, stations: mergeStations(fresh, stored) }, stored, store, journal);
  }

  get state(): DepotState {
    return this.#state;
  }

  /**
   * Reduces events in order and tells listeners at once; the promise resolves when the state they made is
   * stored to the configured durability. Answer what must survive only after it.
   */
  apply(events: readonly DomainEvent[]): Promise<void> {
    if (events.length === 0) return Promise.resolve();
    const before = this.#state;
    this.#state = events.reduce(reduce, before);
    const stored = this.#storeSoon();
    this.#changes.emit('change', { before, after: this.#state, events });
    return stored;
  }

  /** Calls back after each {@link apply}; returns how to stop. A listener must not throw. */
  onChange(listener: (change: Change) => void): () => void {
    this.#changes.on('change', listener);
    return () => this.#changes.off('change', listener);
  }

  /** Resolves when everything applied so far is stored. */
  async settled(): Promise<void> {
    await (this.#next ?? this.#writing);
  }

  /** One write at a time; what is applied meanwhile goes into the next one. */
  #storeSoon(): Promise<void> {
    this.#next ??= this.#writing
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        this.#writing = this.#write();
        return this.#writing;
      });
    return this.#next;
  }

  async #write(): Promise<void> {
    const target = this.#state;
    const ops = [...difference(this.#stored, target)];
    if (ops.length > 0) await this.#store.commit(ops);
    this.#stored = target;
  }
}

function keyOf(depotId: string, aggregate: Aggregate, id: string): string {
  return depotKey(depotId, 'state', aggregate, id);
}

/** Stored stations win, but the configuration decides which stations and points there are. */
function mergeStations(fresh: DepotState, stored: DepotState): DepotState['stations'] {
  return Object.fromEntries(
    Object.values(fresh.stations).map((station) => {
      const held = stored.stations[station.stationId];
      if (!held) return [station.stationId, station];
      const points = Object.fromEntries(
        Object.values(station.points).map((point) => [point.pointId, held.points[point.pointId] ?? point]),
      );
      return [station.stationId, { ...held, points }];
    }),
  );
}

/** Aggregates are immutable: what is not the same object has changed. */
function* difference(before: DepotState, after: DepotState): Generator<StoreOp> {
  for (const [aggregate, part] of Object.entries(AGGREGATES) as [
    Aggregate,
    (typeof AGGREGATES)[Aggregate],
  ][]) {
    const old = before[part] as Readonly<Record<string, unknown>>;
    const now = after[part] as Readonly<Record<string, unknown>>;
    if (old === now) continue;
    for (const [id, value] of Object.entries(now)) {
      if (old[id] !== value)
        yield { op: 'set', key: keyOf(after.depotId, aggregate, id), value: JSON.stringify(value) };
    }
    for (const id of Object.keys(old)) {
      if (!(id in now)) yield { op: 'delete', key: keyOf(after.depotId, aggregate, id) };
    }
  }
}
