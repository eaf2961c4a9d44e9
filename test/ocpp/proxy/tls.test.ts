/** Security profiles on both hops: each has its own certificates, and what they are for passes untouched. */
import { readFileSync } from 'node:fs';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Config } from '../../../src/config/index.js';
import { exampleConfig, OcppHarness, until } from '../harness.js';
import { knock } from '../raw.js';
import { plug, RawCsms } from './raw-csms.js';

const pem = (name: string) => readFileSync(new URL(`../fixtures/${name}.pem`, import.meta.url), 'utf8');
const pair = (name: string) => ({ key: pem(`${name}.key`), cert: pem(`${name}.cert`) });
const ca = pem('ca.cert');

interface Hops {
  readonly towardsCharger?: Config['listen']['ocpp']['tls'];
  readonly towardsCsms?: object;
}

async function inFrontOf(csms: RawCsms, { towardsCharger, towardsCsms }: Hops): Promise<OcppHarness> {
  const config = exampleConfig();
  const { ocpp } = config.listen;
  const listen = { ...config.listen, ocpp: { ...ocpp, ...(towardsCharger ? { tls: towardsCharger } : {}) } };
  const behind = parseConfigOcpp(csms.url);
  const withTls = { ...behind, csms: { ...behind.csms, ...(towardsCsms ? { tls: towardsCsms } : {}) } };
  const bridge = await OcppHarness.start({ config: { ...config, listen, ocpp: withTls as Config['ocpp'] } });
  onTestFinished(() => bridge.remove());
  return bridge;
}

function parseConfigOcpp(url: string): Config['ocpp'] {
  return exampleConfig((text) => `${text}\nocpp: { attach: proxy, csms: { url: "${url}" } }\n`).ocpp;
}

describe('towards the CSMS', () => {
  it('trusts the authority of the configuration, and shows its own certificate', async () => {
    const csms = await RawCsms.start({ tls: { ...pair('server'), ca } });
    const bridge = await inFrontOf(csms, { towardsCsms: { ca, ...pair('cp-n1') } });
    const charger = await plug(bridge.port);
    const { socket } = csms.requests[0] ?? {};
    expect((socket as TLSSocket).getPeerCertificate().subject.CN).toBe('CP-N1');
    const csr = '[2,"csr","SignCertificate",{"csr":"-----BEGIN CERTIFICATE REQUEST-----\\nMII"}]';
    charger.send(csr);
    expect(await (await csms.peer()).nth(0)).toBe(csr);
  });

  it('is not let in without a certificate that the CSMS wants: 502', async () => {
    const csms = await RawCsms.start({ tls: { ...pair('server'), ca } });
    const bridge = await inFrontOf(csms, { towardsCsms: { ca } });
    expect(await knock(bridge.port)).toBe(502);
  });

  it('refuses a CSMS that nobody vouches for, and says what to set', async () => {
    const csms = await RawCsms.start({ tls: pair('server') });
    const bridge = await inFrontOf(csms, {});
    expect(await knock(bridge.port)).toBe(502);
    expect(csms.requests).toHaveLength(0);
    expect(bridge.log.find(({ code }) => code === 'OCPP_CSMS_UNREACHABLE')).toMatchObject({
      why: expect.stringContaining('ocpp.csms.tls.ca'),
    });
  });
});

describe('towards the charger', () => {
  it.each([
    ['a password (profile 2)', {}, {}],
    ['a certificate (profile 3)', { clientCa: ca }, pair('cp-n1')],
  ])('asks for %s, and speaks plainly to the CSMS beside it', async (_what, tls, shown) => {
    const csms = await RawCsms.start({});
    const bridge = await inFrontOf(csms, { towardsCharger: { ...pair('server'), ...tls } });
    const charger = await plug(bridge.port, { ca, ...shown });
    charger.send('[2,"1","Heartbeat",{}]');
    expect(await (await csms.peer()).nth(0)).toBe('[2,"1","Heartbeat",{}]');
    await expect(plug(bridge.port, { ca, login: 'CP-N1:wrong', ...shown })).rejects.toThrow('401');
    await until(() => csms.requests.length === 1, 'one connection');
  });
});
