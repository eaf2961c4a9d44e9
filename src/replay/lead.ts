/** The state before a place in the journal: from the nearest state that was kept, or from the beginning of the journal. */
import type { Config } from '../config/index.js';
import { stateOf } from '../depot/index.js';
import type { Instant, JournalId } from '../domain/index.js';
import { instantAt } from '../domain/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { Generation } from '../mapping/index.js';
import type { Identities } from './identities.js';
import type { Recording } from './recording.js';
import { Side, type Step } from './side.js';

/** Where a replay began. */
export interface Base {
  /**
   * `beginning`: the journal reaches back to the first start of the bridge. `point`: a state that was kept. `expired`: the
   * beginning of the journal is gone and no state was kept, so nothing is known of what was before.
   */
  readonly kind: 'beginning' | 'point' | 'expired';
  /** The first entry read, or the one that the kept state stands behind. */
  readonly id: JournalId;
  readonly at: Instant;
}

export interface Begun {
  readonly side: Side;
  readonly base: Base;
  /** Entries from here on are to be taken; absent: from the first on. */
  readonly after?: JournalId;
}

/**
 * Begins a replay of what comes before an entry. Undefined for an empty journal.
 *
 * @param before the place to begin before: nothing of this entry or of later ones is in the state
 */
export async function beginBefore(
  recording: Recording,
  config: Config,
  generation: Generation,
  identities: Identities,
  before: JournalId,
): Promise<Begun | undefined> {
  const point = await recording.point(before);
  // Without the journal behind it, a state leads nowhere.
  if (point && (await recording.find(point.after))) {
    const identity = await identities.of(point.identity);
    return {
      side: new Side(config, generation, identity, stateOf(point.state)),
      base: { kind: 'point', id: point.after, at: point.at },
      after: point.after,
    };
  }
  for await (const first of recording.entries({ count: 1 })) {
    const kind = first.action === 'BridgeStarted' ? 'beginning' : 'expired';
    return {
      side: new Side(config, generation, identities.present),
      base: { kind, id: first.id, at: instantAt(first.at) },
    };
  }
  return undefined;
}

/** An entry is pushed through all sides alike. */
export async function pushEntry(
  entry: JournalEntry,
  sides: readonly Side[],
  { recording, identities }: { readonly recording: Recording; readonly identities: Identities },
): Promise<(Step | undefined)[]> {
  if (entry.action === 'BridgeStarted') {
    const identity = await identities.ofStart(entry);
    for (const side of sides) side.restart(identity);
    return [];
  }
  if (entry.action === 'ParkedRerun') {
    const { raw } = JSON.parse(entry.raw) as { raw: JournalId };
    const parked = await recording.find(raw);
    return parked ? sides.map((side) => side.rerun(parked)) : [];
  }
  return sides.map((side) => side.take(entry));
}
