/** Where an instant is in a journal: by the time that the entries name, whatever clock gave them their ids. */
import { type Instant, instantAt, type JournalId } from '../domain/index.js';
import { BridgeError } from '../errors/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { Recording } from './recording.js';

/** An instant, or a place in the journal. */
export type When = { readonly at: Instant } | { readonly id: JournalId };

/**
 * Reads a time as people write it: an instant, a date, a time of the day before the newest entry, or a journal id.
 *
 * @param newest instant of the newest entry: `02:14` is the last time that it was 02:14 (UTC) before it
 * @throws BridgeError CLI_TIME
 */
export function whenOf(text: string, newest: Instant): When {
  if (/^\d{10,15}-\d+$/.test(text)) return { id: text };
  const ofDay = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  if (ofDay) return { at: lastTime(ofDay, newest) };
  const ms = Date.parse(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(ms)) {
    const kinds = '2026-11-21T02:14:00Z, 2026-11-21, 02:14 or a journal id';
    throw new BridgeError('CLI_TIME', `${text} is no time: write ${kinds}`);
  }
  return { at: new Date(ms).toISOString() };
}

function lastTime([text, hours, minutes, seconds = '0']: RegExpExecArray, newest: Instant): Instant {
  const [h, m, s] = [Number(hours), Number(minutes), Number(seconds)];
  if (h > 23 || m > 59 || s > 59) throw new BridgeError('CLI_TIME', `${text} is no time of a day`);
  const day = new Date(newest);
  const ms = Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate(), h, m, s);
  return new Date(ms > day.getTime() ? ms - 86_400_000 : ms).toISOString();
}

/** The first and last entry; undefined for an empty journal. */
export async function endsOf(
  recording: Pick<Recording, 'entries'>,
): Promise<{ readonly first: JournalEntry; readonly last: JournalEntry } | undefined> {
  const [first, last] = [await firstOf(recording, {}), await firstOf(recording, { reverse: true })];
  return first && last ? { first, last } : undefined;
}

async function firstOf(
  recording: Pick<Recording, 'entries'>,
  filter: { readonly from?: JournalId; readonly reverse?: boolean },
): Promise<JournalEntry | undefined> {
  for await (const entry of recording.entries({ ...filter, count: 1 })) return entry;
  return undefined;
}

/** The least id whose entry is of this instant or later; undefined if none is. */
export async function seek(
  recording: Pick<Recording, 'entries'>,
  at: Instant,
): Promise<JournalId | undefined> {
  const ends = await endsOf(recording);
  if (!ends) return undefined;
  const ms = Date.parse(at);
  if (ends.last.at < ms) return undefined;
  let [low, high] = [msOf(ends.first.id), msOf(ends.last.id)];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const entry = await firstOf(recording, { from: String(middle) });
    if (!entry || entry.at >= ms) high = middle;
    else low = Math.max(middle + 1, msOf(entry.id));
    // All of one millisecond: they are looked at one by one.
    if (entry && entry.at < ms && msOf(entry.id) >= high) break;
  }
  for await (const entry of recording.entries({ from: String(low) })) if (entry.at >= ms) return entry.id;
  return undefined;
}

/** The first entry of a time or later, or the last one of it or before. Undefined: there is none. */
export async function placeOf(
  recording: Pick<Recording, 'entries'>,
  when: When,
  which: 'first' | 'last',
): Promise<JournalId | undefined> {
  if ('id' in when) return when.id;
  if (which === 'first') return seek(recording, when.at);
  const next = await seek(recording, instantAt(Date.parse(when.at) + 1));
  const from = next === undefined ? {} : { to: idBefore(next) };
  for await (const { id } of recording.entries({ ...from, reverse: true, count: 1 })) return id;
  return undefined;
}

/** The greatest id that may be before this one. */
function idBefore(id: JournalId): JournalId {
  const [ms = '0', seq = '0'] = id.split('-');
  return seq === '0' ? String(Number(ms) - 1) : `${ms}-${Number(seq) - 1}`;
}

function msOf(id: JournalId): number {
  return Number(id.split('-', 1)[0]);
}
