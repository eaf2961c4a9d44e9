/** Load management as CSMSs have it. */
import { expect, it } from 'vitest';
import { bus, charger, csms } from './support.js';

it.each(['ocpp1.6', 'ocpp2.0.1'] as const)(
  'limits every transaction of %s, and frees it at its end',
  async (protocol) => {
    const simulator = await csms({ plan: { powerW: 50_000, stackLevel: 1 } });
    const outcomes: unknown[] = [];
    simulator.events.on('called', (_identity, action, payload, outcome) =>
      outcomes.push([action, payload, outcome]),
    );
    const station = charger(simulator.url, { protocol });
    await station.start();
    await station.plugIn(1, bus);
    await simulator.waitFor('the limit', () => station.view(1).limitW === 50_000);
    station.unplug(1);
    await simulator.waitFor('it to be cleared', () => outcomes.length === 2);
    const id = protocol === 'ocpp1.6' ? { id: 1 } : { chargingProfileId: 1 };
    expect(outcomes).toMatchObject([
      ['SetChargingProfile', {}, { status: 'Accepted' }],
      // It ended with its transaction, so there is none any more.
      ['ClearChargingProfile', id, { status: 'Unknown' }],
    ]);
    const sent = simulator.frames().filter(({ text }) => text.includes('"SetChargingProfile"'));
    expect(sent.length).toBe(1);
    expect(sent[0]?.text).toContain('"stackLevel":1');
  },
);

it('sets its limit again and again, a little higher', async () => {
  const simulator = await csms({ plan: { currentA: 16, againSeconds: 0.2, raiseBy: 1 } });
  const station = charger(simulator.url, {
    points: [{ connectorId: 1, powerType: 'AC', maxPowerW: 22_000 }],
  });
  await station.start();
  await station.plugIn(1, bus);
  const limits = () => simulator.frames().flatMap(({ text }) => /"limit":(\d+)/.exec(text)?.[1] ?? []);
  await simulator.waitFor('three limits', () => limits().length > 2);
  await simulator.waitFor('the third', () => station.view(1).limitW >= 18 * 3 * 230);
  expect(limits().slice(0, 3)).toEqual(['16', '17', '18']);
  station.unplug(1);
  const isClear = ({ text }: { readonly text: string }) => text.includes('"ClearChargingProfile"');
  await simulator.waitFor('it to be cleared', () => simulator.frames().some(isClear));
  await station.plugIn(1, bus);
  const later = () => {
    const frames = simulator.frames();
    return frames.slice(frames.findIndex(isClear)).filter(({ text }) => text.includes('"limit"'));
  };
  await simulator.waitFor('three more', () => later().length > 2);
  expect(later().filter(({ text }) => !text.includes('"transactionId":2'))).toEqual([]);
  expect(simulator.violations).toEqual([]);
});
