/**
 * The one way data flows into the state: journalled events are reduced, stored, and told to whoever listens.
 * Protocol folders hold a Depot; none of them holds another.
 */
import type { DepotState, DomainEvent } from '../domain/index.js';
import { initialState, PersistentMap, reduce } from '../domain/index.js';
import type { Journal, JournalDraft, JournalEntry } from '../journal/index.js';
import type { Store } from '../store/index.js';
import { EventLog, type Held, RecordedEvent } from './event-log.js';
import { Keeper } from './keeper.js';

/** What changed by one call of {@link Depot.apply}; without events: the store lost what some of them stood on. */
export interface Change {
  readonly before: DepotState;
  readonly after: DepotState;
  readonly events: readonly DomainEvent[];
}

export class Depot {
  readonly id: string;
  readonly journal: Journal;
  readonly #keeper: Keeper;
  #listeners: readonly ((change: Change) => void)[] = [];
  #state: DepotState;

  private constructor(held: Held, log: EventLog, journal: Journal) {
    this.id = held.state.depotId;
    this.journal = journal;
    this.#state = held.state;
    this.#keeper = new Keeper(log, held, (state) => this.#become(state, []));
  }

  /** Loads what was stored; stations and points of the configuration that are new start as never heard. */
  static async open(
    depotId: string,
    stations: readonly { readonly stationId: string; readonly pointIds: readonly string[] }[],
    store: Store,
    journal: Journal,
  ): Promise<Depot> {
    const fresh = initialState(depotId, stations);
    const log = new EventLog(store, depotId);
    const held = await log.read((stored) => ({ ...stored, stations: mergeStations(fresh, stored) }));
    return new Depot(held, log, journal);
  }

  get state(): DepotState {
    return this.#state;
  }

  /**
   * Reduces events in order and tells listeners at once; the promise resolves when the state they made is
   * stored to the configured durability, and rejects STORE_UNAVAILABLE. Answer what must survive only after it.
   *
   * @param founded whether the journal entry that the events stand on was stored, where that is not known yet. If it
   * was not, the state becomes what it is without these events.
   */
  apply(events: readonly DomainEvent[], founded?: Promise<boolean>): Promise<void> {
    if (events.length === 0) return Promise.resolve();
    const told = events.map((event) => new RecordedEvent(event));
    let after = this.#state;
    for (const { event } of told) after = reduce(after, event);
    const stored = this.#keeper.keep(told, after, founded);
    this.#become(after, events);
    return stored;
  }

  /**
   * Journals an entry and reduces the events that follow from it in one turn: so the journal has the order in which
   * events counted, and a replay of it makes the same state.
   *
   * @returns when both are stored
   * @throws BridgeError STORE_UNAVAILABLE: the state is as it was
   */
  async record(
    draft: JournalDraft,
    eventsOf: (entry: JournalEntry) => readonly DomainEvent[],
  ): Promise<JournalEntry> {
    const { entry, stored } = this.journal.write(draft);
    const founded = stored.then(
      () => true,
      () => false,
    );
    await Promise.all([stored, this.apply(eventsOf(entry), founded)]);
    return entry;
  }

  /** Calls back after each {@link apply}; returns how to stop. A listener must not throw. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((each) => each !== listener);
    };
  }

  /** Resolves when everything applied so far is stored. */
  settled(): Promise<void> {
    return this.#keeper.settled();
  }

  #become(after: DepotState, events: readonly DomainEvent[]): void {
    const before = this.#state;
    this.#state = after;
    const change = { before, after, events };
    for (const listener of this.#listeners) listener(change);
  }
}

/** Stored stations win, but the configuration decides which stations and points there are. */
export function mergeStations(fresh: DepotState, stored: DepotState): DepotState['stations'] {
  return PersistentMap.of(
    fresh.stations.values().map((station) => {
      const held = stored.stations.get(station.stationId);
      if (!held) return [station.stationId, station];
      const points = Object.fromEntries(
        Object.values(station.points).map((point) => [point.pointId, held.points[point.pointId] ?? point]),
      );
      return [station.stationId, { ...held, points }];
    }),
  );
}
