/** `depotbridge replay` and `explain` as their user runs them: beside a bridge that runs, and on the store of one that does not. */
import { pino } from 'pino';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Bridge, startBridge } from '../../src/bridge.js';
import { explain } from '../../src/cli/explain.js';
import { replay } from '../../src/cli/replay.js';
import { loadConfig } from '../../src/config/index.js';
import type { Explanation } from '../../src/explain/index.js';
import type { ReplayReport } from '../../src/replay/index.js';
import { AnsweringCharger } from '../admin/charger.js';
import { configuration, folder, output } from '../cli/support.js';
import { freePort } from '../support/port.js';

interface Scene {
  readonly config: string;
  readonly charger: AnsweringCharger;
  bridge: Bridge;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A bridge, and CP-N1 that has booted, shown a fault and begun to charge. */
async function scene(): Promise<Scene> {
  const admin = await freePort();
  const config = configuration((text) =>
    text.replace('port: 1', `port: ${admin}`).replaceAll(/port: 746\d/g, 'port: 0'),
  );
  let bridge = await startBridge(loadConfig(config), pino({ level: 'silent' }));
  let isUp = true;
  const stop = async () => {
    if (isUp) await bridge.stop();
    isUp = false;
  };
  onTestFinished(stop);
  const connect = () => AnsweringCharger.connect(bridge.ports.ocpp, 'CP-N1', 'cp-n1-secret-0001');
  let charger = await connect();
  onTestFinished(() => charger.close());
  await charger.call('BootNotification', { chargePointVendor: 'Hallbau', chargePointModel: 'H1' });
  const status = { connectorId: 1, errorCode: 'GroundFailure', status: 'Faulted', vendorErrorCode: 'E042' };
  await charger.call('StatusNotification', status);
  await charger.call('StatusNotification', { ...status, connectorId: 9 });
  const start = { connectorId: 1, idTag: 'BUS4711', meterStart: 0, timestamp: new Date().toISOString() };
  await charger.call('StartTransaction', start);
  return {
    config,
    get charger() {
      return charger;
    },
    get bridge() {
      return bridge;
    },
    stop,
    async restart() {
      await charger.close();
      await stop();
      bridge = await startBridge(loadConfig(config), pino({ level: 'silent' }));
      isUp = true;
      charger = await connect();
      await charger.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging' });
    },
  };
}

async function replayed(config: string, more: object = {}): Promise<{ code: number; report: ReplayReport }> {
  const { code, text } = await output(() => replay({ config, format: 'json', diff: true, ...more }));
  return { code, report: JSON.parse(text) as ReplayReport };
}

async function explained(config: string, kind: string, id: string, more: object = {}) {
  const { code, text } = await output(() => explain(kind, id, { config, format: 'json', ...more }));
  return { code, found: text === '' ? undefined : (JSON.parse(text) as Explanation) };
}

/** What is written to standard error is of no interest. */
function quiet(): void {
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  onTestFinished(() => spy.mockRestore());
}

describe('beside a bridge that runs, and after its end', () => {
  it('the journal makes the state that is there; explain names frame, rule and what is parked', async () => {
    const { config, stop, bridge } = await scene();
    const running = await replayed(config);
    expect(running.code).toBe(0);
    expect(running.report.compared.state).toMatchObject({ identical: true });
    expect(running.report.counts.failures).toEqual({ MAP_IDENTITY: 2 });
    const asked = await explained(config, 'point', 'N1-1');
    const fault = asked.found?.findings.find(({ field }) => field === 'fault');
    expect(fault?.sentence).toContain('OtherChargingPointFailure (GroundFailure / E042, vendor code E042)');
    const frames: string[] = [];
    for await (const { id } of bridge.runtime.depot.journal.entries({
      action: 'StatusNotification',
      direction: 'in',
    }))
      frames.push(id);
    expect(fault?.evidence.map(({ id }) => id)).toEqual([frames[0]]);
    expect(asked.found?.findings.find(({ field }) => field === 'parked')?.sentence).toContain('is parked');
    await stop();
    const after = await replayed(config);
    expect(after.report.compared.state).toMatchObject({ identical: true });
    // Its end is on record too; what came before is read alike.
    const [first] = running.report.window.first?.split('-') ?? [];
    expect(after.report.window.first?.split('-')[0]).toBe(first);
    expect(after.report.counts.frames).toBe(running.report.counts.frames);
    const later = await explained(config, 'point', 'N1-1');
    expect(later.found?.findings.find(({ field }) => field === 'fault')?.evidence[0]?.id).toBe(frames[0]);
    await hasExitCodes(config);
  });

  it('a later window begins with the state that was kept when the bridge came back', async () => {
    const { config, restart, stop } = await scene();
    await restart();
    const whole = await replayed(config);
    expect(whole.report.base.kind).toBe('beginning');
    expect(whole.report.compared.state).toMatchObject({ identical: true });
    const from = whole.report.window.last ?? '';
    for (const _ of ['running', 'stopped']) {
      const { report } = await replayed(config, { from });
      expect(report.base.kind).toBe('point');
      expect(report.base.entries).toBeLessThan(whole.report.counts.entries);
      expect(report.compared.state).toMatchObject({ identical: true });
      await stop();
    }
  });
});

/** Of replay those of diff: 0 the same, 1 different, 2 not possible. Of explain: 0 explained, 1 not known, 2 asked wrongly. */
async function hasExitCodes(config: string): Promise<void> {
  quiet();
  const replays = async (more: object) =>
    (await output(() => replay({ config, format: 'text', ...more }))).code;
  expect(await replays({ mappings: ['builtin'], diff: true })).toBe(0);
  const overlay = `overlay: vendor.hallbau
of: ocpp16.fault
select: {vendor: Hallbau}
tables:
  point:
    in: [msg.errorCode]
    out: [f.pointFaultCode]
    rows:
      o.ground: [GroundFailure, UsageFailure]
`;
  const changed = await replayed(config, { mappings: [folder({ 'hallbau.yaml': overlay })] });
  expect(changed.code).toBe(1);
  expect(changed.report.differences[0]).toMatchObject({
    ...{ target: 'event FaultReported', path: 'pointFaultCode' },
    left: { value: 'OtherChargingPointFailure', rule: 'ocpp16.fault/p.ground' },
    right: { value: 'UsageFailure', rule: 'vendor.hallbau/o.ground' },
  });
  expect(await replays({ from: 'yesterday' })).toBe(2);
  expect(await replays({ from: '2031-01-01' })).toBe(2);
  const { text } = await output(() => replay({ config, format: 'text' }));
  expect(text).toContain('no difference');
  expect(text).toContain('identical, byte for byte');
  const explains = async (kind: string | undefined, id?: string, more: object = {}) =>
    (await output(() => explain(kind, id, { config, format: 'text', ...more }))).code;
  expect(await explains('point', 'N1-1', { for: 'emsp-demo' })).toBe(0);
  expect(await explains('point', 'N9-9')).toBe(1);
  expect(await explains(undefined)).toBe(2);
  expect(await explains('station', 'N1')).toBe(2);
  expect(await explains('point')).toBe(2);
  expect(await explains('request', 'BMS-1')).toBe(2);
  expect(await explains('limit', 'N1-1', { for: 'BMS-1' })).toBe(2);
  expect(await explains('point', 'N1-1', { at: 'soon' })).toBe(2);
}
