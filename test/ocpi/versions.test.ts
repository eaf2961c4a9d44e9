/** The same depot in three versions of the standard. */
import { afterEach, describe, expect, it } from 'vitest';
import type { EmspSimulator, OcpiVersion } from '../../src/sim/emsp/index.js';
import { Bench } from './bench.js';
import { complaints, EPOCH, registeredEmsp } from './partner.js';

let bench: Bench;
let emsp: EmspSimulator;
afterEach(async () => {
  await emsp.stop();
  await bench.end();
});

async function withVersion(version: OcpiVersion, publish = true): Promise<void> {
  bench = await new Bench((config) => {
    const [partner] = config.ocpi?.partners ?? [];
    if (!partner) return;
    partner.versions = ['2.1.1', '2.2.1', '2.3.0'];
    partner.grants = partner.grants.map((grant) => ({ ...grant, publish }));
  }).start();
  emsp = await registeredEmsp(bench, { versions: [version] });
}

async function guestNight(version: OcpiVersion): Promise<void> {
  const [token] = emsp.tokens;
  const asked = await emsp.startSession({
    locationId: 'depot-nord',
    evseUid: bench.evseUid('N4-1'),
    ...(token ? { token } : {}),
  });
  // The bay was never heard of, but its charger is connected as far as commands know.
  expect((await asked.result()).result, version).toBe('ACCEPTED');
  await bench.charge('N4', 'N4-1', { token: 'NLEMS0001' });
  await bench.meter('N4', 'T1', 2234);
  await emsp.waitFor('sessions', ({ kwh }) => kwh === 1.234);
  await bench.say('N4', 'TransactionEnded', { transactionId: 'T1', meterStopWh: 3000 });
  await emsp.waitFor('sessions', ({ status }) => status === 'COMPLETED');
  await emsp.waitFor('locations', ({ id }) => id === 'depot-nord');
}

describe('versions', () => {
  it.each(['2.1.1', '2.2.1', '2.3.0'] as const)(
    '%s: register, read, start, follow, without a fault',
    async (version) => {
      await withVersion(version);
      expect(emsp.peer?.version).toBe(version);
      await guestNight(version);
      expect((await emsp.getLocations()).total).toBe(1);
      const { items } = await emsp.getSessions(EPOCH);
      expect(items).toHaveLength(1);
      expect(items[0]).toMatchObject({ kwh: 2, status: 'COMPLETED', currency: 'EUR' });
      expect(complaints(emsp)).toEqual([]);
      expect(await bench.metrics.schemaViolations.get()).toMatchObject({ values: [] });
    },
  );

  it('keeps what is not for everybody out of 2.1.1, which could not say so', async () => {
    await withVersion('2.1.1', false);
    expect((await emsp.getLocations()).total).toBe(0);
    const answer = await emsp.call({
      method: 'GET',
      url: bench.versionsUrl.replace('/versions', '/2.1.1/locations/depot-nord'),
    });
    expect(answer.httpStatus).toBe(404);
    expect(complaints(emsp)).toEqual([]);
  });

  it('knows no version that was not agreed on', async () => {
    bench = await new Bench().start();
    emsp = await registeredEmsp(bench);
    for (const version of ['2.1.1', '2.0', '9.9', 'versionz']) {
      const answer = await emsp.call({
        method: 'GET',
        url: bench.versionsUrl.replace('/versions', `/${version}`),
      });
      expect(answer.httpStatus, version).toBe(404);
    }
  });
});
