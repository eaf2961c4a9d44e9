/** What a station says that it applies, as power over time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { excessOf } from '../../src/charging/steps.js';
import type { PointConfig } from '../../src/config/index.js';
import { appliedSteps } from '../../src/ocpp/commands/applied-limit.js';
import { type Composite, scheduleFor } from '../../src/ocpp/commands/index.js';
import { runs } from '../support/properties.js';
import { ac, dc, single } from './points.js';

const nowMs = Date.UTC(2026, 0, 1);
const at = (seconds: number) => new Date(nowMs + seconds * 1000).toISOString();
const right = { nowMs, clockAheadMs: 0 };
const amperes = (limit: number, numberPhases?: number): Composite => ({
  unit: 'A',
  startAt: at(0),
  periods: [{ startS: 0, limit, ...(numberPhases === undefined ? {} : { numberPhases }) }],
});

describe('a composite schedule', () => {
  it('in amperes counts at the nominal voltage, over the phases that the point has', () => {
    const powerOf = (point: PointConfig, composite: Composite) =>
      appliedSteps(composite, point, right).map(({ powerW }) => powerW);
    expect(powerOf(ac, amperes(16))).toEqual([11_040]);
    expect(powerOf(ac, amperes(16, 1))).toEqual([3_680]);
    expect(powerOf(single, amperes(16))).toEqual([3_680]);
    expect(powerOf(dc, amperes(100))).toEqual([92_000]);
  });

  it('is read in the time of the station, and begins now if that lies ahead', () => {
    const composite = (startAt: string): Composite => ({ ...amperes(1), startAt });
    const begins = (startAt: string, clockAheadMs = 0) =>
      appliedSteps(composite(startAt), dc, { nowMs, clockAheadMs })[0]?.at;
    expect(begins(at(-300))).toBe(at(-300));
    expect(begins(at(7200), 7_200_000)).toBe(at(0));
    expect(begins(at(7200))).toBe(at(0));
    expect(begins('no time')).toBe(at(0));
  });
});

const stepsOf = fc
  .array(
    fc.record({
      offsetS: fc.integer({ min: -900, max: 1200 }),
      powerW: fc.integer({ min: 0, max: 150_000 }),
    }),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((steps) =>
    [...steps]
      .sort((a, b) => a.offsetS - b.offsetS)
      .map(({ offsetS, powerW }) => ({ at: at(offsetS), powerW })),
  );

it('of a charger that does what it was told is never more than was planned', () => {
  const points = fc.constantFrom(dc, ac, single);
  const lateS = fc.integer({ min: -25, max: 25 });
  fc.assert(
    fc.property(
      stepsOf,
      points,
      lateS,
      fc.option(fc.integer({ min: 1, max: 4 })),
      (steps, point, late, maxPeriods) => {
        const { unit, startAt, periods } = scheduleFor(steps, point, maxPeriods ? { maxPeriods } : {}, nowMs);
        const composite: Composite = {
          unit,
          // Clocks of chargers are a little off.
          startAt: new Date(Date.parse(startAt) + late * 1000).toISOString(),
          periods: periods.map(({ startS, limitW, limitA, numberPhases }) => ({
            startS,
            limit: limitW ?? limitA ?? 0,
            ...(numberPhases === undefined ? {} : { numberPhases }),
          })),
        };
        expect(excessOf(appliedSteps(composite, point, right), steps, at(0))).toBeUndefined();
      },
    ),
    { numRuns: runs(2_000) },
  );
});

it('that allows more than noise beyond the plan, now or within ten minutes, is told with both', () => {
  const planned = [
    { at: at(-60), powerW: 50_000 },
    { at: at(300), powerW: 20_000 },
  ];
  expect(excessOf([{ at: at(0), powerW: 50_900 }], planned.slice(0, 1), at(0))).toBeUndefined();
  expect(excessOf([{ at: at(0), powerW: 52_000 }], planned, at(0))).toEqual({
    at: at(0),
    powerW: 52_000,
    plannedW: 50_000,
  });
  expect(excessOf([{ at: at(0), powerW: 50_000 }], planned, at(0))).toEqual({
    at: new Date(nowMs + 330_001).toISOString(),
    powerW: 50_000,
    plannedW: 20_000,
  });
  expect(excessOf([], planned, at(0))).toEqual({ at: at(0), plannedW: 50_000 });
  expect(excessOf([{ at: at(0), powerW: 50_000 }], [], at(0))).toBeUndefined();
});
