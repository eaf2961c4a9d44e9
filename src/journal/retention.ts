import { randomUUID } from 'node:crypto';
import { depotKey, type Lease, parseId, type Store, type StoreOp } from '../store/index.js';
import { readPages } from './pages.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const LEASE_MS = 60_000;
const SCANNED = 'scanned';

export interface Retention {
  readonly keepDays?: number;
  readonly maxBytes?: number;
  readonly now: number;
}

/**
 * Removes what the limits do not allow. One node at a time does it, by lease. For `maxBytes` it keeps the bytes of
 * each hour in the store, so that only what was added since the last time is counted.
 */
export async function expireStream(
  store: Store,
  depotId: string,
  stream: string,
  limits: Retention,
): Promise<number> {
  const lease = await store.acquire(depotKey(depotId, 'journal', 'expire'), randomUUID(), LEASE_MS);
  if (!lease) return 0;
  try {
    let removed = 0;
    if (limits.keepDays !== undefined) {
      const before = Math.max(0, Math.floor(limits.now - limits.keepDays * DAY_MS));
      removed += await store.trim(stream, `${before}-0`);
    }
    if (limits.maxBytes !== undefined) {
      removed += await new SizeLimit(store, depotId, stream, lease).enforce(limits.maxBytes);
    }
    return removed;
  } finally {
    await store.release(lease);
  }
}

/** The bytes of a stream by the hour of its ids. */
class SizeLimit {
  readonly #store: Store;
  readonly #stream: string;
  readonly #key: string;
  readonly #lease: Lease;
  #bytes = new Map<number, number>();
  #stored: ReadonlySet<string> = new Set();
  #scanned: string | undefined;

  constructor(store: Store, depotId: string, stream: string, lease: Lease) {
    this.#store = store;
    this.#stream = stream;
    this.#key = depotKey(depotId, 'journal', 'bytes');
    this.#lease = lease;
  }

  async enforce(maxBytes: number): Promise<number> {
    await this.#load();
    await this.#count();
    const before = await this.#cut(maxBytes);
    const removed = before === undefined ? 0 : await this.#store.trim(this.#stream, before);
    await this.#save();
    return removed;
  }

  async #load(): Promise<void> {
    const { [SCANNED]: scanned, ...hours } = await this.#store.hashGetAll(this.#key);
    this.#stored = new Set(Object.keys(hours));
    this.#scanned = scanned;
    this.#bytes = new Map(Object.entries(hours).map(([hour, bytes]) => [Number(hour), Number(bytes)]));
    // Whatever was trimmed since: hours before the first entry are gone, its own hour is counted again.
    const [first] = await this.#store.range(this.#stream, { count: 1 });
    const firstHour = first ? hourOf(first.id) : Number.POSITIVE_INFINITY;
    for (const hour of this.#bytes.keys()) if (hour < firstHour) this.#bytes.delete(hour);
    if (first && this.#scanned !== undefined && this.#bytes.has(firstHour)) await this.#recount(firstHour);
  }

  async #recount(hour: number): Promise<void> {
    this.#bytes.delete(hour);
    const end = String((hour + 1) * HOUR_MS - 1);
    const to = this.#scanned !== undefined && hourOf(this.#scanned) === hour ? this.#scanned : end;
    await this.#add({ from: String(hour * HOUR_MS), to });
  }

  async #count(): Promise<void> {
    const last = await this.#add(this.#scanned === undefined ? {} : { after: this.#scanned });
    this.#scanned = last ?? this.#scanned;
  }

  async #add(range: { from?: string; to?: string; after?: string }): Promise<string | undefined> {
    let last: string | undefined;
    for await (const page of readPages(this.#store, this.#stream, range)) {
      for (const { id, value } of page) {
        const hour = hourOf(id);
        this.#bytes.set(hour, (this.#bytes.get(hour) ?? 0) + Buffer.byteLength(value));
        last = id;
      }
      await this.#store.renew(this.#lease, LEASE_MS);
    }
    return last;
  }

  /** The id below which everything must go, and the counts without it; undefined if all may stay. */
  async #cut(maxBytes: number): Promise<string | undefined> {
    let over = [...this.#bytes.values()].reduce((sum, bytes) => sum + bytes, 0) - maxBytes;
    if (over <= 0) return undefined;
    for (const [hour, bytes] of [...this.#bytes].sort(([a], [b]) => a - b)) {
      if (over < bytes) return this.#cutWithin(hour, over);
      over -= bytes;
      this.#bytes.delete(hour);
      if (over <= 0) return `${(hour + 1) * HOUR_MS}-0`;
    }
    return undefined;
  }

  async #cutWithin(hour: number, over: number): Promise<string | undefined> {
    let left = over;
    for await (const page of readPages(this.#store, this.#stream, { from: String(hour * HOUR_MS) })) {
      for (const { id, value } of page) {
        if (left <= 0) return id;
        const bytes = Buffer.byteLength(value);
        left -= bytes;
        this.#bytes.set(hour, (this.#bytes.get(hour) ?? 0) - bytes);
      }
    }
    return undefined;
  }

  async #save(): Promise<void> {
    const key = this.#key;
    const gone = [...this.#stored].filter((hour) => !this.#bytes.has(Number(hour)));
    const ops: StoreOp[] = gone.map((field) => ({ op: 'hashDelete', key, field }));
    for (const [hour, bytes] of this.#bytes) {
      ops.push({ op: 'hashSet', key, field: String(hour), value: String(bytes) });
    }
    if (this.#scanned !== undefined) ops.push({ op: 'hashSet', key, field: SCANNED, value: this.#scanned });
    if (ops.length) await this.#store.commit(ops);
  }
}

function hourOf(id: string): number {
  return Math.floor(parseId(id).ms / HOUR_MS);
}
