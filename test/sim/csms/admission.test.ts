/** Who gets in, and what is spoken then. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { charger, csms, Raw } from './support.js';

const basic = (user: string, password: string | Buffer) => ({
  headers: {
    authorization: `Basic ${Buffer.concat([Buffer.from(`${user}:`), Buffer.from(password)]).toString('base64')}`,
  },
});
const fixture = (name: string) =>
  readFileSync(new URL(`../charger/fixtures/${name}.pem`, import.meta.url), 'utf8');

describe('the path', () => {
  it.each([
    ['/ocpp', '/ocpp/CP-1', 'CP-1'],
    [
      '/steve/websocket/CentralSystemService',
      '/steve/websocket/CentralSystemService/CP%201%2F2?x=1',
      'CP 1/2',
    ],
    ['/', '/CP-1', 'CP-1'],
  ])('%s has %s', async (path, url, identity) => {
    const simulator = await csms({ path });
    await new Raw(`ws://127.0.0.1:${simulator.port}${url}`).open();
    expect(simulator.station(identity).connected).toBe(true);
    expect(simulator.handshakes).toMatchObject([{ url, identity, status: 101, offered: ['ocpp1.6'] }]);
  });

  it.each(['/other/CP-1', '/ocpp/', '/ocpp/a/b', '/ocpp/%zz'])('%s is none of them', async (path) => {
    const simulator = await csms();
    expect(await new Raw(`ws://127.0.0.1:${simulator.port}${path}`).status()).toBe(404);
    expect(simulator.handshakes).toMatchObject([{ url: path, status: 404 }]);
    expect(await new Raw(`${simulator.url}/CP-1`).status()).toBe(101);
  });
});

describe('credentials', () => {
  it('are those of each station', async () => {
    const key = '00112233445566778899aabbccddeeff';
    const simulator = await csms({ stations: { 'CP-1': 'one', 'CP-2': key, 'CP-3': null } });
    const status = (identity: string, options = {}) =>
      new Raw(`${simulator.url}/${identity}`, 'ocpp1.6', options).status();
    expect(await status('CP-1', basic('CP-1', 'one'))).toBe(101);
    expect(await status('CP-1', basic('CP-1', 'two'))).toBe(401);
    expect(await status('CP-1', basic('CP-2', 'one'))).toBe(401);
    expect(await status('CP-1')).toBe(401);
    expect(await status('CP-2', basic('CP-2', Buffer.from(key, 'hex')))).toBe(101);
    expect(await status('CP-2', basic('CP-2', key))).toBe(101);
    expect(await status('CP-3')).toBe(101);
    expect(await status('CP-4', basic('CP-4', 'one'))).toBe(404);
  });

  it('may be the same for all, and change', async () => {
    const simulator = await csms({ user: 'depot', password: 'common' });
    const status = (password: string) =>
      new Raw(`${simulator.url}/CP-1`, 'ocpp1.6', basic('depot', password)).status();
    expect(await status('common')).toBe(101);
    simulator.setPassword('CP-1', 'own');
    expect(await status('common')).toBe(401);
    expect(await status('own')).toBe(101);
  });

  it.each(['ocpp1.6', 'ocpp2.0.1'] as const)('of %s are changed by the CSMS', async (protocol) => {
    const simulator = await csms({ stations: { 'CP-1': 'the-first-password' } });
    const station = charger(simulator.url, { protocol, password: 'the-first-password' });
    await station.start();
    await simulator.order.changePassword('CP-1', '00112233445566778899aabbccddeeff');
    station.dropConnection();
    const { connections } = simulator.station('CP-1');
    await simulator.waitFor('it again', () => {
      const { connected, connections: now } = simulator.station('CP-1');
      return connected && now > connections;
    });
    expect(
      await new Raw(`${simulator.url}/CP-1`, protocol, basic('CP-1', 'the-first-password')).status(),
    ).toBe(401);
  });
});

describe('the subprotocol', () => {
  it('is the one that the CSMS likes best', async () => {
    const both = ['ocpp1.6', 'ocpp2.0.1'];
    const newest = await new Raw(`${(await csms()).url}/CP-1`, both).open();
    expect(newest.socket.protocol).toBe('ocpp2.0.1');
    const old = await csms({ protocols: ['ocpp1.6', 'ocpp2.0.1'] });
    expect((await new Raw(`${old.url}/CP-1`, both).open()).socket.protocol).toBe('ocpp1.6');
    expect(old.station('CP-1').protocol).toBe('ocpp1.6');
  });

  it('is not all that an upgrade needs', async () => {
    const simulator = await csms();
    const headers = { 'sec-websocket-key': 'none', 'sec-websocket-protocol': 'ocpp1.6' };
    const asked = request(`http://127.0.0.1:${simulator.port}/ocpp/CP-1`, {
      headers: { ...headers, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
    });
    const [answer] = (await once(asked.end(), 'response')) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(400);
    expect(simulator.handshakes).toMatchObject([{ url: '/ocpp/CP-1', status: 400, headers }]);
    expect(simulator.stations.size).toBe(0);
  });

  it('must be one that is spoken, unless the CSMS can do without', async () => {
    const strict = await csms({ protocols: ['ocpp1.6'] });
    expect(await new Raw(`${strict.url}/CP-1`, 'ocpp2.0.1').status()).toBe(400);
    expect(await new Raw(`${strict.url}/CP-1`, []).status()).toBe(400);
    const lenient = await csms({ withoutSubprotocol: 'ocpp1.6' });
    const raw = await new Raw(`${lenient.url}/CP-1`, []).open();
    expect(raw.socket.protocol).toBe('');
    expect(await raw.ask('1', 'Heartbeat')).toMatchObject([3, '1', {}]);
  });
});

it('speaks TLS, and asks for certificates', async () => {
  const tls = { key: fixture('server-key'), cert: fixture('server'), clientCa: fixture('ca') };
  const simulator = await csms({ tls });
  const url = `${simulator.url.replace('127.0.0.1', 'localhost')}/CP-1`;
  const client = { ca: fixture('ca'), cert: fixture('client'), key: fixture('client-key') };
  const options = { lookup: undefined, family: 4 } as const;
  expect(await new Raw(url, 'ocpp1.6', { ca: client.ca, ...options }).status()).toBe(0);
  expect(await new Raw(url, 'ocpp1.6', { ...client, ...options }).status()).toBe(101);
  expect(simulator.handshakes).toMatchObject([{ certificate: 'CP-1', status: 101 }]);
});

describe('compression', () => {
  const long = JSON.stringify([2, 'x', 'DataTransfer', { vendorId: 'x'.repeat(10_000) }]);
  const bytesFor = async (deflate: boolean) => {
    const simulator = await csms({ deflate });
    const raw = await new Raw(`${simulator.url}/CP-1`, 'ocpp1.6', { perMessageDeflate: true }).open();
    const { _socket: wire } = raw.socket as unknown as { _socket: { bytesRead: number } };
    const before = wire.bytesRead;
    simulator.sendRaw('CP-1', long);
    await raw.hear(([, id]) => id === 'x');
    expect(raw.heard).toEqual([long]);
    expect(await raw.ask('1', 'Heartbeat')).toMatchObject([3, '1', {}]);
    return wire.bytesRead - before;
  };

  it('is used when it is offered', async () => {
    expect(await bytesFor(true)).toBeLessThan(1_000);
    expect(await bytesFor(false)).toBeGreaterThan(10_000);
  });
});
