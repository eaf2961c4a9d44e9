import { BridgeError } from '../errors/index.js';
import type {
  FieldSource,
  JournalDirection,
  JournalDraft,
  JournalEntry,
  JournalId,
  JournalProtocol,
} from './entry.js';

/**
 * A stored entry: JSON with short names, because it is written with each frame. `JSON.stringify` escapes lone
 * surrogates and control characters, so any text comes back as it was. `r` and the other members stand apart from
 * the chain of ids, so that personal data can be replaced in them without touching `c`.
 */
interface Stored {
  readonly t: number;
  readonly l: string;
  readonly p: JournalProtocol;
  readonly d: JournalDirection;
  readonly a: string;
  readonly m?: string | undefined;
  readonly c?: readonly JournalId[] | undefined;
  readonly g?: string | undefined;
  readonly u?: readonly string[] | undefined;
  readonly e?: string | undefined;
  readonly h?: JournalDraft['http'] | undefined;
  readonly f?: StoredFields | undefined;
  readonly r: string;
}

/**
 * Field sources with every text once: one snapshot of a big depot has thousands of them with few rules and frames, and
 * their paths share all but the last step.
 */
interface StoredFields {
  readonly texts: readonly string[];
  /** Places in `texts`: path up to its last step, that step, rule, raw, read. */
  readonly rows: readonly (readonly [number, number, number, number, number])[];
}

function encodeFields(fields: readonly FieldSource[]): StoredFields {
  const places = new Map<string, number>();
  const place = (text: string): number => {
    const known = places.get(text) ?? places.size;
    places.set(text, known);
    return known;
  };
  const rows = fields.map(({ path, rule, raw, read }) => {
    const cut = path.lastIndexOf('.') + 1;
    const [parent, step] = [path.slice(0, cut), path.slice(cut)];
    return [place(parent), place(step), place(rule), place(raw), place(read)] as const;
  });
  return { texts: [...places.keys()], rows };
}

function decodeFields({ texts, rows }: StoredFields): FieldSource[] {
  const text = (place: number): string => texts[place] ?? '';
  return rows.map(([parent, step, rule, raw, read]) => ({
    path: text(parent) + text(step),
    rule: text(rule),
    raw: text(raw),
    read: text(read),
  }));
}

/** The text to store; the id and the depot are the stream's. */
export function encodeEntry(draft: JournalDraft, at: number): string {
  const stored: Stored = {
    t: at,
    l: draft.link,
    p: draft.protocol,
    d: draft.direction,
    a: draft.action,
    m: draft.messageId,
    c: draft.causes.length ? draft.causes : undefined,
    g: draft.generation,
    u: draft.rules?.length ? draft.rules : undefined,
    e: draft.error,
    h: draft.http,
    f: draft.fields?.length ? encodeFields(draft.fields) : undefined,
    r: draft.raw,
  };
  return JSON.stringify(stored);
}

/** @throws BridgeError JOURNAL_DAMAGED */
export function decodeEntry(depotId: string, id: JournalId, text: string): JournalEntry {
  const stored = parse(text);
  if (!stored) {
    throw new BridgeError('JOURNAL_DAMAGED', `entry ${id} of depot ${depotId} is not a journal entry`, {
      journalId: id,
    });
  }
  return {
    id,
    at: stored.t,
    depotId,
    link: stored.l,
    protocol: stored.p,
    direction: stored.d,
    action: stored.a,
    raw: stored.r,
    causes: stored.c ?? [],
    ...(stored.m === undefined ? {} : { messageId: stored.m }),
    ...(stored.g === undefined ? {} : { generation: stored.g }),
    ...(stored.u === undefined ? {} : { rules: stored.u }),
    ...(stored.e === undefined ? {} : { error: stored.e }),
    ...(stored.h === undefined ? {} : { http: stored.h }),
    ...(stored.f === undefined ? {} : { fields: decodeFields(stored.f) }),
  };
}

function parse(text: string): Stored | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isStored(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isStored(value: unknown): value is Stored {
  if (typeof value !== 'object' || value === null) return false;
  const { t, l, p, d, a, r } = value as Partial<Record<keyof Stored, unknown>>;
  return typeof t === 'number' && [l, p, d, a, r].every((member) => typeof member === 'string');
}
