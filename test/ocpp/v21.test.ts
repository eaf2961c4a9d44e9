/** OCPP 2.1, as far as it shares the messages of 2.0.1. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OcppHarness, until } from './harness.js';
import { type Dialled, dial } from './raw.js';

let harness: OcppHarness;
let station: Dialled;
beforeAll(async () => {
  harness = await OcppHarness.start();
  station = await dial(harness.port, {
    identity: 'CP-N3',
    password: 'cp-n3-secret-0003',
    protocols: ['ocpp2.1'],
  });
});
afterAll(async () => {
  await station.end();
  await harness.remove();
});

const event = (
  eventType: string,
  triggerReason: string,
  seqNo: number,
  more: object = {},
  info: object = {},
) => [
  2,
  `e${seqNo}`,
  'TransactionEvent',
  {
    eventType,
    timestamp: new Date().toISOString(),
    triggerReason,
    seqNo,
    transactionInfo: { transactionId: 'tx-21', ...info },
    ...more,
  },
];

it('takes a transaction with words that only 2.1 has', async () => {
  expect(station.socket.protocol).toBe('ocpp2.1');
  const boot = { reason: 'PowerUp', chargingStation: { vendorName: 'Acme', model: 'Two' } };
  expect(await station.ask([2, 'b', 'BootNotification', boot])).toMatchObject([
    3,
    'b',
    { status: 'Accepted' },
  ]);
  const begun = event('Started', 'CablePluggedIn', 0, {
    evse: { id: 1, connectorId: 1 },
    idToken: { idToken: 'BUS4711', type: 'EVCCID' },
  });
  expect(await station.ask(begun)).toMatchObject([3, 'e0', { idTokenInfo: { status: 'Accepted' } }]);
  const charging = { chargingState: 'Charging', operationMode: 'ChargingOnly' };
  expect(await station.ask(event('Updated', 'OperationModeChanged', 1, {}, charging))).toEqual([3, 'e1', {}]);
  const refused = { stoppedReason: 'ReqEnergyTransferRejected' };
  expect(await station.ask(event('Ended', 'CostLimitReached', 2, {}, refused))).toEqual([3, 'e2', {}]);
  const process = await until(
    () => harness.state.processes.values().find((each) => each.transactionId?.value === 'tx-21'),
    'the process',
  );
  expect(process).toMatchObject({
    phase: { value: 'Charging' },
    stopClass: { value: 'technical' },
    vehicle: { value: { vehicleId: 'WEB62834613200001' } },
  });
  expect(harness.parked).toEqual([]);
  const repairs = await harness.journal({ action: 'Repair' });
  expect(repairs.flatMap((entry) => entry.rules ?? [])).toEqual([
    'v21.transaction/t.same',
    'v21.transaction/t.limit',
    'v21.transaction/s.refused',
  ]);
});

it('answers with the codes of 2.x what is not shared', async () => {
  const answer = await station.ask([2, 'x', 'NotifySettlement', {}]);
  expect(answer.slice(0, 3)).toEqual([4, 'x', 'NotSupported']);
});

it('leaves SEND without an answer', async () => {
  station.socket.send('[6,"s","NotifyPeriodicEventStream",{}]');
  expect(await station.ask([2, 'h', 'Heartbeat', {}])).toMatchObject([3, 'h', {}]);
});
