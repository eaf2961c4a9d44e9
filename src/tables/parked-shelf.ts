/** The list of parked failures in the store and how it is bounded: no peer can push the failures of others out. */
import type { JournalId } from '../domain/index.js';
import type { MapFailure } from '../mapping/index.js';
import type { Store } from '../store/index.js';

/** Whose payload it was: a station or a presystem by our own id; unknown for what an older version parked. */
export interface ParkedPeer {
  readonly station?: string;
  readonly presystem?: string;
}

/** A failure as it is kept. */
export type ParkedFailure = MapFailure & ParkedPeer;

/** How often one kind of failure came from one peer since the bridge started. */
export interface ParkedTally extends ParkedPeer {
  readonly code: string;
  readonly mapping: string;
  readonly count: number;
  /** Of them, or of older ones, how many had to go without a rerun. */
  readonly dropped: number;
  readonly last: { readonly raw: JournalId; readonly message: string };
}

/** More of the same code and mapping from one peer are not kept: the oldest of them go. */
export const MOST_OF_A_KIND = 100;
/** More than this are not kept in all: the oldest of the peer that has most go. */
export const MOST_PARKED = 10_000;
/** Kinds that are counted: far more than peers and mappings can make. */
const MOST_TALLIES = 5_000;
/** Between the journal id and the mapping in a field of the store's hash. */
const SEPARATOR = ' ';

interface Held {
  readonly peer: string;
  readonly kind: string;
}

export class ParkedShelf {
  readonly #store: Store;
  readonly #hash: string;
  readonly #failed: (error: unknown, field: string) => void;
  readonly #held = new Map<string, Held>();
  /** Fields by kind and by peer, each oldest first. */
  readonly #ofKind = new Map<string, Set<string>>();
  readonly #ofPeer = new Map<string, Set<string>>();
  readonly #tallies = new Map<string, ParkedTally>();

  private constructor(store: Store, hash: string, failed: (error: unknown, field: string) => void) {
    this.#store = store;
    this.#hash = hash;
    this.#failed = failed;
  }

  /** `failed` is told of what could not be stored or removed. */
  static async open(
    store: Store,
    hash: string,
    failed: (error: unknown, field: string) => void,
  ): Promise<ParkedShelf> {
    const shelf = new ParkedShelf(store, hash, failed);
    for (const [field, failure] of await shelf.all()) shelf.#note(field, failure);
    shelf.#shrink();
    return shelf;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Everything kept, oldest first. */
  async all(): Promise<[string, ParkedFailure][]> {
    const stored = Object.entries(await this.#store.hashGetAll(this.#hash)).sort(([a], [b]) => byAge(a, b));
    return stored.map(([field, text]) => [field, JSON.parse(text) as ParkedFailure]);
  }

  /** Keeps a failure; false if one of its kind had to go for it. */
  add(raw: JournalId, failure: ParkedFailure): boolean {
    const field = `${raw}${SEPARATOR}${failure.mapping}`;
    this.#count(raw, failure);
    this.#note(field, failure);
    this.#store
      .hashSet(this.#hash, field, JSON.stringify(failure))
      .catch((error: unknown) => this.#failed(error, field));
    return !this.#shrink(kindOf(failure));
  }

  async remove(raw: JournalId): Promise<void> {
    const held = Object.keys(await this.#store.hashGetAll(this.#hash));
    for (const field of held) if (rawOf(field) === raw) await this.#forget(field);
  }

  /** What came since the bridge started, by peer and kind. */
  tallies(): readonly ParkedTally[] {
    return [...this.#tallies.values()];
  }

  #note(field: string, failure: ParkedFailure): void {
    const [kind, peer] = [kindOf(failure), peerOf(failure)];
    this.#held.set(field, { kind, peer });
    fieldsOf(this.#ofKind, kind).add(field);
    fieldsOf(this.#ofPeer, peer).add(field);
  }

  #count(raw: JournalId, failure: ParkedFailure): void {
    const kind = kindOf(failure);
    const before = this.#tallies.get(kind);
    if (!before && this.#tallies.size >= MOST_TALLIES) return;
    const { code, mapping, message, station, presystem } = failure;
    this.#tallies.set(kind, {
      ...{ code, mapping, last: { raw, message } },
      ...(station === undefined ? {} : { station }),
      ...(presystem === undefined ? {} : { presystem }),
      count: (before?.count ?? 0) + 1,
      dropped: before?.dropped ?? 0,
    });
  }

  /** Lets go what is too much; whether anything of `kind` was. */
  #shrink(kind?: string): boolean {
    const ofKind = kind === undefined ? undefined : this.#ofKind.get(kind);
    let full = false;
    while (ofKind && ofKind.size > MOST_OF_A_KIND) {
      this.#drop(ofKind);
      full = true;
    }
    while (this.#held.size > MOST_PARKED) {
      const [most] = [...this.#ofPeer.values()].sort((a, b) => b.size - a.size);
      if (most) this.#drop(most);
    }
    return full;
  }

  #drop(fields: ReadonlySet<string>): void {
    const [oldest] = fields;
    if (oldest === undefined) return;
    const kind = this.#held.get(oldest)?.kind ?? '';
    const tally = this.#tallies.get(kind);
    if (tally) this.#tallies.set(kind, { ...tally, dropped: tally.dropped + 1 });
    this.#forget(oldest).catch((error: unknown) => this.#failed(error, oldest));
  }

  async #forget(field: string): Promise<void> {
    const held = this.#held.get(field);
    this.#held.delete(field);
    if (held) {
      this.#ofKind.get(held.kind)?.delete(field);
      const ofPeer = this.#ofPeer.get(held.peer);
      ofPeer?.delete(field);
      if (ofPeer?.size === 0) this.#ofPeer.delete(held.peer);
    }
    await this.#store.hashDelete(this.#hash, field);
  }
}

function fieldsOf(map: Map<string, Set<string>>, key: string): Set<string> {
  const known = map.get(key) ?? new Set<string>();
  map.set(key, known);
  return known;
}

function peerOf({ station, presystem }: ParkedPeer): string {
  return station === undefined ? `presystem ${presystem ?? ''}` : `station ${station}`;
}

function kindOf(failure: ParkedFailure): string {
  return `${peerOf(failure)} ${failure.code} ${failure.mapping}`;
}

/** The journal id of a payload in the name of its field. */
export function rawOf(field: string): JournalId {
  return field.split(SEPARATOR)[0] ?? field;
}

/** Journal ids are `ms-seq`. */
function byAge(a: string, b: string): number {
  const [[ms = 0, seq = 0], [otherMs = 0, otherSeq = 0]] = [a, b].map((field) =>
    rawOf(field).split('-').map(Number),
  ) as [number[], number[]];
  return ms - otherMs || seq - otherSeq;
}
