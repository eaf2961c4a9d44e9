import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BridgeError } from '../errors/index.js';
import { checkField, checkKey, checkOps, checkPrefix } from './keys.js';
import { whyNoLmdbFile } from './lmdb-file.js';
import type { Change } from './lmdb-rows.js';
import { LmdbStreams } from './lmdb-streams.js';
import { LmdbTable } from './lmdb-table.js';
import { type FolderLock, lockFolder } from './lock.js';
import type {
  Appending,
  AppendOptions,
  Durability,
  Lease,
  RangeOptions,
  SetOptions,
  Store,
  StoreOp,
  StreamEntry,
  Text,
  Versioned,
} from './port.js';
import {
  decodeLease,
  decodeRecord,
  encodeLease,
  encodeRecord,
  type Record as ValueRecord,
} from './records.js';

const SWEEP_MS = 30_000;
const CHUNK = 1_000;

// The kinds of rows, first part of each key; those of streams are in lmdb-streams.ts.
const VALUE = 'v'; // [v, key] → record
const HASH = 'h'; // [h, key, field] → text
const COUNTER = 'c'; // [c, key] → number
const LEASE = 'l'; // [l, key] → lease
const FENCE = 'f'; // [f, key] → the last fencing token
const EXPIRY = 'x'; // [x, time, key] → '', what to look at when the time has come

export interface LmdbStoreOptions {
  /** The folder; made if it is missing. */
  readonly path: string;
  readonly durability: Durability;
  /** Milliseconds since 1970; for tests of time. */
  readonly now?: () => number;
}

/**
 * Opens the embedded store in a folder of its own, for one process at a time.
 * @throws BridgeError STORE_LOCKED if another process has it, STORE_UNREADABLE if the folder cannot be used
 */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<Store> {
  let lock: FolderLock | undefined;
  try {
    mkdirSync(options.path, { recursive: true, mode: 0o700 });
    const held = lockFolder(options.path);
    lock = held;
    const file = join(options.path, 'depotbridge.mdb');
    const fault = whyNoLmdbFile(file);
    if (fault !== undefined) throw new Error(fault);
    const table = await LmdbTable.open(file, options.durability);
    return new LmdbStore(table, options.now ?? Date.now, () => held.release());
  } catch (error) {
    lock?.release();
    throw error instanceof BridgeError ? error : unreadable(options.path, error);
  }
}

class LmdbStore implements Store {
  readonly kind = 'lmdb';
  readonly #table: LmdbTable;
  readonly #now: () => number;
  readonly #unlock: () => void;
  readonly #streams: LmdbStreams;
  readonly #sweeper: NodeJS.Timeout;

  constructor(table: LmdbTable, now: () => number, unlock: () => void) {
    this.#table = table;
    this.#now = now;
    this.#streams = new LmdbStreams(table, now);
    this.#unlock = unlock;
    this.#sweeper = setInterval(() => this.#sweep().catch(() => undefined), SWEEP_MS).unref();
  }

  async get(key: string): Promise<Versioned | null> {
    const record = this.#live(checkKey(key));
    return record ? { value: record.value, version: record.version } : null;
  }

  async set(key: string, value: string, options: SetOptions = {}): Promise<number | null> {
    const current = this.#live(checkKey(key))?.version ?? 0;
    if (options.ifVersion !== undefined && options.ifVersion !== current) return null;
    const expiresAt = options.ttlMs === undefined ? undefined : this.#now() + options.ttlMs;
    const record = encodeRecord({ version: current + 1, value, expiresAt });
    const expiry: Change[] = expiresAt === undefined ? [] : [[[EXPIRY, expiresAt, key], '']];
    await this.#table.write([[[VALUE, key], record], ...expiry]);
    return current + 1;
  }

  async delete(key: string): Promise<boolean> {
    const existed = this.#live(checkKey(key)) !== undefined;
    const changes = this.#removal(key);
    if (changes.length) await this.#table.write(changes);
    return existed || changes.some(([row]) => row[0] === HASH);
  }

  async scan(prefix: string): Promise<Array<{ key: string; value: string }>> {
    const found: Array<{ key: string; value: string }> = [];
    for (const [key, text] of this.#table.rowsWithPrefix(VALUE, checkPrefix(prefix))) {
      const record = decodeRecord(text);
      if (this.#alive(record.expiresAt)) found.push({ key, value: record.value });
    }
    return found;
  }

  async hashGet(key: string, field: string): Promise<string | null> {
    return this.#table.get([HASH, checkKey(key), checkField(key, field)]) ?? null;
  }

  async hashGetAll(key: string): Promise<Record<string, string>> {
    return Object.fromEntries(this.#table.rowsOf(HASH, checkKey(key)));
  }

  async hashSet(key: string, field: string, value: string): Promise<void> {
    await this.#table.write([[[HASH, checkKey(key), checkField(key, field)], value]]);
  }

  async hashDelete(key: string, field: string): Promise<boolean> {
    const row = [HASH, checkKey(key), checkField(key, field)] as const;
    if (this.#table.get(row) === undefined) return false;
    await this.#table.write([[row, undefined]]);
    return true;
  }

  async incr(key: string): Promise<number> {
    const sum = Number(this.#table.get([COUNTER, checkKey(key)]) ?? 0) + 1;
    await this.#table.write([[[COUNTER, key], String(sum)]]);
    return sum;
  }

  async append(stream: string, value: string, options?: AppendOptions): Promise<string> {
    const { id, stored } = this.#streams.begin(stream, value, options);
    await stored;
    return id;
  }

  begin(stream: string, value: Text, options?: AppendOptions): Appending {
    return this.#streams.begin(stream, value, options);
  }

  linked(stream: string, id: string): Promise<string[]> {
    return this.#streams.linked(stream, id);
  }

  range(stream: string, options?: RangeOptions): Promise<StreamEntry[]> {
    return this.#streams.range(stream, options);
  }

  trim(stream: string, beforeId: string): Promise<number> {
    return this.#streams.trim(stream, beforeId);
  }

  async commit(ops: readonly StoreOp[]): Promise<void> {
    checkOps(ops);
    // Each change sees those before it, as a later operation on the same key expects.
    const changes: Change[] = [];
    const versions = new Map<string, number>();
    for (const op of ops) {
      if (op.op === 'set') {
        const version = (versions.get(op.key) ?? this.#live(op.key)?.version ?? 0) + 1;
        versions.set(op.key, version);
        changes.push([[VALUE, op.key], encodeRecord({ version, value: op.value })]);
      } else if (op.op === 'hashSet') {
        changes.push([[HASH, op.key, op.field], op.value]);
      } else if (op.op === 'hashDelete') {
        changes.push([[HASH, op.key, op.field], undefined]);
      } else {
        versions.set(op.key, 0);
        changes.push(...this.#removal(op.key));
        for (const [row] of changes.slice()) {
          if (row[1] === op.key) changes.push([row, undefined]);
        }
      }
    }
    if (changes.length) await this.#table.write(changes);
  }

  async acquire(key: string, owner: string, ttlMs: number): Promise<Lease | null> {
    const held = this.#liveLease(checkKey(key));
    if (held && held.owner !== owner) return null;
    const token = Number(this.#table.get([FENCE, key]) ?? 0) + 1;
    await this.#table.write([
      [[FENCE, key], String(token)],
      [[LEASE, key], encodeLease({ owner, token, expiresAt: this.#now() + ttlMs })],
    ]);
    return { key, owner, token };
  }

  async renew(lease: Lease, ttlMs: number): Promise<boolean> {
    if (!this.#holds(lease)) return false;
    const { owner, token } = lease;
    await this.#table.write([
      [[LEASE, lease.key], encodeLease({ owner, token, expiresAt: this.#now() + ttlMs })],
    ]);
    return true;
  }

  async release(lease: Lease): Promise<boolean> {
    if (!this.#holds(lease)) return false;
    await this.#table.write([[[LEASE, lease.key], undefined]]);
    return true;
  }

  async ping(): Promise<boolean> {
    try {
      const beat = String(this.#now());
      await this.#table.write([[['p'], beat]]);
      return this.#table.get(['p']) !== undefined;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    await this.#table.close();
    this.#unlock();
  }

  #alive(expiresAt: number | undefined): boolean {
    return expiresAt === undefined || expiresAt > this.#now();
  }

  #live(key: string): ValueRecord | undefined {
    const text = this.#table.get([VALUE, key]);
    if (text === undefined) return undefined;
    const record = decodeRecord(text);
    return this.#alive(record.expiresAt) ? record : undefined;
  }

  #liveLease(key: string) {
    const text = this.#table.get([LEASE, key]);
    const lease = text === undefined ? undefined : decodeLease(text);
    return lease && this.#alive(lease.expiresAt) ? lease : undefined;
  }

  #holds(lease: Lease): boolean {
    const held = this.#liveLease(checkKey(lease.key));
    return held?.owner === lease.owner && held.token === lease.token;
  }

  #removal(key: string): Change[] {
    const changes: Change[] = [];
    if (this.#table.get([VALUE, key]) !== undefined) changes.push([[VALUE, key], undefined]);
    for (const field of this.#table.rowsOf(HASH, key).keys()) changes.push([[HASH, key, field], undefined]);
    return changes;
  }

  /** Frees what has expired; reads do not depend on it. */
  async #sweep(): Promise<void> {
    const due = this.#table.keys({ start: [EXPIRY, 0], end: [EXPIRY, this.#now()], limit: CHUNK });
    const changes: Change[] = due.map(([, ...rest]) => [[EXPIRY, ...rest], undefined]);
    for (const [, , name] of due) {
      const key = String(name);
      const text = this.#table.get([VALUE, key]);
      if (text !== undefined && !this.#alive(decodeRecord(text).expiresAt))
        changes.push([[VALUE, key], undefined]);
    }
    if (changes.length) await this.#table.write(changes);
    if (due.length === CHUNK) await this.#sweep();
  }
}

function unreadable(path: string, cause: unknown): BridgeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BridgeError(
    'STORE_UNREADABLE',
    `the store in ${path} cannot be opened: ${reason}`,
    { path },
    { cause },
  );
}
