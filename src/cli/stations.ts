/** `depotbridge station list|adopt`: stations that knocked at a running bridge without being configured. */
import { setTimeout as wait } from 'node:timers/promises';
import { loadConfig } from '../config/index.js';
import { BridgeError } from '../errors/index.js';
import type { Stranger } from '../ocpp/index.js';
import { type BridgeClient, bridgeThatRuns } from './bridge-client.js';

const CONNECTORS_MS = 5_000;

export interface StationsOptions {
  readonly config: string;
  /** With `adopt`: how long to wait for it to introduce itself, seconds. */
  readonly wait?: number;
}

/** Prints who knocked; returns the exit code. */
export async function listStations(options: StationsOptions): Promise<number> {
  const bridge = await bridgeThatRuns(loadConfig(options.config));
  const strangers = await bridge.call<Stranger[]>('GET', '/api/v1/strangers');
  if (strangers.length === 0) process.stdout.write('no station knocked that is not configured\n');
  for (const { identity, remoteAddress, attempts, lastSeen, protocol, introduction } of strangers) {
    const make = introduction ? `, ${introduction.vendor} ${introduction.model}` : '';
    const tries = attempts === 1 ? 'once' : `${attempts} times`;
    process.stdout.write(
      `${identity}  from ${remoteAddress}, ${protocol ?? 'no version spoken here'}${make}, ${tries}, last ${lastSeen}\n`,
    );
  }
  return 0;
}

/** Lets a station introduce itself and prints what to add to the configuration. Nothing is served by it. */
export async function adoptStation(identity: string, options: StationsOptions): Promise<number> {
  const bridge = await bridgeThatRuns(loadConfig(options.config));
  await bridge.call('POST', `/api/v1/strangers/${encodeURIComponent(identity)}/invite`);
  const stranger = await introduced(bridge, identity, options.wait ?? 60);
  if (!stranger) throw new BridgeError('OCPP_NO_STRANGER', `${identity} was not heard of any more`);
  if (!stranger.introduction)
    process.stderr.write(
      `${identity} has not introduced itself yet; it is let in for ten minutes: run this again after it knocked\n`,
    );
  process.stdout.write(adoptionBlock(stranger));
  return 0;
}

/** The block for `depots[0].stations`; what nobody told is left to fill in, and refused until it is. */
export function adoptionBlock({ identity, protocol, introduction }: Stranger): string {
  const { vendor, model, firmware, points = [] } = introduction ?? {};
  const told = [vendor, model, firmware && `firmware ${firmware}`].filter(Boolean).join(' ');
  const speaks = introduction?.protocol ?? protocol;
  const modern = speaks !== undefined && speaks !== 'ocpp1.6';
  const numbers = points.length > 0 ? points : [1];
  const guessed = points.length > 0 ? '' : ' It told no connectors: one is guessed.';
  return [
    `# Add this to depots[0].stations, fill in every ~, and start the bridge anew.${guessed}`,
    `- id: ${JSON.stringify(identity)}`,
    `  # ${comment(told || 'make unknown')}; speaks ${speaks ?? 'no version that is spoken here'}`,
    `  ocpp: { identity: ${JSON.stringify(identity)}, password: "\${env:${variableFor(identity)}}" }`,
    '  points:',
    ...numbers.map((number) => {
      const place = modern ? `evse: ${number}, connector: 1` : `connector: ${number}`;
      const id = JSON.stringify(`${identity}-${number}`);
      return `    - { id: ${id}, ${place}, standard: ~, format: ~, powerType: ~, maxVoltage: ~, maxAmperage: ~ }`;
    }),
    '',
  ].join('\n');
}

/** A name that a shell takes: many identities are serial numbers, and no variable begins with a digit. */
function variableFor(identity: string): string {
  const name = identity.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
  return `${/^[0-9]/.test(name) ? 'STATION_' : ''}${name}_PASSWORD`;
}

/** One line without control characters: what a stranger says must not become YAML or move a cursor. */
function comment(text: string): string {
  return text.replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, '?').slice(0, 200);
}

async function introduced(
  bridge: BridgeClient,
  identity: string,
  seconds: number,
): Promise<Stranger | undefined> {
  let until = Date.now() + seconds * 1000;
  let heard = false;
  for (;;) {
    const strangers = await bridge.call<Stranger[]>('GET', '/api/v1/strangers');
    const stranger = strangers.find((each) => each.identity === identity);
    if (!stranger || stranger.introduction?.points.length || Date.now() >= until) return stranger;
    // Its connectors, if it tells them, come a moment after its name.
    if (stranger.introduction && !heard) until = Math.min(until, Date.now() + CONNECTORS_MS);
    heard = stranger.introduction !== undefined;
    await wait(250);
  }
}
