/** Idempotency keys of orders: which intent a key stands for, so that an order given again is not carried out again. */
import type { JournalId } from '../../domain/index.js';
import { depotKey, type Store } from '../../store/index.js';

/** What was ordered under a key. */
export interface KeyedOrder {
  readonly intent: JournalId;
  /** Digest of action and payload: another order under the same key is a mistake. */
  readonly words: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const KEPT_MS = 24 * 60 * 60_000;
const MOST = 1_000;

/** In the store, so that a key counts over a restart; a day long, a thousand at most. */
export class OrderKeys {
  readonly #store: Store;
  readonly #hash: string;
  readonly #now: () => number;
  #held: Promise<Map<string, KeyedOrder>> | undefined;

  constructor(store: Store, depotId: string, now: () => number) {
    this.#store = store;
    this.#hash = depotKey(depotId, 'order-keys');
    this.#now = now;
  }

  /** @throws BridgeError STORE_UNAVAILABLE */
  async get(key: string): Promise<KeyedOrder | undefined> {
    const known = (await this.#all()).get(key);
    return known && known.at > this.#now() - KEPT_MS ? known : undefined;
  }

  /** Resolves once it is stored. @throws BridgeError STORE_UNAVAILABLE */
  async set(key: string, order: KeyedOrder): Promise<void> {
    const held = await this.#all();
    held.delete(key);
    held.set(key, order);
    await this.#store.hashSet(this.#hash, key, JSON.stringify(order));
    for (const [oldest, { at }] of held) {
      if (held.size <= MOST && at > this.#now() - KEPT_MS) break;
      held.delete(oldest);
      await this.#store.hashDelete(this.#hash, oldest);
    }
  }

  #all(): Promise<Map<string, KeyedOrder>> {
    this.#held ??= this.#read().catch((error: unknown) => {
      this.#held = undefined;
      throw error;
    });
    return this.#held;
  }

  async #read(): Promise<Map<string, KeyedOrder>> {
    const stored = Object.entries(await this.#store.hashGetAll(this.#hash));
    const orders = stored.map(([key, text]) => [key, JSON.parse(text) as KeyedOrder] as const);
    return new Map(orders.sort(([, a], [, b]) => a.at - b.at));
  }
}
