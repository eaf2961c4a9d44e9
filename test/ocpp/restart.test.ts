/** A command is carried out once, whatever becomes of the bridge in between. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCharging } from '../../src/charging/index.js';
import type { DomainEvent } from '../../src/domain/index.js';
import { exampleConfig, OcppHarness, until } from './harness.js';
import { type Dialled, dial } from './raw.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

let harness: OcppHarness;
beforeEach(async () => {
  const config = exampleConfig();
  harness = await OcppHarness.start({
    config: { ...config, ocpp: { ...config.ocpp, callTimeoutSeconds: 10 } },
    options: { bootWaitMs: 60_000, readingWaitMs: 60_000 },
  });
  cleanups.push(() => harness.remove());
});

type Asked = [2, string, string, Record<string, unknown>];
const calls = (socket: Dialled, action: string): Asked[] =>
  socket.heard
    .map((text) => JSON.parse(text) as Asked)
    .filter(([kind, , named]) => kind === 2 && named === action);

/** Connects; answers calls as told, or keeps silent. */
async function station(answer?: object): Promise<Dialled> {
  const socket = await dial(harness.port);
  cleanups.push(() => socket.end());
  if (answer)
    socket.socket.on('message', (data) => {
      const [kind, id] = JSON.parse(String(data)) as [number, string];
      if (kind === 2) socket.socket.send(JSON.stringify([3, id, answer]));
    });
  return socket;
}

async function restart(): Promise<void> {
  await harness.end();
  await new Promise((resolve) => setTimeout(resolve, 5));
  await harness.begin();
}

const place = { stationId: 'N1', pointId: 'N1-1' };

describe('an intent from before a restart', () => {
  it('has the outcome on record, and is not sent again', async () => {
    const intent = await harness.intent();
    const before = await station({ status: 'Accepted' });
    const first = await harness.ocpp.commands.start({ ...place, token: 'BUS4711', intent });
    expect(first, first.reason).toMatchObject({ outcome: 'accepted' });
    await before.end();
    await restart();
    const after = await station({ status: 'Rejected' });
    const second = await harness.ocpp.commands.start({ ...place, token: 'BUS4711', intent });
    expect(second).toEqual(first);
    expect(calls(after, 'RemoteStartTransaction')).toEqual([]);
  });

  it('that nobody answered is not sent again if that could happen twice', async () => {
    const intent = await harness.intent();
    const before = await station();
    const lost = harness.ocpp.commands.start({ ...place, token: 'BUS4711', intent });
    await until(() => calls(before, 'RemoteStartTransaction').length === 1, 'the call');
    await before.end();
    expect(await lost).toMatchObject({ outcome: 'failed' });
    await restart();
    const after = await station({ status: 'Accepted' });
    const second = await harness.ocpp.commands.start({ ...place, token: 'BUS4711', intent });
    expect(second).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('OCPP_OUTCOME_UNKNOWN'),
    });
    expect(calls(after, 'RemoteStartTransaction')).toEqual([]);
  });

  it('that nobody answered is sent again if that does no harm', async () => {
    const intent = await harness.intent();
    const steps = [{ at: new Date().toISOString(), powerW: 50_000 }];
    const before = await station();
    const lost = harness.ocpp.commands.setLimit({ ...place, steps, intent });
    await until(() => calls(before, 'SetChargingProfile').length === 1, 'the call');
    await before.end();
    expect(await lost).toMatchObject({ outcome: 'failed' });
    await restart();
    const after = await station({ status: 'Accepted' });
    const second = await harness.ocpp.commands.setLimit({ ...place, steps, intent });
    expect(second).toMatchObject({ outcome: 'accepted' });
    expect(calls(after, 'SetChargingProfile')).toHaveLength(1);
    await after.end();
    await restart();
    const third = await station({ status: 'Rejected' });
    expect(await harness.ocpp.commands.setLimit({ ...place, steps, intent })).toMatchObject({
      outcome: 'accepted',
    });
    expect(calls(third, 'SetChargingProfile')).toEqual([]);
  });

  it('that never left is sent', async () => {
    const intent = await harness.intent();
    await restart();
    await station({ status: 'Accepted' });
    expect(await harness.ocpp.commands.start({ ...place, token: 'BUS4711', intent })).toMatchObject({
      outcome: 'accepted',
    });
  });
});

describe('a stop that a presystem ordered', () => {
  const list = async (instruction: string): Promise<string> => {
    const raw = await harness.intent();
    const receivedAt = new Date().toISOString();
    const request = {
      chargingRequestId: 'R1',
      vehicleId: 'V1',
      chargingPointId: 'N1-1',
      minTargetSocPct: 80,
      maxTargetSocPct: 95,
      instruction,
    };
    const event = {
      type: 'RequestListReceived',
      presystemId: 'BMS-1',
      payload: { requests: [request], refused: [], rules: { omissionEndsRunning: false }, receivedAt },
      raw,
      ruleOf: () => 'test/list',
    };
    await harness.runtime.depot.apply([event as DomainEvent]);
    return raw;
  };

  /** A running transaction whose end was ordered and, as far as `exchange` tells, sent, when the bridge died. */
  async function died(exchange: (transactionId: number) => [object, object?]): Promise<string> {
    const before = await station();
    const raw = await list('Normal');
    const timestamp = new Date().toISOString();
    const start = { connectorId: 1, idTag: 'UNKNOWN', meterStart: 0, timestamp };
    const answer = await before.ask([2, 's', 'StartTransaction', start]);
    await list('Terminate');
    const { transactionId } = answer[2] as { transactionId: number };
    const { processId } = harness.point('N1', 'N1-1');
    const { depot } = harness.runtime;
    const common = { depotId: depot.id, link: 'ocpp:CP-N1', protocol: 'ocpp1.6' } as const;
    const intent = await depot.journal.append({
      ...{ depotId: depot.id, link: 'bridge', protocol: 'bridge', direction: 'internal' },
      action: 'Intent StopTransaction',
      raw: JSON.stringify({ processId }),
      causes: [raw],
    });
    const [call, reply] = exchange(transactionId);
    const action = 'RemoteStopTransaction';
    const sent = await depot.journal.append({
      ...{ ...common, direction: 'out', action, raw: JSON.stringify([2, 'x', action, call]) },
      causes: [intent.id],
    });
    if (reply)
      await depot.journal.append({
        ...{ ...common, direction: 'in', action, raw: JSON.stringify([3, 'x', reply]) },
        causes: [sent.id],
      });
    await before.end();
    await restart();
    return intent.id;
  }

  const answered = () =>
    until(async () => (await harness.journal({ action: 'StopAnswered' }))[0], 'the outcome');

  it('is not repeated when its answer is on record', async () => {
    const intent = await died((transactionId) => [{ transactionId }, { status: 'Rejected' }]);
    const after = await station({ status: 'Accepted' });
    const charging = startCharging(harness.runtime, harness.ocpp.commands);
    cleanups.push(() => charging.stop(1_000));
    const outcome = await answered();
    expect(outcome.causes[0]).toBe(intent);
    expect(JSON.parse(outcome.raw).payload).toMatchObject({ intentId: intent, outcome: 'rejected' });
    expect(calls(after, 'RemoteStopTransaction')).toEqual([]);
  });

  it('is carried on under its intent when nobody knows what became of it', async () => {
    const intent = await died((transactionId) => [{ transactionId }]);
    const after = await station({ status: 'Accepted' });
    const charging = startCharging(harness.runtime, harness.ocpp.commands);
    cleanups.push(() => charging.stop(1_000));
    const outcome = await answered();
    expect(JSON.parse(outcome.raw).payload).toMatchObject({ intentId: intent, outcome: 'accepted' });
    expect(calls(after, 'RemoteStopTransaction')).toHaveLength(1);
    expect(await harness.journal({ action: 'Intent StopTransaction' })).toHaveLength(1);
  });
});
