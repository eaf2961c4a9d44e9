import { setTimeout as delay } from 'node:timers/promises';
import { open, type RootDatabase } from 'lmdb';
import { BridgeError } from '../errors/index.js';
import type { Durability } from './port.js';

const FAILED_CLOSE_MS = 500;

/** A row's key: its kind first, then what the kind needs; sorts by its parts. */
export type RowKey = readonly [kind: string, ...rest: ReadonlyArray<string | number>];

/** One row to write; `undefined` removes it. */
export type Change = readonly [key: RowKey, value: string | undefined];

/** The writes of one turn of the event loop: all are committed, or none. */
interface Turn {
  readonly changes: Change[];
  readonly staged: Pending[];
  readonly committed: Promise<void>;
}

interface Pending {
  readonly key: RowKey;
  readonly value: string | undefined;
}

/** Both ends inclusive. */
export interface RowRange {
  readonly start: RowKey;
  readonly end: RowKey;
  readonly limit?: number;
  readonly reverse?: boolean;
}

/**
 * An ordered table of text rows on LMDB. What was written is seen at once, before it is committed, so that
 * decisions (compare-and-set, counters) need no transaction: there is one process and one thread of JavaScript.
 * Writes issued together are committed together; those of one call are never parted.
 */
export class LmdbTable {
  readonly #db: RootDatabase<string, Array<string | number>>;
  readonly #pending = new Map<string, Pending>();
  #gathering: Turn | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #open = true;
  #failed = false;

  constructor(path: string, durability: Durability) {
    this.#db = open<string, Array<string | number>>({
      path,
      encoding: 'string',
      // Writes are grouped here: LMDB's own grouping leaves a promise behind that nobody could handle when a commit fails.
      eventTurnBatching: false,
      // Without it, a commit is synced before it is reported; with it, the sync follows the report at once.
      overlappingSync: durability === 'everysec',
    });
  }

  get(key: RowKey): string | undefined {
    this.#check();
    const pending = this.#pending.get(nameOf(key));
    return pending ? pending.value : this.#db.get([...key]);
  }

  /** The rows whose key begins with `head`, pending ones included, in key order. */
  rowsOf(...head: RowKey): Map<string, string> {
    this.#check();
    const rows = new Map<string, string>();
    for (const { key, value } of this.#db.getRange({ start: [...head] })) {
      if (!startsWith(key, head)) break;
      rows.set(String(key[head.length]), value);
    }
    this.#mergePending(rows, (key) => (startsWith(key, head) ? String(key[head.length]) : undefined));
    return rows;
  }

  /** The rows of a kind whose second key part begins with a text, pending ones included, in key order. */
  rowsWithPrefix(kind: string, prefix: string): Map<string, string> {
    this.#check();
    const rows = new Map<string, string>();
    for (const { key, value } of this.#db.getRange({ start: [kind, prefix] })) {
      const name = String(key[1]);
      if (key[0] !== kind || !name.startsWith(prefix)) break;
      rows.set(name, value);
    }
    this.#mergePending(rows, (key) => {
      const name = String(key[1]);
      return key[0] === kind && name.startsWith(prefix) ? name : undefined;
    });
    return new Map([...rows].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Committed rows between two keys; call {@link settled} first to see one's own latest writes. */
  range(range: RowRange): Array<{ key: Array<string | number>; value: string }> {
    this.#check();
    return [...this.#db.getRange(this.#rangeOptions(range))];
  }

  keys(range: RowRange): Array<Array<string | number>> {
    this.#check();
    return [...this.#db.getKeys(this.#rangeOptions(range))];
  }

  /** Writes all changes or none. Rows in `fresh` are only ever read by {@link range}. */
  write(changes: readonly Change[], fresh: readonly Change[] = []): Promise<void> {
    this.#check();
    const staged = changes.map(([key, value]) => {
      const entry: Pending = { key, value };
      this.#pending.set(nameOf(key), entry);
      return entry;
    });
    const turn = this.#turn();
    turn.changes.push(...changes, ...fresh);
    turn.staged.push(...staged);
    return turn.committed;
  }

  /** Resolves when all that was written before is committed or has failed. */
  async settled(): Promise<void> {
    await this.#last;
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#last;
    const closed = this.#db.close();
    // After a failed commit LMDB waits for a sync that never comes.
    await (this.#failed ? Promise.race([closed, delay(FAILED_CLOSE_MS, undefined)]) : closed);
  }

  /** The group of writes that is being gathered; handed to LMDB as soon as the running code has ended. */
  #turn(): Turn {
    if (this.#gathering) return this.#gathering;
    const changes: Change[] = [];
    const staged: Pending[] = [];
    const committed = Promise.resolve()
      .then(() => {
        this.#gathering = undefined;
        return this.#commit(changes);
      })
      .finally(() => this.#unstage(staged));
    this.#last = committed.catch(() => undefined);
    this.#gathering = { changes, staged, committed };
    return this.#gathering;
  }

  #unstage(staged: readonly Pending[]): void {
    for (const entry of staged) {
      const name = nameOf(entry.key);
      if (this.#pending.get(name) === entry) this.#pending.delete(name);
    }
  }

  async #commit(changes: readonly Change[]): Promise<void> {
    try {
      await this.#db.batch(() => {
        for (const [key, value] of changes) {
          if (value === undefined) this.#db.remove([...key]);
          else this.#db.put([...key], value);
        }
      });
      this.#failed = false;
    } catch (error) {
      this.#failed = true;
      throw await commitError(error);
    }
  }

  #rangeOptions(range: RowRange) {
    const [first, last] = range.reverse ? [range.end, range.start] : [range.start, range.end];
    return {
      start: [...first],
      end: [...last],
      inclusiveEnd: true,
      reverse: range.reverse ?? false,
      ...(range.limit === undefined ? {} : { limit: range.limit }),
    };
  }

  #mergePending(rows: Map<string, string>, nameIn: (key: RowKey) => string | undefined): void {
    for (const { key, value } of this.#pending.values()) {
      const name = nameIn(key);
      if (name === undefined) continue;
      if (value === undefined) rows.delete(name);
      else rows.set(name, value);
    }
  }

  #check(): void {
    if (!this.#open) throw new BridgeError('STORE_UNAVAILABLE', 'the store is closed');
  }
}

function startsWith(key: ReadonlyArray<string | number>, head: RowKey): boolean {
  return head.every((part, index) => key[index] === part);
}

function nameOf(key: RowKey): string {
  return key.join('\u0000');
}

/** What LMDB says of a failed commit comes as a promise of its own. */
async function commitError(error: unknown): Promise<BridgeError> {
  let cause = error;
  if (error instanceof Error && 'commitError' in error) {
    cause = await Promise.resolve(error.commitError).catch((reason: unknown) => reason);
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BridgeError(
    'STORE_UNAVAILABLE',
    `the data folder could not be written: ${reason}`,
    {},
    { cause },
  );
}
