/** What a replay reads: the journal and what the store keeps beside it, of a bridge that runs or of one that does not. */
import type { Config } from '../config/index.js';
import { Archive, Depot, type StatePoint } from '../depot/index.js';
import type { DepotStateJson, JournalId } from '../domain/index.js';
import { BridgeError } from '../errors/index.js';
import { type IdentityFacts, IdentityRegistry } from '../identity/index.js';
import { type JournalEntry, type JournalFilter, openJournal } from '../journal/index.js';
import { type PartnerFacts, readPartnerFacts } from '../ocpi/index.js';
import type { Store } from '../store/index.js';

export interface Recording {
  readonly depotId: string;
  /** Entries in order, never all of them in memory; lists of field origins may be empty: {@link find} has them. */
  entries(filter?: JournalFilter): AsyncIterable<JournalEntry>;
  /** Undefined for an id that is unknown or has expired. */
  find(id: JournalId): Promise<JournalEntry | undefined>;
  /** What an entry caused directly, oldest first. */
  effects(id: JournalId): Promise<readonly JournalEntry[]>;
  /** The newest state that was kept of before an entry. */
  point(before: JournalId): Promise<StatePoint | undefined>;
  /** Who was who by a version that the bridge ran with; undefined if it was not kept. */
  identity(version: string): Promise<IdentityFacts | undefined>;
  /** The state as it is now. */
  now(): Promise<StatePoint>;
  /** What roaming partners were told so far. */
  partners(): Promise<readonly PartnerFacts[]>;
  close(): Promise<void>;
}

/** The recording in a store that no bridge uses. Closing it leaves the store open. */
export function storeRecording(store: Store, config: Config): Recording {
  const depotId = config.depots[0].id;
  const journal = openJournal(store, depotId);
  const archive = new Archive(store, depotId);
  return {
    depotId,
    entries: (filter) => journal.entries(filter),
    find: (id) => found(journal.read(id)),
    async effects(id) {
      const node = await found(journal.traceForward(id, { maxDepth: 1 }));
      return node?.children.map(({ entry }) => entry) ?? [];
    },
    point: (before) => archive.pointBefore(before),
    identity: (version) => archive.identity(version),
    async now() {
      const identity = new IdentityRegistry(config);
      const depot = await Depot.open(depotId, stationsOf(identity), store, journal);
      const newest = journal.entries({ reverse: true, count: 1 });
      let after = '0-0';
      let at = 0;
      for await (const entry of newest) ({ id: after, at } = entry);
      const state = JSON.parse(JSON.stringify(depot.state)) as DepotStateJson;
      return { after, at: new Date(at).toISOString(), identity: identity.version, generation: '', state };
    },
    partners: () => readPartnerFacts(store, depotId, config.ocpi),
    close: () => journal.close(),
  };
}

/** Stations and points of an identity, for a state in which nothing was heard yet. */
export function stationsOf({ stations }: Pick<IdentityRegistry, 'stations'>) {
  return [...stations.values()].map(({ id, points }) => ({
    stationId: id,
    pointIds: points.map((point) => point.id),
  }));
}

/** Undefined for an entry that is unknown or has expired. */
export async function found<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'JOURNAL_NO_ENTRY') return undefined;
    throw error;
  }
}
