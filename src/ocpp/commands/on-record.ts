/** What the journal knows of a command whose intent is older than this run of the bridge. */

import type { JournalId } from '../../domain/index.js';
import { BridgeError } from '../../errors/index.js';
import type { Journal, JournalEntry, TraceNode } from '../../journal/index.js';
import type { JsonObject } from '../../mapping/index.js';
import { withoutPasswords } from '../hidden.js';
import type { Call } from './ask.js';

/** A command that left before the restart; without `answer` and `error` nobody knows what became of it. */
export interface OnRecord {
  readonly frames: readonly JournalId[];
  readonly answer?: JsonObject;
  /** The station answered with a CALLERROR: its code and text. */
  readonly error?: string;
}

/** Calls of which an intent has one at most, however its details were worked out. */
const ONE_PER_INTENT = new Set(['SetChargingProfile']);

/**
 * Looks for a call under its intent; undefined if it never left.
 *
 * @param link of the station in the journal, `ocpp:<identity>`
 */
export async function findOnRecord(
  journal: Journal,
  intent: JournalId,
  link: string,
  call: Call,
): Promise<OnRecord | undefined> {
  const sent = (await effectsOf(journal, intent))
    .filter(({ entry }) => entry.direction === 'out' && entry.link === link && isSame(entry, call))
    .at(-1);
  if (!sent) return undefined;
  const answer = sent.children.map(({ entry }) => entry).find(({ direction }) => direction === 'in');
  if (!answer) return { frames: [sent.entry.id] };
  return { frames: [sent.entry.id, answer.id], ...read(answer) };
}

async function effectsOf(journal: Journal, intent: JournalId): Promise<readonly TraceNode[]> {
  try {
    return (await journal.traceForward(intent, { maxDepth: 2 })).children;
  } catch (error) {
    // Expired, or never journalled: then nothing under it can be found.
    if (error instanceof BridgeError && error.code === 'JOURNAL_NO_ENTRY') return [];
    throw error;
  }
}

function isSame(entry: JournalEntry, { action, payload }: Call): boolean {
  if (entry.action !== action) return false;
  if (ONE_PER_INTENT.has(action)) return true;
  const frame = JSON.parse(entry.raw) as unknown[];
  return JSON.stringify(frame[3]) === JSON.stringify(withoutPasswords(action, payload));
}

function read({ raw }: JournalEntry): Pick<OnRecord, 'answer' | 'error'> {
  const [kind, , first, second] = JSON.parse(raw) as [number, string, unknown, unknown];
  if (kind === 4) return { error: `${first} ${second}` };
  return typeof first === 'object' && first !== null ? { answer: first as JsonObject } : {};
}
