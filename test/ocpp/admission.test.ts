/** Who gets a socket, who does not, and who may take one over. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hashSecret } from '../../src/config/index.js';
import { OcppHarness, until } from './harness.js';
import { type Dialled, dial, knock } from './raw.js';

const open: Dialled[] = [];
afterEach(async () => {
  for (const dialled of open.splice(0)) await dialled.end();
});

async function dialled(...args: Parameters<typeof dial>): Promise<Dialled> {
  const socket = await dial(...args);
  open.push(socket);
  return socket;
}

describe('before the upgrade', () => {
  let harness: OcppHarness;
  beforeAll(async () => {
    harness = await OcppHarness.start({ options: { limits: { badLogins: 1_000 } } });
  });
  afterAll(() => harness.remove());

  it('answers an unknown station with 404 and remembers it for adoption', async () => {
    expect(await knock(harness.port, { identity: 'CP-X9', password: 'whatever' })).toBe(404);
    expect(harness.ocpp.strangers().map(({ identity }) => identity)).toEqual(['CP-X9']);
    expect(harness.log.at(-1)).toMatchObject({ code: 'OCPP_UNKNOWN_STATION', identity: 'CP-X9' });
  });

  it.each([
    '/',
    '/ocpp',
    '/ocpp/',
    '/elsewhere/CP-N1',
    '/ocpp/%zz',
    '/ocpp/CP-N1%00',
    '/ocpp/__proto__',
    '/ocpp/CP-N1/CP-N1',
    `/ocpp/${'x'.repeat(65)}`,
    '/ocpp/../ocpp/CP-N1',
  ])('answers the path %s with 404', async (path) => {
    expect(await knock(harness.port, { path })).toBe(404);
  });

  it.each([
    '/ocpp/CP-N1/',
    '/ocpp//CP-N1',
    '/ocpp/CP-N1/?token=1',
    'ws://charging.example:7461/ocpp/CP-N1',
    'http://charging.example/ocpp/CP%2DN1',
  ])('finds the station at %s', async (path) => {
    expect(await knock(harness.port, { path })).toBe(101);
  });

  it.each([
    ['no credentials', { password: '' }],
    ['a wrong password', { password: 'cp-n1-secret-0002' }],
    ['a shorter password', { password: 'cp-n1' }],
    ["another station's user", { user: 'CP-N2' }],
    ["another station's user and password", { user: 'CP-N2', password: 'cp-n2-secret-0002' }],
    ['a token of another scheme', { password: '', header: { authorization: 'Bearer cp-n1-secret-0001' } }],
    ['broken base64', { password: '', header: { authorization: 'Basic %%%' } }],
  ])('answers %s with 401', async (_name, options) => {
    expect(await knock(harness.port, options)).toBe(401);
    expect(harness.log.at(-1)).toMatchObject({ code: 'OCPP_BAD_LOGIN', identity: 'CP-N1' });
  });

  it('never logs a password', () => {
    expect(JSON.stringify(harness.log)).not.toContain('secret');
  });

  it('refuses who offers no version that is spoken here', async () => {
    const { socket } = await dialled(harness.port, { protocols: [] });
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
    expect([code, String(reason)]).toEqual([1002, expect.stringContaining('offer one of ocpp2.1')]);
    expect(harness.log.at(-1)).toMatchObject({ code: 'OCPP_NO_SUBPROTOCOL', identity: 'CP-N1' });
    const before = harness.log.length;
    expect(await knock(harness.port, { protocols: ['ocpp1.5', 'soap'] })).toBe(101);
    expect(harness.log.slice(before)).toMatchObject([{ code: 'OCPP_NO_SUBPROTOCOL' }]);
    expect(harness.ocpp.commands.isConnected('N1')).toBe(false);
  });

  it('takes odd lists of subprotocols', async () => {
    const header = { 'sec-websocket-protocol': 'ocpp1.6,' };
    expect(await knock(harness.port, { header })).toBe(101);
  });

  it.each([
    [['ocpp1.6', 'ocpp2.0.1'], 'ocpp2.0.1'],
    [['ocpp2.1', 'ocpp1.6'], 'ocpp2.1'],
    [['ocpp2.0.1', 'ocpp2.1'], 'ocpp2.1'],
    [['ocpp2.2', 'ocpp1.6'], 'ocpp1.6'],
  ])('speaks the newest that a station offers: of %s %s', async (protocols, chosen) => {
    const { socket } = await dialled(harness.port, { protocols });
    expect(socket.protocol).toBe(chosen);
  });

  it('answers a plain request with 426', async () => {
    const response = await fetch(`http://127.0.0.1:${harness.port}/ocpp/CP-N1`);
    expect(response.status).toBe(426);
  });
});

it('speaks what the configuration of a station prefers, and nothing else to it', async () => {
  const edit = (text: string) =>
    text.replace('identity: CP-N1,', 'identity: CP-N1, protocols: [ocpp1.6, ocpp2.0.1],');
  const harness = await OcppHarness.start({ edit });
  try {
    const { socket } = await dialled(harness.port, { protocols: ['ocpp2.1', 'ocpp2.0.1', 'ocpp1.6'] });
    expect(socket.protocol).toBe('ocpp1.6');
    expect(await knock(harness.port, { protocols: ['ocpp2.1'] })).toBe(101);
    expect(harness.log.at(-1)).toMatchObject({ code: 'OCPP_NO_SUBPROTOCOL' });
    await open.pop()?.end();
  } finally {
    await harness.remove();
  }
});

describe('a password of hexadecimal digits', () => {
  const key = '00112233445566778899AABBCCDDEEFF01020304';
  it.each([
    ['as it is', key],
    ['in small letters', key.toLowerCase()],
    ['hashed', hashSecret(key, 'sha256')],
  ])('(%s) lets in who sends the bytes that it stands for, or the digits', async (_, configured) => {
    const edit = (text: string) => text.replace('cp-n1-secret-0001', `"${configured}"`);
    const harness = await OcppHarness.start({ edit });
    const login = (password: Buffer) =>
      knock(harness.port, {
        header: {
          authorization: `Basic ${Buffer.concat([Buffer.from('CP-N1:'), password]).toString('base64')}`,
        },
      });
    try {
      expect(await login(Buffer.from(key, 'hex'))).toBe(101);
      expect(await login(Buffer.from(configured.startsWith('sha256') ? key : configured))).toBe(101);
      expect(await login(Buffer.from(key.replace('0011', '0012'), 'hex'))).toBe(401);
      expect(await login(Buffer.from(key, 'hex').subarray(0, 19))).toBe(401);
    } finally {
      await harness.remove();
    }
  });
});

describe('a hashed password', () => {
  it.each(['scrypt', 'sha256'] as const)('(%s) lets in who knows it', async (kind) => {
    const edit = (text: string) => text.replace('cp-n1-secret-0001', hashSecret('cp-n1-secret-0001', kind));
    const harness = await OcppHarness.start({ edit, options: { limits: { badLogins: 4 } } });
    try {
      expect(await knock(harness.port)).toBe(101);
      const tries = Array.from({ length: 10 }, (_, i) => knock(harness.port, { password: `guess-${i}` }));
      // However many come at once: what the lockout allows is judged, and no more.
      expect((await Promise.all(tries)).sort()).toEqual([401, 401, 401, 401, 429, 429, 429, 429, 429, 429]);
    } finally {
      await harness.remove();
    }
  });
});

it('limits are settings', async () => {
  const edit = (text: string) => `${text}\nocpp: { limits: { badLogins: 1, maxFrameBytes: 2048 } }\n`;
  const harness = await OcppHarness.start({ edit });
  try {
    const socket = await dialled(harness.port);
    socket.socket.send(JSON.stringify([2, '1', 'Heartbeat', { pad: 'x'.repeat(3_000) }]));
    await until(() => socket.closed?.code === 1009, 'the end');
    expect(await knock(harness.port, { password: 'wrong' })).toBe(401);
    expect(await knock(harness.port)).toBe(429);
  } finally {
    await harness.remove();
  }
});

describe('lockout', () => {
  it('shuts the door for one identity at one address only', async () => {
    const harness = await OcppHarness.start({ options: { limits: { badLogins: 5 } } });
    try {
      for (let i = 0; i < 5; i++) expect(await knock(harness.port, { password: `guess-${i}` })).toBe(401);
      expect(await knock(harness.port)).toBe(429);
      expect(await knock(harness.port, { localAddress: '127.0.0.2' })).toBe(101);
      expect(await knock(harness.port, { identity: 'CP-N2', password: 'cp-n2-secret-0002' })).toBe(101);
    } finally {
      await harness.remove();
    }
  });
});

describe('a second connection of one identity', () => {
  let harness: OcppHarness;
  beforeAll(async () => {
    harness = await OcppHarness.start({
      edit: (text) => text.replace(', password: cp-n4-secret-0004', ''),
      options: { limits: { badLogins: 1_000 } },
    });
  });
  afterAll(() => harness.remove());

  it('displaces the first with the right password, whose end then changes nothing', async () => {
    const first = await dialled(harness.port);
    const second = await dialled(harness.port);
    await until(() => first.closed, 'the end of the first');
    expect(await second.ask([2, '1', 'Heartbeat', {}])).toMatchObject([3, '1', {}]);
    expect(harness.ocpp.commands.isConnected('N1')).toBe(true);
  });

  it('never displaces it with wrong ones, however often', async () => {
    const owner = await dialled(harness.port);
    const tries = Array.from({ length: 50 }, (_, i) => knock(harness.port, { password: `guess-${i}` }));
    expect(new Set(await Promise.all(tries))).toEqual(new Set([401]));
    expect(owner.closed).toBeUndefined();
    expect(await owner.ask([2, '1', 'Heartbeat', {}])).toMatchObject([3, '1', {}]);
  });

  it('loses to a living one where no password is configured', async () => {
    const anonymous = { identity: 'CP-N4', password: '', protocols: ['ocpp2.0.1'] };
    const owner = await dialled(harness.port, anonymous);
    expect(await knock(harness.port, anonymous)).toBe(409);
    expect(owner.closed).toBeUndefined();
    await owner.end();
    const next = await dialled(harness.port, anonymous);
    expect(await next.ask([2, '1', 'Heartbeat', {}])).toMatchObject([3, '1', {}]);
  });
});

describe('slow and many', () => {
  it('half-sent requests keep nobody out, and are cut off', async () => {
    const harness = await OcppHarness.start({ options: { limits: { requestSeconds: 2 } } });
    const slow = Array.from({ length: 100 }, () => connect(harness.port, '127.0.0.1'));
    try {
      for (const socket of slow) {
        socket.on('error', () => undefined).resume();
        socket.write('GET /ocpp/CP-N1 HTTP/1.1\r\nHost: x\r\nUpgrade: websoc');
      }
      const areCut = () => slow.every((socket) => socket.destroyed || socket.readableEnded);
      const station = await dialled(harness.port);
      expect(await station.ask([2, '1', 'Heartbeat', {}])).toMatchObject([3, '1', {}]);
      expect(areCut()).toBe(false);
      await until(areCut, 'the cut');
    } finally {
      for (const socket of slow) socket.destroy();
      await harness.remove();
    }
  });
});
