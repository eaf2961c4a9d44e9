/** Who is connected, as far as the feed says; what is late is history. */
import { describe, expect, it } from 'vitest';
import { until } from '../harness.js';
import { event, type Fed, fed, frame, instant, status } from './fed.js';

const linkOf = ({ bridge }: Pick<Fed, 'bridge'>) => bridge.state.stations.get('N1')?.link.value;
const isConnected = ({ bridge }: Pick<Fed, 'bridge'>) => bridge.ocpp.commands.isConnected('N1');

describe('a station that is fed', () => {
  it('is connected by its frames, gone when the CSMS says so, and back by the next', async () => {
    const test = await fed({ ocpp: 'linkGraceSeconds: 0.2' });
    await test.hand(frame('csms', [2, 'c', 'GetConfiguration', {}]));
    expect(isConnected(test)).toBe(false);
    await test.hand(frame('station', [2, 'a', 'Heartbeat', {}], { at: instant(-3) }));
    expect([isConnected(test), linkOf(test)]).toEqual([true, 'connected']);
    await test.hand(event('disconnected', { at: instant(-2) }));
    expect(isConnected(test)).toBe(false);
    await until(() => linkOf(test) === 'lost', 'the end of the grace');
    await test.hand(frame('station', [2, 'b', 'Heartbeat', {}], { at: instant(-2.5) }));
    expect(isConnected(test)).toBe(false);
    await test.hand(frame('station', [2, 'c', 'Heartbeat', {}], { at: instant(-1) }));
    expect([isConnected(test), linkOf(test)]).toEqual([true, 'connected']);
  });

  it('takes an hour that was buffered as history: it changes nothing of now', async () => {
    const test = await fed({ ocpp: 'linkGraceSeconds: 0.2' });
    const [hour, half, now] = [instant(-3600), instant(-1800), instant(-1)];
    await test.hand(
      event('connected', { at: instant(-1.5) }),
      frame('station', status('now', 'Charging', now), { at: now }),
    );
    const before = test.bridge.point('N1', 'N1-1').status;
    const stop = { transactionId: 9, meterStop: 61_000, timestamp: half, reason: 'EVDisconnected' };
    await test.hand(
      frame(
        'station',
        [
          2,
          's',
          'StartTransaction',
          { connectorId: 1, idTag: 'BUS4711', meterStart: 1_000, timestamp: hour },
        ],
        { at: hour },
      ),
      frame('csms', [3, 's', { transactionId: 9, idTagInfo: { status: 'Accepted' } }], { at: hour }),
      frame('station', [2, 'e', 'StopTransaction', stop], { at: half }),
      frame('station', status('old', 'Available', half), { at: half }),
      event('disconnected', { at: half }),
    );
    expect(test.bridge.point('N1', 'N1-1').status).toEqual(before);
    expect([isConnected(test), linkOf(test)]).toEqual([true, 'connected']);
    const told = [...test.bridge.state.processes.values()].find(
      ({ transactionId }) => transactionId?.value === '9',
    );
    expect(told).toMatchObject({ deliveredWh: { value: 60_000 }, endedAt: half, transactionStartedAt: hour });
    expect(test.bridge.point('N1', 'N1-1').processId).not.toBe(told?.processId);
    expect(test.bridge.state.stations.get('N1')?.clock).toBeUndefined();
  });

  it('is as it was when its hour was heard at once, whatever came first', async () => {
    const frames = [0, 600, 1_200, 1_800, 2_400].map((seconds, index) => {
      const at = instant(seconds - 3_000);
      const value = [
        {
          timestamp: at,
          sampledValue: [{ value: String(10_000 + seconds), measurand: 'Energy.Active.Import.Register' }],
        },
      ];
      return index === 0
        ? frame(
            'station',
            [
              2,
              's',
              'StartTransaction',
              { connectorId: 1, idTag: 'BUS4711', meterStart: 10_000, timestamp: at },
            ],
            { at },
          )
        : frame(
            'station',
            [2, `m${index}`, 'MeterValues', { connectorId: 1, transactionId: 5, meterValue: value }],
            { at },
          );
    });
    const [start, ...values] = frames;
    const answer = frame('csms', [3, 's', { transactionId: 5, idTagInfo: { status: 'Accepted' } }], {
      at: frames[0]?.at,
    });
    const outcomes = [];
    for (const batches of [
      [[start, answer, ...values]],
      [[start, answer, ...values.slice(2)], values.slice(0, 2)],
    ]) {
      const test = await fed();
      for (const batch of batches) await test.hand(...batch);
      const [process] = [...test.bridge.state.processes.values()];
      outcomes.push([
        process?.deliveredWh?.value,
        process?.startedAt,
        process?.endedAt,
        test.bridge.state.processes.size,
      ]);
    }
    expect(outcomes[0]).toEqual([2_400, frames[0]?.at, undefined, 1]);
    expect(outcomes[1]).toEqual(outcomes[0]);
  });
});

describe('a feed that is silent', () => {
  it('loses its stations after the grace, says why, and has them back with it', async () => {
    const test = await fed({ feed: 'silenceSeconds: 0.4', ocpp: 'linkGraceSeconds: 0.2' });
    await test.hand(event('connected'));
    await until(() => linkOf(test) === 'lost', 'the loss');
    expect(test.bridge.ocpp.feed?.silenceOf('N1')?.message).toContain('nothing came from the CSMS');
    expect(await test.bridge.journal({ link: 'feed', action: 'FeedSilent' })).toHaveLength(1);
    await test.hand(event('connected'));
    expect([isConnected(test), linkOf(test)]).toEqual([true, 'connected']);
    expect(test.bridge.ocpp.feed?.silenceOf('N1')).toBeUndefined();
  });

  it('is alive by empty lists, and its stations come back with it within the grace', async () => {
    const test = await fed({ feed: 'silenceSeconds: 1' });
    await test.hand(event('connected'));
    for (let times = 0; times < 5; times += 1) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      await test.hand();
    }
    expect(isConnected(test)).toBe(true);
    await until(() => !isConnected(test), 'the silence');
    await test.hand();
    expect([isConnected(test), linkOf(test)]).toEqual([true, 'connected']);
  });

  it('loses a station of which frames alone told, when they stay away', async () => {
    const test = await fed({ feed: 'stationSilenceSeconds: 0.2, silenceSeconds: 2' });
    await test.hand(frame('station', [2, 'a', 'Heartbeat', {}]), event('connected', { station: 'CP-N2' }));
    await until(async () => (await test.hand()) && !isConnected(test), 'the end of its connection');
    expect(test.bridge.ocpp.commands.isConnected('N2')).toBe(true);
  });

  it('has its stations where they were after a restart of the bridge', async () => {
    const test = await fed();
    await test.hand(
      event('connected'),
      frame('station', [
        2,
        'open',
        'StartTransaction',
        { connectorId: 1, idTag: 'BUS4711', meterStart: 0, timestamp: instant(-1) },
      ]),
    );
    await test.bridge.end();
    await test.bridge.begin();
    expect(isConnected(test)).toBe(false);
    await test.hand();
    expect([isConnected(test), linkOf(test)]).toEqual([true, 'connected']);
    await test.hand(frame('csms', [3, 'open', { transactionId: 3, idTagInfo: { status: 'Accepted' } }]));
    expect([...test.bridge.state.processes.values()][0]?.transactionId?.value).toBe('3');
  });
});
