/** What chargers of several makes are known to send beside the standard is repaired, so that nothing of worth is lost. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OcppHarness, tablesWithOverlays, until } from './harness.js';
import { type Dialled, dial } from './raw.js';

let harness: OcppHarness;
let station: Dialled;
beforeAll(async () => {
  harness = await OcppHarness.start({ options: { metering: null }, tables: tablesWithOverlays });
  station = await dial(harness.port);
});
afterAll(async () => {
  await station.end();
  await harness.remove();
});

/** The repairs that a frame needed, in their order. */
async function repairsOf(messageId: string): Promise<string[]> {
  const entries = await harness.journal({});
  const call = entries.find((entry) => entry.direction === 'in' && entry.messageId === messageId);
  return entries.flatMap(({ action, causes, rules }) =>
    call && action === 'Repair' && causes.includes(call.id) ? (rules ?? []) : [],
  );
}

it('lets a station in whose names are too long', async () => {
  const boot = {
    chargePointVendor: 'Brothers of the Long Name Ltd.',
    chargePointModel: 'The-Model-With-All-The-Options-150',
    chargePointSerialNumber: '0123456789'.repeat(3),
  };
  expect(await station.ask([2, 'b', 'BootNotification', boot])).toMatchObject([
    3,
    'b',
    { status: 'Accepted' },
  ]);
  expect(harness.state.stations.get('N1')?.boot?.value).toMatchObject({
    vendor: 'Brothers of the Long',
    serialNumber: '0123456789012345678901234',
  });
});

it('takes a status with a long sentence, and times without a zone', async () => {
  const timestamp = new Date().toISOString().slice(0, 19);
  const info = 'The plug was not put back into its holder within ten minutes.';
  const status = { connectorId: 1, errorCode: 'NoError', status: 'Preparing', info, timestamp };
  expect(await station.ask([2, 's', 'StatusNotification', status])).toEqual([3, 's', {}]);
  expect(await repairsOf('s')).toEqual(['profile.long-info/r.info', 'profile.zone-status/r.zone']);
});

it('keeps a transaction whose times have no zone, and whose readings have words that do not exist', async () => {
  const time = () => new Date().toISOString().slice(0, 23);
  const start = { connectorId: 1, idTag: 'BUS4711', meterStart: 1000, timestamp: time() };
  const [, , { transactionId }] = (await station.ask([2, 't', 'StartTransaction', start])) as [
    number,
    string,
    { transactionId: number },
  ];
  const readings = [
    { value: 80000, measurand: 'Power.Active.Import', unit: 'W' },
    { value: '5', measurand: 'Power.Active.Ceiling', unit: 'W' },
    { value: '22.5', measurand: 'Temperature', unit: 'deg' },
    { value: '99', context: 'Boundary', measurand: 'Current.Import', unit: 'A' },
  ];
  // One meter value that is no list.
  const meterValue = { timestamp: time(), sampledValue: readings };
  expect(await station.ask([2, 'm', 'MeterValues', { connectorId: 1, transactionId, meterValue }])).toEqual([
    3,
    'm',
    {},
  ]);
  expect(await repairsOf('m')).toEqual([
    'profile.single-meter/r.list',
    'profile.numbers/r.number',
    'profile.unknown-words/r.measurand',
    'profile.unknown-words/r.unit',
    'profile.unknown-words/r.context',
    'profile.zone-meter/r.zone',
  ]);
  const transactionData = [{ timestamp: time(), sampledValue: [readings[1], { value: '4200' }] }];
  const stop = { transactionId, meterStop: 4200, timestamp: time(), transactionData };
  expect(await station.ask([2, 'e', 'StopTransaction', stop])).toEqual([3, 'e', {}]);
  const process = await until(
    () =>
      harness.state.processes.values().find((each) => each.transactionId?.value === String(transactionId)),
    'the process',
  );
  expect(process).toMatchObject({
    readings: { powerW: { value: 80000 } },
    register: [{ from: { wh: 1000 }, to: { wh: 4200 } }],
  });
  expect(process.readings).not.toHaveProperty('currentA');
  expect(harness.parked).toEqual([]);
});
