/** Who does not get through, and why: the CSMS decides, and the charger is told what it said. */
import { createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../harness.js';
import { knock } from '../raw.js';
import { behind, inFrontOf, rawBehind, withoutPasswords } from './behind.js';
import { plug } from './raw-csms.js';

const lines = (status: number) =>
  `HTTP/1.1 ${status} Because\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno`;

describe('a CSMS that refuses', () => {
  it.each([400, 401, 403, 404, 426, 429, 500, 503])('is heard by the charger: %i', async (status) => {
    const { bridge, csms } = await rawBehind({
      csms: {
        upgrade: (_request, socket) => {
          socket.end(lines(status));
          return true;
        },
      },
    });
    expect(await knock(bridge.port)).toBe(status);
    expect(csms.requests).toHaveLength(1);
    const code = status < 500 ? 'OCPP_CSMS_REFUSED' : 'OCPP_CSMS_UNREACHABLE';
    expect(bridge.log.find((line) => line.code === code)).toMatchObject({ identity: 'CP-N1' });
    expect(bridge.state.stations.get('N1')?.link.value).toBe('never');
  });

  it.each([
    ['a redirection', 'HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\n\r\n'],
    [
      'no WebSocket',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n',
    ],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n'],
    ['nothing, and hangs up', ''],
  ])('answers %s: 502', async (_what, answer) => {
    const { bridge } = await rawBehind({
      csms: {
        upgrade: (_request, socket) => {
          socket.end(answer);
          return true;
        },
      },
    });
    expect(await knock(bridge.port)).toBe(502);
  });

  it('is silent: 504, and not before its time', async () => {
    const { bridge } = await rawBehind({ behind: 'connectSeconds: 0.3', csms: { upgrade: () => true } });
    const began = performance.now();
    expect(await knock(bridge.port)).toBe(504);
    expect(performance.now() - began).toBeGreaterThan(250);
  });

  it('says one letter after the other: 504 all the same', async () => {
    const upgrade = (_request: unknown, socket: Duplex) => {
      const letters = [...'HTTP/1.1 101 Switching Protocols and so on'];
      const drip = setInterval(() => socket.write(letters.shift() ?? 'x'), 50);
      socket.once('close', () => clearInterval(drip));
      return true;
    };
    const { bridge } = await rawBehind({ behind: 'connectSeconds: 0.5', csms: { upgrade } });
    expect(await knock(bridge.port)).toBe(504);
  });

  it('is down: 502, and when it is back chargers come in', async () => {
    const { csms, bridge } = await behind();
    await csms.stop();
    expect(await knock(bridge.port)).toBe(502);
    await csms.start();
    await plug(bridge.port);
    expect(csms.station('CP-N1').connected).toBe(true);
  });

  it('chooses no subprotocol: the charger is left to mind it', async () => {
    const { bridge } = await rawBehind({ csms: { choose: () => false } });
    await expect(plug(bridge.port)).rejects.toThrow('no subprotocol');
  });
});

describe('the lockout', () => {
  const limits = { options: { limits: { badLogins: 2 } }, edit: withoutPasswords };

  it('counts what the CSMS calls a wrong login', async () => {
    const { csms, bridge } = await behind({ ...limits, csms: { password: 'right' } });
    for (const status of [401, 401, 429])
      expect(await knock(bridge.port, { password: 'wrong' })).toBe(status);
    expect(csms.handshakes).toHaveLength(2);
    // Somebody else at the same address is not touched.
    expect(await knock(bridge.port, { identity: 'CP-N2', password: 'right' })).toBe(101);
  });

  it('counts nothing else', async () => {
    const { csms, bridge } = await behind(limits);
    for (const upgrades of [403, 404, 429, 503, 'cut'] as const) {
      csms.oddities = { upgrades };
      expect(await knock(bridge.port)).toBe(upgrades === 'cut' ? 502 : upgrades);
    }
    csms.oddities = {};
    for (let more = 0; more < 3; more++) expect(await knock(bridge.port, { protocols: ['soap'] })).toBe(101);
    expect(await knock(bridge.port)).toBe(101);
  });

  it('asks the CSMS nothing when the login is wrong here', async () => {
    const { csms, bridge } = await behind();
    expect(await knock(bridge.port, { password: 'not-this-one' })).toBe(401);
    expect(csms.handshakes).toHaveLength(0);
  });
});

describe('an upgrade that cannot be', () => {
  it.each([
    ['a version that nobody has', { 'sec-websocket-version': '7' }],
    ['a key that is none', { 'sec-websocket-key': 'short' }],
    ['a subprotocol that is no token', { 'sec-websocket-protocol': 'ocpp1.6, b{}d' }],
  ])('is not asked of the CSMS: %s', async (_what, header) => {
    const { csms, bridge } = await rawBehind();
    expect(await knock(bridge.port, { protocols: [], header })).toBe(400);
    expect(csms.requests).toHaveLength(0);
  });

  it('may end its subprotocols with a comma, or name one twice', async () => {
    const { csms, bridge } = await rawBehind();
    const header = { 'sec-websocket-protocol': 'ocpp1.6, ocpp1.6,' };
    expect(await knock(bridge.port, { protocols: [], header })).toBe(101);
    expect(csms.requests[0]?.headers['sec-websocket-protocol']).toBe('ocpp1.6');
  });

  it('has a fragment in its query: 400', async () => {
    const { bridge } = await rawBehind();
    expect(await knock(bridge.port, { path: '/ocpp/CP-N1?a#b' })).toBe(400);
  });
});

it('ends the way onward when the charger gives up meanwhile', async () => {
  let hungUp = 0;
  const server = createServer((socket) => {
    socket.resume();
    socket.on('error', () => undefined);
    socket.on('close', () => {
      hungUp += 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const bridge = await inFrontOf(`ws://127.0.0.1:${port}`, { behind: 'connectSeconds: 20' });
  const charger = plug(bridge.port, { handshakeTimeout: 200 });
  await expect(charger).rejects.toThrow();
  await until(() => hungUp === 1, 'the end of the way onward');
});
