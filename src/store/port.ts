/**
 * The store port: Redis semantics, one contract (test/store/contract.ts), two implementations (lmdb, redis).
 * Values are JSON texts; the caller serialises. Keys of one depot start with `{depotId}:`, so that they share
 * a Redis Cluster hash tag; one {@link Store.commit} never mixes depots.
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
  readonly ttlMs?: number;
}

export interface StreamEntry {
  /** `ms-seq`, strictly ascending inside a stream (Redis stream id). */
  readonly id: string;
  readonly value: string;
}

export interface RangeOptions {
  /** Exclusive lower bound. */
  readonly after?: string;
  /** Inclusive lower bound. */
  readonly from?: string;
  /** Inclusive upper bound. */
  readonly to?: string;
  readonly count?: number;
  /** Newest first. */
  readonly reverse?: boolean;
}

/** A lease: whoever holds it may act; `token` only ever grows, even over expiry, so a stale holder is known. */
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
  delete(key: string): Promise<boolean>;
  /** All live keys with this prefix and their values. */
  scan(prefix: string): Promise<Array<{ key: string; value: string }>>;
  hashGet(key: string, field: string): Promise<string | null>;
  hashGetAll(key: string): Promise<Record<string, string>>;
  hashSet(key: string, field: string, value: string): Promise<void>;
  hashDelete(key: string, field: string): Promise<boolean>;
  /** Adds one and returns the sum; starts at 1. */
  incr(key: string): Promise<number>;
  /** Appends to a stream and returns the entry's id. Calls made in order get ids in order. */
  append(stream: string, value: string): Promise<string>;
  range(stream: string, options?: RangeOptions): Promise<StreamEntry[]>;
  /** Removes entries older than `beforeId` (exclusive), returns how many. */
  trim(stream: string, beforeId: string): Promise<number>;
  /** All of `ops`, or none; later calls see them. */
  commit(ops: readonly StoreOp[]): Promise<void>;
  /** Takes the lease if it is free or already `owner`'s; null if another holds it. */
  acquire(key: string, owner: string, ttlMs: number): Promise<Lease | null>;
  /** Extends a held lease; false if it was lost. */
  renew(lease: Lease, ttlMs: number): Promise<boolean>;
  release(lease: Lease): Promise<boolean>;
  /** True if a write and read work now. */
  ping(): Promise<boolean>;
  close(): Promise<void>;
}
