/**
 * A depot's night of 24 hours in a fraction of a minute: 200 charging points, two presystems of different dialects, 528
 * requests, connections lost on every side, a kill -9. DEPOT_NIGHT_SECONDS sets how long it takes at least. Afterwards its
 * journal is replayed.
 */
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config/index.js';
import { type ReplayReport, replayWindow, storeRecording } from '../../src/replay/index.js';
import { openStore } from '../../src/store/index.js';
import { Tables } from '../../src/tables/index.js';
import type { BridgeProcess } from '../support/bridge.js';
import { playDepotNight } from '../support/depot-night.js';

const SECONDS = Number(process.env['DEPOT_NIGHT_SECONDS'] ?? 12);
/** From here on every snapshot is compared; what came before only makes the state, which is quicker. */
const MORNING = '2026-11-21T09:00:00.000Z';

/** The morning after the night from its very beginning, and after a state that was kept on the way. */
async function replayed({ configFile }: BridgeProcess): Promise<ReplayReport[]> {
  const config = loadConfig(configFile);
  const store = await openStore(config.store, config.durability);
  try {
    const kept = storeRecording(store, config);
    const whole = { ...kept, point: async () => undefined };
    const { current: present } = Tables.load(config.mappings, { examples: false });
    const from = { at: MORNING };
    const reports: ReplayReport[] = [];
    for (const recording of [whole, kept])
      reports.push(await replayWindow({ recording, config, present, from }));
    return reports;
  } finally {
    await store.close();
  }
}

it('a depot night ends with the requests of a plain model, every message valid, and its journal makes the same night', {
  timeout: SECONDS * 1000 + 180_000,
}, async () => {
  let reports: ReplayReport[] = [];
  const night = await playDepotNight({
    seconds: SECONDS,
    inspect: async (bridge) => {
      reports = await replayed(bridge);
    },
  });
  expect(night.violations).toEqual([]);
  expect(night.disagreements).toEqual([]);
  expect(night.requests).toBeGreaterThanOrEqual(500);
  expect(night.sessions).toBeGreaterThanOrEqual(200);
  expect(night.snapshots).toBeGreaterThanOrEqual(50);
  expect(reports.map(({ base }) => base.kind)).toEqual(['beginning', 'point']);
  for (const { differences, compared } of reports) {
    expect(differences).toEqual([]);
    expect(compared.readers).toHaveLength(2);
    expect(compared.state).toMatchObject({ identical: true });
  }
});
