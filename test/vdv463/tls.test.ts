/** Rule 5: TLS as VDV 463 mandates it, proven at start; and the certificate replaced while presystems stay. */
import { readFileSync } from 'node:fs';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { Cms, type CmsOptions, upstream } from './cms.js';
import { Peer } from './peer.js';

const MANDATED = 'ECDHE-ECDSA-AES128-SHA256';

const pem = (name: string): string =>
  readFileSync(new URL(`./fixtures/${name}.pem`, import.meta.url), 'utf8');
const pair = (name: string) => ({ key: pem(`${name}.key`), cert: pem(`${name}.cert`) });

const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close();
});

async function cmsWith(options: CmsOptions): Promise<Cms> {
  const cms = await Cms.start(options);
  opened.push({ close: () => cms.stop() });
  return cms;
}

/** One handshake; the suite and protocol agreed on. */
function handshake(cms: Cms, options: object): Promise<{ suite: string; protocol: string | null }> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({
      port: cms.listener.port,
      host: '127.0.0.1',
      ca: pem('ec-one.cert'),
      ...options,
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      resolve({ suite: socket.getCipher().name, protocol: socket.getProtocol() });
      socket.destroy();
    });
  });
}

describe('rule 5: TLS', () => {
  it('rule 5: the mandated suite works, and so do modern ones', async () => {
    const cms = await cmsWith({ tls: pair('ec-one') });
    const mandated = await handshake(cms, { ciphers: MANDATED, maxVersion: 'TLSv1.2' });
    expect(mandated).toEqual({ suite: MANDATED, protocol: 'TLSv1.2' });
    expect((await handshake(cms, {})).protocol).toBe('TLSv1.3');
    await expect(handshake(cms, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' })).rejects.toThrow();
    await expect(
      handshake(cms, { ciphers: 'ECDHE-RSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' }),
    ).rejects.toThrow();
  });

  it('rule 5: a presystem boots and is informed over wss with the mandated suite', async () => {
    const cms = await cmsWith({ tls: pair('ec-one') });
    const ws = { ca: pem('ec-one.cert'), ciphers: MANDATED, maxVersion: 'TLSv1.2' as const };
    const peer = await Peer.booted(cms, 'BMS-1', { ws });
    expect(peer.violations).toEqual([]);
    await peer.close();
  });

  it('rule 5: what could not work is refused at start, not at the first client (vector 2)', async () => {
    const wrong: [object, string][] = [
      [pair('rsa'), 'VDV463_TLS_NOT_ECDSA'],
      [{ key: pem('ec-two.key'), cert: pem('ec-one.cert') }, 'VDV463_TLS_UNREADABLE'],
      [{ key: 'nonsense', cert: pem('ec-one.cert') }, 'VDV463_TLS_UNREADABLE'],
    ];
    for (const [tls, code] of wrong) {
      await expect(Cms.start({ tls: tls as never })).rejects.toMatchObject({ code });
    }
    const later = () => new Date('2300-01-01T00:00:00Z');
    await expect(Cms.start({ tls: pair('ec-one'), now: later })).rejects.toMatchObject({
      code: 'VDV463_TLS_EXPIRED',
    });
  });

  it('rule 5: another certificate serves new connections, and nobody is cut off', async () => {
    const cms = await cmsWith({ tls: pair('ec-one') });
    const old = await Peer.booted(cms, 'BMS-1', { ws: { ca: pem('ec-one.cert') } });
    await expect(cms.listener.reloadTls(pair('rsa'))).rejects.toMatchObject({ code: 'VDV463_TLS_NOT_ECDSA' });
    await handshake(cms, {});
    await cms.listener.reloadTls(pair('ec-two'));
    await expect(handshake(cms, {})).rejects.toThrow();
    await handshake(cms, { ca: pem('ec-two.cert') });
    expect((await old.list([]))[0]).toBe(2);
    await old.close();
  });

  it('rule 5: clients may have to show a certificate of a given authority', async () => {
    const cms = await cmsWith({ tls: { ...pair('ec-one'), clientCa: pem('ec-two.cert') } });
    const ca = pem('ec-one.cert');
    await expect(Peer.dial(cms, 'BMS-1', { ws: { ca } })).rejects.toThrow();
    const peer = await Peer.booted(cms, 'BMS-1', { ws: { ca, ...pair('ec-two') } });
    await peer.close();
  });

  it('rule 5: without TLS it is served on loopback only', async () => {
    const cms = await cmsWith({ upstreams: [upstream()] });
    await expect(cms.listener.reloadTls(pair('ec-one'))).rejects.toMatchObject({
      code: 'VDV463_TLS_REQUIRED',
    });
    const exposed = Cms.start({ upstreams: [upstream()], host: '0.0.0.0' });
    await expect(exposed).rejects.toMatchObject({ code: 'VDV463_TLS_REQUIRED' });
  });
});
