/** What is wrong with a charger is told in the right words, whatever the plan says. */
import { expect, it, onTestFinished } from 'vitest';
import type { Trouble } from '../../src/admin/index.js';
import { Presystem } from '../../src/sim/bms/index.js';
import { orderFor } from '../e2e/scenarios/scene.js';
import { startWorld } from '../tables/world.js';
import { AnsweringCharger } from './charger.js';

it('an end that is told again with another time is no end of a transaction that nobody knows', async () => {
  const world = await startWorld();
  const charger = await AnsweringCharger.connect(world.bridge.ports.ocpp, 'CP-N1', 'cp-n1-secret-0001');
  onTestFinished(() => charger.close());
  await charger.call('BootNotification', { chargePointVendor: 'Acme', chargePointModel: 'One' });
  const at = (secondsAgo: number) => new Date(Date.now() - secondsAgo * 1000).toISOString();
  const start = { connectorId: 1, idTag: 'BUS4711', meterStart: 0, timestamp: at(30) };
  const [, , answer] = await charger.call('StartTransaction', start);
  const { transactionId } = answer as { transactionId: number };
  const stop = (id: number, secondsAgo: number) =>
    charger.call('StopTransaction', { transactionId: id, meterStop: 900, timestamp: at(secondsAgo) });
  await stop(transactionId, 20);
  await stop(transactionId, 10);
  await stop(transactionId + 1, 10);
  const { body } = await world.admin<{ troubles: Trouble[] }>('GET', '/api/v1/stations/N1');
  expect(body.troubles.filter(({ kind }) => kind === 'unmatched')).toMatchObject([
    { text: 'ends of transactions whose start nobody told', count: 1 },
    { text: 'messages of a later time than the end of their transaction: nothing was added to it', count: 1 },
  ]);
});

it('limits that a charger does not support are told with its station', async () => {
  const world = await startWorld();
  const { ports } = world.bridge;
  const bms = new Presystem({
    ...{ url: `ws://127.0.0.1:${ports.vdv463}/vdv463/BMS-1`, presystemId: 'BMS-1', kind: 'BMS' },
    ...{ user: 'bms', password: 'bms-secret', dialect: '1.1.0' },
  });
  onTestFinished(() => bms.close());
  await bms.connect();
  await bms.setRequests([orderFor(1, 'N1-1')]);
  const charger = await AnsweringCharger.connect(ports.ocpp, 'CP-N1', 'cp-n1-secret-0001');
  onTestFinished(() => charger.close());
  charger.answers = { SetChargingProfile: { status: 'NotSupported' } };
  await charger.call('BootNotification', { chargePointVendor: 'Acme', chargePointModel: 'One' });
  await charger.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging' });
  const timestamp = new Date().toISOString();
  const start = { connectorId: 1, idTag: 'BUS4711', meterStart: 0, timestamp };
  const [, , answer] = await charger.call('StartTransaction', start);
  const { transactionId } = answer as { transactionId: number };
  const sampledValue = [{ value: '40', measurand: 'SoC', unit: 'Percent', location: 'EV' }];
  await charger.call('MeterValues', {
    connectorId: 1,
    transactionId,
    meterValue: [{ timestamp, sampledValue }],
  });
  const refused = async (): Promise<Trouble[]> => {
    const { body } = await world.admin<{ troubles: Trouble[] }>('GET', '/api/v1/stations/N1');
    const troubles = body.troubles.filter(({ kind }) => kind === 'limit' || kind === 'command');
    if (troubles.some(({ kind }) => kind === 'limit')) return troubles;
    await new Promise((resolve) => setTimeout(resolve, 50));
    return refused();
  };
  const journalId = expect.stringMatching(/^\d+-\d+$/);
  const last = { message: expect.stringContaining('NotSupported'), journalId };
  const found = await refused();
  const told = (kind: Trouble['kind'], text: string) =>
    expect.objectContaining({
      kind,
      text: expect.stringContaining(text),
      last: expect.objectContaining(last),
    });
  expect(found).toContainEqual(told('limit', 'N1-1: the limit of the plan does not hold'));
  expect(found).toContainEqual(told('command', 'SetChargingProfile is refused'));
});
