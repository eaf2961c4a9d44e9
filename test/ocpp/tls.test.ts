/** OCPP security profiles 2 and 3: TLS with a password, and certificates on both sides. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { ChargerSimulator } from '../../src/sim/charger/index.js';
import { exampleConfig, OcppHarness, until } from './harness.js';

// Keys of nobody: made for these tests, valid for a hundred years.
const pem = (name: string) => readFileSync(new URL(`./fixtures/${name}.pem`, import.meta.url), 'utf8');
const pair = (name: string) => ({ key: pem(`${name}.key`), cert: pem(`${name}.cert`) });
const ca = pem('ca.cert');

function withTls(tls: object) {
  const config = exampleConfig();
  const { ocpp } = config.listen;
  return { ...config, listen: { ...config.listen, ocpp: { ...ocpp, tls: { ...pair('server'), ...tls } } } };
}

/** Tries to open a WebSocket: the HTTP status it was refused with, `open`, or `no TLS`. */
async function attempt(harness: OcppHarness, identity: string, options: object): Promise<string | number> {
  const socket = new WebSocket(`wss://127.0.0.1:${harness.port}/ocpp/${identity}`, ['ocpp1.6'], {
    ca,
    ...options,
  });
  return new Promise((resolve) => {
    socket.on('open', () => {
      socket.terminate();
      resolve('open');
    });
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      socket.terminate();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', () => resolve('no TLS'));
    // TLS 1.3 tells a refused client certificate only after the handshake.
    socket.on('close', () => resolve('no TLS'));
  });
}

const login = (identity: string, password: string) => ({
  headers: { authorization: `Basic ${Buffer.from(`${identity}:${password}`).toString('base64')}` },
});

describe('passwords at a listener that asks for certificates', () => {
  it('are changed only at stations that have no certificate to prove themselves by', async () => {
    const config = withTls({ clientCa: ca });
    const [first, ...others] = config.depots[0].stations;
    if (!first) throw new Error('no station');
    const profile2 = { ...first, ocpp: { ...first.ocpp, securityProfile: 2 as const } };
    const [depot] = config.depots;
    const depots: typeof config.depots = [{ ...depot, stations: [profile2, ...others] }];
    const harness = await OcppHarness.start({ config: { ...config, depots } });
    onTestFinished(() => harness.remove());
    const change = (stationId: string) =>
      harness.ocpp.passwords.change({ stationId, source: 'bridge', by: 'a test' });
    await expect(change('N2')).rejects.toMatchObject({
      code: 'OCPP_NO_PASSWORD',
      message: expect.stringContaining('certificate'),
    });
    await expect(change('N1')).rejects.toMatchObject({ code: 'OCPP_NOT_CONNECTED' });
  });
});

describe('profile 2', () => {
  let harness: OcppHarness;
  beforeAll(async () => {
    harness = await OcppHarness.start({ config: withTls({}) });
  });
  afterAll(() => harness.remove());

  it('serves a station with its password', async () => {
    const charger = new ChargerSimulator({
      url: harness.url.replace('ws:', 'wss:'),
      identity: 'CP-N1',
      password: 'cp-n1-secret-0001',
      tls: { ca },
      protocol: 'ocpp1.6',
      points: [{ connectorId: 1, powerType: 'DC', maxPowerW: 150_000 }],
    });
    await charger.start();
    expect(harness.ocpp.commands.isConnected('N1')).toBe(true);
    await charger.stop();
  });

  it('refuses it without', async () => {
    expect(await attempt(harness, 'CP-N1', {})).toBe(401);
    expect(await attempt(harness, 'CP-N1', login('CP-N1', 'wrong'))).toBe(401);
  });

  it.each([
    ['TLS 1.1', { maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    ['key exchange by RSA', { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA256:AES128-GCM-SHA256' }],
    ['no encryption', { maxVersion: 'TLSv1.2', ciphers: 'NULL-SHA256:@SECLEVEL=0' }],
  ])('refuses %s', async (_name, options) => {
    const tried = (async () => {
      const socket = connect({ port: harness.port, host: '127.0.0.1', ca, ...(options as object) });
      try {
        await once(socket, 'secureConnect');
      } finally {
        socket.destroy();
      }
    })();
    await expect(tried).rejects.toThrow();
  });

  it.each(['ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256', 'TLS_AES_128_GCM_SHA256'])(
    'speaks %s',
    async (suite) => {
      const version = suite.startsWith('TLS_') ? 'TLSv1.3' : 'TLSv1.2';
      const socket = connect({
        port: harness.port,
        host: '127.0.0.1',
        ca,
        ciphers: suite,
        minVersion: version,
        maxVersion: version,
      });
      await once(socket, 'secureConnect');
      expect(socket.getCipher().name).toBe(suite);
      socket.destroy();
    },
  );
});

describe('profile 3', () => {
  let harness: OcppHarness;
  beforeAll(async () => {
    harness = await OcppHarness.start({ config: withTls({ clientCa: ca }) });
  });
  afterAll(() => harness.remove());

  it('takes a certificate that names the identity as proof', async () => {
    expect(await attempt(harness, 'CP-N1', pair('cp-n1'))).toBe('open');
  });

  it("refuses another station's certificate", async () => {
    expect(await attempt(harness, 'CP-N1', pair('cp-n2'))).toBe(401);
    expect(harness.log.at(-1)).toMatchObject({ code: 'OCPP_BAD_CERTIFICATE', identity: 'CP-N1' });
  });

  it('refuses a certificate of a foreign authority, and none', async () => {
    expect(await attempt(harness, 'CP-N1', pair('foreign'))).toBe('no TLS');
    expect(await attempt(harness, 'CP-N1', login('CP-N1', 'cp-n1-secret-0001'))).toBe('no TLS');
  });

  it('refuses a wrong password beside a right certificate', async () => {
    expect(await attempt(harness, 'CP-N1', { ...pair('cp-n1'), ...login('CP-N1', 'wrong') })).toBe(401);
  });
});

describe('profiles 2 and 3 at one listener', () => {
  let harness: OcppHarness;
  beforeAll(async () => {
    const config = withTls({ clientCa: ca });
    const stations = config.depots[0].stations.map((station) =>
      station.id === 'N2' ? { ...station, ocpp: { ...station.ocpp, securityProfile: 2 as const } } : station,
    );
    const depots: typeof config.depots = [{ ...config.depots[0], stations }];
    harness = await OcppHarness.start({ config: { ...config, depots } });
  });
  afterAll(() => harness.remove());

  it('lets a station of profile 2 in with its password, and with nothing less', async () => {
    expect(await attempt(harness, 'CP-N2', login('CP-N2', 'cp-n2-secret-0002'))).toBe('open');
    expect(await attempt(harness, 'CP-N2', {})).toBe(401);
    expect(await attempt(harness, 'CP-N2', login('CP-N2', 'wrong'))).toBe(401);
    expect(await attempt(harness, 'CP-N2', pair('foreign'))).toBe(401);
  });

  it.each([
    ['no certificate', {}, 'no client certificate was sent'],
    ['a foreign one', pair('foreign'), 'is not trusted'],
    ['that of another station', pair('cp-n2'), 'names another identity'],
  ])('refuses a station of profile 3 with %s, whatever its password', async (_name, certificate, why) => {
    const right = login('CP-N1', 'cp-n1-secret-0001');
    expect(await attempt(harness, 'CP-N1', { ...certificate, ...right })).toBe(401);
    expect(harness.log.at(-1)).toMatchObject({
      ...{ code: 'OCPP_BAD_CERTIFICATE', identity: 'CP-N1', why: expect.stringContaining(why) },
    });
  });

  it('takes the certificate of a station of profile 3', async () => {
    expect(await attempt(harness, 'CP-N1', pair('cp-n1'))).toBe('open');
  });

  it.each(['TLSv1.2', 'TLSv1.3'])('trusts no resumed session more than the first, %s', async (version) => {
    const options = {
      host: '127.0.0.1',
      port: harness.port,
      ca,
      ...pair('foreign'),
      maxVersion: version as 'TLSv1.3',
    };
    const first = connect(options);
    const [session] = (await once(first, 'session')) as [Buffer];
    first.destroy();
    expect(await attempt(harness, 'CP-N1', { ...pair('foreign'), maxVersion: version, session })).toBe(401);
  });
});

describe('a handshake that fails', () => {
  it('is logged with address and reason, twenty a minute at most', async () => {
    const harness = await OcppHarness.start({ config: withTls({ clientCa: ca }) });
    const lines = () => harness.log.filter(({ code }) => code === 'OCPP_TLS_HANDSHAKE');
    const last = async (count: number) => {
      await until(() => lines().length >= count, `line ${count}`);
      return lines().at(-1);
    };
    try {
      await attempt(harness, 'CP-N1', {});
      const remoteAddress = expect.stringContaining('127.0.0.1');
      expect(await last(1)).toMatchObject({
        level: 40,
        remoteAddress,
        reason: expect.stringContaining('certificate'),
      });
      await attempt(harness, 'CP-N1', pair('foreign'));
      expect(await last(2)).toMatchObject({
        remoteAddress,
        reason: expect.stringContaining('UNABLE_TO_VERIFY'),
      });
      const plain = connectPlain(harness.port, '127.0.0.1');
      plain.end('GET / HTTP/1.1\r\n\r\n');
      expect(await last(3)).toMatchObject({ remoteAddress, reason: 'http request' });
      for (let number = 0; number < 30; number += 1) await attempt(harness, 'CP-N1', {});
      expect(lines()).toHaveLength(20);
      expect(await harness.runtime.metrics.registry.metrics()).toContain(
        'action="TlsHandshake",outcome="refused"} 33',
      );
    } finally {
      await harness.remove();
    }
  });
});

it('does not start with a key that does not belong to the certificate', async () => {
  const config = withTls({ key: pem('cp-n1.key') });
  await expect(OcppHarness.start({ config })).rejects.toMatchObject({ code: 'OCPP_TLS' });
});
