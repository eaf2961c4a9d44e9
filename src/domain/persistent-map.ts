/**
 * A map that never changes: setting a value gives another map, and the two share all but a few cells. A change costs
 * the same few copies whether the map holds a dozen values or ten thousand, where a plain record would be copied whole.
 */

const CHUNK_BITS = 5;
const CHUNK_SIZE = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_SIZE - 1;

type Chunk<V> = readonly (V | undefined)[];

/** The place of each key. Maps made from one another share it: a place, once given, means the same key in all of them. */
interface Places {
  readonly byKey: Map<string, number>;
  readonly keys: string[];
}

/** Keys are in the order in which they were first set. In JSON it is a plain object. */
export class PersistentMap<V extends object> implements Iterable<readonly [string, V]> {
  readonly #places: Places;
  readonly #chunks: readonly Chunk<V>[];
  readonly size: number;

  private constructor(places: Places, chunks: readonly Chunk<V>[], size: number) {
    this.#places = places;
    this.#chunks = chunks;
    this.size = size;
  }

  static of<V extends object>(entries: Iterable<readonly [string, V]> = []): PersistentMap<V> {
    const values = new Map(entries);
    const keys = [...values.keys()];
    const all = [...values.values()];
    const chunks = Array.from({ length: Math.ceil(all.length / CHUNK_SIZE) }, (_, index) =>
      all.slice(index << CHUNK_BITS, (index + 1) << CHUNK_BITS),
    );
    return new PersistentMap(
      { byKey: new Map(keys.map((key, place) => [key, place])), keys },
      chunks,
      all.length,
    );
  }

  get(key: string): V | undefined {
    const place = this.#places.byKey.get(key);
    return place === undefined ? undefined : this.#at(place);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  /** The map with this value under this key; the same map if it has it already. */
  set(key: string, value: V): PersistentMap<V> {
    const place = this.#place(key);
    const held = this.#at(place);
    if (held === value) return this;
    const index = place >> CHUNK_BITS;
    const chunk = this.#chunks[index]?.slice() ?? [];
    // No holes: an array with holes is slower for ever.
    while (chunk.length < (place & CHUNK_MASK)) chunk.push(undefined);
    chunk[place & CHUNK_MASK] = value;
    const chunks = this.#chunks.slice();
    while (chunks.length < index) chunks.push([]);
    chunks[index] = chunk;
    return new PersistentMap(this.#places, chunks, held ? this.size : this.size + 1);
  }

  /** The map without these keys. It costs a pass over all of them: it is for many at once. */
  without(keys: ReadonlySet<string>): PersistentMap<V> {
    const kept = [...this].filter(([key]) => !keys.has(key));
    return kept.length === this.size ? this : PersistentMap.of(kept);
  }

  keys(): string[] {
    return [...this].map(([key]) => key);
  }

  values(): V[] {
    return this.#chunks.flatMap((chunk) => chunk.filter((value) => value !== undefined));
  }

  *[Symbol.iterator](): Generator<readonly [string, V]> {
    for (const [index, chunk] of this.#chunks.entries()) yield* this.#entriesOf(index, chunk);
  }

  /**
   * What is another value than in an earlier map, or no longer there (undefined). Quick if this map was made from the
   * earlier one: what they share is passed over.
   */
  *changesSince(before: PersistentMap<V>): Generator<readonly [key: string, value: V | undefined]> {
    for (const [index, chunk] of this.#chunks.entries()) {
      if (this.#places === before.#places && chunk === before.#chunks[index]) continue;
      for (const entry of this.#entriesOf(index, chunk)) if (before.get(entry[0]) !== entry[1]) yield entry;
    }
    for (const [index, chunk] of before.#chunks.entries()) {
      if (this.#places === before.#places && chunk === this.#chunks[index]) continue;
      for (const [key] of before.#entriesOf(index, chunk)) if (!this.has(key)) yield [key, undefined];
    }
  }

  /** As a plain object, in JSON and for whoever looks at it while testing. */
  toJSON(): Record<string, V> {
    return Object.fromEntries(this);
  }

  #at(place: number): V | undefined {
    return this.#chunks[place >> CHUNK_BITS]?.[place & CHUNK_MASK];
  }

  #place(key: string): number {
    const known = this.#places.byKey.get(key);
    if (known !== undefined) return known;
    const place = this.#places.keys.push(key) - 1;
    this.#places.byKey.set(key, place);
    return place;
  }

  *#entriesOf(index: number, chunk: Chunk<V>): Generator<readonly [string, V]> {
    for (const [offset, value] of chunk.entries()) {
      const key = this.#places.keys[(index << CHUNK_BITS) + offset];
      if (value !== undefined && key !== undefined) yield [key, value];
    }
  }
}
