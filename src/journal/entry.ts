/** What the journal holds: raw payloads and how they hang together. */
import type { JournalId } from '../domain/index.js';

export type { JournalId };

export type JournalProtocol = 'ocpp1.6' | 'ocpp2.0.1' | 'ocpp2.1' | 'vdv463' | 'ocpi' | 'bridge';

/** `in` and `out` are seen from the bridge; `internal` marks what the bridge itself decided (a clock, a plan). */
export type JournalDirection = 'in' | 'out' | 'internal';

/** One outbound field's origin: `path` in the payload, `rule` that wrote it, `raw` frame and rule `read` that it came from. */
export interface FieldSource {
  readonly path: string;
  readonly rule: string;
  readonly raw: JournalId;
  readonly read: string;
}

/** What a caller hands to the journal; the journal adds the id. */
export interface JournalDraft {
  readonly depotId: string;
  /** Who is at the other end: `ocpp:CP-N1`, `vdv463:BMS-1`, `ocpi:emsp-demo`, `bridge`. */
  readonly link: string;
  readonly protocol: JournalProtocol;
  readonly direction: JournalDirection;
  /** The standard's own word: `StatusNotification`, `ProvideChargingInformation`, `PUT sessions`; or an event's name. */
  readonly action: string;
  readonly messageId?: string | undefined;
  /** The frame or body as it was on the wire, character by character. */
  readonly raw: string;
  /** Milliseconds since 1970, if it was received or sent before now. */
  readonly at?: number | undefined;
  /** Journal ids of what this entry was derived from or answers. */
  readonly causes: readonly JournalId[];
  /** The mapping generation in force. */
  readonly generation?: string | undefined;
  /** Rules that made this entry, `<mapping>/<rule>`. */
  readonly rules?: readonly string[] | undefined;
  /** Error code if the payload was refused (schema, mapping, protocol). */
  readonly error?: string | undefined;
  /** For what we send: where each field came from (state leaf's raw frame, the rule that read it, the rule that wrote it). */
  readonly fields?: readonly FieldSource[] | undefined;
  /** For HTTP: method, path, status. */
  readonly http?: { readonly method: string; readonly path: string; readonly status?: number } | undefined;
}

/** One line of the journal. `at` is the receipt or sending time, milliseconds since 1970, UTC. */
export interface JournalEntry extends JournalDraft {
  readonly id: JournalId;
  readonly at: number;
}

/** An entry that is on its way to the store, and must get there. */
export interface Writing {
  readonly entry: JournalEntry;
  /** @throws BridgeError STORE_UNAVAILABLE: it was not stored, and nothing may stand on it */
  readonly stored: Promise<void>;
}

/** An entry that is on its way to the store. */
export interface Beginning {
  readonly entry: JournalEntry;
  /** Whether it was stored to the configured durability; never rejects. If not, nothing may stand on it. */
  readonly stored: Promise<boolean>;
}

export interface JournalFilter {
  readonly after?: JournalId;
  readonly from?: JournalId;
  readonly to?: JournalId;
  readonly link?: string;
  readonly protocol?: JournalProtocol;
  readonly direction?: JournalDirection;
  /** All directions but this one. */
  readonly except?: JournalDirection;
  readonly action?: string;
  readonly count?: number;
  readonly reverse?: boolean;
}

/**
 * Why a trace goes no further at a node although there is more: the entry is already told elsewhere in the tree,
 * or the trace reached its greatest depth or number of nodes.
 */
export type TraceCut = 'repeated' | 'depth' | 'size';

/** A node of a trace: an entry and what lies behind it (causes) or before it (effects), oldest first. */
export interface TraceNode {
  readonly entry: JournalEntry;
  readonly children: readonly TraceNode[];
  readonly cut?: TraceCut;
}

export interface TraceLimits {
  /** Levels below the entry asked for; 64 if not given. */
  readonly maxDepth?: number;
  /** Nodes in all; 2,000 if not given. */
  readonly maxNodes?: number;
}

/** What could not be journalled since the store went away. */
export interface JournalGap {
  readonly lost: number;
  readonly lostChars: number;
  /** Receipt times of the first and last frame lost, milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

/** The append-only journal of one depot: raw payloads and how they hang together. */
export interface Journal {
  readonly depotId: string;
  /** Resolves with the stored entry once it is stored to the configured durability. */
  append(draft: JournalDraft): Promise<JournalEntry>;
  /**
   * As {@link append}, but gives the entry at once, for what the state takes in the same turn.
   *
   * @throws BridgeError STORE_UNAVAILABLE
   */
  write(draft: JournalDraft): Writing;
  /** The id of the newest entry of this journal since it was opened, stored or on its way; undefined before the first. */
  readonly newest: JournalId | undefined;
  /**
   * As {@link append}, for frames that must flow on whatever happens to the store: never rejects and never holds
   * more than a bounded backlog. Null if the entry was lost; a `JournalGap` entry then tells how many were, as soon
   * as the store is back.
   */
  appendOrGap(draft: JournalDraft): Promise<JournalEntry | null>;
  /**
   * As {@link appendOrGap}, but gives the entry at once, so that what is derived from it can be stored behind it in
   * one wait. Null if it is already known to be lost.
   */
  begin(draft: JournalDraft): Beginning | null;
  /** What {@link appendOrGap} and {@link begin} lost and has not yet been able to write down; null if nothing. */
  gap(): JournalGap | null;
  /** Calls the listener with each entry that this journal stored from now on; the function given back ends it. */
  onEntry(listener: (entry: JournalEntry) => void): () => void;
  /** @throws BridgeError JOURNAL_NO_ENTRY */
  read(id: JournalId): Promise<JournalEntry>;
  /** Streams entries in order without holding them all in memory. */
  entries(filter?: JournalFilter): AsyncIterable<JournalEntry>;
  /** The tree from this entry back to the raw frames that caused it. A cause that expired is left out. */
  traceBack(id: JournalId, limits?: TraceLimits): Promise<TraceNode>;
  /** The tree from this entry forward to all that it touched. */
  traceForward(id: JournalId, limits?: TraceLimits): Promise<TraceNode>;
  /**
   * Removes what is older than `keepDays`, or oldest first beyond `maxBytes` (as stored, without the store's own
   * overhead); returns how many entries went. 0 if another node is at it.
   */
  expire(limits: { keepDays?: number; maxBytes?: number; now: number }): Promise<number>;
  /** Writes down an open gap if it can and ends timers; the store stays open. */
  close(): Promise<void>;
}
