/** What a reader was told last, and whether it confirmed that. */
import { type Instant, instantAt, type JournalId } from '../domain/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { Json } from '../mapping/index.js';
import { leavesOf, type Recording, type Telling, tellingsIn } from '../replay/index.js';
import type { Past } from './past.js';

export interface Receipt {
  readonly id: JournalId;
  readonly at: Instant;
  readonly action: string;
  /** What the field was in it; absent: it was not in it. */
  readonly value?: Json;
  /** The confirmation; absent: none came. */
  readonly confirmed?: { readonly id: JournalId; readonly at: Instant };
  /** The reader said no: its words, or an HTTP status. */
  readonly refused?: string;
}

/** How far back a telling is looked for that is not in the stretch that was read. */
const LOOK_BACK_MS = 48 * 3_600_000;

/** The newest telling of a thing to a reader up to the instant; undefined: none in the last two days. */
export async function lastTelling(
  recording: Recording,
  past: Past,
  link: string,
  thing: string,
): Promise<{ readonly entry: JournalEntry; readonly telling: Telling } | undefined> {
  const reader = link.slice(link.indexOf(':') + 1);
  const isIt = (telling: Telling) => ('id' in telling ? telling.id : '') === thing;
  const known = past.tellings.get(`${reader} ${thing}`);
  const found = known && tellingsIn(known).find(isIt);
  if (known && found) return { entry: known, telling: found };
  const from = String(Number(past.last.split('-', 1)[0]) - LOOK_BACK_MS);
  const before = { to: past.base.id, from, link, direction: 'out', reverse: true } as const;
  for await (const entry of recording.entries(before)) {
    const telling = tellingsIn(entry).find(isIt);
    if (telling) return { entry, telling };
  }
  return undefined;
}

/** What became of a telling, and what it said at a path. */
export async function receiptOf(
  recording: Recording,
  { entry, telling }: { readonly entry: JournalEntry; readonly telling: Telling },
  path: string,
  until: Instant,
): Promise<Receipt> {
  const value = leavesOf(telling.value).get(path)?.value;
  const answers = (await recording.effects(entry.id)).filter(
    ({ direction, at }) => direction === 'in' && at <= Date.parse(until),
  );
  const answer = answers.at(-1);
  return {
    id: entry.id,
    at: instantAt(entry.at),
    action: entry.action,
    ...(value === undefined ? {} : { value }),
    ...outcomeOf(entry, answer),
  };
}

function outcomeOf(
  entry: JournalEntry,
  answer: JournalEntry | undefined,
): Pick<Receipt, 'confirmed' | 'refused'> {
  // What a partner asked for itself needs no confirmation.
  if (entry.http?.status !== undefined) return { confirmed: { id: entry.id, at: instantAt(entry.at) } };
  if (!answer) return {};
  const no = answer.protocol === 'ocpi' ? refusalOf(answer) : answer.error;
  if (no !== undefined) return { refused: no };
  return { confirmed: { id: answer.id, at: instantAt(answer.at) } };
}

function refusalOf({ http, raw }: JournalEntry): string | undefined {
  const status = http?.status ?? 0;
  if (status < 200 || status > 299) return `HTTP ${status}`;
  const code = statusCodeIn(raw);
  return code !== undefined && code >= 1000 && code < 2000
    ? undefined
    : `OCPI ${code ?? 'without status_code'}`;
}

function statusCodeIn(raw: string): number | undefined {
  try {
    const code = (JSON.parse(raw) as { status_code?: unknown } | null)?.status_code;
    return typeof code === 'number' ? code : undefined;
  } catch {
    // Not an answer of OCPI.
    return undefined;
  }
}
