/**
 * A depot's night of 24 hours in a fraction of a minute: 200 charging points, two presystems of different dialects, 528
 * requests, connections lost on every side, a kill -9. DEPOT_NIGHT_SECONDS sets how long it takes at least.
 */
import { expect, it } from 'vitest';
import { playDepotNight } from '../support/depot-night.js';

const SECONDS = Number(process.env['DEPOT_NIGHT_SECONDS'] ?? 12);

it('a depot night ends with the requests of a plain model, and every message valid', {
  timeout: SECONDS * 1000 + 400_000,
}, async () => {
  const night = await playDepotNight({ seconds: SECONDS });
  expect(night.violations).toEqual([]);
  expect(night.disagreements).toEqual([]);
  expect(night.requests).toBeGreaterThanOrEqual(500);
  expect(night.sessions).toBeGreaterThanOrEqual(200);
  expect(night.snapshots).toBeGreaterThanOrEqual(50);
});
