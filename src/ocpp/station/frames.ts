/** Journals the frames of one station: raw, in order, each answer naming its call. */
import type { Runtime } from '../../depot/index.js';
import type { ErrorCode } from '../../errors/index.js';
import type { Beginning, JournalDraft, JournalEntry, JournalId } from '../../journal/index.js';
import { withoutPasswordsInFrame } from '../hidden.js';
import type { OcppProtocol } from '../protocol.js';
import type { FrameTallies } from './tallies.js';

/** A journalled frame, or null if the store lost it. */
export type Stored = Promise<JournalEntry | null>;

const NO_CAUSES: readonly JournalId[] = [];

export interface FrameDraft {
  readonly protocol: OcppProtocol;
  readonly direction: 'in' | 'out';
  readonly action: string;
  readonly messageId?: string | undefined;
  readonly raw: string;
  /** Milliseconds since 1970, if it was received before now. */
  readonly at?: number | undefined;
  readonly error?: ErrorCode | undefined;
  readonly rules?: readonly string[] | undefined;
}

/** What the bridge itself notes about a station, beside its frames. */
export interface NoteDraft {
  readonly action: string;
  readonly value: object;
  readonly causes?: readonly JournalId[];
  readonly rules?: readonly string[];
  readonly error?: ErrorCode;
}

export class FrameJournal {
  readonly #runtime: Runtime;
  readonly #tallies: FrameTallies;
  readonly #link: string;

  /** @param link whose words these are: `ocpp:<identity>`, or `csms:<identity>` for those of its CSMS */
  constructor(runtime: Runtime, tallies: FrameTallies, link: `${'ocpp' | 'csms'}:${string}`) {
    this.#runtime = runtime;
    this.#tallies = tallies;
    this.#link = link;
  }

  /**
   * Begins to append a frame, without the passwords in it; frames are journalled in the order of these calls. Null if it
   * is lost.
   *
   * @param passwords told in the call to which it belongs: they may come back anywhere
   */
  frame(
    draft: FrameDraft,
    causes: readonly JournalId[] = NO_CAUSES,
    passwords?: readonly string[],
  ): Beginning | null {
    const runtime = this.#runtime;
    const { protocol, direction, action, messageId, error } = draft;
    this.#tallies.count(protocol, direction, action, error !== undefined);
    const { raw, rules = draft.rules } = withoutPasswordsInFrame(action, draft.raw, passwords);
    return this.#begin({
      depotId: runtime.depot.id,
      link: this.#link,
      protocol,
      direction,
      action,
      messageId,
      raw,
      causes,
      at: draft.at ?? runtime.now().getTime(),
      generation: runtime.tables().id,
      error,
      rules,
    });
  }

  /** Appends a decision or finding of the bridge itself. Never rejects. */
  note(draft: NoteDraft): Stored {
    return storedOf(this.beginNote(draft));
  }

  /** As {@link note}, for what the state takes at once. */
  beginNote({ action, value, causes = NO_CAUSES, rules, error }: NoteDraft): Beginning | null {
    return this.#begin({
      depotId: this.#runtime.depot.id,
      link: this.#link,
      protocol: 'bridge',
      direction: 'internal',
      action,
      raw: JSON.stringify(value),
      causes,
      at: this.#runtime.now().getTime(),
      ...(rules ? { rules } : {}),
      ...(error ? { error } : {}),
    });
  }

  #begin(draft: JournalDraft): Beginning | null {
    const { depot, metrics } = this.#runtime;
    const begun = depot.journal.begin(draft);
    if (begun) this.#tallies.followStored(begun.stored, metrics.lineageGaps);
    else metrics.lineageGaps.inc();
    return begun;
  }
}

/** The entry once it is stored; null if it was lost. */
export async function storedOf(begun: Beginning | null): Stored {
  return begun && (await begun.stored) ? begun.entry : null;
}
