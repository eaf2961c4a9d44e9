import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { asBinary, open, type RootDatabase } from 'lmdb';
import { BridgeError } from '../errors/index.js';
import { Backlog, nameOf } from './backlog.js';
import type { Block } from './block.js';
import { type Change, inOrder, type RowKey, type RowRange, rangeOptions, startsWith } from './lmdb-rows.js';
import type { Durability } from './port.js';
import { WriteAhead } from './write-ahead.js';

const FAILED_CLOSE_MS = 500;

/** The writes of one turn of the event loop: all are stored, or none. */
interface Turn {
  readonly group: Group;
  readonly stored: Promise<void>;
}

interface Group {
  readonly changes: Change[];
  /** Give changes that are made of the whole turn, when it has ended. */
  readonly later: (() => readonly Change[])[];
}

/** How long acknowledged changes may wait before the database takes them over and is synced. */
const TAKE_OVER_MS = 200;
/** Characters that may wait; then writers wait too. */
const MAX_WAITING = 32_000_000;
/** The number of the last group that the database took over from the write-ahead log. */
const TAKEN: RowKey = ['w'];

/**
 * An ordered table of text rows on LMDB. What was written is seen at once, before it is stored, so that
 * decisions (compare-and-set, counters) need no transaction: there is one process and one thread of JavaScript.
 * Writes issued together are stored together; those of one call are never parted.
 *
 * With `always`, a write is acknowledged when LMDB has synced it. With `everysec` it is acknowledged when it is in the
 * write-ahead log, which outlives this process; LMDB takes it over and syncs it a moment later, which outlives the
 * machine's end.
 */
export class LmdbTable {
  readonly #db: RootDatabase<string, Array<string | number>>;
  readonly #ahead: WriteAhead;
  readonly #acknowledgesAhead: boolean;
  readonly #backlog = new Backlog();
  #number = 0;
  #gathering: Turn | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #takingOver: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #open = true;
  #failed = false;

  private constructor(file: string, durability: Durability) {
    this.#acknowledgesAhead = durability === 'everysec';
    this.#ahead = new WriteAhead(dirname(file));
    this.#db = open<string, Array<string | number>>({
      path: file,
      encoding: 'string',
      // Writes are grouped here: LMDB's own grouping leaves a promise behind that nobody could handle when a commit fails.
      eventTurnBatching: false,
      // A commit is synced before it is reported.
      overlappingSync: false,
    });
  }

  /** Opens the table and takes over what an earlier process left in the write-ahead log. */
  static async open(file: string, durability: Durability): Promise<LmdbTable> {
    const table = new LmdbTable(file, durability);
    await table.#recover();
    return table;
  }

  get(key: RowKey): string | undefined {
    this.#check();
    const waiting = this.#backlog.get(key);
    return waiting ? waiting[1]?.toString() : this.#db.get([...key]);
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

  /** The rows between two keys, in their order. */
  range(range: RowRange): Array<{ key: Array<string | number>; value: string }> {
    this.#check();
    if (this.#backlog.isEmpty) return [...this.#db.getRange(rangeOptions(range))];
    const over = this.#backlog.within(range);
    const held = this.#db.getRange(rangeOptions(range, over.length));
    const rows = new Map([...held].map((row) => [nameOf(row.key), row]));
    for (const [key, value] of over) {
      if (value === undefined) rows.delete(nameOf(key));
      else rows.set(nameOf(key), { key: [...key], value: value.toString() });
    }
    return inOrder([...rows.values()], ({ key }) => key, range);
  }

  /** As {@link range}, read one by one as far as that is possible; to be used up within one turn of the event loop. */
  eachOf(range: RowRange): Iterable<{ key: Array<string | number>; value: string }> {
    this.#check();
    return this.#backlog.isEmpty ? this.#db.getRange(rangeOptions(range)) : this.range(range);
  }

  keys(range: RowRange): Array<Array<string | number>> {
    this.#check();
    if (this.#backlog.isEmpty) return [...this.#db.getKeys(rangeOptions(range))];
    const over = this.#backlog.within(range);
    const held = this.#db.getKeys(rangeOptions(range, over.length));
    const keys = new Map([...held].map((key) => [nameOf(key), key]));
    for (const [key, value] of over) {
      if (value === undefined) keys.delete(nameOf(key));
      else keys.set(nameOf(key), [...key]);
    }
    return inOrder([...keys.values()], (key) => key, range);
  }

  /** Writes all changes or none. */
  write(changes: readonly Change[]): Promise<void> {
    this.#check();
    const { group, stored } = this.#turn();
    for (const change of changes) this.#stage(group, change);
    return stored;
  }

  /**
   * Writes what `changes` gives when this turn of the event loop has ended, together with all that was written in it.
   * Until then nobody sees it.
   */
  writeLater(changes: () => readonly Change[]): Promise<void> {
    this.#check();
    const { group, stored } = this.#turn();
    group.later.push(changes);
    return stored;
  }

  /** Resolves when all that was written before is stored or has failed. */
  async settled(): Promise<void> {
    await this.#last;
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#last;
    clearTimeout(this.#timer);
    // What LMDB cannot take over now, it does at the next start.
    await this.#takeOver().catch(() => undefined);
    this.#ahead.rotate();
    const closed = this.#db.close();
    // After a failed commit LMDB waits for a sync that never comes.
    await (this.#failed ? Promise.race([closed, delay(FAILED_CLOSE_MS, undefined)]) : closed);
  }

  /** The group of writes that is being gathered; stored as soon as the running code has ended. */
  #turn(): Turn {
    if (this.#gathering) return this.#gathering;
    const group: Group = { changes: [], later: [] };
    const stored = this.#acknowledgesAhead ? this.#storeAhead(group) : this.#storeNow(group);
    this.#last = stored.catch(() => undefined);
    this.#gathering = { group, stored };
    return this.#gathering;
  }

  #stage({ changes }: Group, change: Change): void {
    this.#backlog.stage(change);
    changes.push(change);
  }

  /** All changes of a turn that has ended. */
  #gathered(group: Group): readonly Change[] {
    this.#gathering = undefined;
    for (const give of group.later) for (const change of give()) this.#stage(group, change);
    return group.changes;
  }

  /** All frames that the process was handed at once are one group. */
  #storeAhead(group: Group): Promise<void> {
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        const changes = this.#gathered(group);
        try {
          if (this.#failed) throw new Error('the last changes are not yet in the database');
          this.#ahead.append({ number: this.#number + 1, changes });
        } catch (error) {
          this.#backlog.retract();
          this.#takeOverSoon();
          reject(unavailable(error));
          return;
        }
        this.#number += 1;
        this.#backlog.push(changes);
        this.#takeOverSoon();
        if (this.#backlog.chars < MAX_WAITING) resolve();
        else this.#takeOver().then(resolve, reject);
      });
    });
  }

  async #storeNow(group: Group): Promise<void> {
    await Promise.resolve();
    const changes = this.#gathered(group);
    this.#backlog.push(changes);
    try {
      await this.#commit(changes);
    } finally {
      this.#backlog.drop(changes);
    }
  }

  #takeOverSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#takeOver().catch(() => this.#takeOverSoon());
    }, TAKE_OVER_MS).unref();
  }

  /** Puts what waits into the database; one at a time. */
  async #takeOver(): Promise<void> {
    while (this.#takingOver) await this.#takingOver.catch(() => undefined);
    this.#takingOver = this.#takeOverAll().finally(() => {
      this.#takingOver = undefined;
    });
    return this.#takingOver;
  }

  async #takeOverAll(): Promise<void> {
    if (!this.#acknowledgesAhead || this.#backlog.isEmpty) return;
    const changes = this.#backlog.all();
    const files = this.#ahead.rotate();
    await this.#commit([...changes, [TAKEN, String(this.#number)]]);
    // The blocks of what waited are in the log's buffers, which are used again.
    this.#backlog.drop(changes);
    this.#ahead.drop(files);
  }

  async #recover(): Promise<void> {
    const taken = Number(this.#db.get([...TAKEN]) ?? 0);
    this.#number = taken;
    const changes: Change[] = [];
    for (const group of this.#ahead.groups()) {
      if (group.number !== this.#number + 1) continue;
      this.#number = group.number;
      changes.push(...group.changes);
    }
    if (this.#number > taken) await this.#commit([...changes, [TAKEN, String(this.#number)]]);
    this.#ahead.drop(this.#ahead.rotate());
  }

  async #commit(changes: readonly Change[]): Promise<void> {
    try {
      await this.#db.batch(() => {
        for (const [key, value] of changes) {
          if (value === undefined) this.#db.remove([...key]);
          else this.#db.put([...key], inDatabase(value));
        }
      });
      this.#failed = false;
    } catch (error) {
      this.#failed = true;
      throw await commitError(error);
    }
  }

  #mergePending(rows: Map<string, string>, nameIn: (key: RowKey) => string | undefined): void {
    for (const [key, value] of this.#backlog.newest()) {
      const name = nameIn(key);
      if (name === undefined) continue;
      if (value === undefined) rows.delete(name);
      else rows.set(name, value.toString());
    }
  }

  #check(): void {
    if (!this.#open) throw new BridgeError('STORE_UNAVAILABLE', 'the store is closed');
  }
}

/** The bytes of a block as they are: the database would read its text from them. */
function inDatabase(value: string | Block): string {
  return typeof value === 'string' ? value : (asBinary(value.bytes) as unknown as string);
}

/** What LMDB says of a failed commit comes as a promise of its own. */
async function commitError(error: unknown): Promise<BridgeError> {
  let cause = error;
  if (error instanceof Error && 'commitError' in error) {
    cause = await Promise.resolve(error.commitError).catch((reason: unknown) => reason);
  }
  return unavailable(cause);
}

function unavailable(cause: unknown): BridgeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BridgeError(
    'STORE_UNAVAILABLE',
    `the data folder could not be written: ${reason}`,
    {},
    { cause },
  );
}
