/** A message id that comes again while its call is in work: the first call is answered, and with nothing but its answer. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Troubles } from '../../src/admin/index.js';
import { OcppHarness, until } from './harness.js';
import { type Dialled, dial } from './raw.js';

let harness: OcppHarness;
let troubles: Troubles;
/** Lets the question for a token be answered; a call that asks is in work until then. */
const allow: (() => void)[] = [];

beforeAll(async () => {
  const authorize = () => new Promise<boolean>((resolve) => allow.push(() => resolve(true)));
  harness = await OcppHarness.start({ options: { authorize } });
  const none = () => [];
  troubles = new Troubles(harness.runtime, {
    ...{ parked: none, refusals: none, settings: () => undefined, limitsNotHeld: none },
  });
});
afterAll(() => harness.remove());

const open: Dialled[] = [];
afterEach(async () => {
  for (const dialled of open.splice(0)) await dialled.end();
  for (const answer of allow.splice(0)) answer();
});

/** What differs between the versions. */
const versions = [
  {
    ...{ version: 'ocpp1.6', stationId: 'N1', identity: 'CP-N1', password: 'cp-n1-secret-0001' },
    slow: ['Authorize', { idTag: 'GUEST-1' }],
    status: ['StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Reserved' }],
    lacking: 'OccurenceConstraintViolation',
  },
  {
    ...{ version: 'ocpp2.0.1', stationId: 'N3', identity: 'CP-N3', password: 'cp-n3-secret-0003' },
    slow: ['Authorize', { idToken: { idToken: 'GUEST-1', type: 'ISO14443' } }],
    status: [
      'StatusNotification',
      { evseId: 1, connectorId: 1, connectorStatus: 'Reserved', timestamp: '2026-01-01T00:00:00Z' },
    ],
    lacking: 'OccurrenceConstraintViolation',
  },
] as const;

let count = 0;

describe.each(versions)('$version', ({ version, stationId, identity, password, slow, status, lacking }) => {
  const link = `ocpp:${identity}`;

  /** A station with a call in work under `id`. */
  async function busy() {
    const station = await dial(harness.port, { identity, password, protocols: [version] });
    open.push(station);
    const id = `id-${++count}`;
    const first = JSON.stringify([2, id, ...slow]);
    station.socket.send(first);
    await until(() => allow.length === 1, 'the question');
    const from = harness.log.length;
    const told = (code: string) => harness.log.slice(from).filter((line) => line.code === code);
    const frames = async () => (await harness.journal({ link })).filter(({ messageId }) => messageId === id);
    return { station, id, first, told, frames, answer: () => allow.shift()?.() };
  }
  const troublesWith = (text: string) =>
    troubles.of(stationId).find((each) => each.text.includes(text))?.count ?? 0;

  it('the same call again is counted and goes no further: one answer serves all', async () => {
    const before = troublesWith('repeated before');
    const { station, id, first, told, frames, answer } = await busy();
    // As it was, and with its members in another order and other blanks.
    const rewritten = ` [ 2, "${id}", ${JSON.stringify(slow[0])}, ${JSON.stringify(slow[1])} ]`;
    for (const again of [first, rewritten]) station.socket.send(again);
    // What comes after it does not wait for it.
    expect(await station.ask([2, 'other', 'Heartbeat', {}])).toMatchObject([3, 'other', {}]);
    answer();
    await until(() => station.answers().length === 2, 'the answer');
    expect(await station.ask([2, 'last', 'Heartbeat', {}])).toMatchObject([3, 'last', {}]);
    expect(station.answers().map(([type, messageId]) => [type, messageId])).toEqual([
      [3, 'other'],
      [3, id],
      [3, 'last'],
    ]);
    expect(allow).toEqual([]);
    const [call, ...rest] = await frames();
    expect(call).toMatchObject({ raw: first, direction: 'in' });
    expect(call?.error).toBeUndefined();
    expect(rest).toMatchObject([
      { raw: first, error: 'OCPP_CALL_REPEATED', causes: [call?.id] },
      { raw: rewritten, error: 'OCPP_CALL_REPEATED', causes: [call?.id] },
      { direction: 'out', causes: [call?.id] },
    ]);
    expect(told('OCPP_CALL_REPEATED')).toHaveLength(1);
    expect(troublesWith('repeated before')).toBe(before + 2);
  });

  it('another call waits for the answer to the first, in the order of the socket, and is then taken', async () => {
    const before = troublesWith('used for another call');
    const { station, id, told, frames, answer } = await busy();
    const second = JSON.stringify([2, id, ...status]);
    const third = JSON.stringify([2, id, 'Heartbeat', {}]);
    for (const frame of [second, third, '[2,"after","Heartbeat",{}]']) station.socket.send(frame);
    await until(() => told('OCPP_MESSAGE_ID_REUSED').length > 0, 'the log line');
    expect(harness.point(stationId, stationId === 'N1' ? 'N1-1' : 'N3-1').status?.value).not.toBe('Reserved');
    expect(station.answers()).toEqual([]);
    answer();
    await until(() => station.answers().length === 4, 'four answers');
    expect(station.answers()).toMatchObject([
      [3, id, version === 'ocpp1.6' ? { idTagInfo: {} } : { idTokenInfo: {} }],
      [3, id, {}],
      [3, id, { currentTime: expect.any(String) }],
      [3, 'after', {}],
    ]);
    expect(harness.point(stationId, stationId === 'N1' ? 'N1-1' : 'N3-1').status?.value).toBe('Reserved');
    expect(
      (await frames()).flatMap(({ direction, raw }) => (direction === 'in' ? [raw] : [])).slice(1),
    ).toEqual([second, third]);
    expect((await harness.journal({ link, action: 'MessageIdReused' })).at(-1)).toMatchObject({
      error: 'OCPP_MESSAGE_ID_REUSED',
    });
    expect(told('OCPP_MESSAGE_ID_REUSED')).toHaveLength(1);
    expect(troublesWith('used for another call')).toBeGreaterThan(before);
  });

  it('another call that is refused is so after the first was answered', async () => {
    const { station, id, answer } = await busy();
    station.socket.send(JSON.stringify([2, id, slow[0], {}]));
    station.socket.send(JSON.stringify([2, id, 17]));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(station.answers()).toEqual([]);
    answer();
    await until(() => station.answers().length === 3, 'three answers');
    expect(station.answers().map((each) => each.slice(0, 3))).toEqual([
      [3, id, expect.any(Object)],
      [4, id, lacking],
      [4, id, expect.any(String)],
    ]);
  });

  it('an id that comes again after its answer is a call like any other', async () => {
    const { station, id, first, told, answer } = await busy();
    answer();
    await until(() => station.answers().length === 1, 'the answer');
    station.socket.send(first);
    await until(() => allow.length === 1, 'the question');
    answer();
    await until(() => station.answers().length === 2, 'the second answer');
    expect(await station.ask([2, id, 'Heartbeat', {}])).toMatchObject([3, id, {}]);
    expect(told('OCPP_CALL_REPEATED')).toEqual([]);
  });

  it('what still waits when the connection ends is in the journal, not taken', async () => {
    const { station, id, told } = await busy();
    const waiting = JSON.stringify([2, id, ...status]);
    station.socket.send(waiting);
    await until(() => told('OCPP_MESSAGE_ID_REUSED').length > 0, 'the log line');
    await station.end();
    const untaken = async () => (await harness.journal({ link, action: 'Untaken' })).map(({ raw }) => raw);
    await expect.poll(untaken).toEqual([waiting]);
  });

  it('5,000 repetitions are read no faster than anything else, and nobody waits for them', async () => {
    const { station, first, answer } = await busy();
    for (let i = 0; i < 5_000; i++) station.socket.send(first);
    const neighbour = await dial(harness.port, {
      ...(version === 'ocpp1.6'
        ? { identity: 'CP-N3', password: 'cp-n3-secret-0003', protocols: ['ocpp2.0.1'] }
        : { protocols: ['ocpp1.6'] }),
    });
    open.push(neighbour);
    const began = performance.now();
    expect(await neighbour.ask([2, 'h', 'Heartbeat', {}])).toMatchObject([3, 'h', {}]);
    // At their rate they take 50 s.
    expect(performance.now() - began).toBeLessThan(10_000);
    answer();
    await until(() => station.answers().length > 0, 'the answer');
  });
});
