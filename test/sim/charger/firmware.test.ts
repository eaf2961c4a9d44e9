/** A firmware update of a simulated charger ends after its restart, however long that takes. */
import { expect, it } from 'vitest';
import { ScaledClock } from '../../../src/sim/charger/index.js';
import { charger16, charger201, csms } from './support.js';

const location = 'ftp://127.0.0.1/';
const retrieveDate = new Date().toISOString();

it.each([
  ['1.6', charger16, { location, retrieveDate }],
  ['2.0.1', charger201, { requestId: 1, firmware: { location, retrieveDateTime: retrieveDate } }],
] as const)('%s says Installed once it is accepted again', async (_, chargerOf, update) => {
  const { tiny, url } = await csms();
  // A step of an update takes 10 s: here less than a restart does.
  const charger = chargerOf(url, { clock: new ScaledClock({ timeScale: 100_000 }) });
  await charger.start();
  await tiny.call('UpdateFirmware', update);
  await tiny.until('FirmwareStatusNotification', 1, (each) => each['status'] === 'Installed');
  const told = tiny.calls.map(({ action, payload }) => `${action} ${payload['status'] ?? ''}`.trim());
  expect(told.indexOf('FirmwareStatusNotification Installed')).toBeGreaterThan(
    told.lastIndexOf('BootNotification'),
  );
  expect(tiny.of('BootNotification')).toHaveLength(2);
});
