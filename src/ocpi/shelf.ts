/** A hash of the store as a map: read whole once, then answered from memory; every change is stored. */
import { depotKey, type Store } from '../store/index.js';

export class Shelf<T> {
  readonly #store: Store;
  readonly #key: string;
  readonly #held: Map<string, T>;

  private constructor(store: Store, key: string, held: Map<string, T>) {
    this.#store = store;
    this.#key = key;
    this.#held = held;
  }

  /** The hash `{depotId}:ocpi:…parts`. */
  static async open<T>(store: Store, depotId: string, ...parts: readonly string[]): Promise<Shelf<T>> {
    const key = depotKey(depotId, 'ocpi', ...parts);
    const held = new Map<string, T>();
    for (const [field, value] of Object.entries(await store.hashGetAll(key))) {
      held.set(field, JSON.parse(value) as T);
    }
    return new Shelf(store, key, held);
  }

  get(field: string): T | undefined {
    return this.#held.get(field);
  }

  has(field: string): boolean {
    return this.#held.has(field);
  }

  values(): T[] {
    return [...this.#held.values()];
  }

  entries(): [string, T][] {
    return [...this.#held.entries()];
  }

  /** In force at once; resolves when it is stored. */
  set(field: string, value: T): Promise<void> {
    this.#held.set(field, value);
    return this.#store.hashSet(this.#key, field, JSON.stringify(value));
  }

  async delete(field: string): Promise<void> {
    this.#held.delete(field);
    await this.#store.hashDelete(this.#key, field);
  }
}
