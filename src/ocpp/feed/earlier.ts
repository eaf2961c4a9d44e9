/**
 * What an earlier run left open, as the journal tells it: calls whose answers are still to come, commands of ours without
 * one, and frames that were written down while the bridge was ended before it could say that it has them.
 */
import type { JournalId } from '../../domain/index.js';
import { compareJournalIds } from '../../domain/index.js';
import type { Journal, JournalEntry } from '../../journal/index.js';
import type { OcppProtocol } from '../protocol.js';
import type { Speaker } from '../station/index.js';
import type { CommandDesk } from './command-desk.js';
import type { FedStation } from './fed-station.js';

/** So far back, and so many entries: nobody answers a call later. */
const BACK_MS = 10 * 60_000;
const MOST_ENTRIES = 50_000;

export interface EarlierFacts {
  readonly journal: Journal;
  readonly stations: ReadonlyMap<string, FedStation>;
  readonly desk: CommandDesk;
  /** Up to here every frame is marked as taken; undefined: none is. */
  readonly marked: JournalId | undefined;
}

/** Frames that are on record but not marked as taken: each is taken once more, and journalled no second time. */
export class Unmarked {
  readonly #entries = new Map<string, JournalEntry[]>();

  add(identity: string, by: Speaker, entry: JournalEntry): void {
    const [oldest] = this.#entries.keys();
    if (this.#entries.size >= MOST_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
    const key = `${identity} ${by} ${entry.raw}`;
    this.#entries.set(key, [...(this.#entries.get(key) ?? []), entry]);
  }

  /** The entry of a frame, given once. */
  take(identity: string, by: Speaker, raw: string): JournalEntry | undefined {
    if (this.#entries.size === 0) return undefined;
    const key = `${identity} ${by} ${raw}`;
    const [entry, ...rest] = this.#entries.get(key) ?? [];
    if (rest.length > 0) this.#entries.set(key, rest);
    else this.#entries.delete(key);
    return entry;
  }
}

/** Reads the journal back and hands everybody what is still open. */
export async function takeUp(facts: EarlierFacts): Promise<Unmarked> {
  const { journal, stations, desk, marked } = facts;
  const unmarked = new Unmarked();
  const entries = await newest(journal);
  const open = new Map<string, { readonly entry: JournalEntry; readonly by: Speaker | 'us' }>();
  for (const entry of entries) {
    const place = placeOf(entry);
    const fed = place && stations.get(place.identity);
    if (!place || !fed) continue;
    const by = entry.direction === 'out' ? 'us' : place.by;
    const kind = entry.raw.trimStart()[1];
    const key = (speaker: string) => `${place.identity} ${speaker} ${entry.messageId}`;
    const isUnmarked = by !== 'us' && (!marked || compareJournalIds(entry.id, marked) > 0);
    if (isUnmarked) unmarked.add(place.identity, place.by, entry);
    // It comes again, and is a call then.
    else if (kind === '2') open.set(key(by), { entry, by });
    else for (const asker of by === 'station' ? ['csms', 'us'] : ['station']) open.delete(key(asker));
  }
  for (const { entry, by } of open.values()) {
    const fed = stations.get(placeOf(entry)?.identity ?? '');
    if (!fed) continue;
    if (by === 'us') desk.remember({ station: fed.station, entry });
    else fed.recall(by, entry.protocol as OcppProtocol, entry);
  }
  return unmarked;
}

/** The newest entries, oldest first. */
async function newest(journal: Journal): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  let oldestMs: number | undefined;
  for await (const entry of journal.entries({ reverse: true, count: MOST_ENTRIES })) {
    const ms = Number(entry.id.split('-')[0]);
    oldestMs ??= ms - BACK_MS;
    if (ms < oldestMs) break;
    entries.push(entry);
  }
  return entries.reverse();
}

function placeOf({ link, protocol }: JournalEntry): { identity: string; by: Speaker } | undefined {
  if (!protocol.startsWith('ocpp')) return undefined;
  if (link.startsWith('ocpp:')) return { identity: link.slice('ocpp:'.length), by: 'station' };
  return link.startsWith('csms:') ? { identity: link.slice('csms:'.length), by: 'csms' } : undefined;
}
