import type { ErrorEntry } from './index.js';

/** Errors of the journal. */
export const journalErrors = {
  JOURNAL_NO_ENTRY: {
    title: 'No journal entry has this id',
    fix: 'Check the id; it may have expired (journal.keepDays).',
  },
  JOURNAL_BAD_CAUSE: {
    title: 'A journal entry names a cause that is no journal id',
    fix: 'Report this as a defect of the bridge: causes are ids which the journal gave out.',
  },
  JOURNAL_WRONG_DEPOT: {
    title: "A journal entry was handed to another depot's journal",
    fix: 'Report this as a defect of the bridge: each depot has its own journal.',
  },
  JOURNAL_DAMAGED: {
    title: 'A stored journal entry cannot be read',
    fix: 'The entry was not written by this bridge or was changed afterwards; check who else writes to the store.',
  },
} as const satisfies Record<string, ErrorEntry>;
