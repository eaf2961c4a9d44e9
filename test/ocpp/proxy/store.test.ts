/** The store is never in the way of a frame: it dies, chargers go on, and what was missed is said. */
import { expect, it, onTestFinished } from 'vitest';
import { startRedis } from '../../support/redis.js';
import { shippedTables, until } from '../harness.js';
import { rawBehind } from './behind.js';
import { plug, type RawPeer } from './raw-csms.js';

const at = (minutes: number) => `${new Date(Date.now() - minutes * 60_000).toISOString().slice(0, 19)}Z`;

/** Calls one after the other; the slowest round trip in ms. */
async function talk(charger: RawPeer, behind: RawPeer, name: string, count: number): Promise<number> {
  let slowest = 0;
  for (let index = 0; index < count; index++) {
    const [heard, said] = [charger.got.length, behind.got.length];
    const began = performance.now();
    charger.send(`[2,"${name}-${index}","Heartbeat",{}]`);
    await behind.nth(said);
    behind.send(`[3,"${name}-${index}",{"currentTime":"${at(0)}"}]`);
    await charger.nth(heard);
    slowest = Math.max(slowest, performance.now() - began);
  }
  return slowest;
}

it.each(['dies', 'hangs'])('goes on while the store %s, and tells the gap', async (how) => {
  // Compiling them would hold up the store's answers, as nothing does later.
  shippedTables();
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const { csms, bridge } = await rawBehind({ redis: redis.url });
  const charger = await plug(bridge.port);
  const behind = await csms.peer();
  const said = async (action: string, payload: object, answer = '{}') => {
    const before = behind.got.length;
    charger.send(JSON.stringify([2, `${action}-${before}`, action, payload]));
    await behind.nth(before);
    const heard = charger.got.length;
    behind.send(`[3,"${action}-${before}",${answer}]`);
    await charger.nth(heard);
  };
  const meter = (wattHours: number, minutes: number) =>
    said('MeterValues', {
      connectorId: 1,
      transactionId: 4,
      meterValue: [{ timestamp: at(minutes), sampledValue: [{ value: String(wattHours) }] }],
    });
  const start = { connectorId: 1, idTag: 'BUS4711', meterStart: 1_000, timestamp: at(5) };
  await said('StartTransaction', start, '{"transactionId":4,"idTagInfo":{"status":"Accepted"}}');
  await meter(2_000, 4);
  const process = () =>
    [...bridge.state.processes.values()].find((each) => each.transactionId?.value === '4');
  await until(() => process()?.deliveredWh?.value === 1_000, 'energy');
  await until(async () => (await bridge.journal({ action: 'MeterValues' })).length === 2, 'the journal');

  if (how === 'dies') await redis.kill();
  else redis.signal('SIGSTOP');
  // A round trip waits for no store, whose patience is seconds.
  expect(await talk(charger, behind, 'away', 30)).toBeLessThan(1_000);
  await meter(3_000, 3);
  if (how === 'dies') {
    await until(() => bridge.runtime.depot.journal.gap(), 'the gap');
    await talk(charger, behind, 'gap', 5);
    await redis.restart();
  } else redis.signal('SIGCONT');

  await talk(charger, behind, 'back', 3);
  if (how === 'dies') {
    const [gap] = await until(async () => {
      const found = await bridge.journal({ action: 'JournalGap' });
      return found.length > 0 && found;
    }, 'the record of the gap');
    expect(JSON.parse(gap?.raw ?? '')).toMatchObject({ lost: expect.any(Number) });
  }
  await meter(5_000, 1);
  await until(() => process()?.deliveredWh?.value === 4_000, 'the energy of what was heard again');
  const entries = await until(async () => {
    const found = await bridge.journal({ action: 'MeterValues' });
    return found.some(({ raw }) => raw.includes('"5000"')) && found;
  }, 'the journal goes on');
  // Nothing in the state stands on a frame that is not on record.
  const { deliveredWh } = process() ?? {};
  expect(entries.map(({ id }) => id)).toContain(deliveredWh?.raw);
});
