/** What the bridge itself decided or found out, read back from its journal entries: the same events as then. */
import { type DomainEvent, instantAt } from '../domain/index.js';
import type { JournalEntry } from '../journal/index.js';

type Read = (value: Readonly<Record<string, unknown>>, entry: JournalEntry) => object;

const link: Read = ({ stationId }, { at }) => ({
  stationId,
  payload: { at: instantAt(at), receivedAt: instantAt(at) },
});
const answered: Read = ({ stationId, payload }) => ({ stationId, payload });

/** How each kind of entry becomes its event; every other kind changes no state. */
const READERS: Readonly<Record<string, { readonly read: Read; readonly rule: string }>> = {
  LinkOpened: { read: link, rule: 'bridge/link' },
  LinkLost: { read: link, rule: 'bridge/link' },
  LimitAnswered: { read: answered, rule: 'bridge/LimitAnswered' },
  DefaultLimitAnswered: { read: answered, rule: 'bridge/DefaultLimitAnswered' },
  StopAnswered: { read: answered, rule: 'bridge/StopAnswered' },
  PlanMade: { read: (payload) => ({ payload }), rule: 'charging/plan' },
  HistoryExpired: { read: ({ before }) => ({ payload: { before } }), rule: 'bridge/history' },
  OmissionConfirmed: {
    read: ({ presystemId }, { at }) => ({ presystemId, payload: { receivedAt: instantAt(at) } }),
    rule: 'bridge/operator',
  },
};

/** The event of an entry with direction `internal`; undefined if it made none. */
export function decisionOf(entry: JournalEntry): DomainEvent | undefined {
  if (entry.direction !== 'internal' || !Object.hasOwn(READERS, entry.action)) return undefined;
  const reader = READERS[entry.action];
  if (!reader) return undefined;
  const value = JSON.parse(entry.raw) as Readonly<Record<string, unknown>>;
  const [rule = reader.rule] = entry.rules ?? [];
  return {
    type: entry.action,
    raw: entry.id,
    ruleOf: () => rule,
    ...reader.read(value, entry),
  } as unknown as DomainEvent;
}
