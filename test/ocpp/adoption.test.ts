/** Stations that nobody configured: listed, heard when invited, never served; and what adopting one prints. */
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { startBridge } from '../../src/bridge.js';
import { adoptionBlock, adoptStation, listStations } from '../../src/cli/stations.js';
import { loadConfig, parseConfig } from '../../src/config/index.js';
import { validatorOf } from '../../src/schemas/index.js';
import { configuration, output } from '../cli/support.js';
import { OcppHarness, until } from './harness.js';
import { type Dialled, dial, knock } from './raw.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const unknown = { identity: 'CP-X9', password: 'whatever' };
const boot16 = { chargePointVendor: 'Acme', chargePointModel: 'DC-150', firmwareVersion: '1.2' };

/** A station that answers GetConfiguration. */
async function stranger(port: number, options: Partial<Parameters<typeof dial>[1]> = {}): Promise<Dialled> {
  const socket = await dial(port, { ...unknown, ...options });
  cleanups.push(() => socket.end());
  socket.socket.on('message', (data) => {
    const [kind, id, action] = JSON.parse(String(data)) as [number, string, string];
    if (kind !== 2 || action !== 'GetConfiguration') return;
    const configurationKey = [{ key: 'NumberOfConnectors', readonly: true, value: '2' }];
    socket.socket.send(JSON.stringify([3, id, { configurationKey }]));
  });
  return socket;
}

describe('a stranger', () => {
  it('is let in only when invited, to say who it is and nothing else', async () => {
    const harness = await OcppHarness.start();
    cleanups.push(() => harness.remove());
    expect(harness.ocpp.invite('CP-X9')).toBeUndefined();
    expect(await knock(harness.port, unknown)).toBe(404);
    expect(harness.ocpp.invite('CP-X9')?.invitedUntil).toBeDefined();
    const before = JSON.stringify(harness.state);
    const socket = await stranger(harness.port);
    const start = { connectorId: 1, idTag: 'BUS4711', meterStart: 0, timestamp: new Date().toISOString() };
    const refused = await socket.ask([2, '1', 'StartTransaction', start]);
    expect(refused.slice(0, 3)).toEqual([4, '1', 'SecurityError']);
    expect(await socket.ask([2, '2', 'BootNotification', boot16])).toMatchObject([
      3,
      '2',
      { status: 'Pending' },
    ]);
    const heard = await until(
      () => harness.ocpp.strangers().find(({ introduction }) => introduction?.points.length === 2),
      'the introduction',
    );
    expect(heard).toMatchObject({
      identity: 'CP-X9',
      introduction: { protocol: 'ocpp1.6', vendor: 'Acme', model: 'DC-150', firmware: '1.2', points: [1, 2] },
    });
    expect(JSON.stringify(harness.state)).toBe(before);
    expect(await harness.journal({ link: 'ocpp:CP-X9' })).toMatchObject([
      { action: 'StartTransaction', error: 'OCPP_UNKNOWN_STATION' },
      { action: 'BootNotification', error: 'OCPP_UNKNOWN_STATION' },
    ]);
    // The invitation is used up.
    expect(await knock(harness.port, unknown)).toBe(404);
    await until(() => socket.closed?.code === 1008, 'the end');
  });

  it.each([
    ['no list', { configurationKey: { NumberOfConnectors: 2 } }],
    ['a list of nothing', { configurationKey: [null] }],
    ['something else', []],
    ['no number', { configurationKey: [{ key: 'NumberOfConnectors', value: { much: 2 } }] }],
  ])('that answers with %s is as one that does not tell', async (_what, answer) => {
    const harness = await OcppHarness.start();
    cleanups.push(() => harness.remove());
    expect(await knock(harness.port, unknown)).toBe(404);
    harness.ocpp.invite('CP-X9');
    const socket = await dial(harness.port, unknown);
    cleanups.push(() => socket.end());
    const asked = new Promise<void>((resolve) => {
      socket.socket.on('message', (data) => {
        const [kind, id] = JSON.parse(String(data)) as [number, string];
        if (kind === 2) socket.socket.send(JSON.stringify([3, id, answer]), () => resolve());
      });
    });
    await socket.ask([2, 'b', 'BootNotification', boot16]);
    await asked;
    const status = { connectorId: 1, errorCode: 'NoError', status: 'Available' };
    await socket.ask([2, 's', 'StatusNotification', status]);
    expect(harness.ocpp.strangers()[0]?.introduction).toMatchObject({ model: 'DC-150', points: [1] });
  });

  it('of 2.x shows its EVSEs by their status, which is not taken', async () => {
    const harness = await OcppHarness.start();
    cleanups.push(() => harness.remove());
    const modern = { ...unknown, protocols: ['ocpp2.0.1'] };
    expect(await knock(harness.port, modern)).toBe(404);
    harness.ocpp.invite('CP-X9');
    const socket = await stranger(harness.port, modern);
    const chargingStation = { vendorName: 'Acme', model: 'Twin' };
    await socket.ask([2, 'b', 'BootNotification', { reason: 'PowerUp', chargingStation }]);
    for (const evseId of [2, 1]) {
      const timestamp = new Date().toISOString();
      const status = { evseId, connectorId: 1, connectorStatus: 'Available', timestamp };
      expect((await socket.ask([2, `s${evseId}`, 'StatusNotification', status]))[0]).toBe(4);
    }
    expect(harness.ocpp.strangers()[0]?.introduction).toMatchObject({ model: 'Twin', points: [1, 2] });
  });

  it.each([
    ['GetReport', { requestId: 1, componentVariable: [{ component: { name: 'EVSE' } }] }],
    ['GetBaseReport', { requestId: 1, reportBase: 'FullInventory' }],
  ])('of 2.x tells its EVSEs when asked by %s', async (known, question) => {
    const harness = await OcppHarness.start();
    cleanups.push(() => harness.remove());
    const modern = { ...unknown, protocols: ['ocpp2.0.1'] };
    expect(await knock(harness.port, modern)).toBe(404);
    harness.ocpp.invite('CP-X9');
    const socket = await dial(harness.port, modern);
    cleanups.push(() => socket.end());
    const answer = (frame: unknown) => socket.socket.send(JSON.stringify(frame));
    const asked = new Promise<unknown>((resolve) => {
      socket.socket.on('message', (data) => {
        const [kind, id, action, payload] = JSON.parse(String(data)) as [number, string, string, unknown];
        if (kind !== 2) return;
        if (action === known) {
          answer([3, id, { status: 'Accepted' }]);
          resolve(payload);
        } else answer([4, id, 'NotImplemented', '', {}]);
      });
    });
    const reportOf = (requestId: number, evses: readonly number[]) => ({
      ...{ requestId, seqNo: 0, generatedAt: new Date().toISOString() },
      reportData: evses.map((id) => ({
        component: { name: 'EVSE', evse: { id } },
        variable: { name: 'AvailabilityState' },
        variableAttribute: [{ value: 'Available' }],
      })),
    });
    const early = await socket.ask([2, 'r0', 'NotifyReport', reportOf(1, [9])]);
    expect(early.slice(0, 3)).toEqual([4, 'r0', 'SecurityError']);
    const chargingStation = { vendorName: 'Acme', model: 'Twin' };
    await socket.ask([2, 'b', 'BootNotification', { reason: 'PowerUp', chargingStation }]);
    expect(await asked).toEqual(question);
    expect(validatorOf(`ocpp201.${known}`)(question)).toEqual([]);
    expect((await socket.ask([2, 'r1', 'NotifyReport', reportOf(7, [5])]))[0]).toBe(4);
    expect(await socket.ask([2, 'r2', 'NotifyReport', reportOf(1, [2, 1])])).toEqual([3, 'r2', {}]);
    expect(harness.ocpp.strangers()[0]?.introduction).toMatchObject({ model: 'Twin', points: [1, 2] });
  });
});

describe('the block to add', () => {
  const seen = { remoteAddress: '::1', firstSeen: '', lastSeen: '', attempts: 1 };

  it('is refused until somebody has filled in what no station told', () => {
    const introduction = { protocol: 'ocpp2.0.1', vendor: 'Acme', model: 'Twin', points: [1, 2] } as const;
    const block = adoptionBlock({ ...seen, identity: 'CP:X9', introduction });
    const indented = block
      .trimEnd()
      .split('\n')
      .map((line) => `      ${line}`);
    const text = readFileSync(configuration(), 'utf8').replace(/^ {4}stations:.*$/m, (line) =>
      [line, ...indented].join('\n'),
    );
    const env = { CP_X9_PASSWORD: 'x' };
    expect(() => parseConfig(text, 'depot.yaml', env)).toThrow(/standard is null/);
    const filled = text
      .replaceAll('standard: ~, format: ~, powerType: ~', 'standard: X, format: CABLE, powerType: DC')
      .replaceAll('maxVoltage: ~, maxAmperage: ~', 'maxVoltage: 920, maxAmperage: 200');
    const [depot] = parseConfig(filled, 'depot.yaml', env).depots;
    expect(depot.stations[0]).toMatchObject({
      id: 'CP:X9',
      points: [
        { evse: 1, connector: 1 },
        { evse: 2, connector: 1 },
      ],
    });
  });

  it('names a variable for the password that a shell takes, also for a serial number', () => {
    const introduction = { protocol: 'ocpp1.6', vendor: 'A', model: 'B', points: [] } as const;
    const block = adoptionBlock({ ...seen, identity: '0042-7', introduction });
    expect(block).toContain('password: "${env:STATION_0042_7_PASSWORD}"');
  });

  it('holds nothing that a stranger could have made of it', () => {
    const introduction = {
      protocol: 'ocpp1.6',
      vendor: 'A\n- id: evil',
      model: '\u001b[2J',
      points: [],
    } as const;
    const block = adoptionBlock({ ...seen, identity: 'CP-X9', introduction });
    expect(block.split('\n')).toHaveLength(7);
    expect(block).not.toContain('\u001b');
  });
});

it('depotbridge station list and adopt speak to the running bridge', async () => {
  const free = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => free.once('listening', resolve));
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  const config = configuration((text) =>
    text.replace('port: 1 ', `port: ${port} `).replaceAll(/port: 746[123]/g, 'port: 0'),
  );
  const bridge = await startBridge(loadConfig(config), pino({ level: 'silent' }));
  cleanups.push(() => bridge.stop());
  expect((await output(() => listStations({ config }))).text).toContain('no station knocked');
  await expect(adoptStation('CP-X9', { config })).rejects.toThrow(/never knocked/);
  expect(await knock(bridge.ports.ocpp, unknown)).toBe(404);
  expect((await output(() => listStations({ config }))).text).toMatch(/^CP-X9 {2}from .*, ocpp1\.6, once/);
  const adopted = output(() => adoptStation('CP-X9', { config, wait: 20 }));
  const socket = await until(() => stranger(bridge.ports.ocpp).catch(() => undefined), 'the way in');
  await socket.ask([2, 'b', 'BootNotification', boot16]);
  const { code, text } = await adopted;
  expect(code).toBe(0);
  expect(text).toContain('Acme DC-150 firmware 1.2; speaks ocpp1.6');
  expect(text).toContain('"CP-X9-2", connector: 2');
});
