import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { ChargerSimulator, ScaledClock, SimulatorError } from '../../../src/sim/charger/index.js';
import { bus, charger16, charger201, csms, keep, until } from './support.js';

const pem = (name: string) => readFileSync(new URL(`./fixtures/${name}.pem`, import.meta.url), 'utf8');

describe('the connection', () => {
  it('brings identity, subprotocol and password', async () => {
    const { tiny, url } = await csms();
    await charger201(url).start();
    expect(tiny.subprotocols).toEqual(['ocpp2.0.1']);
    expect(tiny.authorizations).toEqual([`Basic ${Buffer.from('CP-1:a-secret-of-16-b').toString('base64')}`]);
  });

  it('is tried again until the CSMS takes it', async () => {
    const { tiny, url } = await csms();
    tiny.refuseWith = 401;
    const charger = charger16(url);
    const [refused] = (await Promise.all([once(charger.events, 'refused'), startSoon(charger)]))[0];
    expect(refused).toMatchObject({ statusCode: 401 });
    tiny.refuseWith = 0;
    await until('it got in', () => charger.online);
    expect(tiny.authorizations.length).toBeGreaterThan(1);
  });

  it('comes back by itself, without a new boot, and tells what has changed meanwhile', async () => {
    const { tiny, url } = await csms();
    const charger = charger16(url);
    await charger.start();
    await tiny.until('StatusNotification', 2);
    charger.dropConnection();
    charger.fault(1, { errorCode: 'GroundFailure', info: 'wet' });
    expect(await tiny.until('StatusNotification', 3)).toMatchObject({
      status: 'Faulted',
      errorCode: 'GroundFailure',
      info: 'wet',
    });
    expect(tiny.of('BootNotification')).toHaveLength(1);
    charger.clearFault(1);
    expect(await tiny.until('StatusNotification', 4)).toMatchObject({
      status: 'Available',
      errorCode: 'NoError',
    });
    tiny.dropAll();
    await until('it is back', () => charger.online && tiny.connections === 1);
  });

  it('waits when the CSMS says Pending, boots again, and queues until it is accepted', async () => {
    const { tiny, url } = await csms();
    const boots = ['Pending', 'Accepted'];
    tiny.answers['BootNotification'] = () => ({
      status: boots.shift(),
      currentTime: new Date().toISOString(),
      interval: 1,
    });
    const charger = charger16(url, { clock: new ScaledClock({ timeScale: 1 }) });
    const started = charger.start();
    await tiny.until('BootNotification');
    await charger.plugIn(1, bus);
    expect(tiny.calls.map((call) => call.action)).toEqual(['BootNotification']);
    await started;
    await tiny.until('StartTransaction');
    expect(tiny.of('BootNotification')).toHaveLength(2);
    expect(tiny.calls[2]?.action).toBe('StatusNotification');
  });

  it('beats at the interval of the CSMS', async () => {
    const { tiny, url } = await csms();
    tiny.answers['BootNotification'] = () => ({
      status: 'Accepted',
      currentTime: new Date().toISOString(),
      interval: 1,
    });
    await charger16(url).start();
    const from = performance.now();
    await tiny.until('Heartbeat');
    expect(performance.now() - from).toBeGreaterThan(900);
  });

  it('is offline as long as it is told to', async () => {
    const { tiny, url } = await csms();
    const charger = charger16(url);
    await charger.start();
    await charger.goOffline();
    await until('it is gone', () => tiny.connections === 0);
    expect(charger.online).toBe(false);
    await charger.goOnline();
    expect(tiny.connections).toBe(1);
  });

  it('survives going offline and online in the middle of connecting, with one socket', async () => {
    const { tiny, url } = await csms();
    const charger = charger16(url);
    await charger.start();
    for (let round = 0; round < 20; round += 1) {
      await charger.goOffline();
      void charger.goOnline();
    }
    await until('one socket', () => charger.online && tiny.connections === 1);
  });

  it('ends for good with stop', async () => {
    const { tiny, url } = await csms();
    const charger = charger16(url);
    await charger.start();
    await charger.stop();
    await until('closed', () => tiny.connections === 0);
    await expect(charger.start()).rejects.toThrow(SimulatorError);
  });

  it('does not hide a wrong answer of the CSMS', async () => {
    const { tiny, url } = await csms();
    tiny.answers['Authorize'] = () => ({ idTagInfo: { status: 'Perhaps' } });
    const charger = charger16(url);
    const violations: unknown[] = [];
    charger.events.on('violation', (violation) => violations.push(violation));
    await charger.start();
    await charger.plugIn(1, bus);
    expect(violations).toMatchObject([{ direction: 'received', action: 'Authorize', part: 'conf' }]);
  });

  it('does not hide nonsense of the CSMS', async () => {
    const { tiny, url } = await csms();
    const charger = charger16(url);
    const reasons: string[] = [];
    charger.events.on('garbled', ({ reason }) => reasons.push(reason));
    await charger.start();
    tiny.say('not even JSON');
    tiny.say('[3,"an-id-nobody-used",{}]');
    await until('both are noticed', () => reasons.length === 2);
    expect(charger.online).toBe(true);
  });

  it('speaks TLS and shows its certificate', async () => {
    const server = createServer({
      key: pem('server-key'),
      cert: pem('server'),
      ca: pem('ca'),
      requestCert: true,
      rejectUnauthorized: true,
    });
    const wss = new WebSocketServer({ server });
    const subjects: unknown[] = [];
    wss.on('connection', (socket, request) => {
      subjects.push((request.socket as TLSSocket).getPeerCertificate().subject.CN);
      socket.on('message', (data) => {
        const [, id, action] = JSON.parse(String(data)) as [number, string, string];
        const boot = { status: 'Accepted', currentTime: new Date().toISOString(), interval: 300 };
        socket.send(JSON.stringify([3, id, action === 'BootNotification' ? boot : {}]));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    keep({
      stop: async () => {
        for (const client of wss.clients) client.terminate();
        await new Promise((resolve) => server.close(resolve));
      },
    });
    const charger = keep(
      new ChargerSimulator({
        url: `wss://localhost:${(server.address() as AddressInfo).port}/ocpp`,
        identity: 'CP-1',
        tls: { ca: pem('ca'), cert: pem('client'), key: pem('client-key') },
        protocol: 'ocpp1.6',
        points: [{ connectorId: 1, powerType: 'DC', maxPowerW: 150_000 }],
      }),
    );
    await charger.start();
    expect(subjects).toEqual(['CP-1']);
  });
});

describe('options', () => {
  it('are checked', () => {
    const of = (points: object[]) => () =>
      new ChargerSimulator({
        url: 'ws://127.0.0.1:1',
        identity: 'X',
        protocol: 'ocpp1.6',
        points: points as never,
      });
    const point = { connectorId: 1, powerType: 'DC', maxPowerW: 1 };
    expect(of([])).toThrow('at least one point');
    expect(of([{ ...point, connectorId: undefined, evseId: 1 }])).toThrow('needs connectorId');
    expect(of([point, point])).toThrow('share one number');
    expect(of([{ ...point, powerType: 'AC', phases: 4 }])).toThrow('phases');
    expect(of([{ ...point, maxPowerW: 0 }])).toThrow('maxPowerW');
  });
});

/** Starts without waiting to be accepted. */
async function startSoon(charger: ChargerSimulator): Promise<void> {
  charger.start().catch((error: unknown) => {
    if (!(error instanceof SimulatorError)) throw error;
  });
}
