/** A CSMS that goes away and comes back. */
import { describe, expect, it } from 'vitest';
import { freePort } from '../../support/port.js';
import { charger, csms, Raw } from './support.js';

it('comes back on its port, knowing what it knew', async () => {
  const simulator = await csms({ port: await freePort() });
  const station = charger(simulator.url);
  await station.start();
  const { url } = simulator;
  await simulator.stop();
  expect(simulator.station('CP-1').connected).toBe(false);
  expect(await new Raw(`${url}/CP-2`).status()).toBe(0);
  expect(await simulator.start()).toBe(url);
  await simulator.waitFor('the station', () => simulator.station('CP-1').connected);
  expect(simulator.station('CP-1')).toMatchObject({ connections: 2, bootStatus: 'Accepted' });
});

describe('connections end', () => {
  it('with a code', async () => {
    const simulator = await csms();
    const raw = await new Raw(`${simulator.url}/CP-1`).open();
    const closed = raw.closed();
    simulator.cut('CP-1', { code: 1012, reason: 'restart' });
    expect(await closed).toEqual({ code: 1012, reason: 'restart' });
  });

  it('without a close frame', async () => {
    const simulator = await csms();
    const raw = await new Raw(`${simulator.url}/CP-1`).open();
    const closed = raw.closed();
    simulator.cut();
    expect(await closed).toEqual({ code: 1006, reason: '' });
  });

  it('and with them its calls', async () => {
    const simulator = await csms();
    const raw = await new Raw(`${simulator.url}/CP-1`).open();
    const call = simulator.call('CP-1', 'Reset', { type: 'Soft' });
    await raw.hear(([, , action]) => action === 'Reset');
    simulator.cut();
    await expect(call).rejects.toMatchObject({ kind: 'lost' });
    await expect(simulator.call('CP-1', 'Reset', { type: 'Soft' })).rejects.toMatchObject({
      kind: 'not-connected',
    });
  });
});
