import type { ErrorEntry } from './index.js';

/** Errors of the journal. */
export const journalErrors = {
  JOURNAL_NO_ENTRY: {
    title: 'No journal entry has this id',
    fix: 'Check the id; it may have expired (journal.keepDays).',
  },
} as const satisfies Record<string, ErrorEntry>;
