/**
 * Sees to it that the state is stored: each group of events behind the journal entry it stands on, a checkpoint from
 * time to time, and what becomes of the state when the store fails. docs/decisions/0010 tells why it is right.
 */
import type { DepotState, JournalId } from '../domain/index.js';
import { reduce } from '../domain/index.js';
import { BridgeError } from '../errors/index.js';
import type { EventLog, Held, RecordedEvent } from './event-log.js';

/** Groups of events that the store takes together, on journal entries that it takes together: they have one fate. */
interface Batch {
  readonly stored: Promise<void>;
  readonly founded: Promise<boolean> | undefined;
  /** Told to whoever applied one of them, when they count. */
  readonly kept: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
  readonly events: RecordedEvent[];
  groups: number;
  /** The last group that has an id. */
  last: JournalId | undefined;
  after: DepotState;
  fate: 'open' | 'stored' | 'unlogged' | 'unfounded';
  cause: unknown;
}

/** A checkpoint is made this long after the first group behind the last one, or after this many of them. */
const CHECKPOINT_MS = 2_000;
const CHECKPOINT_GROUPS = 5_000;

export class Keeper {
  readonly #log: EventLog;
  readonly #rolledBack: (state: DepotState) => void;
  /** Applied, and not yet known to be stored; in order. */
  readonly #open: Batch[] = [];
  /** The state before the first of them, and the last group in it. */
  #confirmed: DepotState;
  #last: JournalId | undefined;
  #checkpointed: DepotState;
  #checkpointedLast: JournalId | undefined;
  #groups = 0;
  /**
   * How often the log came to tell less or more than is in the state, and how many of these a checkpoint has healed.
   * Nothing counts as stored before all are.
   */
  #damages = 0;
  #healed = 0;
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** `rolledBack` is given the state as it is without events that nothing stored stands behind. */
  constructor(log: EventLog, held: Held, rolledBack: (state: DepotState) => void) {
    this.#log = log;
    this.#confirmed = held.state;
    this.#checkpointed = held.checkpoint;
    this.#last = held.last;
    this.#checkpointedLast = held.last;
    this.#rolledBack = rolledBack;
  }

  /**
   * Stores events that made the state `after`. `founded`: whether the journal entry they stand on was stored.
   *
   * @returns rejects STORE_UNAVAILABLE
   */
  keep(events: readonly RecordedEvent[], after: DepotState, founded?: Promise<boolean>): Promise<void> {
    const { id, stored } = this.#begin(events);
    const batch = this.#batchOf(stored, founded, after);
    for (const event of events) batch.events.push(event);
    batch.groups += 1;
    batch.last = id ?? batch.last;
    batch.after = after;
    return batch.kept;
  }

  #batchOf(stored: Promise<void>, founded: Promise<boolean> | undefined, after: DepotState): Batch {
    const newest = this.#open.at(-1);
    if (newest && newest.stored === stored && newest.founded === founded && newest.fate === 'open')
      return newest;
    const { promise: kept, resolve, reject } = deferred();
    const batch: Batch = {
      ...{ stored, founded, kept, resolve, reject, after },
      ...{ events: [], groups: 0, last: undefined, fate: 'open', cause: undefined },
    };
    this.#open.push(batch);
    this.#follow(batch);
    return batch;
  }

  /** Resolves when everything is stored as a checkpoint, or rejects because it could not be. */
  async settled(): Promise<void> {
    while (this.#open.length > 0) await new Promise((resolve) => setImmediate(resolve));
    await this.#checkpoint();
  }

  #begin(events: readonly RecordedEvent[]): { id: JournalId | undefined; stored: Promise<void> } {
    try {
      return this.#log.begin(events);
    } catch (cause) {
      return { id: undefined, stored: Promise.reject(cause) };
    }
  }

  async #follow(batch: Batch): Promise<void> {
    let logged = true;
    try {
      await batch.stored;
    } catch (cause) {
      logged = false;
      batch.cause = cause;
    }
    const stands = batch.founded === undefined || (await batch.founded);
    batch.fate = !stands ? 'unfounded' : logged ? 'stored' : 'unlogged';
    this.#settle();
  }

  /** Batches count in their order: none before those that were applied before it. */
  #settle(): void {
    for (let batch = this.#open[0]; batch && batch.fate !== 'open'; batch = this.#open[0]) {
      this.#open.shift();
      this.#groups += batch.groups;
      if (batch.fate !== 'stored') this.#damages += 1;
      if (batch.fate === 'unfounded') this.#rollBack();
      else this.#confirmed = batch.after;
      this.#last = batch.last ?? this.#last;
      this.#finish(batch);
    }
    if (this.#groups >= CHECKPOINT_GROUPS) this.#checkpoint().catch(() => this.#later());
    else this.#later();
  }

  #finish({ fate, cause, resolve, reject }: Batch): void {
    if (fate === 'unfounded') reject(unfounded());
    else if (fate !== 'stored') reject(cause);
    else if (this.#damages > this.#healed) this.#checkpoint().then(resolve, reject);
    else resolve();
  }

  /** The state without the batch that has just left: what was applied after it is applied again. */
  #rollBack(): void {
    let state = this.#confirmed;
    for (const batch of this.#open) {
      for (const { event } of batch.events) state = reduce(state, event);
      batch.after = state;
    }
    this.#rolledBack(state);
  }

  /** A checkpoint that fails is tried again; until then whoever applies events is told that they are not stored. */
  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#checkpoint().catch(() => this.#later());
    }, CHECKPOINT_MS).unref();
  }

  /** One at a time; what is confirmed meanwhile goes into the next one. */
  #checkpoint(): Promise<void> {
    this.#next ??= this.#writing
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        this.#writing = this.#write();
        return this.#writing;
      });
    return this.#next;
  }

  async #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [state, last] = [this.#confirmed, this.#last];
    if (state === this.#checkpointed && last === this.#checkpointedLast) return;
    const damages = this.#damages;
    this.#groups = 0;
    await this.#log.checkpoint(this.#checkpointed, state, last);
    this.#checkpointed = state;
    this.#checkpointedLast = last;
    this.#healed = damages;
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (cause: unknown) => void } {
  let resolve: () => void = () => undefined;
  let reject: (cause: unknown) => void = () => undefined;
  const promise = new Promise<void>((onResolve, onReject) => {
    [resolve, reject] = [onResolve, onReject];
  });
  return { promise, resolve, reject };
}

function unfounded(): BridgeError {
  return new BridgeError('STORE_UNAVAILABLE', 'the journal entry that the events stand on was not stored');
}
