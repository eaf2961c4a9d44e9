/** What real CSMSs do otherwise than one would like. */
import { describe, expect, it } from 'vitest';
import { charger, csms, Raw } from './support.js';

const idsOf = (raw: Raw) => raw.heard.map((text) => (JSON.parse(text) as unknown[])[1]);

describe('answers', () => {
  it('come late: all, or those to one action', async () => {
    const simulator = await csms({ oddities: { answersAfterMs: { Heartbeat: 60 } } });
    const raw = await new Raw(`${simulator.url}/CP-1`).open();
    const begun = performance.now();
    raw.say([2, 'slow', 'Heartbeat', {}]);
    await raw.ask('quick', 'DataTransfer', { vendorId: 'V' });
    await raw.hear(([, id]) => id === 'slow');
    expect(idsOf(raw)).toEqual(['quick', 'slow']);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(59);
    simulator.oddities = { answersAfterMs: 30 };
    const again = performance.now();
    await raw.ask('now', 'DataTransfer', { vendorId: 'V' });
    expect(performance.now() - again).toBeGreaterThanOrEqual(29);
  });

  it('overtake each other', async () => {
    const simulator = await csms({ oddities: { answersOutOfOrder: true } });
    const raw = await new Raw(`${simulator.url}/CP-1`).open();
    for (const id of ['1', '2', '3', '4']) raw.say([2, id, 'Heartbeat', {}]);
    await raw.hear(([, id]) => id === '3');
    const ids = idsOf(raw);
    expect(ids.toSorted()).toEqual(['1', '2', '3', '4']);
    expect(ids.indexOf('2')).toBeLessThan(ids.indexOf('1'));
    expect(ids.indexOf('4')).toBeLessThan(ids.indexOf('3'));
    // One that nobody overtakes comes all the same.
    expect(await raw.ask('5', 'Heartbeat')).toMatchObject([3, '5', {}]);
  });

  it('are refusals, or never come', async () => {
    const simulator = await csms({
      oddities: { refuses: { Heartbeat: 'MyOwnCode' }, silentOn: ['DataTransfer'] },
    });
    const raw = await new Raw(`${simulator.url}/CP-1`).open();
    raw.say([2, 'silent', 'DataTransfer', { vendorId: 'V' }]);
    expect(await raw.ask('1', 'Heartbeat')).toMatchObject([
      4,
      '1',
      'MyOwnCode',
      'Heartbeat is refused here',
      {},
    ]);
    simulator.oddities = { silentOn: ['*'] };
    raw.say([2, 'silent too', 'Heartbeat', {}]);
    await simulator.waitFor('it', () => simulator.calls('CP-1').length === 3);
    simulator.oddities = {};
    await raw.ask('2', 'Heartbeat');
    expect(idsOf(raw)).toEqual(['1', '2']);
  });

  it('are written over several lines', async () => {
    const simulator = await csms({ oddities: { spaced: true } });
    const raw = await new Raw(`${simulator.url}/CP-1`).open();
    await raw.ask('1', 'DataTransfer', { vendorId: 'V' });
    expect(raw.heard).toEqual(['[\n 3,\n "1",\n {\n  "status": "Accepted"\n }\n]']);
    expect(simulator.frames('CP-1').at(-1)?.text).toBe(raw.heard[0]);
  });

  it('are refused for timestamps that are too fine', async () => {
    const simulator = await csms({ oddities: { refusesFineTimestamps: true } });
    const raw = await new Raw(`${simulator.url}/CP-1`).open();
    const start = (timestamp: string) => ({ connectorId: 1, idTag: 'A', meterStart: 0, timestamp });
    expect(await raw.ask('1', 'StartTransaction', start('2026-01-01T00:00:00.1234Z'))).toMatchObject([
      ...[4, '1', 'FormatViolation', 'Invalid message format', {}],
    ]);
    expect(await raw.ask('2', 'StartTransaction', start('2026-01-01T00:00:00.123Z'))).toMatchObject([
      3,
      '2',
      {},
    ]);
  });
});

describe('calls', () => {
  it('count together with those of the station', async () => {
    const simulator = await csms({ oddities: { oneCallBothWays: true } });
    const raw = await new Raw(`${simulator.url}/CP-1`).open();
    const call = simulator.call('CP-1', 'ClearCache', {}, { messageId: 'own' });
    await raw.hear(([, id]) => id === 'own');
    expect(await raw.ask('1', 'Heartbeat')).toEqual([
      4,
      '1',
      'RpcFrameworkError',
      'Call already in progress',
      {},
    ]);
    raw.say([3, 'own', { status: 'Accepted' }]);
    await call;
    expect(await raw.ask('2', 'Heartbeat')).toMatchObject([3, '2', {}]);
  });

  it('wait while the CSMS answers, if they count together', async () => {
    const simulator = await csms({ oddities: { oneCallBothWays: true, answersAfterMs: 30 } });
    const raw = await new Raw(`${simulator.url}/CP-1`).open();
    raw.say([2, '1', 'Heartbeat', {}]);
    await simulator.waitForCall('CP-1', 'Heartbeat');
    simulator.call('CP-1', 'ClearCache', {}, { messageId: 'own' }).catch(() => {});
    await raw.hear(([, id]) => id === 'own');
    expect(idsOf(raw)).toEqual(['1', 'own']);
  });

  it('are made all at once, with ids that count', async () => {
    const simulator = await csms({ oddities: { pipelined: true, messageIds: 'counter' } });
    const raw = await new Raw(`${simulator.url}/CP-1`).open();
    const calls = [1, 2, 3].map(() => simulator.call('CP-1', 'ClearCache'));
    await raw.hear(([, id]) => id === '3');
    expect(idsOf(raw)).toEqual(['1', '2', '3']);
    for (const id of ['2', '3', '1']) raw.say([3, id, { status: id === '2' ? 'Rejected' : 'Accepted' }]);
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([
      'Accepted',
      'Rejected',
      'Accepted',
    ]);
  });

  it('have the ids that the station used, while it still waits for its own answer too', async () => {
    const simulator = await csms({ oddities: { messageIds: 'mirrored', silentOn: ['Heartbeat'] } });
    const raw = await new Raw(`${simulator.url}/CP-1`).open();
    raw.say([2, 'mine', 'Heartbeat', {}]);
    await simulator.waitForCall('CP-1', 'Heartbeat');
    const call = simulator.call('CP-1', 'ClearCache');
    expect(await raw.hear(([type]) => type === 2)).toEqual([2, 'mine', 'ClearCache', {}]);
    raw.say([3, 'mine', { status: 'Accepted' }]);
    expect(await call).toEqual({ status: 'Accepted' });
  });
});

describe('a second connection', () => {
  it('takes over', async () => {
    const simulator = await csms();
    const first = await new Raw(`${simulator.url}/CP-1`).open();
    const closed = first.closed();
    const second = await new Raw(`${simulator.url}/CP-1`).open();
    expect(await closed).toMatchObject({ code: 1000 });
    expect(await second.ask('1', 'Heartbeat')).toMatchObject([3, '1', {}]);
    expect(simulator.station('CP-1')).toMatchObject({ connected: true, connections: 2 });
  });

  it('lives beside the first, and gets the calls', async () => {
    const simulator = await csms({ oddities: { secondConnection: 'coexists' } });
    const first = await new Raw(`${simulator.url}/CP-1`).open();
    const second = await new Raw(`${simulator.url}/CP-1`).open();
    expect(await first.ask('1', 'Heartbeat')).toMatchObject([3, '1', {}]);
    simulator.sendRaw('CP-1', '[2,"x","ClearCache",{}]');
    await second.hear(([, id]) => id === 'x');
    expect(simulator.frames('CP-1').map(({ connection }) => connection)).toEqual([1, 1, 2]);
  });

  it('is refused', async () => {
    const simulator = await csms({ oddities: { secondConnection: 'refused' } });
    await new Raw(`${simulator.url}/CP-1`).open();
    expect(await new Raw(`${simulator.url}/CP-1`).status()).toBe(409);
  });
});

describe('upgrades', () => {
  it.each([
    [503, 503],
    ['cut', 0],
  ] as const)('are dealt with by %s', async (upgrades, status) => {
    const simulator = await csms();
    const station = charger(simulator.url);
    await station.start();
    simulator.oddities = { upgrades };
    expect(await new Raw(`${simulator.url}/CP-2`).status()).toBe(status);
    expect(simulator.station('CP-1').connected).toBe(true);
    await simulator.cut('CP-1');
    await simulator.waitFor(
      'a try',
      () => simulator.handshakes.filter((each) => each.status === status).length > 1,
    );
    expect(station.online).toBe(false);
    simulator.oddities = {};
    await simulator.waitFor('it', () => simulator.station('CP-1').connected);
  });

  it('come late, or are never answered', async () => {
    const simulator = await csms({ oddities: { upgradesAfterMs: 30 } });
    const begun = performance.now();
    expect(await new Raw(`${simulator.url}/CP-1`).status()).toBe(101);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(29);
    simulator.oddities = { upgrades: 'unanswered' };
    const left = new Raw(`${simulator.url}/CP-2`).status();
    await simulator.waitFor('it', () => simulator.handshakes.length === 2);
    await simulator.stop();
    expect(await left).toBe(0);
  });
});

it('falls silent on an open connection', async () => {
  const simulator = await csms();
  const raw = await new Raw(`${simulator.url}/CP-1`).open();
  await raw.ask('1', 'Heartbeat');
  simulator.freeze('CP-1');
  raw.say([2, '2', 'Heartbeat', {}]);
  simulator.sendRaw('CP-1', '[2,"x","ClearCache",{}]');
  const other = await new Raw(`${simulator.url}/CP-2`).open();
  await other.ask('1', 'Heartbeat');
  expect(idsOf(raw)).toEqual(['1']);
  expect(simulator.frames('CP-1').length).toBe(2);
  expect(raw.socket.readyState).toBe(raw.socket.OPEN);
  await simulator.stop();
});
