/** Commands that a CSMS sends for the bridge. */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { until } from '../harness.js';
import { event, type Fed, fed, frame, instant, post } from './fed.js';
import { type Answering, webhookPeer } from './webhook-peer.js';

const SECRET = 'a-secret-of-the-webhook';
const SCHEDULE = { answer: { status: 'Rejected' } };

/** A bridge with a lease, and the CSMS that takes its commands. */
async function leased(now: Answering, ocpp = 'callTimeoutSeconds: 1', hook = '') {
  const answering = { now };
  const peer = await webhookPeer(answering);
  const feed = `control: lease, webhook: { url: "${peer.url}", secret: ${SECRET}${hook} }`;
  const bridge = await fed({ feed, ocpp });
  await bridge.hand(event('connected'));
  return { ...bridge, url: bridge.url, peer, answering };
}

async function ask(
  { bridge }: Pick<Fed, 'bridge'>,
  action: 'GetCompositeSchedule' | 'TriggerMessage' = 'TriggerMessage',
) {
  const payload =
    action === 'TriggerMessage' ? { requestedMessage: 'Heartbeat' } : { connectorId: 1, duration: 60 };
  const intent = await bridge.intent();
  const asked = bridge.ocpp.commands.request(
    'N1',
    { action, payload, ...(action === 'TriggerMessage' ? {} : { repeatable: true }) },
    intent,
  );
  const outcome = asked.then(
    ({ answer }) => answer,
    (error: { code: string; message: string }) => error,
  );
  return { outcome, intent };
}

const ours = <T extends { readonly action: string; readonly payload: object }>(taken: readonly T[]) =>
  taken.filter(({ payload }) => 'requestedMessage' in payload || 'duration' in payload);

function profileOf(limit: number) {
  const chargingSchedule = { chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit }] };
  return {
    ...{ chargingProfileId: 1, stackLevel: 0, chargingProfilePurpose: 'TxProfile', transactionId: 7 },
    ...{ chargingProfileKind: 'Relative', chargingSchedule },
  };
}

describe('a command by webhook', () => {
  it('is signed, names why and until when, and is on record with its answer', async () => {
    const test = await leased(
      () => ({ status: 200, body: { answer: { status: 'Accepted' } } }),
      'callTimeoutSeconds: 5',
    );
    const { outcome, intent } = await ask(test);
    expect(await outcome).toEqual({ status: 'Accepted' });
    const taken = test.peer.taken.find((each) => each.intent === intent);
    if (!taken) throw new Error('it never came');
    expect(taken).toMatchObject({
      station: 'CP-N1',
      action: 'TriggerMessage',
      payload: { requestedMessage: 'Heartbeat' },
    });
    expect(Date.parse(taken.expiresAt) - Date.now()).toBeLessThan(5_000);
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = taken.headers;
    expect(id).toBe(taken.commandId);
    const mac = createHmac('sha256', SECRET).update(`${id}.${at}.${taken.body}`).digest('base64');
    expect(signature).toBe(`v1,${mac}`);
    const { children } = await test.bridge.runtime.depot.journal.traceForward(intent);
    expect(children.map(({ entry }) => [entry.direction, entry.messageId])).toEqual([['out', id]]);
    expect(children[0]?.children[0]?.entry).toMatchObject({
      direction: 'in',
      raw: `[3,"${id}",{"status":"Accepted"}]`,
    });
  });

  it('may be answered later, once; what comes then is told so', async () => {
    const test = await leased(() => ({ status: 202 }));
    const { outcome } = await ask(test);
    const taken = await until(() => ours(test.peer.taken)[0], 'the command');
    const answer = () =>
      post(`${test.url}/commands/${taken.commandId}/answer`, '{"answer":{"status":"Accepted"}}');
    expect(await (await answer()).json()).toEqual({ status: 'taken' });
    expect(await outcome).toEqual({ status: 'Accepted' });
    expect(await (await answer()).json()).toEqual({ status: 'repeated' });
    const unknown = await post(`${test.url}/commands/nobody/answer`, '{"answer":{}}');
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: 'FEED_NO_COMMAND' }]);
    const nonsense = await post(`${test.url}/commands/${taken.commandId}/answer`, '{"answr":{}}');
    expect(nonsense.status).toBe(400);
  });

  it('times out, and keeps an answer that comes too late', async () => {
    const test = await leased(() => ({ status: 202 }));
    const { outcome } = await ask(test);
    expect(await outcome).toMatchObject({ code: 'OCPP_TIMEOUT' });
    const [{ commandId } = { commandId: '' }] = ours(test.peer.taken);
    const late = await post(`${test.url}/commands/${commandId}/answer`, '{"answer":{"status":"Accepted"}}');
    expect(await late.json()).toEqual({ status: 'late' });
    expect(
      await until(
        async () => (await test.bridge.journal()).find(({ error }) => error === 'OCPP_TIMEOUT'),
        'the record',
      ),
    ).toMatchObject({ messageId: commandId });
  });

  it('is known by the copies of its frames, which answer it and are nobody else’s', async () => {
    const test = await leased(() => ({ status: 202 }), 'callTimeoutSeconds: 5');
    const { outcome, intent } = await ask(test);
    const taken = await until(() => ours(test.peer.taken)[0], 'the command');
    await test.hand(
      frame('csms', [2, 'theirs-1', 'TriggerMessage', { requestedMessage: 'Heartbeat' }]),
      frame('station', [3, 'theirs-1', { status: 'Accepted' }]),
    );
    expect(await outcome).toEqual({ status: 'Accepted' });
    const late = await post(
      `${test.url}/commands/${taken.commandId}/answer`,
      '{"answer":{"status":"Accepted"}}',
    );
    expect(await late.json()).toEqual({ status: 'repeated' });
    const copies = await test.bridge.journal({ link: 'csms:CP-N1' });
    expect(copies.map(({ causes }) => causes)).toEqual([[intent]]);
  });

  it('sets a limit that is ours and not one of the CSMS, whose frames bring it back', async () => {
    const test = await leased(
      () => ({ status: 200, body: { answer: { status: 'Accepted' } } }),
      'callTimeoutSeconds: 5',
    );
    const at = instant(-1);
    const start = { connectorId: 1, idTag: 'BUS4711', meterStart: 0, timestamp: at };
    await test.hand(
      frame('station', [2, 's', 'StartTransaction', start]),
      frame('csms', [3, 's', { transactionId: 7, idTagInfo: { status: 'Accepted' } }]),
    );
    const [process] = [...test.bridge.state.processes.values()];
    const limited = await test.bridge.ocpp.commands.setLimit({
      ...{ stationId: 'N1', pointId: 'N1-1', processId: process?.processId ?? '' },
      ...{ steps: [{ at, powerW: 50_000 }], intent: await test.bridge.intent() },
    });
    expect(limited.outcome).toBe('accepted');
    const taken = test.peer.taken.find(({ action }) => action === 'SetChargingProfile');
    const theirs = { connectorId: 1, csChargingProfiles: profileOf(90_000) };
    await test.hand(
      frame('csms', [2, taken?.commandId, 'SetChargingProfile', taken?.payload]),
      frame('station', [3, taken?.commandId, { status: 'Accepted' }]),
      frame('csms', [2, 'theirs', 'SetChargingProfile', theirs]),
      frame('station', [3, 'theirs', { status: 'Accepted' }]),
    );
    const told = JSON.stringify(test.bridge.state.stations.get('N1'));
    expect(told).toContain('90000');
    expect(told).not.toContain('50000');
  });

  it('is sent again only where that does no harm', async () => {
    const broken: Answering = (_taken, count) =>
      count % 2 === 1 ? { status: 500 } : { status: 200, body: SCHEDULE };
    const test = await leased(broken, 'callTimeoutSeconds: 2');
    const repeatable = await ask(test, 'GetCompositeSchedule');
    expect(await repeatable.outcome).toEqual({ status: 'Rejected' });
    const [first, second] = ours(test.peer.taken);
    expect(second?.commandId).toBe(first?.commandId);
    test.answering.now = () => 'cut';
    const before = test.peer.taken.length;
    const once = await ask(test);
    expect(await once.outcome).toMatchObject({ code: 'OCPP_OUTCOME_UNKNOWN' });
    expect(ours(test.peer.taken.slice(before))).toHaveLength(1);
  });

  it.each([
    ['refuses', { status: 403 }],
    ['sends elsewhere', { status: 307 }],
  ])('fails at once where the CSMS %s', async (_how, answer) => {
    const test = await leased(() => answer, 'callTimeoutSeconds: 5');
    const { outcome } = await ask(test);
    expect(await outcome).toMatchObject({
      code: 'FEED_WEBHOOK_REFUSED',
      message: expect.stringContaining(String(answer.status)),
    });
    expect(JSON.stringify(test.bridge.log)).not.toContain(SECRET);
  });

  it('is not made without a webhook, nor beyond the lease', async () => {
    const watching = await fed();
    await watching.hand(event('connected'));
    expect(await (await ask(watching)).outcome).toMatchObject({ code: 'OCPP_CONTROL' });
    expect(watching.bridge.log.some(({ msg }) => msg.includes('only observes'))).toBe(true);
    const test = await leased(() => ({ status: 200, body: SCHEDULE }));
    const reset = test.bridge.ocpp.orders.send({
      stationId: 'N1',
      action: 'Reset',
      payload: { type: 'Soft' },
      by: 'test',
    });
    await expect(reset).rejects.toMatchObject({ code: 'OCPP_CONTROL' });
  });

  it('of an earlier run takes its answer from the journal', async () => {
    const test = await leased(() => ({ status: 202 }), 'callTimeoutSeconds: 30');
    const { outcome, intent } = await ask(test);
    const { commandId } = await until(() => ours(test.peer.taken)[0], 'the command');
    await test.bridge.end();
    await outcome;
    await test.bridge.begin();
    const url = `http://127.0.0.1:${test.bridge.ocpp.feed?.port}/feed/v1/commands/${commandId}/answer`;
    expect(await (await post(url, '{"error":{"code":"NotSupported"}}')).json()).toEqual({ status: 'late' });
    await test.bridge.runtime.depot.settled();
    const { children } = await test.bridge.runtime.depot.journal.traceForward(intent);
    expect(children[0]?.children[0]?.entry.raw).toBe(`[4,"${commandId}","NotSupported","",{}]`);
  });
});
