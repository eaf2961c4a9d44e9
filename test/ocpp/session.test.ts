/** Whole charging sessions from a simulated charger to the state, in both versions of OCPP. */
import { afterEach, describe, expect, it } from 'vitest';
import { type ChargerOptions, ChargerSimulator } from '../../src/sim/charger/index.js';
import { OcppHarness, until } from './harness.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function bridge(setup: Parameters<typeof OcppHarness.start>[0] = {}): Promise<OcppHarness> {
  const harness = await OcppHarness.start(setup);
  cleanups.push(() => harness.remove());
  return harness;
}

const violations: unknown[] = [];

async function charger(harness: OcppHarness, more: Partial<ChargerOptions> = {}): Promise<ChargerSimulator> {
  const simulator = new ChargerSimulator({
    url: harness.url,
    identity: 'CP-N1',
    password: 'cp-n1-secret-0001',
    protocol: 'ocpp1.6',
    points: [{ connectorId: 1, powerType: 'DC', maxPowerW: 150_000 }],
    reconnect: { initialMs: 50, maxMs: 200 },
    ...more,
  });
  simulator.events.on('violation', (violation) => violations.push(violation));
  cleanups.push(() => simulator.stop());
  await simulator.start();
  return simulator;
}

const stations = {
  'ocpp1.6': { stationId: 'N1', pointId: 'N1-1', options: {} },
  'ocpp2.0.1': {
    stationId: 'N3',
    pointId: 'N3-1',
    options: {
      identity: 'CP-N3',
      password: 'cp-n3-secret-0003',
      protocol: 'ocpp2.0.1',
      points: [
        { evseId: 1, powerType: 'DC', maxPowerW: 300_000 },
        { evseId: 2, powerType: 'DC', maxPowerW: 300_000 },
      ],
    } satisfies Partial<ChargerOptions>,
  },
} as const;

const bus = { idTag: 'BUS4711', batteryWh: 350_000, socPct: 50, maxPowerW: 150_000 };

describe.each(['ocpp1.6', 'ocpp2.0.1'] as const)('%s', (protocol) => {
  const { stationId, pointId, options } = stations[protocol];

  it('takes a session from plug to unplug into the state', async () => {
    violations.length = 0;
    const harness = await bridge({
      options: {
        metering: {
          intervalSeconds: 1,
          measurands: ['Energy.Active.Import.Register', 'Power.Active.Import', 'SoC'],
        },
      },
    });
    const station = await charger(harness, options);
    await until(() => harness.point(stationId, pointId).status?.value === 'Available', 'the status');
    expect(harness.state.stations.get(stationId)?.link.value).toBe('connected');
    expect(harness.state.stations.get(stationId)?.boot?.value.vendor).toBeTruthy();
    await station.plugIn(1, bus);
    const process = await until(() => {
      const id = harness.point(stationId, pointId).processId;
      const found = id ? harness.state.processes.get(id) : undefined;
      return found?.transactionId &&
        found.readings.socPct &&
        found.readings.powerW &&
        found.phase?.value === 'Charging'
        ? found
        : undefined;
    }, 'a charging process with its readings');
    expect(process.vehicle?.value).toMatchObject({ vehicleId: 'WEB62834613200001', token: 'BUS4711' });
    expect(process.readings.powerW?.value).toBeGreaterThan(0);
    expect(harness.point(stationId, pointId).status?.value).toBe('Occupied');
    station.unplug(1);
    await until(() => harness.point(stationId, pointId).status?.value === 'Available', 'the bay free');
    const over = await until(() => {
      const found = harness.state.processes.get(process.processId);
      return found?.stopClass && found.closedAt ? found : undefined;
    }, 'the end of the process');
    expect(over.stopClass?.value).toBe('ordinary');
    expect(violations).toEqual([]);
    expect(harness.parked).toEqual([]);
    // Every answer in the journal names its call.
    const entries = await harness.journal({
      link: `ocpp:${options && 'identity' in options ? options.identity : 'CP-N1'}`,
    });
    const answers = entries.filter((entry) => /^\[3,/.test(entry.raw));
    expect(answers.length).toBeGreaterThan(5);
    for (const answer of answers) expect(answer.causes).toHaveLength(1);
  });

  it('goes on with the same process and transaction after the bridge was restarted', async () => {
    const harness = await bridge();
    const station = await charger(harness, options);
    await station.plugIn(1, bus);
    const before = await until(() => {
      const id = harness.point(stationId, pointId).processId;
      const found = id ? harness.state.processes.get(id) : undefined;
      return found?.transactionId ? found : undefined;
    }, 'a transaction');
    await until(() => station.acknowledgedTransactions().length === 1, 'the answer');
    await harness.end();
    await harness.begin();
    await until(() => station.online, 'the station back');
    station.unplug(1);
    const after = await until(() => {
      const found = harness.state.processes.get(before.processId);
      return found?.endedAt ? found : undefined;
    }, 'the end');
    expect(after.transactionId?.value).toBe(before.transactionId?.value);
    expect(harness.state.processes.keys()).toEqual([before.processId]);
  });

  it('sets a limit in the unit the charger takes, and takes it back', async () => {
    violations.length = 0;
    const harness = await bridge();
    const station = await charger(harness, options);
    await station.plugIn(1, bus);
    const processId = await until(() => {
      const id = harness.point(stationId, pointId).processId;
      return id && harness.state.processes.get(id)?.transactionId ? id : undefined;
    }, 'a transaction');
    const intent = await harness.intent();
    const steps = [{ at: new Date().toISOString(), powerW: 42_500 }];
    const outcome = await harness.ocpp.commands.setLimit({ stationId, pointId, processId, steps, intent });
    expect(outcome).toMatchObject({ outcome: 'accepted' });
    expect(outcome.frames).toHaveLength(2);
    await until(() => Math.round(station.view(1).powerW) === 42_500, 'the charger at the limit');
    const again = await harness.ocpp.commands.setLimit({ stationId, pointId, processId, steps, intent });
    expect(again.frames).toEqual(outcome.frames);
    const trace = await harness.runtime.depot.journal.traceBack(outcome.frames[1] ?? '');
    expect(trace.children[0]?.children[0]?.entry.id).toBe(intent);
    const composite = await harness.ocpp.commands.compositeSchedule({
      stationId,
      pointId,
      intent,
      durationS: 600,
    });
    expect(composite?.periods[0]?.limit).toBe(42_500);
    const cleared = await harness.ocpp.commands.clearLimit({ stationId, pointId, processId, intent });
    expect(cleared.outcome).toBe('accepted');
    await until(() => station.view(1).powerW > 100_000, 'the charger without a limit');
    const stopped = await harness.ocpp.commands.stop({ stationId, processId, intent });
    expect(stopped.outcome).toBe('accepted');
    await until(() => harness.state.processes.get(processId)?.endedAt, 'the transaction ended');
    expect(violations).toEqual([]);
    const { schemaViolations } = harness.runtime.metrics;
    expect((await schemaViolations.get()).values).toEqual([]);
  });
});
