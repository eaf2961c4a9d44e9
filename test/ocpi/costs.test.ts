/** Periods and costs against a model that walks through a session second by second, and the standard's own reckonings. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PriceComponentView, TariffElementView, TariffView } from '../../src/domain/index.js';
import {
  type Costs,
  costsOf,
  type MeteredSession,
  periodsOf,
  WallClock,
} from '../../src/ocpi/billing/index.js';
import { runs } from '../support/properties.js';

const ZONE = 'Europe/Berlin';
const CLOCK = new WallClock(ZONE);
const MINUTE = 60_000;
const DAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'] as const;

const tariffOf = (...elements: TariffElementView[]): TariffView => ({
  countryCode: 'DE',
  partyId: 'DPB',
  tariffId: 't',
  currency: 'EUR',
  taxName: 'VAT',
  taxed: elements.some(({ components }) => components.some(({ vatPct }) => vatPct !== undefined)),
  elements,
  lastUpdated: '2026-01-01T00:00:00.000Z',
});
const price = (
  dimension: PriceComponentView['dimension'],
  perUnit: number,
  stepSize = 1,
): PriceComponentView => ({
  dimension,
  price: perUnit,
  stepSize,
});

/** Stretches of so many minutes with so many tenths of a Wh a second. */
type Stretch = readonly [minutes: number, tenthsPerSecond: number, idle: boolean];

function sessionOf(startMs: number, stretches: readonly Stretch[]): MeteredSession {
  let [at, wh] = [startMs, 0];
  const energy: { atMs: number; wh: number }[] = [];
  const idle: { atMs: number; idle: boolean }[] = [];
  for (const [minutes, tenths, isIdle] of stretches) {
    idle.push({ atMs: at, idle: isIdle });
    at += minutes * MINUTE;
    wh = Math.round(wh * 10 + minutes * 60 * tenths) / 10;
    energy.push({ atMs: at, wh });
  }
  return { startMs, endMs: at, energy, idle };
}

function billOf(session: MeteredSession, tariff: TariffView, intervalMs = 15 * MINUTE) {
  const periods = periodsOf(session, { tariff, clock: CLOCK, intervalMs });
  return { periods, costs: costsOf(periods, tariff) };
}

const wall = new Intl.DateTimeFormat('en-GB', {
  timeZone: ZONE,
  hourCycle: 'h23',
  weekday: 'long',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
});

/** The independent one: no periods, no boundaries, every second by itself, in floating point. */
function slowly(startMs: number, stretches: readonly Stretch[], tariff: TariffView): number {
  const used = new Map<PriceComponentView, number>();
  const last: Partial<Record<string, PriceComponentView>> = {};
  let [second, tenths] = [0, 0];
  let local: Record<string, string> = {};
  for (const [minutes, perSecond, idle] of stretches) {
    for (let i = 0; i < minutes * 60; i++, second++, tenths += perSecond) {
      if (second % 60 === 0)
        local = Object.fromEntries(
          wall.formatToParts(startMs + second * 1000).map(({ type, value }) => [type, value]),
        );
      for (const [dimension, amount] of [
        ['energy', perSecond / 10_000],
        [idle ? 'parking-time' : 'time', 1 / 3600],
      ] as const) {
        const found = tariff.elements
          .filter(({ restrictions }) => holds(restrictions ?? {}, second, tenths, local))
          .flatMap(({ components }) => components)
          .find((each) => each.dimension === dimension);
        if (!found || amount === 0) continue;
        used.set(found, (used.get(found) ?? 0) + amount);
        last[dimension] = found;
      }
    }
  }
  const of = (dimension: string) => [...used].filter(([each]) => each.dimension === dimension);
  for (const [dimension, unit] of [
    ['energy', 1000],
    [last['parking-time'] ? 'parking-time' : 'time', 3600],
  ] as const) {
    const final = last[dimension];
    if (!final) continue;
    const total = of(dimension).reduce((sum, [, amount]) => sum + amount, 0);
    const steps = Math.ceil((total * unit) / final.stepSize - 1e-6);
    used.set(final, (used.get(final) ?? 0) + (steps * final.stepSize) / unit - total);
  }
  return [...used].reduce((sum, [{ price: each }, amount]) => sum + each * amount, 0);
}

function holds(
  r: NonNullable<TariffElementView['restrictions']>,
  second: number,
  tenths: number,
  local: Record<string, string>,
): boolean {
  const kwh = tenths / 10_000;
  const clock = `${local['hour']}:${local['minute']}`;
  const date = `${local['year']}-${local['month']}-${local['day']}`;
  const [from, to] = [r.startTime ?? '00:00', r.endTime ?? '00:00'];
  return (
    kwh >= (r.minKwh ?? 0) &&
    kwh < (r.maxKwh ?? Number.POSITIVE_INFINITY) &&
    second >= (r.minDurationS ?? 0) &&
    second < (r.maxDurationS ?? Number.POSITIVE_INFINITY) &&
    (!r.daysOfWeek || r.daysOfWeek.some((day) => day === local['weekday']?.toUpperCase())) &&
    date >= (r.startDate ?? '') &&
    date < (r.endDate ?? '~') &&
    (from < to ? clock >= from && clock < to : clock >= from || clock < to)
  );
}

const clocks = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);
const dates = fc.integer({ min: 26, max: 31 }).map((day) => `2026-03-${day}`);
const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined, freq: 2 });
const timed = fc.record(
  {
    startTime: clocks,
    endTime: clocks,
    startDate: dates,
    endDate: dates,
    daysOfWeek: fc.uniqueArray(fc.constantFrom(...DAYS), { minLength: 1 }),
    minDurationS: fc.integer({ min: 0, max: 20_000 }),
    maxDurationS: fc.integer({ min: 0, max: 20_000 }),
  },
  { requiredKeys: [] },
);
const metered = fc
  .record(
    { minKwh: fc.integer({ min: 0, max: 400_000 }), maxKwh: fc.integer({ min: 1, max: 400_000 }) },
    { requiredKeys: [] },
  )
  .map(({ minKwh, maxKwh }) => ({
    ...(minKwh === undefined ? {} : { minKwh: minKwh / 10_000 }),
    ...(maxKwh === undefined ? {} : { maxKwh: maxKwh / 10_000 }),
  }));
const component = fc
  .record({
    dimension: fc.constantFrom('energy' as const, 'time' as const, 'parking-time' as const),
    price: fc.integer({ min: 0, max: 99_999 }).map((tenk) => tenk / 10_000),
    stepSize: fc.constantFrom(1, 60, 300, 500, 900, 1800),
    vatPct: maybe(fc.constantFrom(0, 7, 19, 8.1)),
  })
  .map(({ vatPct, ...rest }): PriceComponentView => (vatPct === undefined ? rest : { ...rest, vatPct }));
const elements = (restrictions: fc.Arbitrary<object>) =>
  fc.array(
    fc.record(
      { components: fc.array(component, { minLength: 1, maxLength: 3 }), restrictions },
      { requiredKeys: ['components'] },
    ),
    { minLength: 1, maxLength: 5 },
  );
const stretches = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 150 }), fc.integer({ min: 0, max: 400 }), fc.boolean()),
  { minLength: 1, maxLength: 6 },
);
/** Around the night in which clocks are set forward. */
const starts = fc
  .integer({ min: 0, max: 4 * 86_400 })
  .map((second) => Date.parse('2026-03-27T00:00:00Z') + second * 1000 - ((second * 1000) % MINUTE));

const excl = ({ total }: Costs) => total.exclVat;

describe('costs', () => {
  it('are those of a model that asks for the price every second', () => {
    fc.assert(
      fc.property(starts, stretches, elements(timed), (startMs, way, list) => {
        const tariff = tariffOf(...(list as TariffElementView[]));
        const { costs } = billOf(sessionOf(startMs, way), tariff);
        expect(Math.abs(excl(costs) - slowly(startMs, way, tariff))).toBeLessThan(0.0003);
      }),
      { numRuns: runs(30) },
    );
  });

  it('have the sums of their periods, are never negative, and do not depend on how finely a session is cut', () => {
    const any = fc.tuple(timed, metered).map(([one, other]) => ({ ...one, ...other }));
    fc.assert(
      fc.property(starts, stretches, elements(any), (startMs, way, list) => {
        const tariff = tariffOf(...(list as TariffElementView[]));
        const session = sessionOf(startMs, way);
        const { periods, costs } = billOf(session, tariff);
        const energy = periods.reduce((sum, period) => sum + period.energy, 0n);
        expect(Number(energy)).toBe(Math.round((session.energy.at(-1)?.wh ?? 0) * 10));
        const time = periods.reduce((sum, period) => sum + period.time, 0n);
        expect(Number(time)).toBe(Math.round((session.endMs - startMs) / 360));
        for (const [index, period] of periods.entries()) {
          expect(period.endMs).toBe(periods[index + 1]?.startMs ?? session.endMs);
          expect(period.energy >= 0n && period.endMs > period.startMs).toBe(true);
        }
        const parts = [costs.energy, costs.time, costs.parking].map((part) => part?.exclVat ?? 0);
        expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
        expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(excl(costs), 6);
        expect(costs.total.inclVat ?? excl(costs)).toBeGreaterThanOrEqual(excl(costs));
        expect(billOf(session, tariff, MINUTE).costs).toEqual(costs);
        expect(billOf(session, tariff, 1e9).costs).toEqual(costs);
      }),
      { numRuns: runs(60) },
    );
  });

  it.each([
    ['5.4 kWh in steps of 500 Wh are 5.5', [[60, 7.5 * 2, false]], [price('energy', 0.2, 500)], 1.1],
    [
      '21 minutes, then 16 full: only the parking is rounded up',
      [
        [21, 0, false],
        [16, 0, true],
      ],
      [price('time', 1, 600), price('parking-time', 2, 600)],
      0.35 + 2 / 3,
    ],
    ['28 minutes in steps of ten are 30', [[28, 0, false]], [price('time', 6, 600)], 3],
    ['a whole step is not rounded up', [[10, 0, false]], [price('time', 6, 600)], 1],
    ['115.2 Wh are 116', [[1, 19.2, false]], [price('energy', 0.25, 1)], 0.029],
    [
      'a start is paid for once',
      [
        [90, 10, false],
        [90, 0, true],
      ],
      [price('flat', 2.5)],
      2.5,
    ],
    ['what has no price costs nothing', [[90, 10, false]], [price('parking-time', 2.5)], 0],
  ] as const)('%s', (_name, way, components, expected) => {
    const { costs } = billOf(
      sessionOf(Date.parse('2026-01-05T10:00:00Z'), way),
      tariffOf({ components: [...components] }),
    );
    expect(excl(costs)).toBeCloseTo(expected, 4);
  });

  it('keep to the least and the highest price, with and without tax', () => {
    const way: Stretch[] = [[60, 100, false]];
    const [start, base] = [
      Date.parse('2026-01-05T10:00:00Z'),
      tariffOf({ components: [{ ...price('energy', 0.5), vatPct: 19 }] }),
    ];
    const total = (tariff: TariffView) => billOf(sessionOf(start, way), tariff).costs.total;
    expect(total(base)).toEqual({
      exclVat: 18,
      inclVat: 21.42,
      taxes: [{ name: 'VAT', percentage: 19, amount: 3.42 }],
    });
    const least = { exclVat: 20, inclVat: 23.8, taxes: [] };
    expect(total({ ...base, minPrice: least })).toEqual({
      exclVat: 20,
      inclVat: 23.8,
      taxes: [{ name: 'VAT', amount: 3.8 }],
    });
    const most = { exclVat: 10, inclVat: 11.9, taxes: [] };
    expect(total({ ...base, maxPrice: most })).toEqual({
      exclVat: 10,
      inclVat: 11.9,
      taxes: [{ name: 'VAT', amount: 1.9 }],
    });
  });

  it('change where the price changes: at an hour of the depot, after so many kWh, when the clock is set', () => {
    const start = Date.parse('2026-03-29T00:30:00Z');
    // Clocks go from 02:00 to 03:00 at 01:00 UTC: the hour from two to three does not exist.
    const night = tariffOf(
      { components: [price('time', 1)], restrictions: { startTime: '01:00', endTime: '03:00' } },
      { components: [price('time', 10), price('energy', 1)], restrictions: { minKwh: 1 } },
    );
    const { periods } = billOf(sessionOf(start, [[60, 100, false]]), night, 1e9);
    expect(periods.map(({ startMs }) => new Date(startMs).toISOString().slice(11, 19))).toEqual([
      '00:30:00',
      '00:31:40',
      '01:00:00',
    ]);
    expect(periods.map(({ energy }) => Number(energy))).toEqual([10_000, 170_000, 180_000]);
  });
});
