/** What stays true when messages come twice, late, or not at all, and when somebody's process dies in between. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ProcessState } from '../../src/domain/index.js';
import { exampleConfig, OcppHarness, until } from './harness.js';
import { type Dialled, dial } from './raw.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function bridge(setup: Parameters<typeof OcppHarness.start>[0] = {}): Promise<OcppHarness> {
  const harness = await OcppHarness.start(setup);
  cleanups.push(() => harness.remove());
  return harness;
}

async function station(harness: OcppHarness, options: Parameters<typeof dial>[1] = {}): Promise<Dialled> {
  const socket = await dial(harness.port, options);
  cleanups.push(() => socket.end());
  return socket;
}

let counter = 0;
async function call(socket: Dialled, action: string, payload: object): Promise<Record<string, unknown>> {
  counter += 1;
  const answer = await socket.ask([2, `m${counter}`, action, payload]);
  expect(answer.slice(0, 2)).toEqual([3, `m${counter}`]);
  return answer[2] as Record<string, unknown>;
}

const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
const processes = (harness: OcppHarness): ProcessState[] => harness.state.processes.values();

const start = (timestamp: string) => ({ connectorId: 1, idTag: 'BUS4711', meterStart: 1000, timestamp });

describe('OCPP 1.6 transactions', () => {
  it('03 a retried start gets the same id, even from a bridge that was restarted', async () => {
    const harness = await bridge();
    const timestamp = secondsAgo(30);
    const socket = await station(harness);
    const { transactionId } = await call(socket, 'StartTransaction', start(timestamp));
    expect(transactionId).toBeGreaterThan(0);
    expect(await call(socket, 'StartTransaction', start(timestamp))).toMatchObject({ transactionId });
    await harness.end();
    await harness.begin();
    const again = await station(harness);
    expect(await call(again, 'StartTransaction', start(timestamp))).toMatchObject({
      transactionId,
      idTagInfo: { status: 'Accepted' },
    });
    expect(processes(harness)).toHaveLength(1);
    const other = await call(again, 'StartTransaction', { ...start(secondsAgo(1)), meterStart: 2000 });
    expect(other['transactionId']).not.toBe(transactionId);
  });

  it('04 a whole session told hours later is history: right energy, nothing live changed', async () => {
    const harness = await bridge();
    const socket = await station(harness);
    await call(socket, 'StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
    const { transactionId } = await call(socket, 'StartTransaction', start(secondsAgo(7200)));
    await call(socket, 'MeterValues', {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: secondsAgo(5400), sampledValue: [{ value: '21000' }] }],
    });
    const stop = { transactionId, meterStop: 41_000, timestamp: secondsAgo(3600), reason: 'EVDisconnected' };
    await call(socket, 'StopTransaction', stop);
    await call(socket, 'StopTransaction', stop);
    const [told] = processes(harness);
    expect(told?.deliveredWh?.value).toBe(40_000);
    expect(told?.stopReason?.value).toBe('EVDisconnected');
    expect(harness.point('N1', 'N1-1').status?.value).toBe('Available');
    expect(processes(harness)).toHaveLength(1);
  });

  it('the end of a transaction that nobody knows is answered and changes nothing', async () => {
    const harness = await bridge();
    const socket = await station(harness);
    const stop = { transactionId: -1, meterStop: 41_000, timestamp: secondsAgo(60) };
    expect(await call(socket, 'StopTransaction', stop)).toEqual({});
    expect(processes(harness)).toEqual([]);
  });

  it('a start at a connector that is not configured is answered and parked', async () => {
    const harness = await bridge();
    const socket = await station(harness);
    const answer = await call(socket, 'StartTransaction', { ...start(secondsAgo(1)), connectorId: 9 });
    expect(answer['transactionId']).toBeGreaterThan(0);
    expect(harness.parked).toMatchObject([{ failure: { code: 'MAP_IDENTITY' } }]);
    expect(processes(harness)).toEqual([]);
  });

  it('gives no id twice when starts at connectors that are not configured come in one moment', async () => {
    const harness = await bridge();
    const socket = await station(harness);
    const at = secondsAgo(1);
    const begin = async (connectorId: number) =>
      (await call(socket, 'StartTransaction', { ...start(at), connectorId }))['transactionId'];
    // Whatever the clock does between them, some of so many fall into one tenth of a second.
    const ids: unknown[] = [];
    for (let connector = 10; connector < 40; connector++) ids.push(await begin(connector));
    ids.push(await begin(1));
    expect(new Set(ids).size).toBe(31);
    expect(processes(harness)[0]?.transactionId?.value).toBe(String(ids[30]));
    // Repeated because the answers were lost.
    expect(await begin(10)).toBe(ids[0]);
    expect(await begin(39)).toBe(ids[29]);
    expect(await begin(1)).toBe(ids[30]);
    expect(processes(harness)).toHaveLength(1);
  });

  it('a clock of 1970 is put aside', async () => {
    const harness = await bridge();
    const socket = await station(harness);
    await call(socket, 'StartTransaction', start('1970-01-01T00:00:10Z'));
    expect(Date.now() - Date.parse(processes(harness)[0]?.startedAt ?? '')).toBeLessThan(10_000);
  });
});

describe('tokens', () => {
  const config = (accept: boolean) => ({
    ...exampleConfig(),
    ocpp: { ...exampleConfig().ocpp, acceptUnknownTokens: accept },
  });

  it('are refused where unknown ones are not accepted, unless the hook knows them', async () => {
    const options = { authorize: async (token: string) => token === 'GUEST' };
    const harness = await bridge({ config: config(false), options });
    const old = await station(harness);
    const v201 = { identity: 'CP-N3', password: 'cp-n3-secret-0003', protocols: ['ocpp2.0.1'] };
    const now = await station(harness, v201);
    const status16 = async (idTag: string) => (await call(old, 'Authorize', { idTag }))['idTagInfo'];
    const status201 = async (idToken: string, type = 'ISO14443') =>
      (await call(now, 'Authorize', { idToken: { idToken, type } }))['idTokenInfo'];
    expect(await status16('BUS4711')).toEqual({ status: 'Accepted' });
    expect(await status16('GUEST')).toEqual({ status: 'Accepted' });
    expect(await status16('NOBODY')).toEqual({ status: 'Invalid' });
    expect(await status201('NOBODY')).toEqual({ status: 'Unknown' });
    expect(await status201('00:7d:fa:00:47:11', 'MacAddress')).toEqual({ status: 'Accepted' });
    expect(await status201('', 'NoAuthorization')).toEqual({ status: 'Accepted' });
  });

  it('are accepted where the configuration says so, also when the hook fails', async () => {
    const options = { authorize: () => Promise.reject(new Error('down')) };
    const harness = await bridge({ options });
    expect(await call(await station(harness), 'Authorize', { idTag: 'NOBODY' })).toEqual({
      idTagInfo: { status: 'Accepted' },
    });
  });
});

describe('links', () => {
  const impatient = () => ({ ...exampleConfig(), ocpp: { ...exampleConfig().ocpp, linkGraceSeconds: 0.3 } });
  const linkOf = (harness: OcppHarness) => harness.state.stations.get('N1')?.link.value;

  it('are lost after the grace, not before, and come back', async () => {
    const harness = await bridge({ config: impatient() });
    expect(linkOf(harness)).toBe('never');
    const socket = await station(harness);
    await until(() => linkOf(harness) === 'connected', 'the link');
    const endedAt = Date.now();
    await socket.end();
    await until(() => linkOf(harness) === 'lost', 'the loss');
    await station(harness);
    await until(() => linkOf(harness) === 'connected', 'the link again');
    const notes = await harness.journal({ link: 'ocpp:CP-N1', protocol: 'bridge' });
    const lostAt = notes.find(({ action }) => action === 'LinkLost')?.at;
    expect(lostAt).toBeGreaterThanOrEqual(endedAt + 300);
    expect(notes.map(({ action }) => action).filter((action) => action.startsWith('Link'))).toEqual([
      'LinkOpened',
      'LinkLost',
      'LinkOpened',
    ]);
  });

  it('a return within the grace loses nothing', async () => {
    const harness = await bridge({ config: impatient() });
    let socket = await station(harness);
    await until(() => linkOf(harness) === 'connected', 'the link');
    // A busy machine may be too slow to be back in time: then it has lost the link, and tries once more.
    for (let tookMs = Number.POSITIVE_INFINITY; tookMs > 250; ) {
      const leftAt = performance.now();
      await socket.end();
      socket = await station(harness);
      tookMs = performance.now() - leftAt;
    }
    const losses = () => harness.journal({ link: 'ocpp:CP-N1', action: 'LinkLost' });
    await until(() => linkOf(harness) === 'connected', 'the link again');
    const before = (await losses()).length;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(linkOf(harness)).toBe('connected');
    expect(await losses()).toHaveLength(before);
  });

  it('stations that stay away after a restart of the bridge are lost', async () => {
    const harness = await bridge({ config: impatient() });
    const socket = await station(harness);
    await until(() => linkOf(harness) === 'connected', 'the link');
    await harness.end();
    await until(() => socket.closed, 'the goodbye');
    const beganAt = Date.now();
    await harness.begin();
    await until(() => linkOf(harness) === 'lost', 'the loss');
    const [lost] = await harness.journal({ link: 'ocpp:CP-N1', action: 'LinkLost' });
    expect(lost?.at).toBeGreaterThanOrEqual(beganAt + 300);
  });
});
