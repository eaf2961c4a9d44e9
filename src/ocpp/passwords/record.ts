/** Which passwords open the door for a station, once the bridge has changed one. Pure: no clock, no store. */
import type { JournalId } from '../../domain/index.js';

/** One of them, only by its hashes. */
export interface Entry {
  /** Who wanted it; empty for the one that counted before the first change. */
  readonly intent: JournalId | '';
  /** When it was sent, milliseconds since 1970. */
  readonly at: number;
  /** The one of the configuration. */
  readonly configured?: boolean;
  /** As in a configuration (`sha256:…`); of the configured one, those of other forms in which a station may send it. */
  readonly hashes: readonly string[];
  /** The station said that it took it; else nobody knows. */
  readonly accepted?: boolean;
}

export interface PasswordRecord {
  /** The configured password beside which this was begun, hashed: if it is another one later, that one counts. */
  readonly beside: string;
  /** The first is in force; the station was told the others and has not come in with them yet. Oldest first. */
  readonly entries: readonly Entry[];
}

/** A new password is about to be sent. */
export function offered(record: PasswordRecord, entry: Entry): PasswordRecord {
  return { ...record, entries: [...record.entries, entry] };
}

/** The station said no to it. */
export function refused(record: PasswordRecord, intent: JournalId): PasswordRecord {
  return { ...record, entries: record.entries.filter((entry, at) => at === 0 || entry.intent !== intent) };
}

/** The station said yes to it, and so gave up those that it was told before and has not used. */
export function accepted(record: PasswordRecord, intent: JournalId): PasswordRecord {
  const [inForce, ...told] = record.entries;
  const at = told.findIndex((entry) => entry.intent === intent);
  const entry = told[at];
  if (!inForce || !entry) return record;
  return { ...record, entries: [inForce, { ...entry, accepted: true }, ...told.slice(at + 1)] };
}

/** The station came in with it: what counted before counts no more, nor other forms than that of the configuration. */
export function used(record: PasswordRecord, intent: Entry['intent'], asConfigured: boolean): PasswordRecord {
  const at = record.entries.findLastIndex((each) => each.intent === intent);
  const entry = record.entries[at];
  if (!entry) return record;
  const inForce = asConfigured ? { ...entry, hashes: [] } : entry;
  return { ...record, entries: [inForce, ...record.entries.slice(at + 1)] };
}

/** Whether it says no more than the configuration does. */
export function isPlain({ entries }: PasswordRecord): boolean {
  const [only, ...others] = entries;
  return others.length === 0 && only?.configured === true && only.hashes.length === 0;
}

/** The same beside another configured password, which is one of those that count already. */
export function beside(record: PasswordRecord, configured: string): PasswordRecord {
  const entries = record.entries.map(({ configured: was, ...entry }) =>
    was ? { ...entry, hashes: [record.beside, ...entry.hashes] } : entry,
  );
  return { beside: configured, entries };
}
