/**
 * What was taken already, by key: what comes again counts once, also after a restart. Keys are stored when the journal
 * entries and events of their items are, so that a key that is there stands for an item that is there.
 */
import { createHash } from 'node:crypto';
import type { JournalId } from '../../domain/index.js';
import { depotKey, type Store } from '../../store/index.js';
import { type Item, isEvent } from './items.js';

/** So many keys are known, for so long: a CSMS that repeats later, or further back, is heard twice. */
const MOST_KEYS = 200_000;
const KEPT_MS = 24 * 60 * 60_000;
/** What is too old is taken out of the store after so many marks. */
const TRIM_EVERY = 1_000;
const PAGE = 1_000;

/** What is stored of one group of items. */
interface Mark {
  readonly keys: readonly string[];
  /** The newest entry of the journal then: entries behind it belong to items that were not marked. */
  readonly newest?: JournalId;
  /** Where each source had got to. */
  readonly seqs: Readonly<Record<string, number>>;
}

export class Taken {
  readonly #store: Store;
  readonly #stream: string;
  /** In the order they came. */
  readonly #keys = new Set<string>();
  #marks = 0;
  /** Up to here the journal holds nothing that is not marked; undefined: nothing was ever marked. */
  newest: JournalId | undefined;
  readonly seqs = new Map<string, number>();

  private constructor(store: Store, stream: string) {
    this.#store = store;
    this.#stream = stream;
  }

  /** @throws BridgeError STORE_UNAVAILABLE */
  static async open(store: Store, depotId: string): Promise<Taken> {
    const taken = new Taken(store, depotKey(depotId, 'feed'));
    await taken.#load();
    return taken;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** Stores that items were taken. @throws BridgeError STORE_UNAVAILABLE: then {@link forget} them */
  async mark(keys: readonly string[], newest: JournalId | undefined): Promise<void> {
    const mark: Mark = { keys, ...(newest ? { newest } : {}), seqs: Object.fromEntries(this.seqs) };
    await this.#store.append(this.#stream, JSON.stringify(mark));
    this.#know(mark);
    this.#marks += 1;
    if (this.#marks % TRIM_EVERY === 0) void this.#trim().catch(() => undefined);
  }

  forget(keys: readonly string[]): void {
    for (const key of keys) this.#keys.delete(key);
  }

  #know({ keys, newest }: Mark): void {
    for (const key of keys) this.#keys.add(key);
    this.newest = newest ?? this.newest;
    if (this.#keys.size <= MOST_KEYS) return;
    let over = this.#keys.size - MOST_KEYS;
    for (const key of this.#keys) {
      if (over-- <= 0) break;
      this.#keys.delete(key);
    }
  }

  async #load(): Promise<void> {
    await this.#trim();
    let after: string | undefined;
    for (;;) {
      const from = after === undefined ? {} : { after };
      const page = await this.#store.range(this.#stream, { ...from, count: PAGE });
      for (const { value } of page) {
        const mark = JSON.parse(value) as Mark;
        this.#know(mark);
        for (const [source, seq] of Object.entries(mark.seqs)) this.seqs.set(source, seq);
      }
      after = page.at(-1)?.id;
      if (page.length < PAGE) return;
    }
  }

  /** The newest mark stays, however old: it says where the journal had got to. */
  async #trim(): Promise<void> {
    const [newest] = await this.#store.range(this.#stream, { reverse: true, count: 1 });
    if (!newest) return;
    const before = Number(newest.id.split('-')[0]) - KEPT_MS;
    if (before > 0) await this.#store.trim(this.#stream, `${before}-0`);
  }
}

/** The keys of an item: its id, and its content with its time. None: nobody could tell it from another like it. */
export function keysOf(item: Item, atMs: number | undefined): string[] {
  const { station, id } = item;
  const said = isEvent(item) ? ['event', item.event] : [item.from, item.frame];
  return [
    ...(id === undefined ? [] : [digest(['id', id])]),
    ...(atMs === undefined ? [] : [digest([station, String(atMs), ...said])]),
  ];
}

function digest(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest('base64url').slice(0, 16);
}
