/** Power over time as periods: never more than planned, whatever the unit, the phases and the station's limits. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PointConfig } from '../../src/config/index.js';
import { type Abilities, type Schedule, scheduleFor } from '../../src/ocpp/commands/index.js';
import { runs } from '../support/properties.js';
import { ac, dc, single } from './points.js';

const now = Date.UTC(2026, 0, 1, 0, 0, 0, 250);
const step = (seconds: number, powerW: number) => ({
  at: new Date(now + seconds * 1000).toISOString(),
  powerW,
});

describe('examples', () => {
  it('DC in watts, AC in amperes per phase, unless the station takes the other only', () => {
    const units = (point: PointConfig, abilities: Abilities) =>
      scheduleFor([step(0, 11_000)], point, abilities, now).unit;
    expect([units(dc, {}), units(ac, {})]).toEqual(['W', 'A']);
    expect([units(dc, { units: ['A', 'W'] }), units(ac, { units: ['W', 'A'] })]).toEqual(['W', 'A']);
    expect([units(dc, { units: ['A'] }), units(ac, { units: ['W'] })]).toEqual(['A', 'W']);
  });

  it('amperes are rounded down to tenths at the nominal voltage', () => {
    expect(scheduleFor([step(0, 11_000)], ac, {}, now).periods).toEqual([{ startS: 0, limitA: 15.9 }]);
    expect(scheduleFor([step(0, 11_040)], ac, {}, now).periods).toEqual([{ startS: 0, limitA: 16 }]);
    expect(scheduleFor([step(0, 3_680)], single, {}, now).periods).toEqual([
      { startS: 0, limitA: 16, numberPhases: 1 },
    ]);
  });

  it('what a control pilot cannot offer is nothing', () => {
    expect(scheduleFor([step(0, 4_100)], ac, {}, now).periods).toEqual([{ startS: 0, limitA: 0 }]);
    expect(scheduleFor([step(0, 4_140)], ac, {}, now).periods).toEqual([{ startS: 0, limitA: 6 }]);
  });

  it('begins at a whole second that is not ahead, with the step in force', () => {
    const { startAt, periods } = scheduleFor(
      [step(-7200, 10_000), step(-600, 20_000), step(60, 30_000)],
      dc,
      {},
      now,
    );
    expect(startAt).toBe('2025-12-31T23:59:00.000Z');
    expect(periods).toEqual([
      { startS: 0, limitW: 20_000 },
      { startS: 120, limitW: 30_000 },
    ]);
  });

  it('merges what is more than the station takes, downwards', () => {
    const steps = [step(0, 50_000), step(60, 40_000), step(120, 39_000), step(3600, 80_000)];
    expect(scheduleFor(steps, dc, { maxPeriods: 3 }, now).periods).toEqual([
      { startS: 0, limitW: 50_000 },
      { startS: 60, limitW: 39_000 },
      { startS: 3600, limitW: 80_000 },
    ]);
  });
});

/** Watts that a schedule allows at an instant. */
function allowed({ startAt, periods, unit }: Schedule, point: PointConfig, atMs: number): number {
  const offsetS = (atMs - Date.parse(startAt)) / 1000;
  const period = periods.filter(({ startS }) => startS <= offsetS).at(-1);
  if (!period) return Number.NaN;
  if (unit === 'W') return period.limitW ?? Number.NaN;
  return (
    (period.limitA ?? Number.NaN) * point.maxVoltage * (point.powerType === 'DC' ? 1 : (point.phases ?? 3))
  );
}

it('never allows more than was planned, and is well formed', () => {
  const steps = fc.array(
    fc.record({
      seconds: fc.integer({ min: -7200, max: 86_400 }),
      powerW: fc.integer({ min: 0, max: 300_000 }),
    }),
    { minLength: 1, maxLength: 100 },
  );
  const abilities = fc.record(
    {
      units: fc.constantFrom<('A' | 'W')[]>(['A'], ['W'], ['A', 'W']),
      maxPeriods: fc.integer({ min: 1, max: 24 }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(steps, abilities, fc.constantFrom(dc, ac, single), (list, can, point) => {
      const plan = list
        .map(({ seconds, powerW }) => step(seconds, powerW))
        .filter((one, index, all) => all.findIndex(({ at }) => at === one.at) === index)
        .sort((a, b) => (a.at < b.at ? -1 : 1));
      const schedule = scheduleFor(plan, point, can, now);
      const { periods, startAt } = schedule;
      expect(periods[0]?.startS).toBe(0);
      expect(periods.length).toBeLessThanOrEqual(can.maxPeriods ?? 1_000);
      expect(periods.every(({ startS }, i) => i === 0 || startS > (periods[i - 1]?.startS ?? 0))).toBe(true);
      expect(Date.parse(startAt)).toBeLessThanOrEqual(now);
      expect(startAt.endsWith('.000Z')).toBe(true);
      for (const { at } of plan) {
        const atMs = Date.parse(at) + 1_500;
        if (atMs < now) continue;
        const planned = plan.filter((one) => Date.parse(one.at) <= atMs).at(-1)?.powerW ?? 0;
        const later = plan.some(
          (one) => Date.parse(one.at) > atMs - 3_000 && Date.parse(one.at) <= atMs + 1_500 && one.at !== at,
        );
        if (!later) expect(allowed(schedule, point, atMs)).toBeLessThanOrEqual(planned + 1e-6);
      }
    }),
    { numRuns: runs(500) },
  );
});
