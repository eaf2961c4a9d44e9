import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Answer,
  type ChargingRequest,
  changesOf,
  type Plan,
  PlanRunner,
  requestsAt,
  runningClock,
} from '../../../src/sim/bms/index.js';

const at = (text: string) => new Date(`2026-11-20T${text}:00Z`);
const nextDay = (text: string) => new Date(`2026-11-21T${text}:00Z`);

const plan: Plan = {
  kind: 'BMS',
  leadMs: 3_600_000,
  buses: [
    {
      vehicleId: 'V1',
      arrivalAt: at('20:00'),
      departureAt: nextDay('04:00'),
      minTargetSoc: 80,
      maxTargetSoc: 95,
      expectedSocAtArrival: 31,
      chargingPointId: 'N1-1',
    },
    {
      vehicleId: 'V2',
      arrivalAt: at('22:00'),
      departureAt: nextDay('05:00'),
      minTargetSoc: 70,
      maxTargetSoc: 90,
    },
  ],
  changes: [
    { at: at('23:00'), vehicleId: 'V1', bus: { chargingPointId: 'N2-1', departureAt: nextDay('03:00') } },
    { at: nextDay('01:00'), vehicleId: 'V2', cancelled: true },
  ],
};

const vehiclesAt = (now: Date, of = plan) => requestsAt(of, now).map(({ vehicleId }) => vehicleId);

describe('the list of a night', () => {
  it('lets buses enter before arrival and leave at departure or when cancelled', () => {
    expect(vehiclesAt(at('18:59'))).toEqual([]);
    expect(vehiclesAt(at('19:00'))).toEqual(['V1']);
    expect(vehiclesAt(at('21:30'))).toEqual(['V1', 'V2']);
    expect(vehiclesAt(nextDay('01:00'))).toEqual(['V1']);
    expect(vehiclesAt(nextDay('03:00'))).toEqual([]);
  });

  it('keeps the id of a visit through its changes', () => {
    const [before] = requestsAt(plan, at('22:59'));
    const [after] = requestsAt(plan, at('23:00'));
    expect(after?.chargingRequestId).toBe(before?.chargingRequestId);
    expect(after).toMatchObject({
      chargingPointId: 'N2-1',
      chargingRequestData: { requestedTimeForDeparture: '2026-11-21T03:00:00.000Z' },
    });
  });

  it('invents no value the plan does not give', () => {
    const [, second] = requestsAt(plan, at('22:00'));
    expect(second).not.toHaveProperty('chargingPointId');
    expect(second?.chargingRequestData).not.toHaveProperty('expectedSocAtArrival');
    expect(second).not.toHaveProperty('chargingInstruction');
  });

  it('changes at the listed instants only', () => {
    const instants = changesOf(plan).map((instant) => instant.getTime());
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 * 3600 }), (seconds) => {
        const now = at('18:00').getTime() + seconds * 1000;
        const latest = instants.filter((instant) => instant <= now).at(-1) ?? 0;
        expect(requestsAt(plan, new Date(now))).toEqual(requestsAt(plan, new Date(latest)));
      }),
    );
  });

  it('holds only ad hoc orders for a control centre', () => {
    const itcs: Plan = {
      ...plan,
      kind: 'ITCS',
      adHoc: [{ vehicleId: 'V2', from: at('22:00'), until: at('22:30'), minTargetSoc: 40, maxTargetSoc: 60 }],
    };
    expect(vehiclesAt(at('21:30'), itcs)).toEqual([]);
    expect(requestsAt(itcs, at('22:00'))).toMatchObject([{ chargingRequestData: { adHocCharging: true } }]);
    expect(vehiclesAt(at('22:30'), itcs)).toEqual([]);
  });
});

describe('playing a plan', () => {
  it('goes by a clock that runs as fast as told', async () => {
    const began = performance.now();
    const clock = runningClock(at('18:00'), 3_600_000);
    const from = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 2));
    const least = performance.now() - from;
    const hours = (clock.now().getTime() - at('18:00').getTime()) / 3_600_000;
    const most = performance.now() - began;
    expect(hours).toBeGreaterThanOrEqual(Math.floor(least));
    expect(hours).toBeLessThanOrEqual(most);
  });

  it('hands over each list once, in the order of the night', async () => {
    const lists: string[][] = [];
    const taker = {
      setRequests: async (requests: readonly ChargingRequest[]): Promise<Answer> => {
        lists.push(requests.map(({ vehicleId }) => vehicleId));
        return { outcome: 'timeout' };
      },
    };
    // It shows three minutes more at each look: no list is passed over, however late a look is.
    let looks = 0;
    const clock = { speed: 180_000, now: () => new Date(at('18:00').getTime() + 180_000 * looks++) };
    const runner = new PlanRunner(plan, taker, clock, 60_000);
    onTestFinished(() => runner.stop());
    runner.start();
    await expect.poll(() => lists).toEqual([['V1'], ['V1', 'V2'], ['V1', 'V2'], ['V1'], []]);
  });
});
