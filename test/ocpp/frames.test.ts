/** Frames that are no OCPP, and payloads that do not fit: answered in the words of the version, nobody else harmed. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OcppHarness, until } from './harness.js';
import { type Dialled, dial } from './raw.js';

let harness: OcppHarness;
beforeAll(async () => {
  harness = await OcppHarness.start({ options: { limits: { badFrames: 5 } } });
});
afterAll(() => harness.remove());

const open: Dialled[] = [];
afterEach(async () => {
  for (const dialled of open.splice(0)) await dialled.end();
});

async function station(protocol: 'ocpp1.6' | 'ocpp2.0.1'): Promise<Dialled> {
  const socket = await (protocol === 'ocpp1.6'
    ? dial(harness.port)
    : dial(harness.port, { identity: 'CP-N3', password: 'cp-n3-secret-0003', protocols: ['ocpp2.0.1'] }));
  open.push(socket);
  return socket;
}

const status16 = { connectorId: 1, errorCode: 'NoError', status: 'Available' };
const status201 = {
  evseId: 1,
  connectorId: 1,
  connectorStatus: 'Available',
  timestamp: '2026-01-01T00:00:00Z',
};

describe('calls that are refused', () => {
  it.each([
    ['an unknown action', 'Sing', {}, 'NotImplemented', 'NotImplemented'],
    ['a call that only a CSMS makes', 'Reset', { type: 'Hard' }, 'NotSupported', 'NotSupported'],
    ['a payload that is no object', 'Heartbeat', [], 'FormationViolation', 'FormatViolation'],
    [
      'an unknown field',
      'Heartbeat',
      { x: 1 },
      'OccurenceConstraintViolation',
      'OccurrenceConstraintViolation',
    ],
    ['a lacking field', 'Authorize', {}, 'OccurenceConstraintViolation', 'OccurrenceConstraintViolation'],
  ])('%s', async (_name, action, payload, code16, code201) => {
    expect((await (await station('ocpp1.6')).ask([2, 'a', action, payload])).slice(0, 3)).toEqual([
      4,
      'a',
      code16,
    ]);
    expect((await (await station('ocpp2.0.1')).ask([2, 'a', action, payload])).slice(0, 3)).toEqual([
      4,
      'a',
      code201,
    ]);
  });

  it('a wrong type and a wrong word', async () => {
    const socket = await station('ocpp1.6');
    const wrongType = await socket.ask([2, '1', 'StatusNotification', { ...status16, connectorId: '1' }]);
    expect(wrongType[2]).toBe('TypeConstraintViolation');
    const wrongWord = await socket.ask([2, '2', 'StatusNotification', { ...status16, status: 'Sleeping' }]);
    expect(wrongWord[2]).toBe('PropertyConstraintViolation');
    expect(harness.state.stations.get('N1')?.points['N1-1']?.status).toBeUndefined();
    expect(harness.parked.at(-1)?.failure).toMatchObject({ code: 'OCPP_INVALID_PAYLOAD', path: '/status' });
    const refused = (await harness.journal({ action: 'StatusNotification', direction: 'out' })).at(-1);
    expect(refused).toMatchObject({ error: 'OCPP_INVALID_PAYLOAD' });
  });

  it('keys that reach for prototypes, at any depth', async () => {
    const socket = await station('ocpp2.0.1');
    const before = Object.getOwnPropertyNames(Object.prototype).join();
    for (const key of ['__proto__', 'constructor', 'prototype', '\\u005f_proto__']) {
      const text = `[2,"p","DataTransfer",{"vendorId":"x","data":{"a":[{"${key}":{"polluted":1}}]}}]`;
      expect((await socket.ask(text))[2]).toBe('FormatViolation');
    }
    expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('nesting beyond all reason', async () => {
    const socket = await station('ocpp2.0.1');
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect((await socket.ask(`[2,"d","DataTransfer",{"vendorId":"x","data":${deep}}]`))[2]).toBe(
      'FormatViolation',
    );
  });
});

describe('frames that are no messages', () => {
  it.each([
    ['no JSON', '{'],
    ['no list', '{"a":1}'],
    ['no message type', '["x","y"]'],
    ['a message id that is no text', '[2,17,"Heartbeat",{}]'],
  ])('%s is answered in the words of the version, and journalled', async (_name, frame) => {
    const old = await (await station('ocpp1.6')).ask(frame);
    expect(old[0]).toBe(4);
    expect(old[2]).toBe('FormationViolation');
    const now = await (await station('ocpp2.0.1')).ask(frame);
    expect(now[2]).toBe('RpcFrameworkError');
    const bad = (await harness.journal({ action: 'BadFrame', direction: 'in' })).at(-1);
    expect(bad).toMatchObject({ raw: frame, error: 'OCPP_BAD_FRAME' });
  });

  it('unknown message types are ignored by 1.6 and named by 2.0.1', async () => {
    const old = await station('ocpp1.6');
    old.socket.send('[6,"s","NotifyPeriodicEventStream",{}]');
    expect(await old.ask([2, 'h', 'Heartbeat', {}])).toMatchObject([3, 'h', {}]);
    expect((await (await station('ocpp2.0.1')).ask('[6,"s","NotifyPeriodicEventStream",{}]'))[2]).toBe(
      'MessageTypeNotSupported',
    );
  });

  it('answers to nothing are journalled and get no answer', async () => {
    const socket = await station('ocpp1.6');
    socket.socket.send('[3,"nobody-asked",{}]');
    expect(await socket.ask([2, 'h', 'Heartbeat', {}])).toMatchObject([3, 'h', {}]);
    const unasked = await harness.journal({ action: 'Unasked' });
    expect(unasked.at(-1)).toMatchObject({ raw: '[3,"nobody-asked",{}]', error: 'OCPP_BAD_FRAME' });
  });

  it('many in a row end the connection', async () => {
    const socket = await station('ocpp1.6');
    for (let i = 0; i < 6; i++) socket.socket.send('nonsense');
    expect(await until(() => socket.closed, 'the close')).toMatchObject({ code: 1002 });
  });

  it.each([
    ['a frame of 5 MB', 'x'.repeat(5_000_000), 1009],
    ['a binary frame', Buffer.from([1, 2, 3]), 1003],
  ])('%s ends the connection', async (_name, data, code) => {
    const socket = await station('ocpp1.6');
    socket.socket.send(data);
    expect(await until(() => socket.closed, 'the close')).toMatchObject({ code });
  });

  it('broken UTF-8 ends the connection', async () => {
    const socket = await station('ocpp1.6');
    socket.socket.send(Buffer.from([0x22, 0xc0, 0xaf, 0x22]), { binary: false });
    expect(await until(() => socket.closed, 'the close')).toMatchObject({ code: 1007 });
  });
});

describe('while one floods', () => {
  it('another is served, and nothing of either is lost', async () => {
    const [flooder, neighbour] = [await station('ocpp1.6'), await station('ocpp2.0.1')];
    // Too large to be read at once: those beyond the burst are read at their rate, two seconds long.
    const payload = { vendorId: 'flood', data: 'x'.repeat(2_000) };
    for (let i = 0; i < 700; i++) flooder.socket.send(JSON.stringify([2, `f${i}`, 'DataTransfer', payload]));
    expect(await neighbour.ask([2, 'h', 'Heartbeat', {}])).toMatchObject([3, 'h', {}]);
    expect(flooder.answers().length, 'answers before that of the neighbour').toBeLessThan(700);
    await until(() => flooder.answers().length === 700, 'all answers');
    expect(await neighbour.ask([2, 's', 'StatusNotification', status201])).toEqual([3, 's', {}]);
  });
});
