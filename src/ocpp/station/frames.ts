/** Journals the frames of one station: raw, in order, each answer naming its call. */
import type { Runtime } from '../../depot/index.js';
import type { ErrorCode } from '../../errors/index.js';
import type { JournalDraft, JournalEntry, JournalId } from '../../journal/index.js';
import { isAction, type OcppProtocol } from '../protocol.js';

/** A journalled frame, or null if the store lost it. */
export type Stored = Promise<JournalEntry | null>;

export interface FrameDraft {
  readonly protocol: OcppProtocol;
  readonly direction: 'in' | 'out';
  readonly action: string;
  readonly messageId?: string;
  readonly raw: string;
  readonly error?: ErrorCode;
  readonly rules?: readonly string[];
}

/** What the bridge itself notes about a station, beside its frames. */
export interface NoteDraft {
  readonly action: string;
  readonly value: object;
  readonly causes?: readonly JournalId[];
  readonly rules?: readonly string[];
}

export class FrameJournal {
  readonly #runtime: Runtime;
  readonly #link: string;

  constructor(runtime: Runtime, ocppIdentity: string) {
    this.#runtime = runtime;
    this.#link = `ocpp:${ocppIdentity}`;
  }

  /** Appends a frame now, so that frames are journalled in the order of these calls. Never rejects. */
  frame(draft: FrameDraft, causes: readonly JournalId[] = []): Stored {
    const { depot, metrics } = this.#runtime;
    const { protocol, direction, action, error } = draft;
    // A peer must not fill the metrics with names of its own.
    const label = isAction(protocol, action) ? action : 'other';
    metrics.messages.inc({ protocol, direction, action: label, outcome: error ? 'refused' : 'ok' });
    const at = this.#runtime.now().getTime();
    const generation = this.#runtime.tables().id;
    return this.#append({ depotId: depot.id, link: this.#link, generation, ...draft, causes, at });
  }

  /** Appends a frame once its causes are known; causes that were not journalled are left out. Never rejects. */
  async after(draft: FrameDraft, causes: readonly (Stored | JournalId)[]): Promise<JournalEntry | null> {
    const known = await Promise.all(causes);
    const ids = known.flatMap((cause) => (typeof cause === 'string' ? [cause] : cause ? [cause.id] : []));
    return this.frame(draft, ids);
  }

  /** Appends a decision or finding of the bridge itself. */
  note({ action, value, causes = [], rules }: NoteDraft): Stored {
    return this.#append({
      depotId: this.#runtime.depot.id,
      link: this.#link,
      protocol: 'bridge',
      direction: 'internal',
      action,
      raw: JSON.stringify(value),
      causes,
      at: this.#runtime.now().getTime(),
      ...(rules ? { rules } : {}),
    });
  }

  async #append(draft: JournalDraft): Promise<JournalEntry | null> {
    const entry = await this.#runtime.depot.journal.appendOrGap(draft);
    if (!entry) this.#runtime.metrics.lineageGaps.inc();
    return entry;
  }
}
