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
 * A stored entry: a line of JSON with short names, and below it the raw text as it came, for a frame is JSON itself and
 * would be escaped quote by quote. Text that UTF-8 cannot carry (lone surrogates) stands in the line as `r`, escaped;
 * so did all texts in entries of earlier versions. The raw text and the other members stand apart from the chain of
 * ids, so that personal data can be replaced in them without touching `c`.
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
  readonly r?: string | undefined;
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

/** The text to store, in parts; the id and the depot are the stream's. */
export function encodeEntry(draft: JournalDraft, at: number): readonly string[] {
  const { raw, link, messageId, causes, generation } = draft;
  // The members of every frame are written by hand: this runs twice per message.
  let line = `{"t":${at},"l":${quoted(link)}${kindOf(draft)}`;
  if (messageId !== undefined) line += `,"m":${quoted(messageId)}`;
  if (causes.length > 0) line += `,"c":["${causes.join('","')}"]`;
  if (generation !== undefined) line += generationOf(generation);
  const isPlain = !LONE_SURROGATE.test(raw);
  if (!isPlain || draft.rules || draft.fields || draft.error !== undefined || draft.http)
    line += seldom(draft, isPlain);
  return isPlain ? [line, '}\n', raw] : [line, '}'];
}

/** What all entries of one kind have in common, as text. */
interface Kind extends Pick<JournalDraft, 'protocol' | 'direction' | 'action'> {
  readonly text: string;
}

/** So many actions are remembered: some are words of peers. */
const MOST_ACTIONS = 500;
const kinds = new Map<string, Kind[]>();

function kindOf({ protocol, direction, action }: JournalDraft): string {
  const known = kinds.get(action) ?? [];
  for (const kind of known) if (kind.direction === direction && kind.protocol === protocol) return kind.text;
  const text = `,"p":"${protocol}","d":"${direction}","a":${quoted(action)}`;
  known.push({ protocol, direction, action, text });
  if (kinds.size >= MOST_ACTIONS) kinds.clear();
  kinds.set(action, known);
  return text;
}

let newestGeneration = { id: '', text: '' };

function generationOf(id: string): string {
  if (newestGeneration.id !== id) newestGeneration = { id, text: `,"g":${quoted(id)}` };
  return newestGeneration.text;
}

const LONE_SURROGATE = /[\ud800-\udfff]/u;
const PLAIN = /^[\w .:/@-]*$/;

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** The members that few entries have, as they follow others; empty if there are none. */
function seldom({ rules, error, http, fields, raw }: JournalDraft, isPlain: boolean): string {
  const members: Partial<Stored> = {
    u: rules?.length ? rules : undefined,
    e: error,
    h: http,
    f: fields?.length ? encodeFields(fields) : undefined,
    r: isPlain ? undefined : raw,
  };
  const text = JSON.stringify(members);
  return text === '{}' ? '' : `,${text.slice(1, -1)}`;
}

/** Whether a stored entry may be one of a link: most others are passed over without reading them. */
export function mayBeOn(link: string, text: string): boolean {
  const at = text.indexOf(',"l":"') + 6;
  // What was written otherwise is read.
  if (at !== text.indexOf(',') + 6 || !PLAIN.test(link)) return true;
  return text.startsWith(`${link}"`, at);
}

/** @throws BridgeError JOURNAL_DAMAGED */
export function decodeEntry(depotId: string, id: JournalId, text: string): JournalEntry {
  const stored = parse(text);
  if (!stored) {
    throw new BridgeError('JOURNAL_DAMAGED', `entry ${id} of depot ${depotId} is not a journal entry`, {
      journalId: id,
    });
  }
  const entry: JournalEntry = {
    id,
    at: stored.t,
    depotId,
    link: stored.l,
    protocol: stored.p,
    direction: stored.d,
    action: stored.a,
    raw: stored.raw,
    causes: stored.c ?? [],
    ...(stored.m === undefined ? {} : { messageId: stored.m }),
    ...(stored.g === undefined ? {} : { generation: stored.g }),
    ...(stored.u === undefined ? {} : { rules: stored.u }),
    ...(stored.e === undefined ? {} : { error: stored.e }),
    ...(stored.h === undefined ? {} : { http: stored.h }),
  };
  return stored.f === undefined ? entry : withFields(entry, stored.f);
}

/** Of thousands of fields few are ever asked for: they are put together when they are. */
function withFields(entry: JournalEntry, stored: StoredFields): JournalEntry {
  let fields: FieldSource[] | undefined;
  return Object.defineProperty(entry, 'fields', {
    enumerable: true,
    get() {
      fields ??= decodeFields(stored);
      return fields;
    },
  });
}

function parse(text: string): (Stored & { readonly raw: string }) | undefined {
  // JSON.stringify writes no line break: the first one ends the line.
  const end = text.indexOf('\n');
  try {
    const value: unknown = JSON.parse(end < 0 ? text : text.slice(0, end));
    if (!isStored(value)) return undefined;
    const raw = end < 0 ? value.r : text.slice(end + 1);
    return raw === undefined ? undefined : { ...value, raw };
  } catch {
    return undefined;
  }
}

function isStored(value: unknown): value is Stored {
  if (typeof value !== 'object' || value === null) return false;
  const { t, l, p, d, a, r = '' } = value as Partial<Record<keyof Stored, unknown>>;
  return typeof t === 'number' && [l, p, d, a, r].every((member) => typeof member === 'string');
}
