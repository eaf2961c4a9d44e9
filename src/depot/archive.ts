/**
 * What the store keeps beside the journal, so that the past can be told: the state now and then, and who was who by each
 * identity that the bridge ever ran with.
 */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { DepotState, DepotStateJson, Instant, JournalId } from '../domain/index.js';
import { compareJournalIds, PersistentMap } from '../domain/index.js';
import type { IdentityFacts, IdentityRegistry } from '../identity/index.js';
import { depotKey, formatId, parseId, type Store } from '../store/index.js';

const [pack, unpack] = [promisify(gzip), promisify(gunzip)];

/** The state as it was once. */
export interface StatePoint {
  /** All that was journalled up to this entry is in the state, and nothing after it. */
  readonly after: JournalId;
  readonly at: Instant;
  /** Version of the identities and id of the tables that were in force. */
  readonly identity: string;
  readonly generation: string;
  readonly state: DepotStateJson;
}

interface KeptIdentity {
  /** An entry that was written with it, the newest that is known. */
  readonly used: JournalId;
  readonly facts: IdentityFacts;
}

export class Archive {
  readonly #store: Store;
  readonly #points: string;
  readonly #identities: string;

  constructor(store: Store, depotId: string) {
    this.#store = store;
    this.#points = depotKey(depotId, 'points');
    this.#identities = depotKey(depotId, 'identities');
  }

  /** Keeps who is who under its version; `used`: a journal entry that was written with it. */
  async keepIdentity(
    { version, facts }: Pick<IdentityRegistry, 'version' | 'facts'>,
    used: JournalId,
  ): Promise<void> {
    const kept: KeptIdentity = { used, facts };
    await this.#store.hashSet(this.#identities, version, JSON.stringify(kept));
  }

  /** Undefined for a version from before identities were kept. */
  async identity(version: string): Promise<IdentityFacts | undefined> {
    const text = await this.#store.hashGet(this.#identities, version);
    return text === null ? undefined : (JSON.parse(text) as KeptIdentity).facts;
  }

  async keepPoint(point: Omit<StatePoint, 'state'> & { readonly state: DepotState }): Promise<void> {
    const packed = await pack(JSON.stringify(point));
    await this.#store.append(this.#points, packed.toString('base64'));
  }

  /** The newest state that was kept of before an entry; the newest of all without one. */
  async pointBefore(id?: JournalId): Promise<StatePoint | undefined> {
    let to = id;
    for (;;) {
      const range = { reverse: true, count: 1, ...(to === undefined ? {} : { to }) };
      const [found] = await this.#store.range(this.#points, range);
      if (!found) return undefined;
      const text = await unpack(Buffer.from(found.value, 'base64'));
      const point = JSON.parse(text.toString()) as StatePoint;
      if (id === undefined || compareJournalIds(point.after, id) < 0) return point;
      // Points have ids of their own, and one of the same moment may be of later.
      to = idBefore(found.id);
    }
  }

  /** Forgets what was kept for entries from before this one: tokens and VINs stay no longer than the journal. */
  async trim(before: JournalId): Promise<void> {
    await this.#store.trim(this.#points, before);
    for (const [version, text] of Object.entries(await this.#store.hashGetAll(this.#identities))) {
      const { used } = JSON.parse(text) as KeptIdentity;
      if (compareJournalIds(used, before) < 0) await this.#store.hashDelete(this.#identities, version);
    }
  }
}

function idBefore(id: string): string {
  const { ms, seq } = parseId(id);
  return seq > 0 ? formatId({ ms, seq: seq - 1 }) : String(ms - 1);
}

/** A state read from JSON as the reducer takes it. */
export function stateOf({ depotId, stations, processes, presystems }: DepotStateJson): DepotState {
  return {
    depotId,
    stations: PersistentMap.of(Object.entries(stations)),
    processes: PersistentMap.of(Object.entries(processes)),
    presystems,
  };
}
