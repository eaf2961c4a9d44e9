/** The scenarios that ship pass against a bridge: a bus that charges, and a hundred. */
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BridgeProcess, startBridgeProcess } from '../../support/bridge.js';
import { root, runExample } from './examples.js';

/** Stations CP-0001 … of the load scenario, beside those of the example. */
function withCrowd(text: string): string {
  const stations = Array.from({ length: 100 }, (_, index) => {
    const number = String(index + 1).padStart(4, '0');
    return `      - { id: C${number}, ocpp: { identity: CP-${number}, password: secret-of-cp-${number} }, maxPowerKw: 150, points: [{ id: C${number}-1, connector: 1, standard: IEC_62196_T2_COMBO, format: CABLE, powerType: DC, maxVoltage: 920, maxAmperage: 200 }] }`;
  });
  return text.replace('    stations:\n', `    stations:\n${stations.join('\n')}\n`);
}

let one: BridgeProcess;
let crowded: BridgeProcess;
beforeAll(async () => {
  [one, crowded] = await Promise.all([
    startBridgeProcess({ store: 'lmdb' }),
    startBridgeProcess({ store: 'lmdb', edit: withCrowd }),
  ]);
});
afterAll(() => Promise.all([one.remove(), crowded.remove()]));

describe('the scenarios that ship', () => {
  it('are all run by a test', () => {
    const names = readdirSync(`${root}config/scenarios`);
    expect(names).toEqual(['bus-charge.yaml', 'load.yaml', 'offline-replay.yaml', 'stubborn.yaml']);
  });

  it.concurrent('bus-charge.yaml', async ({ expect: own }) => {
    const { code, text } = await runExample('bus-charge.yaml', one.ports.ocpp);
    own(text).toMatch(/^CP-N1: passed, 11 of 11 checks, 1 transactions/);
    own(code).toBe(0);
  });

  it.concurrent('load.yaml', { timeout: 90_000 }, async ({ expect: own }) => {
    // Half as fast: a machine that is busy with other tests answers a hundred stations in time all the same.
    const { code, text } = await runExample('load.yaml', crowded.ports.ocpp, ['--time-scale', '300']);
    own(text).not.toContain('FAILED');
    own(text).toMatch(/^100 stations, 100 transactions, \d+\.\d kWh$/m);
    own(code).toBe(0);
  });
});
