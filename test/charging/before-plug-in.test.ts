/** What vehicles without a plan may draw: never more than the plans leave, whoever plugs in when. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beforePlugInOf, constantsOf, type PlanInputs, planDepot } from '../../src/charging/index.js';
import { parseConfig } from '../../src/config/index.js';
import {
  type DepotState,
  type DomainEvent,
  initialState,
  limitInForce,
  reduce,
} from '../../src/domain/index.js';
import { at, event, list, station } from '../support/events.js';
import { runs } from '../support/properties.js';

const GRID_W = 200_000;
const WISH_W = 20_000;
const POINTS = ['A1', 'A2', 'B1', 'C1', 'C2', 'D1'] as const;
const stationOf = (point: string) => point.slice(0, 1);
const HOURS = 6;

const CONSTANTS: Omit<PlanInputs, 'state' | 'now'> = {
  policy: 'deadline',
  horizonHours: HOURS,
  gridLimitW: GRID_W,
  stationLimitsW: new Map([['C', 120_000]]),
  places: new Map(
    POINTS.map((pointId) => [
      pointId,
      {
        pointId,
        stationId: stationOf(pointId),
        maxPowerW: pointId === 'D1' ? 22_000 : 150_000,
        minPowerW: pointId === 'D1' ? 4_140 : 0,
        beforePlugInW: pointId === 'D1' ? 11_000 : WISH_W,
      },
    ]),
  ),
  vehicles: new Map(
    POINTS.filter((point) => point !== 'B1').map((point) => [`V${point}`, { batteryWh: 300_000 }]),
  ),
};

/** A depot whose chargers do what they are told at once, and chance. */
class World {
  state: DepotState = initialState(
    'depot',
    ['A', 'B', 'C', 'D'].map((stationId) => ({
      stationId,
      pointIds: POINTS.filter((point) => stationOf(point) === stationId),
    })),
  );
  minute = 0;
  #count = 0;
  readonly #requests = new Map<string, object>();

  constructor() {
    for (const stationId of ['A', 'B', 'C', 'D']) this.#apply(station('LinkOpened', 0, {}, stationId));
    this.plan();
  }

  #apply(told: DomainEvent): void {
    this.state = reduce(this.state, told);
  }

  #process(point: string) {
    const id = this.state.stations.get(stationOf(point))?.points[point]?.processId;
    return id === undefined ? undefined : this.state.processes.get(id);
  }

  #isConnected(point: string): boolean {
    return this.state.stations.get(stationOf(point))?.link.value === 'connected';
  }

  pass(minutes: number): void {
    this.minute += minutes;
  }

  link(point: string): void {
    // A transaction whose charger is away goes on under its limit, which is no matter of default limits.
    const own = POINTS.filter((other) => stationOf(other) === stationOf(point));
    if (own.some((other) => this.#process(other) && !this.#process(other)?.endedAt)) return;
    const type = this.#isConnected(point) ? 'LinkLost' : 'LinkOpened';
    this.#apply(station(type, this.minute, {}, stationOf(point)));
  }

  /** Plugs in, starts, ends, leaves: whatever comes next at this point. */
  move(point: string): void {
    if (!this.#isConnected(point)) return;
    const process = this.#process(point);
    const where = stationOf(point);
    const name = `T${this.#count++}`;
    if (!process) {
      const told = { pointId: point, status: 'Occupied', phase: 'Preparing' };
      this.#apply(station('PointStatusReported', this.minute, told, where));
    } else if (!process.transactionId) {
      const told = { pointId: point, vehicleId: `V${point}`, transactionId: name };
      this.#apply(station('TransactionStarted', this.minute, told, where));
    } else if (!process.endedAt) {
      const told = { transactionId: process.transactionId.value };
      this.#apply(station('TransactionEnded', this.minute, told, where));
    } else {
      const told = { pointId: point, status: 'Available' };
      this.#apply(station('PointStatusReported', this.minute, told, where));
    }
  }

  soc(point: string, socPct: number): void {
    const transactionId = this.#process(point)?.transactionId?.value;
    if (!transactionId || !this.#isConnected(point)) return;
    const samples = [{ at: at(this.minute), socPct }];
    this.#apply(station('MeterSampled', this.minute, { transactionId, samples }, stationOf(point)));
  }

  order(point: string, inMinutes: number): void {
    const had = this.#requests.delete(point);
    if (!had) {
      this.#requests.set(point, {
        chargingRequestId: `R${point}${this.#count++}`,
        vehicleId: `V${point}`,
        chargingPointId: point,
        expectedSocAtArrivalPct: 40,
        expectedArrivalAt: at(this.minute + inMinutes),
      });
    }
    this.#apply(list('BMS', this.minute, [...this.#requests.values()]));
  }

  /** Plans, and lets every charger that is there take what was planned. */
  plan(): void {
    const made = planDepot({ ...CONSTANTS, state: this.state, now: at(this.minute) });
    this.#apply(event('PlanMade', {}, this.minute, made));
    for (const point of POINTS.filter((each) => this.#isConnected(each))) {
      const process = this.#process(point);
      const steps = process?.plan?.value.steps ?? [];
      const answer = { pointId: point, intentId: '1-0', outcome: 'accepted' };
      if (process?.transactionId && !process.endedAt && steps.length > 0)
        this.#answer('LimitAnswered', { ...answer, processId: process.processId, steps });
      const byDefault = this.state.stations.get(stationOf(point))?.points[point]?.defaultPlan?.value;
      this.#answer('DefaultLimitAnswered', { ...answer, steps: byDefault?.steps ?? [] });
    }
  }

  #answer(
    type: 'LimitAnswered' | 'DefaultLimitAnswered',
    payload: { pointId: string; [key: string]: unknown },
  ): void {
    this.#apply(station(type, this.minute, payload, stationOf(payload.pointId)));
  }

  /** What all limits in force add up to at most, from now on for ever, with the instant of the worst. */
  worst(points: readonly string[] = POINTS): { sumW: number; instant: string } {
    const limits = points.map((point) => {
      const place = this.state.stations.get(stationOf(point))?.points[point];
      return (place && limitInForce(place, this.#process(point))?.value.steps) ?? undefined;
    });
    const now = at(this.minute);
    const instants = limits.flatMap((steps) => steps?.map((step) => step.at) ?? []);
    let worst = { sumW: 0, instant: now };
    for (const instant of [now, ...instants.filter((each) => each > now)]) {
      let sumW = 0;
      for (const steps of limits)
        sumW += steps?.filter((step) => step.at <= instant).at(-1)?.powerW ?? Number.POSITIVE_INFINITY;
      if (sumW > worst.sumW) worst = { sumW, instant };
    }
    return worst;
  }
}

interface Step {
  readonly kind: 'move' | 'soc' | 'order' | 'pass' | 'link';
  readonly point: (typeof POINTS)[number];
  readonly n: number;
}

describe('limits before a vehicle is plugged in', () => {
  const point = fc.constantFrom(...POINTS);
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('move' as const), point, n: fc.nat(0) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('soc' as const), point, n: fc.nat(99) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('order' as const), point, n: fc.nat(200) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), point, n: fc.nat(30) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('link' as const), point, n: fc.nat(0) }) },
  );

  const then = (kind: Step['kind'], where: Step['point'], n = 0) => ({
    step: { kind, point: where, n },
    plan: false,
  });
  /** Somebody charges slowly until the plan ends, and two of whom nothing is known have the rest. */
  const beyond = [
    ...[
      then('move', 'C2'),
      then('move', 'C2'),
      then('soc', 'C2'),
      then('pass', 'A1', 1),
      then('order', 'C2'),
    ],
    ...[then('move', 'D1'), { ...then('move', 'A1'), plan: true }],
  ];

  it('and plans never add up to more than depot and station have, at no instant, whoever comes when', () => {
    let nonTrivial = 0;
    fc.assert(
      fc.property(fc.array(fc.record({ step, plan: fc.boolean() }), { maxLength: 25 }), (story) => {
        const world = new World();
        const check = () => {
          const { sumW, instant } = world.worst();
          expect(sumW, `at ${instant}`).toBeLessThanOrEqual(GRID_W);
          expect(world.worst(['C1', 'C2']).sumW).toBeLessThanOrEqual(120_000);
          if (sumW > GRID_W * 0.9) nonTrivial += 1;
        };
        for (const { step: next, plan } of story) {
          world[next.kind](next.kind === 'pass' ? (next.n as never) : (next.point as never), next.n);
          // Before the bridge has had the time to plan anew, too.
          check();
          if (plan) world.plan();
          check();
        }
      }),
      { numRuns: runs(150), examples: [[beyond]] },
    );
    expect(nonTrivial).toBeGreaterThan(50);
  });

  it('are all that was wished while nobody charges', () => {
    const world = new World();
    const points = world.state.stations.get('A')?.points ?? {};
    expect(points['A1']?.defaultLimit?.value.steps.map((each) => each.powerW)).toEqual([WISH_W]);
    expect(world.worst().sumW).toBe(5 * WISH_W + 11_000);
  });

  it('are what is planned for the vehicle that is to come', () => {
    const world = new World();
    world.order('A1', 60);
    world.plan();
    const steps = world.state.stations.get('A')?.points['A1']?.defaultPlan?.value.steps ?? [];
    expect(steps[0]).toEqual({ at: at(0), powerW: WISH_W });
    expect(steps.find((each) => each.powerW > WISH_W)).toEqual({ at: at(60), powerW: 150_000 });
  });

  it('make room for plans that need everything', () => {
    const world = new World();
    for (const point of ['A1', 'A2']) {
      world.order(point, 0);
      world.move(point);
      world.move(point);
      world.soc(point, 10);
    }
    world.plan();
    expect(world.state.stations.get('B')?.points['B1']?.defaultLimit?.value.steps[0]?.powerW).toBe(0);
    expect(world.worst().sumW).toBeLessThanOrEqual(GRID_W);
  });
});

describe('charging.beforePlugIn', () => {
  const text = (charging: string, grid = 'gridLimitKw: 400') => `
store: { kind: lmdb, path: ./x }
listen: { admin: { host: 127.0.0.1, port: 0 }, ocpp: { host: 127.0.0.1, port: 0 }, ocpi: { host: 127.0.0.1, port: 0, publicUrl: "http://127.0.0.1" }, vdv463: { host: 127.0.0.1, port: 0 } }
depots:
  - id: d
    name: D
    timeZone: Europe/Berlin
    ${grid}
    charging: ${charging}
    stations:
      - id: S
        ocpp: { identity: CP, password: a-long-password-1 }
        points:
          - { id: P1, connector: 1, standard: IEC_62196_T2_COMBO, format: CABLE, powerType: DC, maxVoltage: 920, maxAmperage: 200 }
          - { id: P2, connector: 2, standard: IEC_62196_T2, format: SOCKET, powerType: AC_3_PHASE, maxVoltage: 230, maxAmperage: 32, phases: 3 }
`;
  const wish = (charging: string, grid?: string) => {
    const config = parseConfig(text(charging, grid), 'depot.yaml');
    const places = constantsOf({ config } as never).places;
    return [beforePlugInOf(config.depots[0]), places.get('P2')?.beforePlugInW];
  };

  it('left out is a quarter of an equal part of the grid limit, no more than a point can', () => {
    expect(wish('{ policy: asap }')).toEqual([50_000, 22_080]);
  });

  it('is a share, a power, or nothing', () => {
    expect(wish('{ policy: asap, beforePlugIn: { share: 0.1 } }')).toEqual([20_000, 20_000]);
    expect(wish('{ policy: asap, beforePlugIn: { limitKw: 7 } }', '')).toEqual([7_000, 7_000]);
    expect(wish('{ policy: asap, beforePlugIn: none }')).toEqual([undefined, undefined]);
    expect(wish('{ policy: asap }', '')).toEqual([undefined, undefined]);
    expect(wish('{ policy: forward }')).toEqual([undefined, undefined]);
  });

  it.each([
    ['{ policy: forward, beforePlugIn: { limitKw: 7 } }', undefined, /forward sets no limits/],
    ['{ policy: asap, beforePlugIn: { share: 0.5 } }', '', /gridLimitKw/],
    ['{ policy: asap, beforePlugIn: { limitKw: 250 } }', undefined, /500 kW.*400/],
  ])('%s is refused', (charging, grid, why) => {
    expect(() => parseConfig(text(charging, grid), 'depot.yaml')).toThrow(why);
  });
});
