/** Half-open sockets: the peer is stopped, so its socket stays but nobody reads, answers or says goodbye. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleConfig, OcppHarness, until } from './harness.js';
import { type DialOptions, dial, knock } from './raw.js';

const MUTE = { identity: 'CP-N1', password: 'cp-n1-secret-0001', protocol: 'ocpp1.6' };
const REPLACED = { identity: 'CP-N2', password: 'cp-n2-secret-0002', protocol: 'ocpp1.6' };
const ANONYMOUS = { identity: 'CP-N4', password: '', protocol: 'ocpp2.0.1' };

/** A station that does nothing but answer pings. */
const STATION = `
  import WebSocket from 'ws';
  const [url, protocol, authorization] = process.argv.slice(1);
  const socket = new WebSocket(url, protocol, authorization ? { headers: { authorization } } : {});
  socket.on('open', () => process.stdout.write('open'));
  socket.on('close', () => process.exit(0));
`;

describe('a half-open socket', () => {
  let harness: OcppHarness;
  const children: ChildProcess[] = [];

  /** Connects a station in a process of its own, and stops that process. */
  async function stopped({ identity, password, protocol }: typeof MUTE): Promise<void> {
    const authorization = password
      ? `Basic ${Buffer.from(`${identity}:${password}`).toString('base64')}`
      : '';
    const args = [
      '--input-type=module',
      '-e',
      STATION,
      `${harness.url}/${identity}`,
      protocol,
      authorization,
    ];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    await once(child.stdout, 'data', { signal: AbortSignal.timeout(30_000) });
    child.kill('SIGSTOP');
  }

  const connected = (stationId: string) => harness.ocpp.commands.isConnected(stationId);
  const facts = ({ identity, password, protocol }: typeof MUTE): DialOptions => ({
    identity,
    password,
    protocols: [protocol],
  });

  beforeAll(async () => {
    const config = exampleConfig((text) => text.replace(', password: cp-n4-secret-0004', ''));
    harness = await OcppHarness.start({ config: { ...config, ocpp: { ...config.ocpp, pingSeconds: 0.2 } } });
    await stopped(MUTE);
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await harness.remove();
  });

  it('12 gives way at once to a newcomer with the right password', async () => {
    await stopped(REPLACED);
    const newcomer = await dial(harness.port, facts(REPLACED));
    expect(await newcomer.ask([2, '1', 'Heartbeat', {}])).toMatchObject([3, '1', {}]);
    expect(connected('N2')).toBe(true);
    await newcomer.end();
    await until(() => !connected('N2'), 'the end of the newcomer');
  });

  it('gives way to a newcomer without a password when it answers no ping', async () => {
    await stopped(ANONYMOUS);
    expect(connected('N4')).toBe(true);
    const newcomer = await dial(harness.port, facts(ANONYMOUS));
    expect(await newcomer.ask([2, '1', 'Heartbeat', {}])).toMatchObject([3, '1', {}]);
    // It lives: whoever comes now is refused.
    expect(await knock(harness.port, facts(ANONYMOUS))).toBe(409);
    await newcomer.end();
    await until(() => !connected('N4'), 'the end of the newcomer');
  });

  it('is taken by one newcomer without a password when several come in one moment', async () => {
    await stopped(ANONYMOUS);
    const all = Array.from({ length: 8 }, () => knock(harness.port, facts(ANONYMOUS)));
    expect((await Promise.all(all)).sort()).toEqual([101, ...Array(7).fill(409)]);
  });

  it('is cut when nothing comes for two pings, and can be commanded no more', async () => {
    await until(() => !connected('N1'), 'the cut');
    const outcome = await harness.ocpp.commands.unlock({
      stationId: 'N1',
      pointId: 'N1-1',
      intent: await harness.intent(),
    });
    expect(outcome).toMatchObject({ outcome: 'failed' });
    expect(outcome.reason).toContain('OCPP_NOT_CONNECTED');
    const ends = harness.log.filter(({ msg }) => msg === 'charging station disconnected');
    expect(ends).toContainEqual(expect.objectContaining({ stationId: 'N1', code: 1006 }));
  });
});
