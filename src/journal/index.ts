export type {
  Beginning,
  FieldSource,
  Journal,
  JournalDirection,
  JournalDraft,
  JournalEntry,
  JournalFilter,
  JournalGap,
  JournalId,
  JournalProtocol,
  TraceCut,
  TraceLimits,
  TraceNode,
  Writing,
} from './entry.js';
export { type JournalOptions, openJournal } from './journal.js';
export { type PrintOptions, printTrace } from './print.js';
