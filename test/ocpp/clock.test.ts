/** What a station's messages tell of its clock, for the times that are sent to it. */
import { expect, it } from 'vitest';
import { initialState, reduce } from '../../src/domain/index.js';
import { StationClock } from '../../src/ocpp/station/clock.js';
import { at, station } from '../support/events.js';

/** The clock after statuses that came at `minutes` and were written `skew` minutes ahead (below zero: behind). */
function afterStatuses(statuses: readonly (readonly [minutes: number, skew: number])[]): number {
  let state = initialState('depot', [{ stationId: 'N1', pointIds: ['N1-1'] }]);
  const clock = new StationClock(() => state.stations.get('N1')?.clock);
  for (const [minutes, skew] of statuses) {
    const payload = { pointId: 'N1-1', status: 'Occupied', at: at(minutes + skew) };
    const event = station('PointStatusReported', minutes, payload);
    state = reduce(state, event);
    clock.learn([event]);
  }
  return Math.round(clock.aheadMs / 60_000);
}

it.each<[string, (readonly [number, number])[], number]>([
  ['right', [[0, -0.1]], 0],
  ['ahead', [[0, 120]], 120],
  [
    'set right after it was ahead',
    [
      [0, 120],
      [1, -0.1],
    ],
    0,
  ],
  [
    'behind, as two messages say',
    [
      [0, -120],
      [2, -120],
    ],
    -120,
  ],
  [
    'set right after it was behind',
    [
      [0, -120],
      [2, -120],
      [3, -0.1],
    ],
    0,
  ],
  [
    'not behind, if two statuses waited and come at once',
    [
      [0, -12],
      [0.01, -11],
    ],
    0,
  ],
])('it is %s', (_what, statuses, minutes) => {
  expect(afterStatuses(statuses)).toBe(minutes + 0);
});
