/** What a scenario expects, and the verdict: exit code, lines, report. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type ChargerCommandOptions,
  parseScenario,
  runChargerCommand,
} from '../../../src/sim/charger/index.js';
import { TinyCsms } from './csms.js';
import { charger16, csms } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'verdict-'));
let files = 0;

/** Runs a scenario as the command does; gives its exit code, its last lines and the report. */
async function verdict(url: string, text: string, more: Partial<ChargerCommandOptions> = {}) {
  files += 1;
  const scenario = join(folder, `${files}.yaml`);
  const report = join(folder, `${files}.json`);
  writeFileSync(scenario, text);
  const lines: string[] = [];
  const code = await runChargerCommand({
    url,
    identity: 'CP-1',
    protocol: 'ocpp1.6',
    timeScale: 60,
    quiet: true,
    ...{ scenario, report },
    print: (line) => lines.push(line),
    ...more,
  });
  return { code, text: lines.join('\n'), report: readFileSync(more.report ?? report, 'utf8') };
}

/** Limits every transaction to 50 kW as soon as it has begun. */
function limit(tiny: TinyCsms): void {
  const schedule = {
    chargingRateUnit: 'W',
    chargingSchedulePeriod: [{ startPeriod: 0, limit: 50_000 }],
  };
  const profile = {
    chargingProfileId: 1,
    stackLevel: 0,
    chargingProfilePurpose: 'TxProfile',
    chargingProfileKind: 'Relative',
    chargingSchedule: schedule,
  };
  tiny.answers['StartTransaction'] = () => {
    const csChargingProfiles = { ...profile, transactionId: 7 };
    setTimeout(() => void tiny.call('SetChargingProfile', { connectorId: 1, csChargingProfiles }), 20);
    return { transactionId: 7, idTagInfo: { status: 'Accepted' } };
  };
}

const BUS = '{ batteryWh: 350000, socPct: 40, maxPowerW: 150000, idTag: BUS }';
const MET = `
- { at: '00:00:10', do: plugIn, point: 1, vehicle: ${BUS} }
- { at: '00:00:20', do: expectAnswer, action: StartTransaction, payload: { idTagInfo: { status: Accepted } } }
- { at: '00:00:20', do: expectCall, action: SetChargingProfile, payload: { connectorId: 1, csChargingProfiles: { chargingSchedule: { chargingSchedulePeriod: [{ limit: 50000 }] } } } }
- { at: '00:00:30', do: expectLimit, point: 1, maxKw: 50 }
- { at: '00:00:30', do: expectPower, point: 1, minKw: 49, maxKw: 50 }
- { at: '00:00:30', do: expectState, point: 1, state: Charging }
- { at: '00:00:30', do: expectTransaction, point: 1, acknowledged: start }
- { at: '00:01:00', do: unplug, point: 1 }
- { at: '00:01:00', do: expectTransaction, point: 1, acknowledged: stop, minKwh: 0.1, maxKwh: 5 }
- { at: '00:01:00', do: expectNoErrors }
`;

describe('a scenario that expects', () => {
  it('passes when all is so', async () => {
    const { tiny, url } = await csms();
    limit(tiny);
    const { code, text, report } = await verdict(url, MET);
    expect(text).toMatch(
      /^CP-1: passed, 10 of 10 checks, 1 transactions, \d\.\d kWh\n1 stations, 1 transactions, \d\.\d kWh$/,
    );
    expect(code).toBe(0);
    const parsed = JSON.parse(report) as { passed: boolean; stations: { checks: { passed: boolean }[] }[] };
    expect(parsed.passed).toBe(true);
    expect(parsed.stations[0]?.checks).toHaveLength(10);
  });

  const cases = [
    ['expectCall, action: Reset', 'the CSMS called only SetChargingProfile'],
    [
      'expectCall, action: SetChargingProfile, payload: { connectorId: 2 }',
      '0 of 1 SetChargingProfile fit; the last was {"connectorId":1',
    ],
    ['expectCall, action: SetChargingProfile, times: 0', 'it came: {"connectorId":1'],
    ['expectAnswer, action: StartTransaction, error: InternalError', 'it is {"transactionId":7'],
    ['expectAnswer, action: Heartbeat', 'the station has sent no Heartbeat'],
    ['expectLimit, point: 1, maxKw: 40', 'the limit is 50 kW'],
    ['expectPower, point: 1, minKw: 60', 'it draws 50 kW'],
    ['expectState, point: 1, state: Available', 'it is Charging'],
    ['expectTransaction, point: 1, acknowledged: stop', 'it has not ended'],
  ];
  for (const [step = '', found] of cases) {
    it.concurrent(step, async ({ expect: own, onTestFinished }) => {
      const tiny = new TinyCsms();
      const url = await tiny.listen();
      onTestFinished(() => tiny.close());
      limit(tiny);
      const plugged = `- { at: '00:00:01', do: plugIn, point: 1, vehicle: ${BUS} }`;
      const { code, text } = await verdict(
        url,
        `${plugged}\n- { at: '00:00:10', do: expectPower, point: 1, maxKw: 50, minKw: 1 }\n- { at: '00:00:10', do: ${step} }`,
      );
      own(text).toContain('CP-1: FAILED');
      own(text).toContain(`: ${found}`);
      own(code).toBe(1);
    });
  }

  it('counts CALLERRORs once', async () => {
    const { tiny, url } = await csms();
    tiny.answers['DataTransfer'] = () => ({ errorCode: 'NotSupported' });
    const { text } = await verdict(
      url,
      `- { at: '00:00:01', do: sendRaw, frame: [2, d1, DataTransfer, { vendorId: x }] }
- { at: '00:00:02', do: expectAnswer, action: DataTransfer, error: NotSupported }
- { at: '00:00:03', do: expectNoErrors }
- { at: '00:00:04', do: expectNoErrors }`,
    );
    expect(text).toContain('expectNoErrors at 00:00:03: received CALLERROR NotSupported');
    expect(text).not.toContain('expectNoErrors at 00:00:04');
  });

  it('fails as a library too', async () => {
    const { url } = await csms();
    const { runScenario } = await import('../../../src/sim/charger/index.js');
    const charger = charger16(url, { timeScale: 600 });
    await charger.start();
    const scenario = parseScenario("- { at: '00:00', do: expectState, point: 1, state: Charging }");
    await expect(runScenario(charger, scenario)).rejects.toThrow(
      'CP-1, expectState point 1 state Charging at 00:00: it is Available',
    );
  });
});

describe('the stations of a scenario', () => {
  const kind = (facts: string, steps: string) => `station: ${facts}\nsteps:\n${steps}`;

  it('are of the make and have the quirks and settings that it names', async () => {
    const { tiny, url } = await csms();
    const facts = `
  { vendor: Acme, model: AC-1, firmware: '1.2', phases: 1, settings: { MeterValueSampleInterval: '7' },
    vehicleDataTransfer: { vendorId: acme, messageId: Vehicle }, quirks: { duplicateStop: true } }`;
    const steps = `
  - { at: '00:00:01', do: plugIn, point: 1, vehicle: { vin: V1, batteryWh: 60000, socPct: 4, maxPowerW: 11000, idTag: T } }
  - { at: '00:00:02', do: expectAnswer, action: StartTransaction }
  - { at: '00:00:03', do: expectPower, point: 1, maxKw: 3.7 }
  - { at: '00:00:05', do: unplug, point: 1 }
  - { at: '00:00:05', do: expectTransaction, point: 1, acknowledged: stop }`;
    const { code, text } = await verdict(url, kind(facts, steps), { powerType: 'AC' });
    expect([text, code]).toEqual([expect.stringContaining('passed'), 0]);
    expect(tiny.of('BootNotification')).toMatchObject([
      { chargePointVendor: 'Acme', chargePointModel: 'AC-1', firmwareVersion: '1.2' },
    ]);
    expect(tiny.of('DataTransfer')).toMatchObject([{ vendorId: 'acme', messageId: 'Vehicle' }]);
    expect(tiny.of('StopTransaction')).toHaveLength(2);
  });

  it.each(['ocpp1.6', 'ocpp2.0.1'] as const)(
    'do not start with a setting that they do not take (%s)',
    async (protocol) => {
      const name = protocol === 'ocpp1.6' ? 'HeartbeatInterval' : 'OCPPCommCtrlr.HeartbeatInterval';
      const played = verdict('ws://127.0.0.1:1', kind(`{ settings: { ${name}: often } }`, '  []'), {
        protocol,
      });
      await expect(played).rejects.toMatchObject({
        name: 'SimulatorError',
        message: expect.stringContaining('does not take "often"'),
      });
    },
  );
});

describe('a station that fails', () => {
  it('is refused for too long', async () => {
    const { tiny, url } = await csms();
    tiny.refuseWith = 401;
    const { code, text } = await verdict(url, "- { at: '99:00', do: wait }", { connectWithinSeconds: 0.3 });
    expect(text).toMatch(/connects: not within 0\.3 s: .*401/);
    expect(code).toBe(1);
  });

  it('is refused in the middle', async () => {
    const { tiny, url } = await csms();
    setTimeout(() => {
      tiny.refuseWith = 401;
      tiny.dropAll();
    }, 300);
    const { code, text } = await verdict(url, "- { at: '99:00', do: wait }", { connectWithinSeconds: 0.5 });
    expect(text).toMatch(/stays connected: no connection for 0\.5 s: .*401/);
    expect(code).toBe(1);
  });

  it('cannot do a step, and the others go on', async () => {
    const { url } = await csms();
    const report = join(folder, 'report.xml');
    const wrong = "- { at: '00:00:01', do: unplug, point: 1, station: 2 }\n- { at: '00:00:02', do: wait }";
    const { code, text, report: xml } = await verdict(url, wrong, { stations: 2, report });
    expect(text).toContain('CP-1-0001: passed');
    expect(text).toContain('CP-1-0002: FAILED');
    expect(text).toContain('step unplug at 00:00:01: point 1 has no vehicle');
    expect(text).toMatch(/2 stations, 0 transactions, 0\.0 kWh, 1 FAILED$/);
    expect(code).toBe(1);
    expect(xml).toContain('<testsuite name="CP-1-0001" errors="0" tests="2" failures="0"');
    expect(xml).toContain('<testsuite name="CP-1-0002" errors="0" tests="3" failures="1"');
    expect(xml).toMatch(/<failure message="CP-1-0002, step unplug/);
  });

  it.each<[Partial<ChargerCommandOptions>, string]>([
    [{ points: 1.5 }, 'points must be a whole number from 1'],
    [{ stations: 0 }, 'stations must be a whole number from 1'],
    [{ connectWithinSeconds: 0 }, 'connectWithinSeconds must be above 0'],
    [{ url: 'localhost:7461' }, 'localhost:7461 is no WebSocket URL'],
    [{ url: 'http://127.0.0.1:1' }, 'http://127.0.0.1:1 is no WebSocket URL'],
    [{ report: join(folder, 'nowhere', 'x.xml') }, 'ENOENT'],
  ])('cannot be made of %j, which is said before it begins', async (options, fault) => {
    await expect(verdict('ws://127.0.0.1:1', MET, options)).rejects.toThrow(fault);
  });

  it('is no failure when it is switched off', async () => {
    const { url } = await csms();
    const { text } = await verdict(
      url,
      `- { at: '00:00:01', do: plugIn, point: 1, vehicle: ${BUS} }
- { at: '00:00:02', do: unplug, point: 1 }
- { at: '00:00:02', do: expectTransaction, point: 1, acknowledged: stop }`,
      { quiet: false },
    );
    expect(text).toContain('disconnected (1000)');
    expect(text).not.toContain('lost');
  });

  it('wants a report that it can name', async () => {
    await expect(verdict('ws://127.0.0.1:1', '[]', { report: 'verdict.txt' })).rejects.toThrow(
      'the name must end in .xml (JUnit) or .json',
    );
  });
});
