/** A command that fails says so in a line with a code and a line with the fix, and shows no stack. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { reportFailure } from '../../src/cli/failure.js';
import { adoptStation } from '../../src/cli/stations.js';
import { runChargerCommand } from '../../src/sim/charger/index.js';
import { runEmspCommand } from '../../src/sim/emsp/index.js';
import { configuration } from './support.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** What is written to stderr when a command fails with this. */
async function said(command: () => unknown): Promise<string> {
  let text = '';
  const write = (chunk: unknown) => {
    text += String(chunk);
    return true;
  };
  const spies = [vi.spyOn(process.stderr, 'write').mockImplementation(write)];
  spies.push(vi.spyOn(process.stdout, 'write').mockImplementation(() => true));
  onTestFinished(() => spies.forEach((spy) => void spy.mockRestore()));
  try {
    await command();
    throw new Error('the command did not fail');
  } catch (error) {
    expect(reportFailure(error)).toBe(1);
  }
  return text;
}

const charger = { url: 'ws://127.0.0.1:1/ocpp', identity: 'X', protocol: 'ocpp1.6' } as const;
const emsp = { cpoVersionsUrl: 'http://127.0.0.1:1/ocpi/versions', token: 'x', once: true } as const;

describe('a command that fails', () => {
  it.each<[string, string, () => unknown]>([
    ['station adopt without a bridge', 'CLI_NO_BRIDGE', () => adoptStation('X', { config: configuration() })],
    ['a file that is not there', 'CLI_FILE', () => readFileSync('/nowhere.json')],
    [
      'sim charger with a scenario that is not there',
      'CLI_FILE',
      () => runChargerCommand({ ...charger, scenario: '/nowhere.yaml', signal: AbortSignal.timeout(1_000) }),
    ],
    [
      'sim emsp without a peer',
      'CLI_UNREACHABLE',
      () =>
        runEmspCommand({
          ...emsp,
          ...{ party: { countryCode: 'NL', partyId: 'EMS' }, versions: ['2.2.1'] },
          ...{ registrationToken: 'x', signal: AbortSignal.timeout(5_000) },
        }),
    ],
    ['something that nobody foresaw', 'CLI_FAILED', () => Promise.reject(new TypeError('x of undefined'))],
  ])('%s: %s', async (_name, code, command) => {
    const text = await said(command);
    expect(text.trimEnd().split('\n')).toEqual([
      expect.stringMatching(new RegExp(`^${code}: .+`)),
      expect.stringMatching(/^ {2}fix: .+/),
    ]);
  });
});

describe('a bridge that ends before it answers', () => {
  it('is told apart from one that does not run', async () => {
    const server = createServer((asked, answer) => {
      if (asked.url === '/livez') answer.end('{}');
      else asked.socket.destroy();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const config = configuration((text) => text.replace('port: 1,', `port: ${port},`));
    const text = await said(() => adoptStation('X', { config }));
    expect(text).toMatch(/^CLI_BRIDGE_GONE: the bridge went before it answered POST .+\n {2}fix: /);
  });
});

describe('an option that cannot be meant', () => {
  it.each([
    ['station adopt X --wait soon', 1],
    ['station adopt X --wait -1', 1],
    ['sim charger --url ws://127.0.0.1:1 --identity X --meter-interval-seconds -3', 2],
    ['sim charger --url ws://127.0.0.1:1 --identity X --connect-within-seconds x', 2],
  ])('is refused before anything is done: %s', (line, code) => {
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...line.split(' ')], { encoding: 'utf8' });
    expect(stderr).toMatch(/is invalid\. it must be a number/);
    expect(status).toBe(code);
  });
});
