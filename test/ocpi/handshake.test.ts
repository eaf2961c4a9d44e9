import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmspSimulator } from '../../src/sim/emsp/index.js';
import { Bench } from './bench.js';

const PARTY = { countryCode: 'NL', partyId: 'EMS' };
const TOKEN_A = 'demo-registration-token-emsp';

let bench: Bench;
let emsp: EmspSimulator;
beforeEach(async () => {
  bench = await new Bench().start();
  emsp = new EmspSimulator({ party: PARTY });
  await emsp.start();
});
afterEach(async () => {
  await emsp.stop();
  await bench.end();
});

describe('registration', () => {
  it('exchanges tokens, and the registration token dies', async () => {
    const peer = await emsp.register(bench.versionsUrl, TOKEN_A);
    expect(peer.version).toBe('2.2.1');
    expect(peer.endpoints.length).toBeGreaterThan(3);
    const { items, total } = await emsp.getLocations();
    expect(total).toBe(1);
    expect(items[0]).toMatchObject({ id: 'depot-nord', publish: true });
    expect(items[0]?.['evses']).toHaveLength(1);
    const old = await emsp.call({ method: 'GET', url: bench.versionsUrl, token: TOKEN_A });
    expect(old.httpStatus).toBe(401);
    expect((await emsp.getSessions('2020-01-01T00:00:00Z')).items).toEqual([]);
    expect(emsp.violations).toEqual([]);
  });
});
