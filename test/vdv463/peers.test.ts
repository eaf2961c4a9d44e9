/** The simulated presystem against the bridge. */
import { afterEach, describe, expect, it } from 'vitest';
import { Presystem } from '../../src/sim/bms/index.js';
import { Cms, type CmsOptions, ITCS, upstream } from './cms.js';
import { order } from './peer.js';

const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close();
});

async function cmsWith(options: CmsOptions = {}): Promise<Cms> {
  const cms = await Cms.start(options);
  opened.push({ close: () => cms.stop() });
  return cms;
}

describe('the simulated presystem', () => {
  it('rule 17: comes back by itself after the link broke, and finds nothing wrong with the bridge', async () => {
    const cms = await cmsWith({ upstreams: [upstream(), { ...ITCS, intervalSeconds: 0.3 }] });
    const both = [upstream(), ITCS].map(({ presystemId, kind, dialect, user, password }) => {
      const presystem = new Presystem({
        url: cms.url(presystemId),
        presystemId,
        kind,
        dialect,
        user,
        password,
        pingIntervalMs: 50,
        reconnect: { initialMs: 20, maxMs: 100 },
      });
      opened.push(presystem);
      return presystem;
    });
    await Promise.all(both.map((presystem) => presystem.connect()));
    await Promise.all(both.map((presystem) => presystem.setRequests([order('R1', 'V1') as never])));
    await cms.charge('N1', 'N1-1', 'V1', { powerW: 42_500, socPct: 55 });
    for (const presystem of both) {
      await presystem.waitFor(
        () => presystem.point('N1-1')?.chargingProcessInfo?.electricData.chargingPower === 42.5,
      );
      presystem.drop();
      await new Promise((resolve) => presystem.events.once('connected', resolve));
      expect((await presystem.publish()).outcome).toBe('conf');
    }
    expect(both.flatMap(({ violations }) => violations)).toEqual([]);
    expect(await cms.count('schemaViolations')).toBe(0);
  });

  it('as it is on a bad day: late, twice, crossing, with broken frames; the bridge stays right', async () => {
    const cms = await cmsWith();
    const presystem = new Presystem({
      url: cms.url(),
      presystemId: 'BMS-1',
      kind: 'BMS',
      dialect: '1.1.0',
      user: 'bms',
      password: 'bms-secret',
      timeoutMs: 300,
      reconnect: { initialMs: 20, maxMs: 100 },
    });
    opened.push(presystem);
    await presystem.connect();
    for (const unkind of [
      { duplicateRequests: 'same' },
      { duplicateRequests: 'different' },
      { crossing: true },
      { errAnswer: 'string' },
      { errAnswer: 'errorCode' },
      { malformedJson: 'ProvideChargingRequests' },
    ] as const) {
      presystem.unkind = unkind;
      await presystem.setRequests([order('R1', 'V1') as never]);
      await cms.measure('N1', 'N1-1', { powerW: 1 });
    }
    presystem.unkind = {};
    expect((await presystem.setRequests([order('R2', 'V2') as never])).outcome).toBe('conf');
    expect(Object.keys(cms.runtime.depot.state.presystems['BMS-1']?.requests ?? {})).toEqual(['R2']);
    // A retry whose first answer crossed it may be answered twice alike; nothing else may be wrong.
    const wrong = presystem.violations.filter(({ message }) => !message.startsWith('a second answer'));
    expect(wrong).toEqual([]);
  });
});
