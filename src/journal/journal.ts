import { compareJournalIds } from '../domain/index.js';
import { BridgeError } from '../errors/index.js';
import { depotKey, isStreamId, type RangeOptions, type Store, type StoreLogger } from '../store/index.js';
import { decodeEntry, encodeEntry, mayBeOn } from './codec.js';
import type {
  Beginning,
  Journal,
  JournalDraft,
  JournalEntry,
  JournalFilter,
  JournalGap,
  JournalId,
  TraceLimits,
  TraceNode,
  Writing,
} from './entry.js';
import { GapGuard } from './gap.js';
import { readPages } from './pages.js';
import { expireStream, type Retention } from './retention.js';
import { growTrace } from './trace.js';

export interface JournalOptions {
  readonly logger?: StoreLogger;
  /** Milliseconds since 1970; for tests of time. */
  readonly now?: () => number;
}

/** Opens the journal of a depot in a store. The store stays the caller's to close. */
export function openJournal(store: Store, depotId: string, options: JournalOptions = {}): Journal {
  return new StreamJournal(store, depotId, options);
}

class StreamJournal implements Journal {
  readonly depotId: string;
  readonly #store: Store;
  readonly #stream: string;
  readonly #now: () => number;
  readonly #logger: StoreLogger | undefined;
  readonly #listeners = new Set<(entry: JournalEntry) => void>();
  readonly #guard: GapGuard;
  #newest: JournalId | undefined;

  constructor(store: Store, depotId: string, options: JournalOptions) {
    this.depotId = depotId;
    this.#store = store;
    this.#stream = depotKey(depotId, 'journal');
    this.#now = options.now ?? Date.now;
    this.#logger = options.logger;
    this.#guard = new GapGuard({
      depotId,
      append: (draft) => this.append(draft),
      begin: (draft) => this.#begin(draft),
      tell: (entry) => this.#tell(entry),
      ping: () => store.ping(),
      now: this.#now,
      logger: options.logger,
    });
  }

  async append(draft: JournalDraft): Promise<JournalEntry> {
    this.#check(draft);
    const at = draft.at ?? this.#now();
    const text = encodeEntry(draft, at).join('');
    const id = await this.#store.append(this.#stream, text, linksOf(draft));
    if (this.#newest === undefined || compareJournalIds(id, this.#newest) > 0) this.#newest = id;
    const entry = entryOf(id, draft, at);
    this.#tell(entry);
    return entry;
  }

  write(draft: JournalDraft): Writing {
    const { entry, stored } = this.#begin(draft);
    return { entry, stored: stored.then(() => this.#tell(entry)) };
  }

  get newest(): JournalId | undefined {
    return this.#newest;
  }

  #begin(draft: JournalDraft): { entry: JournalEntry; stored: Promise<void> } {
    this.#check(draft);
    const at = draft.at ?? this.#now();
    const { id, stored } = this.#store.begin(this.#stream, encodeEntry(draft, at), linksOf(draft));
    this.#newest = id;
    return { entry: entryOf(id, draft, at), stored };
  }

  begin(draft: JournalDraft): Beginning | null {
    return this.#guard.begin(draft);
  }

  appendOrGap(draft: JournalDraft): Promise<JournalEntry | null> {
    return this.#guard.append(draft);
  }

  gap(): JournalGap | null {
    return this.#guard.gap;
  }

  onEntry(listener: (entry: JournalEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async read(id: JournalId): Promise<JournalEntry> {
    const entry = await this.#find(id);
    if (entry) return entry;
    throw new BridgeError('JOURNAL_NO_ENTRY', `depot ${this.depotId} has no journal entry ${id}`, {
      journalId: id,
    });
  }

  async *entries(filter: JournalFilter = {}): AsyncGenerator<JournalEntry> {
    const { count = Number.POSITIVE_INFINITY } = filter;
    let found = 0;
    for await (const page of readPages(this.#store, this.#stream, rangeOf(filter))) {
      for (const { id, value } of page) {
        if (found >= count) return;
        if (filter.link !== undefined && !mayBeOn(filter.link, value)) continue;
        const entry = decodeEntry(this.depotId, id, value);
        if (!matches(entry, filter)) continue;
        found += 1;
        yield entry;
      }
    }
  }

  async traceBack(id: JournalId, limits?: TraceLimits): Promise<TraceNode> {
    const root = await this.read(id);
    const read = (cause: JournalId) => this.#find(cause);
    return growTrace(root, { read, next: async (entry) => entry.causes }, limits);
  }

  async traceForward(id: JournalId, limits?: TraceLimits): Promise<TraceNode> {
    const root = await this.read(id);
    const read = (effect: JournalId) => this.#find(effect);
    return growTrace(root, { read, next: (entry) => this.#store.linked(this.#stream, entry.id) }, limits);
  }

  expire(limits: Retention): Promise<number> {
    return expireStream(this.#store, this.depotId, this.#stream, limits);
  }

  close(): Promise<void> {
    return this.#guard.close();
  }

  #check(draft: JournalDraft): void {
    if (draft.depotId !== this.depotId) {
      const message = `an entry of depot ${draft.depotId} came to the journal of depot ${this.depotId}`;
      throw new BridgeError('JOURNAL_WRONG_DEPOT', message);
    }
    const wrong = draft.causes.find((cause) => !isStreamId(cause));
    if (wrong !== undefined) {
      const message = `${draft.action} on ${draft.link} names the cause ${JSON.stringify(wrong)}, which is no journal id`;
      throw new BridgeError('JOURNAL_BAD_CAUSE', message);
    }
  }

  async #find(id: JournalId): Promise<JournalEntry | undefined> {
    if (!isStreamId(id)) return undefined;
    const [entry] = await this.#store.range(this.#stream, { from: id, to: id, count: 1 });
    return entry && decodeEntry(this.depotId, entry.id, entry.value);
  }

  #tell(entry: JournalEntry): void {
    for (const listener of this.#listeners) {
      try {
        listener(entry);
      } catch (error) {
        this.#logger?.warn({ err: error, journalId: entry.id }, 'a listener of the journal failed');
      }
    }
  }
}

/** All entries are made alike, with every member, which is quicker than copying what each draft has. */
function entryOf(id: JournalId, draft: JournalDraft, at: number): JournalEntry {
  return {
    id,
    at,
    depotId: draft.depotId,
    link: draft.link,
    protocol: draft.protocol,
    direction: draft.direction,
    action: draft.action,
    messageId: draft.messageId,
    raw: draft.raw,
    causes: draft.causes,
    generation: draft.generation,
    rules: draft.rules,
    error: draft.error,
    fields: draft.fields,
    http: draft.http,
  };
}

const NO_LINKS = {};

function linksOf({ causes }: JournalDraft): { links?: readonly JournalId[] } {
  if (causes.length === 0) return NO_LINKS;
  return { links: causes.length === 1 ? causes : [...new Set(causes)] };
}

function rangeOf(filter: JournalFilter): RangeOptions {
  const { after, from, to, reverse } = filter;
  return {
    ...(after === undefined ? {} : { after }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(reverse === undefined ? {} : { reverse }),
  };
}

function matches(entry: JournalEntry, filter: JournalFilter): boolean {
  return (
    (filter.link === undefined || entry.link === filter.link) &&
    (filter.protocol === undefined || entry.protocol === filter.protocol) &&
    (filter.direction === undefined || entry.direction === filter.direction) &&
    entry.direction !== filter.except &&
    (filter.action === undefined || entry.action === filter.action)
  );
}
