/** The power of a transaction that begins is asked for, once, of stations that let themselves be asked. */
import { afterEach, expect, it } from 'vitest';
import { ChargerSimulator } from '../../src/sim/charger/index.js';
import { exampleConfig, OcppHarness, until } from './harness.js';
import { type Dialled, dial } from './raw.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function begin(readingWaitMs = 50): Promise<OcppHarness> {
  const harness = await OcppHarness.start({
    config: exampleConfig(),
    options: { bootWaitMs: 60_000, readingWaitMs, metering: null },
  });
  cleanups.push(() => harness.remove());
  return harness;
}

const asked = (socket: Dialled) =>
  socket.heard
    .map((text) => JSON.parse(text) as [number, string, string, { requestedMessage?: string }])
    .filter(([kind, , action]) => kind === 2 && action === 'TriggerMessage');

const power = (harness: OcppHarness, stationId: string, pointId: string) => {
  const { processId } = harness.point(stationId, pointId);
  return processId === undefined ? undefined : harness.state.processes.get(processId)?.readings.powerW?.value;
};

const start16 = (minute: number) => ({
  connectorId: 1,
  idTag: `BUS${minute}`,
  meterStart: 100 + minute,
  timestamp: new Date(Date.now() - 60_000 + minute * 1_000).toISOString(),
});

const bus = { idTag: 'BUS4711', batteryWh: 350_000, socPct: 50, maxPowerW: 150_000, maxAcPowerW: 22_000 };

it.each([
  ['ocpp1.6', 'N1', { connectorId: 1 }, { MeterValueSampleInterval: '3600' }],
  ['ocpp2.0.1', 'N4', { evseId: 1 }, { 'SampledDataCtrlr.TxUpdatedInterval': '3600' }],
] as const)('%s: long before the interval of the station', async (protocol, stationId, place, settings) => {
  const harness = await begin();
  const charger = new ChargerSimulator({
    url: harness.url,
    identity: `CP-${stationId}`,
    password: stationId === 'N1' ? 'cp-n1-secret-0001' : 'cp-n4-secret-0004',
    protocol,
    points: [{ ...place, powerType: 'DC', maxPowerW: 150_000 }],
    settings,
  });
  cleanups.push(() => charger.stop());
  await charger.start();
  await charger.plugIn(1, bus);
  await until(() => power(harness, stationId, `${stationId}-1`) !== undefined, 'the power');
  const [question] = await harness.journal({ action: 'AskForReading' });
  const [sent] = await harness.journal({ action: 'TriggerMessage', direction: 'out' });
  expect(sent?.causes).toEqual([question?.id]);
});

it('not of a station that told by itself, nor twice for one transaction', async () => {
  const harness = await begin(500);
  const socket = await dial(harness.port);
  cleanups.push(() => socket.end());
  const [, , answer] = (await socket.ask([2, 'a', 'StartTransaction', start16(0)])) as [
    3,
    string,
    { transactionId: number },
  ];
  const reading = (transactionId: number) => ({
    connectorId: 1,
    transactionId,
    meterValue: [
      {
        timestamp: new Date().toISOString(),
        sampledValue: [{ value: '42000', measurand: 'Power.Active.Import' }],
      },
    ],
  });
  await socket.ask([2, 'b', 'MeterValues', reading(answer.transactionId)]);
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(asked(socket)).toEqual([]);
  await socket.ask([2, 'c', 'StartTransaction', start16(2)]);
  await until(() => asked(socket).length === 1, 'the question');
  await socket.ask([2, 'd', 'StartTransaction', start16(2)]);
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(asked(socket)).toHaveLength(1);
});

it('no more of a station that cannot, until it boots', async () => {
  const harness = await begin();
  const socket = await dial(harness.port);
  cleanups.push(() => socket.end());
  socket.socket.on('message', (data) => {
    const [kind, id, action] = JSON.parse(String(data)) as [number, string, string];
    if (kind !== 2) return;
    const refuse = action === 'TriggerMessage' ? { status: 'NotImplemented' } : { configurationKey: [] };
    socket.socket.send(JSON.stringify([3, id, refuse]));
  });
  const begins = (minute: number) => socket.ask([2, `s${minute}`, 'StartTransaction', start16(minute)]);
  await begins(1);
  await until(() => asked(socket).length === 1, 'the question');
  await begins(2);
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(asked(socket)).toHaveLength(1);
  const boot = { chargePointVendor: 'A', chargePointModel: 'B' };
  await socket.ask([2, 'boot', 'BootNotification', boot]);
  await begins(3);
  await until(() => asked(socket).length > 1, 'the second question');
  expect(asked(socket)).toHaveLength(2);
});

it('after a restart of the bridge in the middle of a transaction', async () => {
  const harness = await begin();
  const before = await dial(harness.port);
  await before.ask([2, 'a', 'StartTransaction', start16(0)]);
  await before.end();
  await harness.end();
  await harness.begin();
  const socket = await dial(harness.port);
  cleanups.push(() => socket.end());
  const [question] = await until(
    () => (asked(socket).length > 0 ? asked(socket) : undefined),
    'the question',
  );
  expect(question?.[3]).toEqual({ requestedMessage: 'MeterValues', connectorId: 1 });
});
