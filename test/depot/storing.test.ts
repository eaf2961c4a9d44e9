/** The state that a start finds in the store is the one that was told to be stored, whatever the store did. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Depot } from '../../src/depot/index.js';
import type { DepotState, DomainEvent } from '../../src/domain/index.js';
import { openJournal } from '../../src/journal/index.js';
import { runs } from '../support/properties.js';
import { type Luck, memoryStore } from './memory-store.js';

const PLACES = [
  { stationId: 'S1', pointIds: ['P1', 'P2'] },
  { stationId: 'S2', pointIds: ['P3'] },
];
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

/** What a station may tell, from one number; `raw` is filled in when it is journalled. */
function eventOf(kind: number, second: number, raw: string): DomainEvent {
  const stationId = kind % 2 ? 'S1' : 'S2';
  const pointId = stationId === 'S2' ? 'P3' : kind % 3 ? 'P1' : 'P2';
  const common = { stationId, raw, ruleOf: (path: string) => `rule/${path}` };
  const time = { at: at(second), receivedAt: at(second) };
  const transactionId = `T${kind % 5}`;
  const event = {
    0: { type: 'PointStatusReported', payload: { ...time, pointId, status: 'Occupied', phase: 'Charging' } },
    1: { type: 'TransactionStarted', payload: { ...time, pointId, token: 'K', meterStartWh: 100 } },
    2: { type: 'TransactionUpdated', payload: { ...time, pointId, transactionId } },
    3: {
      type: 'MeterSampled',
      payload: {
        receivedAt: at(second),
        pointId,
        samples: [{ at: at(second), energyWh: 100 + second, powerW: kind }],
      },
    },
    4: { type: 'TransactionEnded', payload: { ...time, pointId, transactionId, meterStopWh: 200 } },
    5: { type: 'PointStatusReported', payload: { ...time, pointId, status: 'Available' } },
  }[kind % 6];
  return { ...common, ...event } as DomainEvent;
}

const plain = (state: DepotState): unknown => JSON.parse(JSON.stringify(state));

async function openDepot({ store }: { store: Parameters<typeof openJournal>[0] }) {
  return Depot.open('d', PLACES, store, openJournal(store, 'd'));
}

const luck: fc.Arbitrary<Luck> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Luck>('good') },
  { weight: 1, arbitrary: fc.constant<Luck>('refused') },
  { weight: 1, arbitrary: fc.constant<Luck>('unanswered') },
);
const step = fc.record({
  kind: fc.nat(59),
  journal: luck,
  log: luck,
  checkpoint: luck,
  /** Whether the store's answers are waited for before the next event comes. */
  wait: fc.boolean(),
});

test('a kill -9 at any moment after an acknowledged event finds the state with it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      let now: Record<string, Luck> = {};
      const memory = memoryStore((what) => now[what.split(':')[1] ?? ''] ?? now['state'] ?? 'good');
      const depot = await openDepot(memory);
      for (const [second, { kind, journal, log, checkpoint, wait }] of steps.entries()) {
        now = { journal, events: log, state: checkpoint };
        const entry = memory.store.begin('{d}:journal', '{}');
        const founded = entry.stored.then(
          () => true,
          () => false,
        );
        const stored = depot.apply([eventOf(kind, second, entry.id)], founded).then(
          () => true,
          () => false,
        );
        if (!wait) continue;
        // Kill -9 in the moment of the acknowledgement: what memory holds then is what the next start finds.
        if (await stored)
          expect(plain((await openDepot(memory.afterKill())).state)).toEqual(plain(depot.state));
        else if (!(await founded)) expect(JSON.stringify(depot.state)).not.toContain(`"${entry.id}"`);
      }
      now = {};
      await depot.settled();
      expect(plain((await openDepot(memory.afterKill())).state)).toEqual(plain(depot.state));
    }),
    { numRuns: runs(400) },
  );
});

test('a checkpoint empties the log, and a start reads both', async () => {
  const memory = memoryStore(() => 'good');
  const depot = await openDepot(memory);
  await depot.apply([eventOf(1, 0, '1-1'), eventOf(3, 1, '1-1')]);
  expect(memory.values.size).toBe(0);
  const before = await openDepot(memory.afterKill());
  expect(plain(before.state)).toEqual(plain(depot.state));
  await depot.settled();
  expect([...memory.values.keys()]).toContain('{d}:state:station:S1');
  const after = memory.afterKill();
  expect(await after.store.range('{d}:events')).toEqual([]);
  expect(plain((await openDepot(after)).state)).toEqual(plain(depot.state));
});
