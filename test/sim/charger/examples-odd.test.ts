/** The scenarios that ship pass against a bridge: those with a network that fails and a charger that does. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type BridgeProcess, startBridgeProcess } from '../../support/bridge.js';
import { runExample } from './examples.js';

let bridge: BridgeProcess;
beforeAll(async () => {
  bridge = await startBridgeProcess({ store: 'lmdb' });
});
afterAll(() => bridge.remove());

describe('the odd scenarios that ship', () => {
  it.concurrent('offline-replay.yaml', async ({ expect }) => {
    const { code, text } = await runExample('offline-replay.yaml', bridge.ports.ocpp);
    expect(text).toMatch(/^CP-N3: passed, 6 of 6 checks, 1 transactions/);
    expect(code).toBe(0);
  });

  it.concurrent('stubborn.yaml', async ({ expect }) => {
    const { code, text } = await runExample('stubborn.yaml', bridge.ports.ocpp);
    expect(text).toMatch(/^CP-N2: passed, 5 of 5 checks, 1 transactions/);
    expect(code).toBe(0);
  });
});
