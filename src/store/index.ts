import { BridgeError } from '../errors/index.js';
import { openLmdbStore } from './lmdb.js';
import type { Durability, Store, StoreLogger } from './port.js';

/** Where the store is; `cluster` if `url` names one node of a Redis Cluster. */
export type StoreConfig =
  | { readonly kind: 'lmdb'; readonly path: string }
  | { readonly kind: 'redis'; readonly url: string; readonly cluster?: boolean };

/** Opens the configured store. */
export async function openStore(
  config: StoreConfig,
  durability: Durability,
  _logger?: StoreLogger,
): Promise<Store> {
  if (config.kind === 'lmdb') return openLmdbStore({ path: config.path, durability });
  throw new BridgeError('STORE_UNAVAILABLE', 'the redis store is not built yet');
}

export { depotKey } from './keys.js';
export type {
  AppendOptions,
  Durability,
  Lease,
  RangeOptions,
  SetOptions,
  Store,
  StoreLogger,
  StoreOp,
  StreamEntry,
  Versioned,
} from './port.js';
export { compareIds, formatId, isStreamId, parseId, type StreamId } from './stream-id.js';
