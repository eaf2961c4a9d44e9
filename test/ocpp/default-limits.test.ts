/** Limits for whoever plugs in, as stations see them. */
import { afterEach, expect, it } from 'vitest';
import { type ChargerOptions, ChargerSimulator } from '../../src/sim/charger/index.js';
import { OcppHarness, until } from './harness.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function harnessWith(options: Pick<ChargerOptions, 'protocol'> & Partial<ChargerOptions>) {
  const harness = await OcppHarness.start({ options: { bootWaitMs: 500 } });
  cleanups.push(() => harness.remove());
  const is16 = options.protocol === 'ocpp1.6';
  const charger = new ChargerSimulator({
    url: harness.url,
    identity: is16 ? 'CP-N1' : 'CP-N3',
    password: is16 ? 'cp-n1-secret-0001' : 'cp-n3-secret-0003',
    points: is16
      ? [{ connectorId: 1, powerType: 'DC', maxPowerW: 150_000 }]
      : [1, 2].map((evseId) => ({ evseId, powerType: 'DC', maxPowerW: 150_000 })),
    ...options,
  });
  cleanups.push(() => charger.stop());
  await charger.start();
  const place = is16 ? { stationId: 'N1', pointId: 'N1-1' } : { stationId: 'N3', pointId: 'N3-1' };
  const setDefault = async (powerW: number) =>
    harness.ocpp.commands.setLimit({
      ...place,
      steps: [{ at: new Date().toISOString(), powerW }],
      whenIntroduced: true,
      intent: await harness.intent(),
    });
  return { harness, charger, place, setDefault };
}

it('takes the place of somebody else of the same level, at its EVSE or at all', async () => {
  const { harness, charger, setDefault } = await harnessWith({ protocol: 'ocpp2.0.1' });
  const now = new Date().toISOString();
  const rival = async (evseId: number, id: number) => {
    const call = {
      action: 'SetChargingProfile',
      payload: {
        evseId,
        chargingProfile: {
          id,
          stackLevel: 10,
          chargingProfilePurpose: 'TxDefaultProfile',
          chargingProfileKind: 'Absolute',
          chargingSchedule: [
            {
              id,
              chargingRateUnit: 'W',
              startSchedule: now,
              chargingSchedulePeriod: [{ startPeriod: 0, limit: 90_000 }],
            },
          ],
        },
      },
    };
    return harness.ocpp.commands.request('N3', call, await harness.intent());
  };
  expect((await rival(0, 7)).answer).toMatchObject({ status: 'Accepted' });
  expect(await setDefault(10_000)).toMatchObject({ outcome: 'accepted' });
  await charger.plugIn(1, { idTag: 'BUS4711', batteryWh: 350_000, socPct: 40, maxPowerW: 150_000 });
  await until(() => charger.view(1).powerW > 0, 'power');
  expect(Math.round(charger.view(1).powerW)).toBe(10_000);
});

it('is not asked of a station without room for it beside the limit of a transaction', async () => {
  const settings = { MaxChargingProfilesInstalled: '1' };
  const { harness, setDefault } = await harnessWith({ protocol: 'ocpp1.6', settings });
  const outcome = await setDefault(10_000);
  expect(outcome).toMatchObject({
    outcome: 'rejected',
    reason: expect.stringContaining('holds 1 charging profiles'),
  });
  expect(await harness.journal({ action: 'SetChargingProfile' })).toEqual([]);
});

it('is never what a transaction should have had that has just ended', async () => {
  const { harness, charger, place } = await harnessWith({ protocol: 'ocpp1.6' });
  await charger.plugIn(1, { idTag: 'BUS4711', batteryWh: 350_000, socPct: 40, maxPowerW: 150_000 });
  const processId = await until(() => {
    const id = harness.point('N1', 'N1-1').processId;
    return id && harness.state.processes.get(id)?.transactionId ? id : undefined;
  }, 'the transaction');
  charger.unplug(1);
  await until(() => harness.state.processes.get(processId)?.endedAt, 'its end');
  const steps = [{ at: new Date().toISOString(), powerW: 99_000 }];
  const order = { ...place, processId, steps, intent: await harness.intent() };
  expect(await harness.ocpp.commands.setLimit(order)).toMatchObject({ outcome: 'failed' });
  expect(await harness.journal({ action: 'SetChargingProfile' })).toEqual([]);
});

it('waits until the station has introduced itself, and is cleared without touching the other', async () => {
  const { harness, charger, place, setDefault } = await harnessWith({ protocol: 'ocpp1.6' });
  expect(await setDefault(10_000)).toMatchObject({ outcome: 'accepted' });
  charger.dropConnection();
  await until(() => !charger.online, 'the station gone');
  await until(() => charger.online, 'the station back');
  const before = performance.now();
  expect(await setDefault(9_000)).toMatchObject({ outcome: 'accepted' });
  expect(performance.now() - before).toBeGreaterThan(100);
  const clear = { ...place, only: 'default' as const, intent: await harness.intent() };
  expect(await harness.ocpp.commands.clearLimit(clear)).toMatchObject({ outcome: 'accepted' });
  const cleared = await harness.journal({ action: 'ClearChargingProfile', direction: 'out' });
  const set = await harness.journal({ action: 'SetChargingProfile', direction: 'out' });
  expect(cleared.map((entry) => JSON.parse(entry.raw)[3])).toEqual([
    { id: JSON.parse(set[0]?.raw ?? '')[3].csChargingProfiles.chargingProfileId },
  ]);
});
