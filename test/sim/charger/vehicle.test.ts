import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulatorError } from '../../../src/sim/charger/index.js';
import { Outlet } from '../../../src/sim/charger/outlet.js';
import { Plant } from '../../../src/sim/charger/plant.js';
import { ProfileStore } from '../../../src/sim/charger/profiles.js';
import type { Profile } from '../../../src/sim/charger/schedule.js';
import { Battery } from '../../../src/sim/charger/vehicle.js';

const hour = 3_600_000;
const bus = { batteryWh: 350_000, socPct: 40, maxPowerW: 150_000 };

describe('a battery', () => {
  it('takes full power to 80 %, less and less above, nothing when full', () => {
    const at = (socPct: number) => new Battery({ ...bus, socPct }, 'DC').acceptsW;
    expect([at(0), at(80), at(100)]).toEqual([150_000, 150_000, 0]);
    expect(at(90)).toBeLessThan(at(85));
  });

  it('follows its own curve and stops where the vehicle says', () => {
    const curve = [
      { socPct: 0, powerW: 20_000 },
      { socPct: 50, powerW: 120_000 },
      { socPct: 100, powerW: 0 },
    ];
    const battery = new Battery({ ...bus, socPct: 25, stopSocPct: 60, curve }, 'DC');
    expect(battery.acceptsW).toBe(70_000);
    battery.take(1_000_000, hour);
    expect(battery.socPct).toBe(60);
    expect(battery.acceptsW).toBe(0);
  });

  it('loses nothing between plug and cells but its efficiency', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 0, max: hour }))),
        (socPct, steps) => {
          const battery = new Battery({ ...bus, socPct }, 'DC');
          const taken = steps.reduce((sum, [powerW, ms]) => sum + battery.take(powerW, ms), 0);
          expect(battery.socPct).toBeLessThanOrEqual(100);
          expect(((battery.socPct - socPct) / 100) * bus.batteryWh).toBeCloseTo(taken * 0.97, 2);
        },
      ),
    );
  });

  it('refuses what no vehicle has', () => {
    expect(() => new Battery({ ...bus, socPct: 101 }, 'DC')).toThrow(SimulatorError);
    expect(() => new Battery({ ...bus, batteryWh: 0 }, 'DC')).toThrow(SimulatorError);
  });
});

/** An outlet in the middle of a transaction, with the profiles of its station. */
function charging(
  powerType: 'AC' | 'DC',
  maxPowerW: number,
  profiles: readonly Partial<Profile>[],
  phases = 3,
) {
  const spec = { id: 1, powerType, maxPowerW, phases: powerType === 'AC' ? phases : 1, initialEnergyWh: 0 };
  const outlet = new Outlet(spec);
  const store = new ProfileStore({
    points: [spec],
    maxPowerW,
    transactionStart: () => 0,
    specificReplacesGeneral: true,
  });
  profiles.forEach((profile, index) => {
    store.install(
      {
        id: index,
        pointId: 1,
        purpose: 'Tx',
        stackLevel: index,
        kind: 'Relative',
        unit: 'W',
        periods: [{ startPeriod: 0, limit: 0 }],
        raw: {},
        ...profile,
      },
      () => false,
    );
  });
  outlet.authorized = { idToken: 'T', type: 'ISO14443' };
  outlet.transaction = {
    pointId: 1,
    meterStart: 0,
    startedAt: 0,
    startAcknowledged: true,
    jumpedMs: 0,
    stopAcknowledged: false,
    chargedMs: 0,
    nextSeqNo: 0,
    readings: [],
  };
  return { outlet, plant: new Plant([outlet], store, 0) };
}

describe('power', () => {
  it('is the lowest of vehicle, rated power and limit, and never passes any of them', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10_000, max: 300_000 }),
        fc.integer({ min: 0, max: 300_000 }),
        fc.integer({ min: 0, max: 99 }),
        (maxPowerW, limit, socPct) => {
          const { outlet, plant } = charging('DC', maxPowerW, [{ periods: [{ startPeriod: 0, limit }] }]);
          outlet.plug({ ...bus, socPct });
          plant.advance(0);
          expect(outlet.powerW).toBe(Math.min(maxPowerW, limit, outlet.battery?.acceptsW ?? 0));
          expect(outlet.state).toBe(limit === 0 ? 'SuspendedEVSE' : 'Charging');
          plant.advance(hour);
          expect(outlet.meter.registerWh).toBeLessThanOrEqual(Math.min(maxPowerW, limit, bus.maxPowerW) + 1);
        },
      ),
    );
  });

  it('changes at the very moment the schedule does', () => {
    const { outlet, plant } = charging('DC', 150_000, [
      {
        periods: [
          { startPeriod: 0, limit: 60_000 },
          { startPeriod: 1_800, limit: 0 },
          { startPeriod: 2_700, limit: 30_000 },
        ],
      },
    ]);
    outlet.plug(bus);
    plant.advance(hour);
    expect(outlet.meter.registerWh).toBe(30_000 + 7_500);
  });

  it('ends at full, then the vehicle suspends', () => {
    const { outlet, plant } = charging('DC', 150_000, []);
    outlet.plug({ ...bus, socPct: 99 });
    plant.advance(2 * hour);
    expect(outlet.battery?.socPct).toBe(100);
    expect(outlet.state).toBe('SuspendedEV');
    expect(outlet.meter.registerWh).toBe(Math.floor(3_500 / 0.97));
  });

  it('on AC counts amperes per phase, and a limit in watts without phases as three', () => {
    const vehicle = { batteryWh: 60_000, socPct: 20, maxPowerW: 22_000, phases: 1 };
    const inAmps = charging('AC', 22_080, [{ unit: 'A', periods: [{ startPeriod: 0, limit: 16 }] }]);
    inAmps.outlet.plug({ ...vehicle, phases: 3 });
    inAmps.plant.advance(0);
    expect(inAmps.outlet.powerW).toBe(16 * 230 * 3);

    const inWatts = charging('AC', 22_080, [{ unit: 'W', periods: [{ startPeriod: 0, limit: 11_040 }] }]);
    inWatts.outlet.plug(vehicle);
    inWatts.plant.advance(0);
    expect(inWatts.outlet.powerW).toBeCloseTo(11_040 / 3, 6);
  });

  it('on AC below 6 A is none', () => {
    const { outlet, plant } = charging('AC', 22_080, [
      { unit: 'A', periods: [{ startPeriod: 0, limit: 5.9 }] },
    ]);
    outlet.plug({ batteryWh: 60_000, socPct: 20, maxPowerW: 22_000 });
    plant.advance(0);
    expect(outlet.state).toBe('SuspendedEVSE');
  });
});
