import { BridgeError } from '../errors/index.js';
import type { StoreLogger } from '../store/index.js';
import type { Beginning, JournalDraft, JournalEntry, JournalGap } from './entry.js';

const PROBE_MS = 500;
/** Frames and characters that may be on their way to the store before more count as lost. */
const MAX_IN_FLIGHT = 10_000;
const MAX_IN_FLIGHT_CHARS = 64_000_000;

/** What the guard stands on. */
export interface GapSource {
  readonly depotId: string;
  append(draft: JournalDraft): Promise<JournalEntry>;
  begin(draft: JournalDraft): { readonly entry: JournalEntry; readonly stored: Promise<void> };
  /** Is given each entry of `begin` that was stored. */
  tell(entry: JournalEntry): void;
  ping(): Promise<boolean>;
  now(): number;
  readonly logger: StoreLogger | undefined;
}

type Timed = JournalDraft & { readonly at: number };

function isTimed(draft: JournalDraft): draft is Timed {
  return draft.at !== undefined;
}

/** Entries that the store takes together: what becomes of one becomes of all. */
interface Batch {
  readonly stored: Promise<void>;
  readonly openings: number;
  readonly entries: JournalEntry[];
  readonly kept: Promise<boolean>;
}

/**
 * Keeps frames flowing while the store is away: the first failure shuts the gate, frames at a shut gate are only
 * counted, and a probe opens it again once a `JournalGap` entry with the count is stored.
 */
export class GapGuard {
  readonly #source: GapSource;
  #gap: JournalGap | null = null;
  #shut = false;
  /** How often the gate was opened; a frame sent before the last time says nothing of the store as it is now. */
  #openings = 0;
  #batch: Batch | undefined;
  #inFlight = 0;
  #inFlightChars = 0;
  #probe: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(source: GapSource) {
    this.#source = source;
  }

  get gap(): JournalGap | null {
    return this.#gap;
  }

  async append(draft: JournalDraft): Promise<JournalEntry | null> {
    const timed = this.#timed(draft);
    if (this.#isFull(timed)) return null;
    const openings = this.#openings;
    this.#depart(timed);
    try {
      return await this.#source.append(timed);
    } catch (error) {
      this.#failed(timed, error, openings);
      return null;
    } finally {
      this.#arrive(timed);
    }
  }

  begin(draft: JournalDraft): Beginning | null {
    const timed = this.#timed(draft);
    if (this.#isFull(timed)) return null;
    try {
      const { entry, stored } = this.#source.begin(timed);
      this.#depart(timed);
      const batch = this.#batchOf(stored);
      batch.entries.push(entry);
      return { entry, stored: batch.kept };
    } catch (error) {
      this.#failed(timed, error, this.#openings);
      return null;
    }
  }

  #batchOf(stored: Promise<void>): Batch {
    const openings = this.#openings;
    if (this.#batch?.stored === stored && this.#batch.openings === openings) return this.#batch;
    const entries: JournalEntry[] = [];
    const kept = stored.then(
      () => {
        for (const entry of entries) {
          this.#arrive(entry);
          this.#source.tell(entry);
        }
        return true;
      },
      (error: unknown) => {
        for (const entry of entries) {
          this.#arrive(entry);
          this.#failed(entry, error, openings);
        }
        return false;
      },
    );
    this.#batch = { stored, openings, entries, kept };
    return this.#batch;
  }

  #timed(draft: JournalDraft): Timed {
    return isTimed(draft) ? draft : { ...draft, at: this.#source.now() };
  }

  /** Whether no more may be on its way; the frame is lost then. */
  #isFull(draft: Timed): boolean {
    const full = this.#inFlight >= MAX_IN_FLIGHT || this.#inFlightChars >= MAX_IN_FLIGHT_CHARS;
    if (!this.#shut && !full) return false;
    this.#lose(draft, true);
    return true;
  }

  #depart({ raw }: JournalDraft): void {
    this.#inFlight += 1;
    this.#inFlightChars += raw.length;
  }

  #arrive({ raw }: JournalDraft): void {
    this.#inFlight -= 1;
    this.#inFlightChars -= raw.length;
  }

  #failed(draft: Timed, error: unknown, openings: number): void {
    const away = error instanceof BridgeError && error.code === 'STORE_UNAVAILABLE';
    if (!this.#shut)
      this.#source.logger?.warn({ err: error, link: draft.link }, 'a frame was not journalled');
    this.#lose(draft, away && openings === this.#openings);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#probe);
    if (this.#gap) await this.#recover();
  }

  #lose(draft: Timed, shut: boolean): void {
    const { lost = 0, lostChars = 0, from = draft.at, to = draft.at } = this.#gap ?? {};
    this.#gap = {
      lost: lost + 1,
      lostChars: lostChars + draft.raw.length,
      from: Math.min(from, draft.at),
      to: Math.max(to, draft.at),
    };
    if (shut) this.#shut = true;
    this.#probeLater();
  }

  #probeLater(): void {
    if (this.#probe || this.#closed) return;
    this.#probe = setTimeout(async () => {
      await this.#recover();
      this.#probe = undefined;
      if (this.#gap) this.#probeLater();
    }, PROBE_MS).unref();
  }

  /** Writes the gap down and opens the gate; leaves both as they are if the store is still away. */
  async #recover(): Promise<void> {
    if (this.#inFlight >= MAX_IN_FLIGHT / 2 || !(await this.#source.ping())) return;
    const gap = this.#gap;
    if (!gap) return;
    // Set before the answer comes: what arrives from here on is either stored after the record or counted anew.
    this.#gap = null;
    this.#shut = false;
    this.#openings += 1;
    try {
      await this.#source.append(gapDraft(this.#source.depotId, gap, this.#source.now()));
      this.#source.logger?.warn({ ...gap }, 'the journal goes on after a gap');
    } catch {
      this.#shut = true;
      this.#gap = join(gap, this.#gap);
    }
  }
}

function join(a: JournalGap, b: JournalGap | null): JournalGap {
  if (!b) return a;
  return {
    lost: a.lost + b.lost,
    lostChars: a.lostChars + b.lostChars,
    from: Math.min(a.from, b.from),
    to: Math.max(a.to, b.to),
  };
}

function gapDraft(depotId: string, gap: JournalGap, at: number): JournalDraft {
  const raw = JSON.stringify({
    lost: gap.lost,
    lostChars: gap.lostChars,
    from: new Date(gap.from).toISOString(),
    to: new Date(gap.to).toISOString(),
  });
  return {
    depotId,
    link: 'bridge',
    protocol: 'bridge',
    direction: 'internal',
    action: 'JournalGap',
    raw,
    causes: [],
    at,
    error: 'STORE_UNAVAILABLE',
  };
}
