import { openLmdbStore } from './lmdb.js';
import type { Durability, Store, StoreLogger } from './port.js';
import { openRedisStore } from './redis.js';

/** Where the store is; `cluster` if `url` names one node of a Redis Cluster. */
export type StoreConfig =
  | { readonly kind: 'lmdb'; readonly path: string }
  | { readonly kind: 'redis'; readonly url: string; readonly cluster?: boolean };

/**
 * Opens the configured store. An lmdb folder is made if it is missing and belongs to this process until `close`. A
 * Redis that cannot be reached is no error here: its operations reject STORE_UNAVAILABLE until it can (ask `ping`).
 * @throws BridgeError STORE_LOCKED, STORE_UNREADABLE (lmdb), STORE_REFUSED, STORE_TOO_OLD (redis)
 */
export async function openStore(
  config: StoreConfig,
  durability: Durability,
  logger?: StoreLogger,
): Promise<Store> {
  if (config.kind === 'lmdb') return openLmdbStore({ path: config.path, durability });
  return openRedisStore({ url: config.url, cluster: config.cluster ?? false, durability, logger });
}

export { depotKey } from './keys.js';
export type {
  Appending,
  AppendOptions,
  Durability,
  Lease,
  RangeOptions,
  SetOptions,
  Store,
  StoreLogger,
  StoreOp,
  StreamEntry,
  Text,
  Versioned,
} from './port.js';
export { compareIds, formatId, isStreamId, parseId, type StreamId } from './stream-id.js';
