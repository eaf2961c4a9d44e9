/** How a connection behaves: rules 6 to 16, 18, 20, 21, 36, 37 and the vectors that belong to them. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BridgeError } from '../../src/errors/index.js';
import { ITCS, upstream } from './cms.js';
import { booted, cmsWith, dial } from './opened.js';
import { confOf, type Frame, order, pointIn } from './peer.js';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const idOf = (frame: Frame | undefined): string => frame?.[4] ?? '';
const free = { pointId: 'N1-1', status: 'Available' } as const;
const taken = { pointId: 'N1-1', status: 'Occupied' } as const;

describe('boot', () => {
  it('rule 6: nothing before BootNotification (vector 3): an err that echoes, and the socket stays open', async () => {
    const cms = await cmsWith();
    const peer = await dial(cms);
    const messageId = randomUUID();
    const answer = await peer.list([], { messageId });
    expect(answer.slice(0, 3)).toEqual([3, 'CMS', 'BMS-1']);
    expect(answer.slice(4, 6)).toEqual([messageId, 'ProvideChargingRequests']);
    expect(answer[6]).toEqual({ message: expect.stringContaining('VDV463_NOT_BOOTED') });
    expect((await peer.boot())[6]).toEqual({ status: 'Accepted' });
    // The same request is not answered from memory once it may be made.
    await peer.informed();
    expect((await peer.list([], { messageId }))[0]).toBe(2);
  });

  it('rule 6: each connection begins anew, and a second boot on one is welcome', async () => {
    const cms = await cmsWith();
    const first = await booted(cms);
    await first.close();
    const second = await dial(cms);
    expect((await second.list([]))[0]).toBe(3);
    await second.boot();
    await second.informed();
    expect((await second.boot())[6]).toEqual({ status: 'Accepted' });
    await second.informed(2);
    const boots = await cms.journalled({ action: 'BootNotification', direction: 'in' });
    expect(boots).toHaveLength(3);
  });

  it('rule 7: a rejected boot gets no information, only errs, and the connection ends after a grace', async () => {
    const cms = await cmsWith({ upstreams: [upstream({ timeoutSeconds: 1 })] });
    const peer = await dial(cms);
    expect((await peer.boot('ITCS'))[6]).toEqual({ status: 'Rejected' });
    expect((await peer.list([]))[0]).toBe(3);
    expect((await peer.ended()).code).toBe(1008);
    expect(peer.snapshots).toEqual([]);
  });

  it('rule 7: a boot that is right after all saves the connection', async () => {
    const cms = await cmsWith({ upstreams: [upstream({ timeoutSeconds: 1 })] });
    const peer = await dial(cms);
    await peer.boot('ITCS');
    expect((await peer.boot('BMS'))[6]).toEqual({ status: 'Accepted' });
    await pause(1_200);
    expect(peer.closed).toBeUndefined();
  });

  it('rule 8: the first information follows the boot at once, not one interval later', async () => {
    const cms = await cmsWith();
    const peer = await dial(cms);
    await peer.boot();
    const frame = await peer.informed();
    expect(peer.received.indexOf(frame)).toBe(1);
  });

  it('rule 8: a list before the first information is refused, strictly (vector 4)', async () => {
    const cms = await cmsWith();
    const peer = await dial(cms);
    peer.send(1, 'BootNotification', { presystem: 'BMS' });
    const answer = await peer.list([order('R1', 'V1')]);
    expect(answer[0]).toBe(3);
    expect(JSON.stringify(answer[6])).toContain('VDV463_EARLY_REQUESTS');
    await peer.informed();
    expect(cms.runtime.depot.state.presystems['BMS-1']?.requests).toEqual({});
  });

  it('rule 8: the same list is taken from a lenient presystem, and counted', async () => {
    const cms = await cmsWith({ upstreams: [upstream({ lenient: true })] });
    const peer = await dial(cms);
    peer.send(1, 'BootNotification', { presystem: 'BMS' });
    expect((await peer.list([order('R1', 'V1')]))[0]).toBe(2);
    expect(await cms.count('forgiven', 'VDV463_LENIENT_EARLY_REQUESTS')).toBe(1);
    await peer.informed();
  });
});

describe('requests and answers', () => {
  it('rule 9: every request gets exactly one answer that echoes id, action and presystem', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    const ids = ['a', 'b', 'c'].map(() => randomUUID());
    for (const messageId of ids)
      peer.send(1, 'ProvideChargingRequests', { chargingRequestList: [] }, { messageId });
    await peer.wait(() => peer.received.length >= 5, 'three answers');
    await pause(50);
    const answers = peer.received.slice(2);
    expect(answers.map(idOf)).toEqual(ids);
    for (const [type, source, presystemId, , , action, payload] of answers) {
      expect([type, source, presystemId, action, payload]).toEqual([
        2,
        'CMS',
        'BMS-1',
        'ProvideChargingRequests',
        {},
      ]);
    }
  });

  it('rule 10: requests that cross are both answered (vector 5)', async () => {
    const cms = await cmsWith();
    const crossing = await dial(cms);
    let crossed = 0;
    crossing.answer = (frame) => {
      crossed += 1;
      crossing.send(1, 'ProvideChargingRequests', { chargingRequestList: [] });
      return confOf(frame);
    };
    await crossing.boot();
    await crossing.wait(
      () => crossing.received.find(([type, , , , , a]) => type === 2 && a.endsWith('Requests')),
      'a conf',
    );
    await cms.say('N1', 'LinkOpened', {});
    await cms.say('N1', 'PointStatusReported', free);
    await crossing.informed(2);
    await crossing.wait(
      () =>
        crossing.received.filter(([type, , , , , a]) => type === 2 && a.endsWith('Requests')).length ===
        crossed,
      'every conf',
    );
  });

  it('rule 10: only one information is under way, however much happens', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms, 'BMS-1', { answer: 'nothing' });
    await cms.say('N1', 'LinkOpened', {});
    await cms.say('N1', 'PointStatusReported', free);
    await pause(600);
    expect(peer.snapshots).toHaveLength(1);
    peer.answer = 'conf';
    peer.socket.send(JSON.stringify(confOf(peer.snapshots[0] as Frame)));
    await peer.informed(2);
  });

  it('rule 11: no conf through three changes: identical retries, then one fresh snapshot, not three (vector 6)', async () => {
    const cms = await cmsWith({ upstreams: [upstream({ timeoutSeconds: 0.15, retries: 2 })] });
    const peer = await booted(cms, 'BMS-1', { answer: 'nothing' });
    await cms.say('N1', 'LinkOpened', {});
    await cms.say('N1', 'PointStatusReported', free);
    await cms.say('N1', 'PointStatusReported', taken);
    await peer.wait(() => peer.snapshots.length >= 3, 'two retries');
    peer.answer = 'conf';
    const fresh = await peer.informed(4);
    const [first, second, third] = peer.raw.filter((text) => text.includes('ProvideChargingInformation'));
    expect([second, third]).toEqual([first, first]);
    expect(idOf(fresh)).not.toBe(idOf(peer.snapshots[0]));
    expect(pointIn(fresh[6], 'N1-1')?.chargingPointStatus).toBe('Occupied');
    await pause(400);
    // A conf that a busy machine was late with brings the fresh one again, but no other.
    expect(new Set(peer.snapshots.map(idOf)).size).toBe(2);
  });

  it('rule 11: a presystem that never answers is cut off', async () => {
    const cms = await cmsWith({ upstreams: [upstream({ timeoutSeconds: 0.05, retries: 1 })] });
    const peer = await booted(cms, 'BMS-1', { answer: 'nothing' });
    expect(await peer.ended()).toMatchObject({ code: 1008 });
    expect(new Set(peer.snapshots.map(idOf)).size).toBe(3);
  });

  it('rule 12: an err of any shape counts as receipt, is logged, and is not repeated (vector 10)', async () => {
    const cms = await cmsWith();
    await cms.say('N1', 'LinkOpened', {});
    const shapes = [
      'boom',
      { message: 'boom' },
      { errorMessage: 'boom' },
      { errorCode: 'X', errorDescription: 'boom' },
    ];
    for (const [index, payload] of [...shapes, null, 17, ['boom']].entries()) {
      let refused = 0;
      const peer = await booted(cms, 'BMS-1', {
        answer: (frame) => {
          if (refused++ > 0) return confOf(frame);
          const [, source, presystemId, at, messageId, action] = confOf(frame);
          return [3, source, presystemId, at, messageId, action, payload];
        },
      });
      // Only what was received makes way for what comes next.
      await cms.say('N1', 'PointStatusReported', index % 2 ? taken : free);
      expect(idOf(await peer.informed(2))).not.toBe(idOf(peer.snapshots[0]));
      await peer.close();
    }
    const told = cms.logged.filter(({ code }) => code === 'VDV463_REQUEST_REFUSED').map(({ msg }) => msg);
    expect(told).toHaveLength(7);
    expect(told.slice(0, 4)).toEqual(Array(4).fill('it answered with an error: boom'));
  });

  it('rule 13: the same request twice has one effect and the identical answer (vector 8)', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    const messageId = randomUUID();
    await peer.list([order('R1', 'V1')], { messageId });
    const first = peer.raw.at(-1);
    await peer.list([order('R1', 'V1')], { messageId });
    expect(peer.raw.at(-1)).toBe(first);
    const [, again] = await cms.journalled({ action: 'ProvideChargingRequests', direction: 'in' });
    expect(again?.error).toBe('VDV463_REPEATED');
    const other = await peer.list([order('R2', 'V2')], { messageId });
    expect(other[0]).toBe(3);
    expect(Object.keys(cms.runtime.depot.state.presystems['BMS-1']?.requests ?? {})).toEqual(['R1']);
    // The first meaning of the id still stands.
    await peer.list([order('R1', 'V1')], { messageId });
    expect(peer.raw.at(-1)).toBe(first);
  });

  it('rule 13: a refused payload is refused alike when it comes again', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    const messageId = randomUUID();
    await peer.ask('ProvideChargingRequests', {}, { messageId });
    const first = peer.raw.at(-1);
    await peer.ask('ProvideChargingRequests', {}, { messageId });
    expect(peer.raw.at(-1)).toBe(first);
  });

  it('rule 14: an answer that nobody waits for is logged and ignored', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    peer.send(2, 'ProvideChargingInformation', {});
    peer.send(3, 'ProvideChargingInformation', { message: 'late' });
    expect((await peer.list([]))[0]).toBe(2);
    const ignored = await cms.journalled({ direction: 'in' });
    expect(ignored.filter(({ error }) => error === 'VDV463_UNMATCHED_ANSWER')).toHaveLength(2);
  });

  it('rule 14: a conf with an id of its own: strictly none, leniently matched and counted (vector 7)', async () => {
    const odd = (frame: Frame): Frame =>
      [...confOf(frame).slice(0, 4), randomUUID(), ...frame.slice(5, 6), {}] as Frame;
    const times = { timeoutSeconds: 0.5, retries: 1 };
    const cms = await cmsWith({
      upstreams: [upstream(times), { ...ITCS, ...times, lenient: true }],
    });
    const strict = await booted(cms, 'BMS-1', { answer: odd });
    const lenient = await booted(cms, 'ITCS-1', { answer: odd });
    await strict.informed(2);
    expect(lenient.snapshots).toHaveLength(1);
    expect(await cms.count('forgiven', 'VDV463_LENIENT_ANSWER_ID')).toBe(1);
  });

  it('rule 15: an unknown action gets an err that echoes id and action (vector 9)', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    const messageId = randomUUID();
    const answer = await peer.ask('Heartbeat', {}, { messageId });
    expect(answer.slice(0, 6).filter((_, i) => i !== 3)).toEqual([3, 'CMS', 'BMS-1', messageId, 'Heartbeat']);
    const own = await peer.ask('ProvideChargingInformation', { depotInfoList: [] });
    expect(JSON.stringify(own[6])).toContain('VDV463_UNKNOWN_ACTION');
  });

  it('rule 15: of a broken frame the head is enough for an err; without it the connection ends with 1007', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    const head = (id: string) => `[1,"BMS","BMS-1","2026-01-01T00:00:00Z","${id}","ProvideChargingRequests",`;
    const broken = [
      `${head('11111111-1111-4111-8111-111111111111')}{"chargingRequestList":[]}`,
      `${head('21111111-1111-4111-8111-111111111111')}{}]]`,
      `${head('31111111-1111-4111-8111-111111111111')}{},"more"]`,
      `${head('no-uuid')}{"chargingRequestList":[]}]`,
      `[1,"BMS",null,"2026-01-01T00:00:00Z","41111111-1111-4111-8111-111111111111","ProvideChargingRequests",{}]`,
      `${head('51111111-1111-4111-8111-111111111111')}{"__proto__":{"x":1}}]`,
      `${head('61111111-1111-4111-8111-111111111111')}${'['.repeat(40)}${']'.repeat(40)}]`,
    ];
    for (const text of broken) {
      const before = peer.received.length;
      peer.socket.send(text);
      const answer = await peer.wait(() => peer.received[before], `an answer to ${text}`);
      expect(answer[0]).toBe(3);
      expect(text).toContain(idOf(answer));
    }
    peer.violations.length = 0;
    peer.socket.send('[2,"BMS","BMS-1"');
    peer.socket.send('hello');
    expect((await peer.ended()).code).toBe(1007);
    const entries = await cms.journalled({ direction: 'in' });
    expect(entries.filter(({ error }) => error !== undefined)).toHaveLength(broken.length + 2);
    expect(entries.at(-2)?.raw).toBe('[2,"BMS","BMS-1"');
  });

  it('rule 15: frames are text', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    peer.socket.send(Buffer.from('[]'));
    expect((await peer.ended()).code).toBe(1003);
  });
});

describe('life and death of a link', () => {
  it('rule 16: the CMS answers pings, sends its own, and cuts a link that is silent twice', async () => {
    const cms = await cmsWith({ upstreams: [upstream({ pingSeconds: 0.1 })] });
    const alive = await booted(cms);
    const ponged = new Promise((resolve) => alive.socket.once('pong', resolve));
    alive.socket.ping();
    await ponged;
    await alive.wait(() => alive.pings >= 4, 'four pings');
    const dead = await booted(cms, 'BMS-1', { ws: { autoPong: false } });
    expect((await dead.ended()).code).toBe(1006);
  });

  it('rule 16: any frame counts as life, not only a pong', async () => {
    const cms = await cmsWith({ upstreams: [upstream({ pingSeconds: 0.3, lenient: true })] });
    const peer = await booted(cms, 'BMS-1', { ws: { autoPong: false } });
    for (let i = 0; i < 12; i++) {
      await pause(100);
      await peer.list([]);
    }
    expect(peer.closed).toBeUndefined();
    expect(await cms.count('forgiven', 'VDV463_LENIENT_NO_PING')).toBe(1);
  });

  it('rule 18: what happened meanwhile is not replayed: one snapshot after a reconnect', async () => {
    const cms = await cmsWith();
    const first = await booted(cms);
    await first.close();
    await cms.say('N1', 'LinkOpened', {});
    for (const status of ['Available', 'Occupied', 'Available', 'Unavailable'] as const) {
      await cms.say('N1', 'PointStatusReported', { pointId: 'N1-1', status });
    }
    const second = await booted(cms);
    await pause(400);
    expect(second.snapshots).toHaveLength(1);
    expect(pointIn(second.snapshots[0]?.[6], 'N1-1')?.chargingPointStatus).toBe('Unavailable');
  });

  it('rule 18: a burst of changes becomes one snapshot, at least 250 ms after the one before', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    const began = performance.now();
    await cms.say('N1', 'LinkOpened', {});
    await cms.say('N1', 'PointStatusReported', free);
    await cms.charge('N1', 'N1-1', 'V1', { powerW: 10_000 });
    for (let i = 1; i <= 10; i++) await cms.measure('N1', 'N1-1', { powerW: 10_000 + i });
    await peer.see((payload) => pointIn(payload, 'N1-1')?.presentPower === 10.01 || undefined);
    expect(peer.snapshots.length).toBeLessThanOrEqual(2 + (performance.now() - began) / 250);
    // As the CMS dates them: on their way one may be held up longer than the next.
    const times = peer.snapshots.map(([, , , timestamp]) => Date.parse(timestamp));
    expect(times.length).toBeGreaterThan(1);
    for (let i = 1; i < times.length; i++) expect((times[i] ?? 0) - (times[i - 1] ?? 0)).toBeGreaterThan(240);
  });

  it('rule 20: of two connections of one presystem the newest that booted wins', async () => {
    const cms = await cmsWith();
    const older = await booted(cms);
    const newer = await dial(cms);
    await pause(50);
    expect(older.closed).toBeUndefined();
    await newer.boot();
    expect(await older.ended()).toMatchObject({ code: 1008, reason: 'replaced by a newer connection' });
    await newer.informed();
    expect((await newer.list([]))[0]).toBe(2);
  });

  it('rule 21: a presystemId that changes inside a connection is an err, and old requests keep their key', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    await peer.list([order('R1', 'V1')]);
    const answer = await peer.ask('BootNotification', { presystem: 'BMS' }, { presystemId: 'BMS-2' });
    expect(answer[0]).toBe(3);
    expect(Object.keys(cms.runtime.depot.state.presystems)).toEqual(['BMS-1']);
    expect((await peer.list([order('R1', 'V1')]))[0]).toBe(2);
  });

  it('rule 36: each information is the whole depot, and comes by the interval of its presystem', async () => {
    const cms = await cmsWith({ upstreams: [upstream({ intervalSeconds: 0.3 }), ITCS] });
    const bms = await booted(cms);
    const itcs = await booted(cms, 'ITCS-1');
    await bms.informed(3);
    expect(itcs.snapshots).toHaveLength(1);
    const ids = (frame: Frame | undefined) => JSON.stringify(frame?.[6]).match(/"chargingPointId":"[^"]+"/g);
    expect(ids(bms.snapshots[2])).toHaveLength(6);
    expect(ids(bms.snapshots[2])).toEqual(ids(bms.snapshots[0]));
  });
});

describe('while the store is away', () => {
  it('a list has neither effect nor answer, so that the presystem repeats it; the depot is told on', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    const { journal } = cms.runtime.depot;
    const { write, appendOrGap } = journal;
    const away: typeof write = (draft) => ({
      entry: { ...draft, id: '9999999999999-0', at: Date.now() },
      stored: Promise.reject(new BridgeError('STORE_UNAVAILABLE', 'the store does not answer')),
    });
    Object.assign(journal, { write: away, appendOrGap: async () => null });
    const messageId = randomUUID();
    peer.send(1, 'ProvideChargingRequests', { chargingRequestList: [order('R1', 'V1')] }, { messageId });
    await cms.runtime.depot.apply([
      {
        type: 'PresystemBooted',
        presystemId: 'ITCS-1',
        raw: '1-0',
        ruleOf: () => 'test',
        payload: { receivedAt: '2026-01-01T00:00:00Z' },
      },
      {
        type: 'LinkOpened',
        stationId: 'N1',
        raw: '1-1',
        ruleOf: () => 'test',
        payload: { at: '2026-01-01T00:00:00Z', receivedAt: '2026-01-01T00:00:00Z' },
      },
    ]);
    await peer.informed(2);
    expect(peer.received.some((frame) => idOf(frame) === messageId)).toBe(false);
    expect(cms.runtime.depot.state.presystems['BMS-1']?.requests).toEqual({});
    Object.assign(journal, { write, appendOrGap });
    expect((await peer.list([order('R1', 'V1')], { messageId }))[0]).toBe(2);
  });
});

describe('lenient', () => {
  it('forgives object envelopes, swapped names, odd ids and times, unknown fields, a list left out; counts each', async () => {
    const cms = await cmsWith({ upstreams: [upstream({ lenient: true }), { ...ITCS, dialect: '1.1.0' }] });
    const peer = await booted(cms);
    const envelope = (payload: unknown) => ({
      type: 1,
      source: 'BMS',
      presystemId: 'BMS-1',
      timestamp: new Date().toISOString(),
      messageId: randomUUID(),
      action: 'ProvideChargingRequests',
      payload,
    });
    const object = envelope({ chargingRequestList: [order('R1', 'V1', { colour: 'red' })] });
    peer.socket.send(JSON.stringify(object));
    await peer.wait(
      () => peer.received.find((frame) => idOf(frame) === object.messageId && frame[0] === 2),
      'a conf',
    );
    expect((await peer.list([], { source: 'BMS-1', presystemId: 'Betriebshof' }))[0]).toBe(2);
    peer.violations.length = 0;
    expect((await peer.list([], { messageId: 'no-uuid', timestamp: '2026-01-01T00:00:00' }))[0]).toBe(2);
    peer.violations.length = 0;
    expect((await peer.ask('ProvideChargingRequests', {}))[0]).toBe(2);
    for (const code of ['OBJECT_ENVELOPE', 'SWAPPED_NAMES', 'ENVELOPE', 'UNKNOWN_FIELD', 'EMPTY_LIST']) {
      expect(await cms.count('forgiven', `VDV463_LENIENT_${code}`)).toBe(1);
    }
    const strict = await booted(cms, 'ITCS-1');
    expect((await strict.list([order('R1', 'V1', { colour: 'red' })]))[0]).toBe(3);
    expect((await strict.ask('ProvideChargingRequests', {}))[0]).toBe(3);
    expect((await strict.list([], { timestamp: '2026-01-01T00:00:00' }))[0]).toBe(3);
    strict.socket.send(JSON.stringify({ ...envelope({}), messageId: 'x' }));
    await strict.wait(() => strict.received.some((frame) => idOf(frame) === 'x' && frame[0] === 3), 'an err');
    strict.violations.length = 0;
  });
});
