/**
 * Two hundred chargers, half 1.6J, half 2.0.1, through one night: random disconnects, a kill -9 of the bridge, on Redis
 * also one of the store. What a charger saw acknowledged must be in the bridge once, with the right energy.
 *
 * FLEET_SECONDS sets how long the night lasts in real time. Where it is so short that a busy machine is late by simulated
 * minutes, and by the same each time, the bridge takes that for clocks that are behind, which is right, and spoils the energy.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { DepotStateJson } from '../../src/domain/index.js';
import { type ChargerSimulator, type Clock, runFleet } from '../../src/sim/charger/index.js';
import {
  type BigDepot,
  bigDepotCharger,
  bigDepotConfig,
  range,
  seeded,
  sharedClock,
  stationId,
} from '../support/big-depot.js';
import { type BridgeProcess, startBridgeProcess } from '../support/bridge.js';
import { startRedis } from '../support/redis.js';

const NIGHT_SECONDS = Number(process.env['FLEET_SECONDS'] ?? 20);
const NIGHT_HOURS = 10;
const TIME_SCALE = (NIGHT_HOURS * 3600) / NIGHT_SECONDS;
const HOUR_MS = 3_600_000;
const SETTLE_MS = 60_000;
const TEST_MS = NIGHT_SECONDS * 1000 + 150_000;

const DEPOT: BigDepot = {
  stations: 200,
  pointsPerStation: 1,
  ocpp: '{ heartbeatSeconds: 14400, metering: { intervalSeconds: 1800 } }',
};

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** Simulated time passes. */
const wait = (clock: Clock, ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));

/** Buses come and go at one bay until morning, at least two even where the night is over before the machine is. */
async function buses(charger: ChargerSimulator, station: number, until: number): Promise<void> {
  const chance = seeded(station);
  const { clock } = charger;
  await wait(clock, chance() * 1.5 * HOUR_MS);
  for (let visit = 1; visit <= 2 || clock.now() < until; visit++) {
    const bus = {
      idTag: `BUS-${station}-${visit}`,
      batteryWh: 350_000,
      socPct: 10 + chance() * 60,
      maxPowerW: 50_000 + chance() * 100_000,
    };
    await charger.plugIn(1, bus);
    await wait(clock, (0.5 + chance() * 2) * HOUR_MS);
    charger.unplug(1);
    await wait(clock, (0.2 + chance() * 0.6) * HOUR_MS);
  }
}

/** The network of one bay: it breaks for a moment, or for long, or the station loses power. */
async function troubles(charger: ChargerSimulator, station: number, until: number): Promise<void> {
  const chance = seeded(10_000 + station);
  const { clock } = charger;
  for (;;) {
    await wait(clock, (0.5 + chance() * 4) * HOUR_MS);
    if (clock.now() >= until) return;
    const kind = chance();
    if (kind < 0.5) charger.dropConnection();
    else if (kind < 0.9) {
      await charger.goOffline();
      await wait(clock, chance() * 1.5 * HOUR_MS);
      await charger.goOnline();
    } else await charger.reboot({ transactions: kind < 0.95 ? 'resume' : 'stop' });
  }
}

/** Waits until something is true, looking every 50 ms; false if it never was. */
async function becomes(look: () => boolean, withinMs: number): Promise<boolean> {
  const end = performance.now() + withinMs;
  while (!look()) {
    if (performance.now() > end) return false;
    await pause(50);
  }
  return true;
}

interface Night {
  readonly chargers: readonly ChargerSimulator[];
  readonly violations: readonly string[];
  readonly dropped: readonly string[];
}

/** Plays the night; resolves when every station has told everything. */
async function play(bridge: BridgeProcess, clock: Clock, trouble: () => Promise<void>): Promise<Night> {
  const violations: string[] = [];
  const dropped: string[] = [];
  const { chargers } = await runFleet(DEPOT.stations, (station) =>
    bigDepotCharger(DEPOT, station, bridge.ports, clock, {
      settings:
        station % 2 === 1
          ? { TransactionMessageAttempts: '1000', TransactionMessageRetryInterval: '60' }
          : {
              'OCPPCommCtrlr.MessageAttempts[TransactionEvent]': '1000',
              'OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]': '60',
            },
    }),
  );
  cleanups.push(() => Promise.all(chargers.map((charger) => charger.stop())));
  for (const charger of chargers) {
    charger.events.on('violation', (violation) => violations.push(JSON.stringify(violation)));
    charger.events.on('dropped', ({ action }) => dropped.push(`${charger.identity} ${action}`));
  }
  const until = clock.now() + NIGHT_HOURS * HOUR_MS;
  await Promise.all([
    ...chargers.flatMap((charger, index) => [
      buses(charger, index + 1, until),
      troubles(charger, index + 1, until),
    ]),
    trouble(),
  ]);
  const told = () => chargers.every((charger) => charger.online && charger.queued === 0);
  const late = () => chargers.filter((each) => !each.online || each.queued > 0).map((each) => each.identity);
  expect(await becomes(told, SETTLE_MS), `stations that have not told everything: ${late().join()}`).toBe(
    true,
  );
  return { chargers, violations, dropped };
}

/** Every transaction of every charger against the bridge's state, in words; empty if they agree. */
function differences({ chargers }: Night, state: DepotStateJson): string[] {
  const found: string[] = [];
  for (const station of range(DEPOT.stations)) {
    const transactions = chargers[station - 1]?.acknowledgedTransactions() ?? [];
    const processes = Object.values(state.processes).filter(
      (each) => each.stationId === stationId(station) && each.transactionId,
    );
    if (processes.length !== transactions.length)
      found.push(`${stationId(station)}: ${transactions.length} at the charger, ${processes.length} here`);
    for (const { transactionId, energyWh, stopAcknowledged, idToken } of transactions) {
      const name = `${stationId(station)} ${transactionId}`;
      const held = processes.filter((each) => each.transactionId?.value === String(transactionId));
      const [process] = held;
      if (held.length !== 1 || !process) found.push(`${name} is here ${held.length} times`);
      else if (!stopAcknowledged || !process.endedAt) found.push(`${name} has not ended`);
      else if ((process.deliveredWh?.value ?? 0) !== energyWh)
        found.push(
          `${name}: ${energyWh} Wh at the charger, ${process.deliveredWh?.value} here, of ${JSON.stringify(process.register)}`,
        );
      else if (process.vehicle?.value.token !== idToken)
        found.push(`${name}: ${idToken} at the charger, ${process.vehicle?.value.token} here`);
    }
  }
  return found;
}

async function expectAll(night: Night, bridge: BridgeProcess): Promise<void> {
  const total = night.chargers.reduce((sum, each) => sum + each.acknowledgedTransactions().length, 0);
  expect(total).toBeGreaterThan(DEPOT.stations);
  expect(night.dropped).toEqual([]);
  expect(night.violations).toEqual([]);
  const state = await bridge.get<DepotStateJson>('/api/v1/state');
  expect(differences(night, state)).toEqual([]);
}

describe('a night of two hundred chargers', () => {
  it('loses and invents no transaction over a kill -9 of the bridge', { timeout: TEST_MS }, async () => {
    const { clock, running } = sharedClock('2026-11-20T19:00:00Z', TIME_SCALE);
    const bridge = await startBridgeProcess({ store: 'lmdb', clock: running, edit: bigDepotConfig(DEPOT) });
    cleanups.push(() => bridge.remove());
    const night = await play(bridge, clock, async () => {
      await wait(clock, (NIGHT_HOURS / 2) * HOUR_MS);
      await bridge.kill();
      await bridge.restart();
    });
    await expectAll(night, bridge);
  });

  it('nor over that and a kill -9 of Redis', { timeout: TEST_MS }, async () => {
    const redis = await startRedis();
    cleanups.push(() => redis.stop());
    const { clock, running } = sharedClock('2026-11-20T19:00:00Z', TIME_SCALE);
    const bridge = await startBridgeProcess({
      store: { redisUrl: redis.url },
      clock: running,
      edit: bigDepotConfig(DEPOT),
    });
    cleanups.push(() => bridge.remove());
    const night = await play(bridge, clock, async () => {
      await wait(clock, (NIGHT_HOURS / 3) * HOUR_MS);
      await bridge.kill();
      await bridge.restart();
      await wait(clock, (NIGHT_HOURS / 3) * HOUR_MS);
      await redis.kill();
      await pause(300);
      await redis.restart();
    });
    await expectAll(night, bridge);
  });
});
