/** What is taken of what a CSMS hands over, and how often it counts. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { until } from '../harness.js';
import { event, fed, frame, instant, post, status, TOKEN } from './fed.js';

const HEARTBEAT = [2, 'h1', 'Heartbeat', {}];

describe('what is handed over', () => {
  it('is journalled as it was on the wire, and in the state when the answer comes', async () => {
    const { bridge, hand } = await fed();
    const at = instant(-2);
    const text = `[ 2 , "a b\\u00e9" ,"StatusNotification",${JSON.stringify(status('x', 'Preparing', at)[3])} ]`;
    const told = await hand(frame('station', text, { at, id: 'one' }), frame('csms', [3, 'a bé', {}]));
    expect(told).toMatchObject({ accepted: 2, duplicate: 0, rejected: 0 });
    expect(bridge.point('N1', 'N1-1').status).toMatchObject({ value: 'Occupied', at });
    const [call, answer] = (await bridge.journal()).filter(({ direction }) => direction === 'in');
    expect(call).toMatchObject({ raw: text, link: 'ocpp:CP-N1', at: Date.parse(at) });
    expect(answer).toMatchObject({ link: 'csms:CP-N1', causes: [call?.id], action: 'StatusNotification' });
    expect(told.items[0]?.journalId).toBe(call?.id);
  });

  it('counts once by id, once by bytes and time, and again where nobody can tell', async () => {
    const { bridge, hand } = await fed();
    const at = instant(-1);
    const first = frame('station', HEARTBEAT, { id: 'h', at });
    await hand(first);
    const again = await hand(
      { ...first, at: instant(0) },
      { ...first, id: 'other' },
      frame('station', HEARTBEAT),
      frame('station', HEARTBEAT),
    );
    expect(again.items.map((item) => item.status)).toEqual([
      'duplicate',
      'duplicate',
      'accepted',
      'accepted',
    ]);
    await bridge.end();
    await bridge.begin();
    expect(await hand({ ...first, at: instant(0) })).toMatchObject({ duplicate: 1 });
    expect(await bridge.journal({ action: 'Heartbeat' })).toHaveLength(3);
  });

  it('loses nothing good with what is bad, and says what is wrong and what to do', async () => {
    const { bridge, hand } = await fed();
    const told = await hand(
      frame('station', [2, 's', 'Heartbeat', {}]),
      frame('station', HEARTBEAT, { station: 'CP-XX' }),
      { ...frame('station', HEARTBEAT), protocol: 'ocpp3' },
      { ...frame('station', HEARTBEAT), frame: HEARTBEAT },
      JSON.parse(
        '{"station":"CP-N1","from":"station","protocol":"ocpp1.6","frame":"[]","__proto__":{"a":1}}',
      ),
      frame('station', 'no frame at all'),
      frame('station', [2, 'l', 'Heartbeat', {}], { at: '2026-13-01T00:00:00Z' }),
      null,
      frame('station', 'x'.repeat(300_000)),
    );
    expect(told.items.map(({ status: word, code }) => [word, code])).toEqual([
      ['accepted', undefined],
      ['rejected', 'OCPP_UNKNOWN_STATION'],
      ['rejected', 'FEED_BAD_ITEM'],
      ['rejected', 'FEED_BAD_ITEM'],
      ['rejected', 'FEED_BAD_ITEM'],
      ['accepted', 'OCPP_BAD_FRAME'],
      ['rejected', 'FEED_BAD_ITEM'],
      ['rejected', 'FEED_BAD_ITEM'],
      ['rejected', 'FEED_TOO_LARGE'],
    ]);
    expect(told.items[1]).toMatchObject({ message: 'CP-XX is not configured', fix: expect.any(String) });
    expect(told.items[2]).toMatchObject({ message: expect.stringContaining('ocpp1.6, ocpp2.0.1, ocpp2.1') });
    expect(told.items[4]).toMatchObject({ message: expect.stringContaining('__proto__') });
    expect(bridge.ocpp.strangers().map(({ identity }) => identity)).toEqual(['CP-XX']);
    expect(await bridge.journal({ link: 'feed', action: 'FeedRejected' })).toHaveLength(1);
    expect(({} as { a?: number }).a).toBeUndefined();
  });

  it('may be lines of JSON, of which one may be broken', async () => {
    const { url } = await fed();
    const lines = [
      JSON.stringify(frame('station', HEARTBEAT)),
      '{"station":',
      '',
      JSON.stringify(event('connected')),
    ];
    const response = await post(`${url}/frames`, lines.join('\n'), {
      'content-type': 'application/x-ndjson',
    });
    expect(await response.json()).toMatchObject({
      ...{ accepted: 2, rejected: 1 },
      items: [{ status: 'accepted' }, { status: 'rejected', code: 'FEED_BAD_ITEM' }, { status: 'accepted' }],
    });
  });

  it('counts in the order of its times, not of the body', async () => {
    const { bridge, hand } = await fed();
    await hand(
      frame('csms', [3, 's', { transactionId: 7, idTagInfo: { status: 'Accepted' } }], { at: instant(-9) }),
      frame(
        'station',
        [
          2,
          's',
          'StartTransaction',
          { connectorId: 1, idTag: 'BUS4711', meterStart: 5, timestamp: instant(-10) },
        ],
        { at: instant(-10) },
      ),
    );
    const [process] = [...bridge.state.processes.values()];
    expect(process?.transactionId?.value).toBe('7');
  });
});

describe('a store that is away', () => {
  it('makes the CSMS come again, and then all of it counts, once', async () => {
    const { bridge, hand } = await fed();
    const at = instant(-5);
    const start = { connectorId: 1, idTag: 'BUS4711', meterStart: 5, timestamp: at };
    await hand(frame('station', [2, 's', 'StartTransaction', start], { at }));
    const { journal } = bridge.runtime.depot;
    const { begin } = journal;
    const batch = [
      frame('station', [2, 'h', 'Heartbeat', {}], { at, seq: 1 }),
      frame('csms', [3, 's', { transactionId: 7, idTagInfo: { status: 'Accepted' } }], { at, seq: 2 }),
    ];
    // As it is while the store does not answer: the frame is lost.
    journal.begin = (draft) => (draft.link === 'csms:CP-N1' ? null : begin.call(journal, draft));
    await expect(hand(...batch)).rejects.toThrow('503');
    journal.begin = begin;
    expect(await hand(...batch)).toMatchObject({ accepted: 2, duplicate: 0 });
    expect(await hand(...batch)).toMatchObject({ accepted: 0, duplicate: 2 });
    expect([...bridge.state.processes.values()].map(({ transactionId }) => transactionId?.value)).toEqual([
      '7',
    ]);
    expect(await bridge.journal({ action: 'Heartbeat' })).toHaveLength(1);
  });
});

describe('gaps', () => {
  it('show in the numbers, and are filled by what comes late', async () => {
    const { bridge, hand } = await fed();
    const numbered = (seq: number, source?: string) =>
      frame('station', [2, `n${seq}`, 'Heartbeat', {}], { seq, ...(source ? { source } : {}) });
    await hand(numbered(1), numbered(2), numbered(7), numbered(40, 'b'));
    const gaps = () => bridge.ocpp.feed?.status().gaps.map(({ from, to }) => [from, to]);
    expect(gaps()).toEqual([[3, 6]]);
    expect(bridge.log.filter(({ code }) => code === 'FEED_GAP')).toHaveLength(1);
    await hand(numbered(4), numbered(6), numbered(8));
    expect(gaps()).toEqual([
      [3, 3],
      [5, 5],
    ]);
    await bridge.end();
    await bridge.begin();
    await hand(numbered(10), numbered(41, 'b'));
    expect(gaps()).toEqual([[9, 9]]);
  });
});

describe('a WebSocket', () => {
  it('acknowledges each message when it is stored, one bad item apart', async () => {
    const { bridge, url } = await fed();
    const socket = new WebSocket(`${url.replace('http', 'ws')}/frames`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    onTestFinished(() => socket.terminate());
    const heard: unknown[] = [];
    socket.on('message', (data) => heard.push(JSON.parse(String(data))));
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    socket.send(JSON.stringify(event('connected', { seq: 1 })));
    socket.send(
      JSON.stringify([
        frame('station', HEARTBEAT, { seq: 2 }),
        { nonsense: true },
        frame('csms', [3, 'h1', {}], { seq: 3 }),
      ]),
    );
    socket.send('[{');
    await until(() => heard.length === 3, 'three answers');
    expect(heard).toEqual([
      { message: 1, accepted: 1, duplicate: 0, rejected: 0, seq: 1 },
      expect.objectContaining({
        message: 2,
        accepted: 2,
        rejected: 1,
        seq: 3,
        items: [expect.objectContaining({ index: 1, code: 'FEED_BAD_ITEM' })],
      }),
      { message: 3, error: expect.objectContaining({ code: 'FEED_BAD_BODY' }) },
    ]);
    expect(bridge.state.stations.get('N1')?.link.value).toBe('connected');
  });
});
