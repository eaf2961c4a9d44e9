import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shareOut } from '../../../src/sim/charger/plant.js';
import { ProfileStore } from '../../../src/sim/charger/profiles.js';
import { changesOf, limitOf, type Profile, topOfStack } from '../../../src/sim/charger/schedule.js';
import { runs } from '../../support/properties.js';

const t0 = Date.UTC(2026, 2, 1, 22);
const minute = 60_000;
const points = [
  { id: 1, powerType: 'DC', maxPowerW: 150_000, phases: 1, initialEnergyWh: 0 },
  { id: 2, powerType: 'DC', maxPowerW: 150_000, phases: 1, initialEnergyWh: 0 },
] as const;

function storeOf(profiles: readonly Profile[], specificReplacesGeneral = true): ProfileStore {
  const store = new ProfileStore({
    points,
    maxPowerW: 250_000,
    transactionStart: (id) => (id === 1 ? t0 - 10 * minute : undefined),
    specificReplacesGeneral,
  });
  for (const profile of profiles) store.install(profile, () => false);
  return store;
}

function profile(more: Partial<Profile>): Profile {
  return {
    id: 1,
    pointId: 1,
    purpose: 'Tx',
    stackLevel: 0,
    kind: 'Absolute',
    startSchedule: t0,
    unit: 'W',
    periods: [{ startPeriod: 0, limit: 50_000 }],
    raw: {},
    ...more,
  };
}

const periods = fc
  .uniqueArray(fc.integer({ min: 0, max: 600 }), { minLength: 1, maxLength: 6 })
  .chain((starts) =>
    fc
      .array(fc.integer({ min: 0, max: 2_000 }), { minLength: starts.length, maxLength: starts.length })
      .map((limits) =>
        [...starts.map((start) => start * 60)]
          .sort((a, b) => a - b)
          .map((startPeriod, index) => ({
            startPeriod: index === 0 ? 0 : startPeriod,
            limit: (limits[index] ?? 0) * 100,
          })),
      ),
  )
  .map((list) => list.filter((each, index) => index === 0 || each.startPeriod > 0));

const minuteOffset = fc.integer({ min: -600, max: 600 }).map((minutes) => t0 + minutes * minute);

const anyProfile: fc.Arbitrary<Profile> = fc
  .record({
    purpose: fc.constantFrom('StationMax' as const, 'TxDefault' as const, 'Tx' as const),
    anywhere: fc.constantFrom(0, 1, 2),
    stackLevel: fc.integer({ min: 0, max: 3 }),
    kind: fc.constantFrom('Absolute' as const, 'Recurring' as const, 'Relative' as const),
    recurrency: fc.constantFrom('Daily' as const, 'Weekly' as const),
    startSchedule: minuteOffset,
    durationS: fc.option(fc.integer({ min: 1, max: 1_440 }).map((minutes) => minutes * 60)),
    validFrom: fc.option(minuteOffset),
    validTo: fc.option(minuteOffset),
    periods,
  })
  .map(({ purpose, anywhere, kind, recurrency, startSchedule, durationS, validFrom, validTo, ...rest }) => ({
    id: 0,
    raw: {},
    unit: 'W' as const,
    purpose,
    kind: purpose === 'StationMax' && kind === 'Relative' ? ('Absolute' as const) : kind,
    pointId: purpose === 'StationMax' ? 0 : purpose === 'Tx' ? Math.max(1, anywhere) : anywhere,
    ...rest,
    ...(kind === 'Recurring' ? { recurrency } : {}),
    ...(kind === 'Relative' && purpose !== 'StationMax' ? {} : { startSchedule }),
    ...(durationS === null ? {} : { durationS }),
    ...(validFrom === null ? {} : { validFrom }),
    ...(validTo === null ? {} : { validTo }),
  }));

const profiles = fc
  .array(anyProfile, { maxLength: 8 })
  .map((list) => list.map((each, index) => ({ ...each, id: index + 1 })));

describe('a charging profile', () => {
  it('limits by the period that covers the moment', () => {
    const steps = profile({
      periods: [
        { startPeriod: 0, limit: 10 },
        { startPeriod: 60, limit: 20 },
      ],
      durationS: 120,
    });
    const at = (seconds: number) => limitOf(steps, t0 + seconds * 1000, t0)?.limit;
    expect([at(-1), at(0), at(59), at(60), at(119), at(120)]).toEqual([undefined, 10, 10, 20, 20, undefined]);
  });

  it('repeats daily at the time of its start, and says nothing before its first day', () => {
    const night = profile({ kind: 'Recurring', recurrency: 'Daily', durationS: 3_600 });
    const day = 24 * 60 * minute;
    expect(limitOf(night, t0 - day, t0)).toBeUndefined();
    expect(limitOf(night, t0 + 3 * day + minute, t0)?.limit).toBe(50_000);
    expect(limitOf(night, t0 + 3 * day + 61 * minute, t0)).toBeUndefined();
  });

  it('counts from the start of the transaction when it is Relative', () => {
    const { startSchedule: _, ...rest } = profile({ kind: 'Relative', durationS: 60 });
    expect(limitOf(rest, t0 + 59_000, t0)?.limit).toBe(50_000);
    expect(limitOf(rest, t0 + 61_000, t0)).toBeUndefined();
  });

  it('changes only at the moments it names', () => {
    fc.assert(
      fc.property(
        anyProfile,
        fc.integer({ min: 0, max: 1_000 }),
        fc.integer({ min: 1, max: 400 }),
        (one, from, span) => {
          const start = t0 - 500 * minute + from * minute;
          const end = start + span * minute;
          const moments = [start, ...changesOf(one, start, end, t0).sort((a, b) => a - b), end + 1];
          moments.slice(0, -1).forEach((moment, index) => {
            const next = moments[index + 1] ?? end;
            const middle = moment + Math.floor((next - moment) / 2);
            expect(limitOf(one, middle, t0)).toEqual(limitOf(one, moment, t0));
          });
        },
      ),
      { numRuns: runs(300) },
    );
  });
});

describe('a stack', () => {
  it('gives the highest level that says something, not the lowest limit', () => {
    const low = profile({ id: 1, stackLevel: 0, periods: [{ startPeriod: 0, limit: 10 }] });
    const high = profile({ id: 2, stackLevel: 5, durationS: 60, periods: [{ startPeriod: 0, limit: 90 }] });
    expect(topOfStack([low, high], t0, () => t0)?.limit).toBe(90);
    expect(topOfStack([low, high], t0 + 60_000, () => t0)?.limit).toBe(10);
  });
});

describe('the composite schedule', () => {
  it('is at every moment the lowest of rated power, station limit and Tx or TxDefault limit', () => {
    fc.assert(
      fc.property(profiles, fc.boolean(), fc.constantFrom(1, 2), (list, specific, pointId) => {
        const store = storeOf(list, specific);
        const steps = store.composite(pointId, t0, 7_200, 'W');
        expect(steps[0]?.startPeriod).toBe(0);
        for (let second = 0; second < 7_200; second += 397) {
          const at = t0 + second * 1000;
          const said = steps.findLast((step) => step.startPeriod <= second)?.limit;
          const own = store.pointLimit(pointId, at, t0)?.limit ?? Number.POSITIVE_INFINITY;
          expect(said).toBe(Math.min(150_000, store.stationLimitW(at), own));
        }
      }),
      { numRuns: runs(300) },
    );
  });

  it('takes Tx before TxDefault, and falls back to TxDefault once the Tx profile has ended', () => {
    const store = storeOf([
      profile({ id: 1, purpose: 'TxDefault', pointId: 0, periods: [{ startPeriod: 0, limit: 20_000 }] }),
      profile({ id: 2, purpose: 'Tx', durationS: 600, periods: [{ startPeriod: 0, limit: 90_000 }] }),
      profile({ id: 3, purpose: 'StationMax', pointId: 0, periods: [{ startPeriod: 0, limit: 60_000 }] }),
    ]);
    expect(store.composite(1, t0, 1_200, 'W')).toEqual([
      { startPeriod: 0, limit: 60_000 },
      { startPeriod: 600, limit: 20_000 },
    ]);
  });

  it('of the station is what all points may draw, never more than the station', () => {
    const store = storeOf([profile({ purpose: 'TxDefault', pointId: 1 })]);
    expect(store.composite(0, t0, 60, 'W')).toEqual([{ startPeriod: 0, limit: 200_000 }]);
    expect(storeOf([]).composite(0, t0, 60, 'W')).toEqual([{ startPeriod: 0, limit: 250_000 }]);
  });

  it('names the phases where they are not three, as leaving them out would say', () => {
    const store = new ProfileStore({
      points: [{ id: 1, powerType: 'AC', maxPowerW: 22_080, phases: 3, initialEnergyWh: 0 }],
      maxPowerW: 22_080,
      transactionStart: () => undefined,
      specificReplacesGeneral: true,
    });
    const onePhase = { startPeriod: 60, limit: 8, numberPhases: 1 };
    const periods = [{ startPeriod: 0, limit: 8 }, onePhase];
    store.install(profile({ purpose: 'TxDefault', unit: 'A', periods }), () => false);
    expect(store.composite(1, t0, 120, 'A')).toEqual(periods);
    expect(store.composite(1, t0, 120, 'W')).toEqual([
      { startPeriod: 0, limit: 5_520 },
      { startPeriod: 60, limit: 1_840, numberPhases: 1 },
    ]);
  });

  it('has rising periods that differ from one another', () => {
    fc.assert(
      fc.property(profiles, fc.constantFrom('A' as const, 'W' as const), (list, unit) => {
        const steps = storeOf(list).composite(0, t0, 86_400, unit);
        steps.slice(1).forEach((step, index) => {
          expect(step.startPeriod).toBeGreaterThan(steps[index]?.startPeriod ?? -1);
          expect(step.limit).not.toBe(steps[index]?.limit);
        });
      }),
      { numRuns: runs(200) },
    );
  });

  it('a default of one connector replaces the general one on 1.6, and stacks with it on 2.0.1', () => {
    const general = profile({
      id: 1,
      purpose: 'TxDefault',
      pointId: 0,
      stackLevel: 5,
      periods: [{ startPeriod: 0, limit: 10 }],
    });
    const own = profile({
      id: 2,
      purpose: 'TxDefault',
      pointId: 1,
      periods: [{ startPeriod: 0, limit: 99 }],
    });
    expect(storeOf([general, own], true).pointLimit(1, t0)?.limit).toBe(99);
    expect(storeOf([general, own], false).pointLimit(1, t0)?.limit).toBe(10);
  });
});

describe('a shared limit', () => {
  it('is never exceeded, never wasted, and fair', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 400_000 }),
        fc.array(fc.integer({ min: 0, max: 150_000 }), { maxLength: 6 }),
        (total, demands) => {
          const parts = shareOut(total, demands);
          const sum = parts.reduce((a, b) => a + b, 0);
          const wanted = demands.reduce((a, b) => a + b, 0);
          expect(sum).toBeCloseTo(Math.min(total, wanted), 3);
          parts.forEach((part, index) => {
            expect(part).toBeLessThanOrEqual((demands[index] ?? 0) + 1e-6);
            const denied = part < (demands[index] ?? 0) - 1e-6;
            if (denied) expect(part).toBeGreaterThanOrEqual(Math.max(0, ...parts) - 1e-6);
          });
        },
      ),
    );
  });
});
