/** A command that fails says so in a line with a code and a line with the fix, and shows no stack. */
import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { reportFailure } from '../../src/cli/failure.js';
import { adoptStation } from '../../src/cli/stations.js';
import { runChargerCommand } from '../../src/sim/charger/index.js';
import { runEmspCommand } from '../../src/sim/emsp/index.js';
import { configuration } from './support.js';

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
