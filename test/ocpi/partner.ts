/** The partner of the shipped example, and what it has a right to complain about. */
import { type EmspOptions, EmspSimulator, type OcpiViolation } from '../../src/sim/emsp/index.js';
import type { Bench } from './bench.js';

export const PARTY = { countryCode: 'NL', partyId: 'EMS' };
export const TOKEN_A = 'demo-registration-token-emsp';
export const EPOCH = '2020-01-01T00:00:00Z';

export async function startEmsp(options: Partial<EmspOptions> = {}): Promise<EmspSimulator> {
  const emsp = new EmspSimulator({ party: PARTY, ...options });
  await emsp.start();
  return emsp;
}

/** Registered with the bench, which has read its list of tokens: empty, whatever the partner knows. */
export async function registeredEmsp(
  bench: Bench,
  options: Partial<EmspOptions> = {},
): Promise<EmspSimulator> {
  const emsp = await startEmsp(options);
  const { tokens } = emsp;
  emsp.tokens = [];
  await emsp.register(bench.versionsUrl, TOKEN_A);
  const wasRead = async () =>
    (await bench.journal()).some(({ action, direction }) => action === 'GET tokens' && direction === 'in');
  await until(wasRead, 'the reading of tokens');
  emsp.tokens = tokens;
  return emsp;
}

/** Every module lists the versions it knows; a version that the partner does not know is no fault. */
export function complaints(emsp: EmspSimulator): OcpiViolation[] {
  return emsp.violations.filter(({ message }) => !message.startsWith('Version/version enum'));
}

/** Waits until this holds. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 30_000,
): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`${what} did not come within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
