import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig, parseConfig } from '../../src/config/index.js';

const EXAMPLE = new URL('../../config/depot.example.yaml', import.meta.url).pathname;
const text = readFileSync(EXAMPLE, 'utf8');

/** The faults of an edited example, as a reader sees them. */
function faults(edit: (text: string) => string, env: NodeJS.ProcessEnv = {}): string {
  try {
    parseConfig(edit(text), 'depot.yaml', env);
  } catch (error) {
    return (error as Error).message;
  }
  return 'no fault';
}

/** The example, its stations handed over by their CSMS. */
function fed(example: string, host: string, feed = ''): string {
  const open = example.replace('listen:\n', `listen:\n  feed: { host: ${host}, port: 7464 }\n`);
  return `${open}\nocpp: { attach: feed, feed: { ${feed} } }\n`;
}

describe('a configuration', () => {
  it('is the shipped example as it is, defaults filled in', () => {
    const config = loadConfig(EXAMPLE);
    expect(config.depots[0].stations.map((station) => station.id)).toEqual(['N1', 'N2', 'N3', 'N4']);
    expect(config.ocpp.linkGraceSeconds).toBe(60);
    expect(config.upstreams[1]).toMatchObject({ dialect: '2.0.0', retries: 3, lenient: false });
  });

  it.each([
    [
      'a value out of range',
      (t: string) => t.replace('port: 7461', 'port: 99999'),
      'depot.yaml:10:36: CONFIG_INVALID: listen.ocpp.port is 99999; it must be <= 65535',
    ],
    [
      'a security profile that the listener does not have',
      (t: string) => t.replace('identity: CP-N1,', 'identity: CP-N1, securityProfile: 3,'),
      'CONFIG_INVALID: station N1 has securityProfile 3, but listen.ocpp.tls has no clientCa',
    ],
    [
      'a point that nobody could find',
      (t: string) => t.replace('id: N1-1, connector: 1,', 'id: N1-1,'),
      'CONFIG_INVALID: point N1-1 has neither connector (the connectorId of OCPP 1.6) nor evse (2.x)',
    ],
    [
      'a misspelt key',
      (t: string) => t.replace('gridLimitKw', 'gridLimtKw'),
      'depot.yaml:22:5: CONFIG_UNKNOWN_KEY: gridLimtKw is not a setting of depots.0; did you mean gridLimitKw?',
    ],
    [
      'a misspelt word',
      (t: string) => t.replace('kind: BMS,', 'kind: BSM,'),
      'CONFIG_INVALID: upstreams.0.kind is "BSM"; did you mean BMS?',
    ],
    [
      'a missing setting',
      (t: string) => t.replace('currency: EUR', ''),
      'CONFIG_INVALID: ocpi lacks currency',
    ],
    [
      'a point that is not there',
      (t: string) => t.replace('points: [N4-1]', 'points: [N9-1]'),
      'CONFIG_REFERENCE: N9-1 is not a charging point of depot-nord',
    ],
    [
      'an id used twice',
      (t: string) => t.replace('id: N2-2', 'id: N2-1'),
      'CONFIG_REFERENCE: point id N2-1 is used twice',
    ],
    [
      'no time zone',
      (t: string) => t.replace('Europe/Berlin', 'Europe/Berln'),
      'CONFIG_INVALID: timeZone Europe/Berln is not an IANA time zone',
    ],
    [
      'a listener in the open',
      (t: string) => t.replace('vdv463: { host: 127.0.0.1', 'vdv463: { host: 0.0.0.0'),
      'CONFIG_EXPOSED: listen.vdv463 is on 0.0.0.0 without tls',
    ],
    [
      'a feed that nobody can hand frames to',
      (t: string) => `${t}\nocpp: { attach: feed }\n`,
      'CONFIG_INVALID: station N1 is attached by a feed, but there is no listen.feed',
    ],
    [
      'a feed in the open',
      (t: string) => fed(t, '0.0.0.0'),
      'CONFIG_EXPOSED: listen.feed is on 0.0.0.0 without a token or tls.clientCa',
    ],
    [
      'a lease without a webhook',
      (t: string) => fed(t, '127.0.0.1', 'control: lease'),
      'CONFIG_INVALID: station N1 has control: lease, but ocpp.feed.webhook does not say where commands go',
    ],
    [
      'commands in clear over the network',
      (t: string) => fed(t, '127.0.0.1', 'webhook: { url: "http://csms.example/x", token: t }'),
      'CONFIG_INVALID: ocpp.feed.webhook.url leads to csms.example: it must begin with https:',
    ],
    [
      'commands that anybody could send',
      (t: string) => fed(t, '127.0.0.1', 'webhook: { url: "https://csms.example/x" }'),
      'CONFIG_INVALID: ocpp.feed.webhook has neither a secret nor a token',
    ],
    ['broken YAML', (t: string) => t.replace('depots:', 'depots: ['), 'CONFIG_SYNTAX'],
  ])('is refused for %s, with place and remedy', (_name, edit, expected) => {
    expect(faults(edit)).toContain(expected);
    expect(faults(edit)).toContain('\n  fix: ');
  });

  it('takes an EVSE for a point of 2.x, with connector 1 if none is named', () => {
    const edited = text.replace('id: N3-2, evse: 2, connector: 1,', 'id: N3-2, evse: 2,');
    const config = parseConfig(edited, 'depot.yaml');
    expect(config.depots).toEqual(parseConfig(text, 'depot.yaml').depots);
  });

  it('names all faults at once', () => {
    const message = faults((t) => t.replace('port: 7461', 'port: -1').replace('kind: BMS,', 'kind: X,'));
    expect(message.match(/CONFIG_INVALID/g)).toHaveLength(2);
  });

  it('takes secrets from the environment and from files, quoted or not', () => {
    const folder = mkdtempSync(join(tmpdir(), 'depotbridge-config-'));
    writeFileSync(join(folder, 'admin.token'), 'from-file\n');
    const edited = text
      .replace('token: demo-admin', 'token: ${file:admin.token}')
      .replace('password: bms-secret', 'password: "x-${env:BMS}"');
    const config = parseConfig(edited, join(folder, 'depot.yaml'), { BMS: 'secret' });
    rmSync(folder, { recursive: true });
    expect(config.listen.admin.token).toBe('from-file');
    expect(config.upstreams[0]?.password).toBe('x-secret');
  });

  it('is refused where a secret is missing, without showing others', () => {
    const message = faults((t) => t.replace('token: demo-admin', 'token: ${env:NOPE}'));
    expect(message).toContain('depot.yaml:9:49: CONFIG_SECRET: ${env:NOPE} cannot be resolved');
    expect(message).not.toContain('bms-secret');
  });
});
