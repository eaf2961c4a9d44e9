import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PlanInputs, type PlanMade, planDepot } from '../../src/charging/index.js';
import { sameLimits } from '../../src/charging/steps.js';
import { initialState } from '../../src/domain/index.js';
import { at, list, run, station } from '../support/events.js';
import { runs } from '../support/properties.js';

const POINTS = ['A', 'B', 'C'] as const;

interface Bus {
  readonly point: string;
  readonly socPct?: number;
  readonly batteryKwh?: number;
  readonly request?: object;
}

/** A depot with one bus at each given bay, a transaction running, SoC told. */
function inputs(buses: readonly Bus[], more: Partial<PlanInputs> = {}): PlanInputs {
  const fresh = initialState(
    'depot',
    POINTS.map((point) => ({ stationId: `S${point}`, pointIds: [point] })),
  );
  const events = buses.flatMap(({ point, socPct }) => [
    station(
      'TransactionStarted',
      0,
      { pointId: point, vehicleId: `V${point}`, transactionId: `T${point}` },
      `S${point}`,
    ),
    ...(socPct === undefined
      ? []
      : [
          station(
            'MeterSampled',
            1,
            { transactionId: `T${point}`, samples: [{ at: at(1), socPct }] },
            `S${point}`,
          ),
        ]),
  ]);
  const ordered = buses
    .filter((bus) => bus.request)
    .map((bus) => ({ chargingRequestId: `R${bus.point}`, vehicleId: `V${bus.point}`, ...bus.request }));
  return {
    state: run([...events, list('BMS', 1, ordered)], fresh),
    now: at(5),
    policy: 'deadline',
    horizonHours: 12,
    stationLimitsW: new Map(),
    places: new Map(
      POINTS.map((point) => [
        point,
        { pointId: point, stationId: `S${point}`, maxPowerW: 150_000, minPowerW: 0 },
      ]),
    ),
    vehicles: new Map(
      buses.flatMap((bus) =>
        bus.batteryKwh === undefined ? [] : [[`V${bus.point}`, { batteryWh: bus.batteryKwh * 1000 }]],
      ),
    ),
    ...more,
  };
}

function planOf(made: PlanMade, point: string) {
  return made.requests.find((request) => request.chargingRequestId === `R${point}`)?.plan;
}

const ordered = { minTargetSocPct: 80, maxTargetSocPct: 95 };

describe('planDepot', () => {
  it('gives one bus all it may have and says when it is there', () => {
    const plan = planOf(
      planDepot(inputs([{ point: 'A', socPct: 50, batteryKwh: 300, request: ordered }])),
      'A',
    );
    expect(plan?.steps[0]).toEqual({ at: at(5), powerW: 150_000 });
    expect(plan?.minTarget).toEqual({ socPct: 80, at: at(5 + 40) });
    expect(plan?.maxTarget).toEqual({ socPct: 95, at: at(5 + 55) });
  });

  it('sets nothing for a bus whose battery or SoC nobody told, says so, and keeps its room free', () => {
    const made = planDepot(
      inputs(
        [
          { point: 'A', socPct: 50, request: ordered },
          { point: 'B', socPct: 50, batteryKwh: 300, request: ordered },
        ],
        { gridLimitW: 200_000 },
      ),
    );
    expect(planOf(made, 'A')).toMatchObject({ policy: 'forward', steps: [], missing: ['batteryCapacity'] });
    expect(planOf(made, 'B')?.steps[0]?.powerW).toBe(50_000);
  });

  it('serves the lower priority number first, and ad hoc before all', () => {
    const limited = { gridLimitW: 150_000 };
    const two = (a: object, b: object) =>
      planDepot(
        inputs(
          [
            { point: 'A', socPct: 50, batteryKwh: 300, request: { ...ordered, ...a } },
            { point: 'B', socPct: 50, batteryKwh: 300, request: { ...ordered, ...b } },
          ],
          limited,
        ),
      );
    expect(planOf(two({ priority: 2 }, { priority: 1 }), 'B')?.steps[0]?.powerW).toBe(150_000);
    expect(planOf(two({ priority: 1 }, { adHocCharging: true }), 'B')?.steps[0]?.powerW).toBe(150_000);
  });

  it('gives everybody the minimum before anybody the maximum', () => {
    const made = planDepot(
      inputs(
        [
          { point: 'A', socPct: 80, batteryKwh: 300, request: { ...ordered, priority: 1 } },
          { point: 'B', socPct: 50, batteryKwh: 300, request: { ...ordered, priority: 2 } },
        ],
        { gridLimitW: 150_000 },
      ),
    );
    expect(planOf(made, 'B')?.steps[0]?.powerW).toBe(150_000);
    expect(planOf(made, 'A')?.steps[0]?.powerW).toBe(0);
  });

  it('forwards and sets nothing under policy forward', () => {
    const made = planDepot(
      inputs([{ point: 'A', socPct: 50, batteryKwh: 300, request: ordered }], { policy: 'forward' }),
    );
    expect(planOf(made, 'A')).toMatchObject({ policy: 'forward', steps: [] });
  });

  describe('at a station that keeps its CSMS', () => {
    const buses = [
      { point: 'A', socPct: 50, batteryKwh: 300, request: { ...ordered, priority: 1 } },
      { point: 'B', socPct: 50, batteryKwh: 300, request: { ...ordered, priority: 2 } },
    ];
    /** The bus at A belongs to a CSMS, which allows it so much from each minute on. */
    function planned(limits: readonly object[], place: object = {}) {
      const base = inputs(buses, { gridLimitW: 150_000 });
      const set = limits.map((limit, index) =>
        station(
          'CsmsLimitSet',
          3,
          {
            ...{ place: 1, pointId: 'A', profileId: index, stackLevel: index, purpose: 'transaction' },
            ...{ kind: 'Absolute', startAt: at(0), unit: 'W', ...limit },
          },
          'SA',
        ),
      );
      const a = { pointId: 'A', stationId: 'SA', maxPowerW: 150_000, minPowerW: 0, nominalV: 230, phases: 3 };
      const places = new Map([...base.places, ['A', { ...a, ...place }] as const]);
      return planDepot({ ...base, state: run(set, base.state), places });
    }

    it('nothing is planned that the CSMS does not allow, and others have the rest', () => {
      const periods = [
        { startS: 0, limitW: 30_000 },
        { startS: 1_800, limitW: 90_000 },
      ];
      const made = planned([{ periods }]);
      expect(planOf(made, 'A')?.steps.slice(0, 2)).toEqual([
        { at: at(5), powerW: 30_000 },
        { at: at(30), powerW: 90_000 },
      ]);
      expect(planOf(made, 'B')?.steps[0]?.powerW).toBe(120_000);
    });

    it('a limit of the whole station counts too, and amperes by voltage and phases', () => {
      const whole = { place: 0, pointId: undefined, purpose: 'station', unit: 'A' };
      const made = planned([{ ...whole, periods: [{ startS: 0, limitA: 32 }] }]);
      expect(planOf(made, 'A')?.steps[0]?.powerW).toBe(22_000);
    });

    it('where the bridge only observes, nothing is planned, and room is kept for what the CSMS allows', () => {
      const made = planned([{ periods: [{ startS: 0, limitW: 30_000 }] }], { observed: true });
      expect(planOf(made, 'A')).toMatchObject({ policy: 'forward', steps: [], missing: ['control'] });
      expect(planOf(made, 'B')?.steps[0]?.powerW).toBe(120_000);
    });
  });

  it('never exceeds grid, station or point at any instant, and reaches what is reachable', () => {
    const bus = fc.record({
      socPct: fc.integer({ min: 0, max: 100 }),
      batteryKwh: fc.integer({ min: 100, max: 600 }),
      priority: fc.integer({ min: -2, max: 5 }),
      adHocCharging: fc.boolean(),
      minTargetSocPct: fc.integer({ min: 0, max: 90 }),
    });
    fc.assert(
      fc.property(
        fc.array(bus, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 10, max: 500 }),
        (buses, gridKw) => {
          const given = buses.map(({ socPct, batteryKwh, ...request }, index) => ({
            point: POINTS[index] ?? 'A',
            socPct,
            batteryKwh,
            request: { maxTargetSocPct: 95, ...request },
          }));
          const made = planDepot(inputs(given, { gridLimitW: gridKw * 1000 }));
          for (let minute = 0; minute < 12 * 60; minute += 5) {
            const now = at(5 + minute + 1);
            const powers = given.map(
              ({ point }) =>
                planOf(made, point)
                  ?.steps.filter((step) => step.at <= now)
                  .at(-1)?.powerW ?? 0,
            );
            for (const power of powers) expect(power).toBeLessThanOrEqual(150_000);
            const sum = powers.reduce((total, power) => total + power, 0);
            expect(sum).toBeLessThanOrEqual(gridKw * 1000);
          }
        },
      ),
      { numRuns: runs(200) },
    );
  });
});

describe('an unchanged world', () => {
  it('gives the same limits a minute later', () => {
    const buses = [
      { point: 'A', socPct: 50, batteryKwh: 300, request: { ...ordered, priority: 1 } },
      { point: 'B', socPct: 40, batteryKwh: 300, request: { ...ordered, priority: 2 } },
    ];
    const limited = { gridLimitW: 200_000 };
    const first = planDepot(inputs(buses, limited));
    const second = planDepot(inputs(buses, { ...limited, now: at(6) }));
    for (const point of ['A', 'B']) {
      const [before, after] = [planOf(first, point)?.steps ?? [], planOf(second, point)?.steps ?? []];
      expect(sameLimits(before, after, at(6))).toBe(true);
    }
  });

  it('is not confused with one where a vehicle must pause', () => {
    const steps = (powerW: number) => [{ at: at(0), powerW }];
    expect(sameLimits(steps(500), steps(0), at(1))).toBe(false);
    expect(sameLimits(steps(100_000), steps(101_500), at(1))).toBe(true);
    expect(sameLimits(steps(100_000), steps(105_000), at(1))).toBe(false);
    expect(sameLimits(steps(1), [], at(1))).toBe(false);
  });
});
