/** Frames of a CSMS that come together are taken in their order. */
import { expect, it, onTestFinished } from 'vitest';
import { ChargerSimulator } from '../../../src/sim/charger/index.js';
import { CsmsSimulator } from '../../../src/sim/csms/index.js';

it('a limit that follows the start of its transaction at once is taken', async () => {
  const csms = new CsmsSimulator({ plan: { powerW: 50_000, afterMs: 0 } });
  const url = await csms.start();
  const charger = new ChargerSimulator({
    ...{ url, identity: 'CP-1', protocol: 'ocpp1.6' },
    points: [1, 2, 3, 4, 5].map((connectorId) => ({ connectorId, powerType: 'DC', maxPowerW: 150_000 })),
  });
  onTestFinished(async () => {
    await charger.stop();
    await csms.stop();
  });
  await charger.start();
  for (const point of [1, 2, 3, 4, 5]) {
    await charger.plugIn(point, { batteryWh: 350_000, socPct: 40, maxPowerW: 150_000, idTag: 'BUS' });
    const call = () =>
      csms.frames('CP-1').filter(({ text }) => text.includes('"SetChargingProfile"'))[point - 1]?.text;
    const asked = await csms.waitFor('the limit', call);
    const [, id] = JSON.parse(asked) as [number, string];
    const answer = await csms.waitFor('its answer', () =>
      csms.frames('CP-1').find(({ text }) => text.startsWith(`[3,"${id}"`)),
    );
    expect(JSON.parse(answer.text)).toEqual([3, id, { status: 'Accepted' }]);
  }
});
