import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type ChargerOptions,
  clockOf,
  parseScenario,
  runChargerCommand,
  runFleet,
  runScenario,
  ScaledClock,
} from '../../../src/sim/charger/index.js';
import { charger16, csms, keep, until } from './support.js';

const night = `
clock: { startAt: 2026-03-01T22:00:00Z, timeScale: 3600 }
vehicles:
  bus: { batteryWh: 350000, socPct: 40, maxPowerW: 150000, idTag: BUS4711 }
steps:
  - { at: '00:05', do: plugIn, point: 1, vehicle: bus, spread: '00:10' }
  - { at: '00:20', do: goOffline }
  - { at: '00:40', do: goOnline }
  - { at: '00:45', do: dropConnection }
  - { at: '01:30', do: unplug, point: 1 }
`;

describe('a scenario', () => {
  it('runs its steps at their times of the simulated night', async () => {
    const { tiny, url } = await csms();
    const scenario = parseScenario(night);
    const charger = charger16(url, { clock: clockOf(scenario) });
    await charger.start();
    const begin = charger.clock.now();
    await runScenario(charger, scenario);
    await until(
      'the stop is acknowledged',
      () => charger.acknowledgedTransactions()[0]?.stopAcknowledged === true,
    );
    const minutes = (action: string) =>
      (Date.parse(String(tiny.of(action)[0]?.['timestamp'])) - begin) / 60_000;
    expect(new Date(begin).toISOString()).toMatch(/^2026-03-01T2[23]/);
    // A second that a busy machine is late is an hour here.
    expect(minutes('StartTransaction')).toBeGreaterThanOrEqual(5);
    expect(minutes('StartTransaction')).toBeLessThan(5 + 180);
    expect(minutes('StopTransaction')).toBeGreaterThanOrEqual(90);
    expect(minutes('StopTransaction')).toBeLessThan(90 + 180);
    expect(tiny.violations).toEqual([]);
  });

  it('fails with the step that cannot be done', async () => {
    const { url } = await csms();
    const charger = charger16(url);
    await charger.start();
    const scenario = parseScenario("- { at: '00:00', do: unplug, point: 1 }\n- { at: '10:00', do: wait }");
    await expect(runScenario(charger, scenario)).rejects.toThrow(
      'CP-1, step unplug at 00:00: point 1 has no vehicle',
    );
  });

  it('sends a frame when the connection is there that is on its way', async () => {
    const { tiny, url } = await csms();
    const charger = charger16(url);
    await charger.start();
    const scenario = parseScenario(`
- { at: '00:00', do: halfOpen }
- { at: '00:00', do: sendRaw, frame: [2, raw-1, Heartbeat, {}] }`);
    tiny.refuseWith = 503;
    charger.dropConnection();
    await until('it is away', () => !charger.online);
    const played = runScenario(charger, scenario);
    await until('it is refused', () => tiny.authorizations.length > 2);
    tiny.refuseWith = 0;
    await played;
    await until('the frame', () => tiny.calls.some(({ id }) => id === 'raw-1'));
    expect(tiny.connections).toBe(2);
  });
});

describe('a fleet', () => {
  it('of 120 stations starts, charges and stops in one process', async () => {
    const { tiny, url } = await csms();
    const clock = new ScaledClock({ timeScale: 600 });
    const optionsOf = (station: number): ChargerOptions => ({
      url,
      clock,
      identity: `SIM-${station}`,
      meterIntervalMs: 300_000,
      ...(station % 2
        ? { protocol: 'ocpp1.6', points: [{ connectorId: 1, powerType: 'DC', maxPowerW: 150_000 }] }
        : { protocol: 'ocpp2.0.1', points: [{ evseId: 1, powerType: 'DC', maxPowerW: 150_000 }] }),
    });
    const fleet = keep(await runFleet(120, optionsOf));
    expect(tiny.connections).toBe(120);
    await fleet.run(
      parseScenario(`
- { at: '00:00:30', do: plugIn, point: 1, spread: '00:02', vehicle: { batteryWh: 350000, socPct: 40, maxPowerW: 150000, idTag: BUS } }
- { at: '00:05', do: dropConnection, spread: '00:02' }
- { at: '00:12', do: unplug, point: 1, spread: '00:02' }
`),
    );
    await until(
      'every stop is acknowledged',
      () => {
        const all = [...fleet.acknowledgedTransactions().values()].flat();
        return all.length === 120 && all.every((each) => each.stopAcknowledged);
      },
      10_000,
    );
    const all = [...fleet.acknowledgedTransactions().values()].flat();
    const energyOf16 = all
      .filter((each) => typeof each.transactionId === 'number')
      .map((each) => [each.transactionId, each.meterStop]);
    const told = new Map(
      tiny.of('StopTransaction').map((each) => [each['transactionId'], each['meterStop']]),
    );
    expect(energyOf16).toHaveLength(60);
    expect(new Map(energyOf16 as [number, number][])).toEqual(told);
    expect(Math.min(...all.map((each) => each.energyWh ?? 0))).toBeGreaterThan(0);
    expect(tiny.violations).toEqual([]);
  });
});

describe('the command', () => {
  it('runs a scenario file at several stations and says what happened', async () => {
    const { tiny, url } = await csms();
    const file = join(mkdtempSync(join(tmpdir(), 'charger-')), 'night.yaml');
    writeFileSync(file, night);
    const lines: string[] = [];
    const code = await runChargerCommand({
      url,
      identity: 'CP-{n}',
      password: 'secret-{n}',
      protocol: 'ocpp2.0.1',
      scenario: file,
      stations: 2,
      print: (line) => lines.push(line),
    });
    expect(code).toBe(0);
    expect(tiny.authorizations).toContain(`Basic ${Buffer.from('CP-0002:secret-0002').toString('base64')}`);
    expect(lines.join('\n')).toMatch(/CP-0001 point 1 Charging, 150\.0 kW, SoC 4\d\.\d %/);
    expect(lines.at(-1)).toMatch(/^2 stations, 2 transactions, \d+\.\d kWh$/);
  });

  it('ends when it is told to before it has connected', async () => {
    const { tiny, url } = await csms();
    tiny.refuseWith = 503;
    const code = await runChargerCommand({
      url,
      identity: 'CP-1',
      protocol: 'ocpp1.6',
      signal: AbortSignal.timeout(200),
      print: () => undefined,
    });
    expect(code).toBe(0);
  });

  it('charges one bus until it is told to end', async () => {
    const { tiny, url } = await csms();
    const end = new AbortController();
    const run = runChargerCommand({
      url,
      identity: 'CP-1',
      protocol: 'ocpp1.6',
      timeScale: 600,
      signal: end.signal,
      print: () => undefined,
    });
    await tiny.until('MeterValues', 2);
    end.abort();
    expect(await run).toBe(0);
    await until('closed', () => tiny.connections === 0);
  });
});
