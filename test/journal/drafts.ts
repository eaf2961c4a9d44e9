import type { JournalDraft } from '../../src/journal/index.js';

/** A draft with what a test does not care about filled in. */
export function draft(depotId: string, some: Partial<JournalDraft> = {}): JournalDraft {
  return {
    depotId,
    link: 'ocpp:CP-N1',
    protocol: 'ocpp1.6',
    direction: 'in',
    action: 'Heartbeat',
    raw: '[2,"1","Heartbeat",{}]',
    causes: [],
    ...some,
  };
}
