/**
 * The store port: Redis semantics, one contract (test/store/contract.ts), two implementations (lmdb, redis).
 * Values are JSON texts; the caller serialises. Keys of one depot start with `{depotId}:`, braces included (see
 * `depotKey`), so that they share a Redis Cluster hash tag; one {@link Store.commit} never mixes depots. Any other
 * key is refused with STORE_BAD_KEY. Versioned values, hashes, counters, streams and leases have name spaces of
 * their own: the same key in two of them means two things.
 *
 * An operation that rejects STORE_UNAVAILABLE was not done, or its outcome is unknown because the answer was lost.
 */

/** `everysec`: survives the death of the process; at most a second is lost if the machine dies. `always`: synced. */
export type Durability = 'always' | 'everysec';

export interface Versioned {
  readonly value: string;
  /** 1 on creation, +1 on each set; restarts at 1 when a key expired or was deleted. */
  readonly version: number;
}

export interface SetOptions {
  /** Only set if the key's current version is this; 0 = only if it does not exist. */
  readonly ifVersion?: number;
  /** Milliseconds to live by the store's clock; a set without it makes the key stay. */
  readonly ttlMs?: number;
}

export interface AppendOptions {
  /** Ids of earlier entries of the stream which this one came from; {@link Store.linked} finds the way back. */
  readonly links?: readonly string[];
}

/** A text, or its parts: whoever has parts need not put them together, since they are written one after another. */
export type Text = string | readonly string[];

/** An entry on its way into a stream. */
export interface Appending {
  /** Its id; an entry that is not stored leaves it unused. */
  readonly id: string;
  /** As the promise of {@link Store.append}. */
  readonly stored: Promise<void>;
}

export interface StreamEntry {
  /** `ms-seq`, strictly ascending inside a stream (Redis stream id). */
  readonly id: string;
  readonly value: string;
}

/** Bounds are ids; a bare number of milliseconds stands for all ids of that millisecond. */
export interface RangeOptions {
  /** Exclusive lower bound. */
  readonly after?: string;
  /** Inclusive lower bound. */
  readonly from?: string;
  /** Inclusive upper bound. */
  readonly to?: string;
  readonly count?: number;
  /** Characters of values after which no more entries need be given; a store may give more of them. */
  readonly chars?: number;
  /** Newest first. */
  readonly reverse?: boolean;
}

/**
 * A lease: whoever holds it may act. Each successful {@link Store.acquire} gives a `token` greater than any before it,
 * also over expiry and to the same owner, so that a stale holder is known by its token.
 */
export interface Lease {
  readonly key: string;
  readonly owner: string;
  readonly token: number;
}

export type StoreOp =
  | { readonly op: 'set'; readonly key: string; readonly value: string }
  | { readonly op: 'delete'; readonly key: string }
  | { readonly op: 'hashSet'; readonly key: string; readonly field: string; readonly value: string }
  | { readonly op: 'hashDelete'; readonly key: string; readonly field: string };

/** Every promise resolves when the operation is stored to the configured durability, and rejects STORE_UNAVAILABLE. */
export interface Store {
  readonly kind: 'lmdb' | 'redis';
  get(key: string): Promise<Versioned | null>;
  /** The new version, or null if `ifVersion` did not match. */
  set(key: string, value: string, options?: SetOptions): Promise<number | null>;
  /** Removes the value and the hash of this key; whether there was one. */
  delete(key: string): Promise<boolean>;
  /** All live versioned values whose key has this prefix (at least `{depotId}:`), in key order. */
  scan(prefix: string): Promise<Array<{ key: string; value: string }>>;
  hashGet(key: string, field: string): Promise<string | null>;
  hashGetAll(key: string): Promise<Record<string, string>>;
  hashSet(key: string, field: string, value: string): Promise<void>;
  hashDelete(key: string, field: string): Promise<boolean>;
  /** Adds one and returns the sum; starts at 1. */
  incr(key: string): Promise<number>;
  /** Appends to a stream and returns the entry's id. Calls made in order get ids in order. */
  append(stream: string, value: string, options?: AppendOptions): Promise<string>;
  /**
   * As {@link append}, but gives the id at once: what is derived from the entry can be written behind it, without
   * waiting. Operations reach the store in the order of the calls. On Redis, an id that another writer has meanwhile
   * gone past is refused (STORE_UNAVAILABLE) and the next one fits again.
   * @throws BridgeError as the promises of the other operations reject
   */
  begin(stream: string, value: Text, options?: AppendOptions): Appending;
  /** The ids of entries appended with `id` among their links, ascending. */
  linked(stream: string, id: string): Promise<string[]>;
  range(stream: string, options?: RangeOptions): Promise<StreamEntry[]>;
  /** Removes entries older than `beforeId` (exclusive) and the links to them, returns how many entries went. */
  trim(stream: string, beforeId: string): Promise<number>;
  /** All of `ops`, or none; later calls see them. */
  commit(ops: readonly StoreOp[]): Promise<void>;
  /** Takes the lease if it is free or already `owner`'s (an older lease of that owner then ends); null if another holds it. */
  acquire(key: string, owner: string, ttlMs: number): Promise<Lease | null>;
  /** Extends a held lease; false if it was lost. */
  renew(lease: Lease, ttlMs: number): Promise<boolean>;
  release(lease: Lease): Promise<boolean>;
  /** True if a write and read work now; never rejects. */
  ping(): Promise<boolean>;
  /** Waits for what was begun, then lets go of the store; later calls reject STORE_UNAVAILABLE. */
  close(): Promise<void>;
}

/** Where the store says what its reader should know; a pino logger fits. */
export interface StoreLogger {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}
