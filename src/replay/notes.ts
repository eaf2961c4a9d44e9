/** What could not be replayed as it was, and why: said once each, with how often and one example. */
import type { JournalEntry } from '../journal/index.js';
import { HIDING_RULE } from '../ocpp/index.js';

export interface Note {
  readonly kind: keyof typeof TEXTS;
  readonly text: string;
  readonly count: number;
  /** A journal id, or the version of an identity. */
  readonly example: string;
}

const TEXTS = {
  expired:
    'the beginning of the journal has expired and no state was kept from before: what was told before is not in the state',
  identity:
    'the identities that the bridge ran with then were not kept (they are since this version): those of the configuration were taken',
  gap: 'frames were lost while the store was away: they are in no journal',
  password: 'a password was taken out of the frame when it was journalled: the rest of it was replayed',
  generation: 'other tables were in force when the frame came than those on the left or right',
  'unknown-station': 'no station of this id is configured',
  planner: 'plans and commands are those that were made then: other tables might have led to others',
} as const;

export class Notes {
  readonly #found = new Map<keyof typeof TEXTS, { count: number; example: string }>();

  add(kind: keyof typeof TEXTS, example: string, count = 1): void {
    const known = this.#found.get(kind);
    if (known) known.count += count;
    else this.#found.set(kind, { count, example });
  }

  /** What is to be said of an entry, whatever it came to. */
  look(entry: JournalEntry, generation: string): void {
    if (entry.action === 'JournalGap') this.add('gap', entry.id, lostIn(entry));
    if (entry.action === 'PlanMade') this.add('planner', entry.id);
    if (entry.direction !== 'in') return;
    if (entry.rules?.includes(HIDING_RULE)) this.add('password', entry.id);
    if (entry.generation !== undefined && entry.generation !== generation) this.add('generation', entry.id);
  }

  get list(): readonly Note[] {
    return [...this.#found].map(([kind, facts]) => ({ kind, text: TEXTS[kind], ...facts }));
  }
}

function lostIn({ raw }: JournalEntry): number {
  return (JSON.parse(raw) as { lost?: number }).lost ?? 1;
}
