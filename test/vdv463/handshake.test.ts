/** Who may connect, and how the connection begins: rules 1 to 5, 23. */
import { createHash, randomBytes, scryptSync } from 'node:crypto';
import { get, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Cms, type CmsOptions, ITCS, upstream } from './cms.js';
import { basic, Peer } from './peer.js';

const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close();
});

async function cmsWith(options: CmsOptions = {}): Promise<Cms> {
  const cms = await Cms.start(options);
  opened.push({ close: () => cms.stop() });
  return cms;
}

interface Upgrade {
  readonly path?: string;
  readonly authorization?: string | undefined;
  readonly protocols?: string;
}

/** The CMS's answer to an upgrade, as it is on the wire. */
function upgrade(cms: Cms, { path = '/vdv463/BMS-1', ...rest }: Upgrade = {}): Promise<string> {
  const authorization = 'authorization' in rest ? rest.authorization : basic('bms', 'bms-secret');
  return new Promise((resolve, reject) => {
    const socket = connect(cms.listener.port, '127.0.0.1');
    let head = '';
    socket.setTimeout(2_000, () => reject(new Error(`no answer: ${head}`)));
    socket.on('error', reject);
    socket.on('data', (data) => {
      head += data.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.destroy();
      resolve(head);
    });
    const lines = [
      `GET ${path} HTTP/1.1`,
      'Host: cms',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      'Sec-WebSocket-Version: 13',
      ...(rest.protocols === undefined ? [] : [`Sec-WebSocket-Protocol: ${rest.protocols}`]),
      ...(authorization ? [`Authorization: ${authorization}`] : []),
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  });
}

const statusOf = (head: string): number => Number(head.split(' ')[1]);

describe('the way in', () => {
  it('rule 1: the CMS listens at /vdv463/<presystemId>; other paths are not found', async () => {
    const cms = await cmsWith();
    expect(statusOf(await upgrade(cms, { protocols: 'v1.463.vdv.de' }))).toBe(101);
    for (const path of ['/', '/vdv463', '/vdv463/', '/vdv463/BMS-9', '/ocpp/BMS-1', '/vdv463/%ZZ']) {
      expect(statusOf(await upgrade(cms, { path }))).toBe(404);
    }
  });

  it('rule 1: a presystemId may need encoding in the path', async () => {
    const cms = await cmsWith({ upstreams: [upstream({ presystemId: 'Customer1/BMS+1' })] });
    const path = '/vdv463/Customer1%2FBMS%2B1';
    expect(statusOf(await upgrade(cms, { path, protocols: 'v1.463.vdv.de' }))).toBe(101);
  });

  it('rule 1: whoever does not want a WebSocket is told so', async () => {
    const cms = await cmsWith();
    const status = await new Promise((resolve) => {
      get(`http://127.0.0.1:${cms.listener.port}/vdv463/BMS-1`, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
    });
    expect(status).toBe(426);
  });

  it('rule 2: the highest subprotocol that both speak is chosen', async () => {
    const cms = await cmsWith();
    const bms = await Peer.dial(cms, 'BMS-1', { protocols: ['v2.463.vdv.de', 'v1.463.vdv.de'] });
    expect(bms.socket.protocol).toBe('v1.463.vdv.de');
    const itcs = await Peer.dial(cms, 'ITCS-1', { protocols: ['v1.463.vdv.de', 'v2.463.vdv.de'] });
    expect(itcs.socket.protocol).toBe('v2.463.vdv.de');
    const old = await Peer.dial(cms, 'ITCS-1', { protocols: ['v1.463.vdv.de'] });
    expect(old.socket.protocol).toBe('v1.463.vdv.de');
    for (const peer of [bms, itcs, old]) await peer.close();
  });

  it('rule 3: without a common subprotocol the handshake ends without one, then the connection', async () => {
    const cms = await cmsWith();
    for (const protocols of ['v9.463.vdv.de', 'v2.463.vdv.de', undefined]) {
      const head = await upgrade(cms, protocols === undefined ? {} : { protocols });
      expect(statusOf(head)).toBe(101);
      expect(head.toLowerCase()).not.toContain('sec-websocket-protocol');
      const [, frame = ''] = head.split('\r\n\r\n');
      // A close frame may be in the same packet; it is 0x88 with code 1002.
      if (frame) expect(Buffer.from(frame, 'latin1').subarray(0, 4)).toEqual(Buffer.from([0x88, 23, 3, 234]));
    }
  });

  it('rule 3: a client that does not insist sees the close', async () => {
    const cms = await cmsWith();
    const socket = new WebSocket(cms.url(), { headers: { authorization: basic('bms', 'bms-secret') } });
    const code = await new Promise((resolve) => socket.on('close', resolve));
    expect(code).toBe(1002);
  });

  it('rule 3: a lenient presystem may come without any subprotocol, which is counted', async () => {
    const cms = await cmsWith({ upstreams: [upstream({ lenient: true })] });
    const peer = await Peer.dial(cms, 'BMS-1', { protocols: [] });
    expect((await peer.boot())[6]).toEqual({ status: 'Accepted' });
    expect(await cms.count('forgiven', 'VDV463_LENIENT_SUBPROTOCOL')).toBe(1);
    await peer.close();
  });

  it('rule 4: wrong or missing credentials are refused before the upgrade', async () => {
    const cms = await cmsWith();
    for (const authorization of [
      undefined,
      'Bearer x',
      'Basic !!',
      basic('bms', 'wrong'),
      basic('nobody', 'bms-secret'),
      `Basic ${Buffer.from('bms').toString('base64')}`,
    ]) {
      const head = await upgrade(cms, { authorization });
      expect(statusOf(head)).toBe(401);
      expect(head).toContain('WWW-Authenticate: Basic');
    }
  });

  it('rule 4: passwords may be configured as hashes, and may contain colons', async () => {
    const salt = randomBytes(16);
    const hash = scryptSync('itcs:secret', salt, 32, { N: 1024, r: 8, p: 1 });
    const cms = await cmsWith({
      upstreams: [
        upstream({ password: `sha256:${createHash('sha256').update('bms-secret').digest('hex')}` }),
        { ...ITCS, password: `scrypt:1024:8:1:${salt.toString('base64')}:${hash.toString('base64')}` },
      ],
    });
    const path = '/vdv463/ITCS-1';
    const protocols = 'v1.463.vdv.de';
    expect(statusOf(await upgrade(cms, { protocols }))).toBe(101);
    expect(
      statusOf(await upgrade(cms, { path, protocols, authorization: basic('itcs', 'itcs:secret') })),
    ).toBe(101);
    expect(statusOf(await upgrade(cms, { path, authorization: basic('itcs', 'other') }))).toBe(401);
  });

  it('rule 4: a malformed hash is refused at start', async () => {
    for (const password of ['sha256:abc', 'scrypt:1024:8:1:x', 'scrypt:1000:8:1:AAAA:AAAA']) {
      await expect(Cms.start({ upstreams: [upstream({ password })] })).rejects.toMatchObject({
        code: 'CONFIG_PASSWORD',
      });
    }
  });

  it('rule 4: after five failures in a row nobody is heard for a minute, not even with the right password', async () => {
    let now = Date.UTC(2026, 0, 1);
    const cms = await cmsWith({ now: () => new Date(now) });
    for (let i = 0; i < 5; i++) {
      expect(statusOf(await upgrade(cms, { authorization: basic('bms', `guess ${i}`) }))).toBe(401);
    }
    const locked = await upgrade(cms);
    expect(statusOf(locked)).toBe(429);
    expect(locked).toContain('Retry-After: 60');
    const path = '/vdv463/ITCS-1';
    const other = await upgrade(cms, { path, authorization: basic('itcs', 'itcs-secret') });
    expect(statusOf(other)).toBe(101);
    now += 61_000;
    expect(statusOf(await upgrade(cms))).toBe(101);
  });

  it('rule 23: a user speaks for its own presystems only', async () => {
    const cms = await cmsWith({ upstreams: [upstream(), upstream({ presystemId: 'BMS-2' }), ITCS] });
    expect(statusOf(await upgrade(cms, { path: '/vdv463/BMS-2' }))).toBe(101);
    expect(statusOf(await upgrade(cms, { path: '/vdv463/ITCS-1' }))).toBe(403);
  });

  it('rule 23: another presystemId in the envelope is refused too', async () => {
    const cms = await cmsWith();
    const peer = await Peer.booted(cms);
    const answer = await peer.ask(
      'ProvideChargingRequests',
      { chargingRequestList: [] },
      { presystemId: 'ITCS-1' },
    );
    expect(answer.slice(0, 3)).toEqual([3, 'CMS', 'ITCS-1']);
    expect(JSON.stringify(answer[6])).toContain('VDV463_WRONG_PRESYSTEM');
    await peer.close();
  });

  it('a frame that is too large ends the connection', async () => {
    const cms = await cmsWith();
    const peer = await Peer.booted(cms);
    peer.socket.send(`[${' '.repeat(4 * 1024 * 1024)}]`);
    expect((await peer.ended()).code).toBe(1009);
  });

  it('a stop ends what does not end itself', async () => {
    const cms = await Cms.start();
    const silent = connect(cms.listener.port, '127.0.0.1');
    silent.on('error', () => {});
    const half = httpRequest({ port: cms.listener.port, host: '127.0.0.1', method: 'POST' });
    half.on('error', () => {});
    half.write('x');
    const peer = await Peer.booted(cms);
    peer.socket.pause();
    const began = Date.now();
    await cms.stop();
    // Left alone, the socket would close after 30 s, the others never.
    expect(Date.now() - began).toBeLessThan(15_000);
    peer.socket.terminate();
  });
});
