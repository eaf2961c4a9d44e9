/** What is asked of stations: once, in time, valid, in words that they understand. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ChargerOptions, ChargerSimulator } from '../../src/sim/charger/index.js';
import { exampleConfig, OcppHarness, until } from './harness.js';
import { type Dialled, dial } from './raw.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

let harness: OcppHarness;
async function begin(callTimeoutSeconds?: number): Promise<OcppHarness> {
  const config = exampleConfig();
  const ocpp = callTimeoutSeconds === undefined ? config.ocpp : { ...config.ocpp, callTimeoutSeconds };
  const begun = await OcppHarness.start({ config: { ...config, ocpp }, options: { bootWaitMs: 60_000 } });
  cleanups.push(() => begun.remove());
  return begun;
}
beforeEach(async () => {
  harness = await begin();
});

async function simulator(options: Partial<ChargerOptions>): Promise<ChargerSimulator> {
  const charger = new ChargerSimulator({
    url: harness.url,
    identity: 'CP-N4',
    password: 'cp-n4-secret-0004',
    protocol: 'ocpp2.0.1',
    points: [{ evseId: 1, powerType: 'AC', maxPowerW: 22_000 }],
    ...options,
  });
  charger.events.on('violation', (violation) => violations.push(violation));
  cleanups.push(() => charger.stop());
  await charger.start();
  return charger;
}
const violations: unknown[] = [];

/** A station that answers by hand. */
async function byHand(): Promise<Dialled> {
  const socket = await dial(harness.port);
  cleanups.push(() => socket.end());
  return socket;
}

const calls = (socket: Dialled): [2, string, string, Record<string, unknown>][] =>
  socket.heard.map((text) => JSON.parse(text)).filter((frame) => frame[0] === 2);

const bus = { idTag: 'BUS4711', batteryWh: 350_000, socPct: 50, maxPowerW: 150_000, maxAcPowerW: 22_000 };

describe('limits', () => {
  it('on AC are amperes per phase, before and during a transaction', async () => {
    violations.length = 0;
    const charger = await simulator({});
    const place = { stationId: 'N4', pointId: 'N4-1' };
    const steps = [{ at: new Date().toISOString(), powerW: 11_040 }];
    const before = await harness.ocpp.commands.setLimit({ ...place, steps, intent: await harness.intent() });
    expect(before).toMatchObject({ outcome: 'accepted' });
    await charger.plugIn(1, bus);
    await until(() => charger.view(1).powerW > 0, 'power');
    expect(Math.round(charger.view(1).powerW)).toBe(11_040);
    const processId = await until(() => {
      const id = harness.point('N4', 'N4-1').processId;
      return id && harness.state.processes.get(id)?.transactionId ? id : undefined;
    }, 'the transaction');
    const lower = [{ at: new Date().toISOString(), powerW: 6_900 }];
    await harness.ocpp.commands.setLimit({
      ...place,
      processId,
      steps: lower,
      intent: await harness.intent(),
    });
    await until(() => Math.round(charger.view(1).powerW) === 6_900, 'the lower limit');
    const sent = await harness.journal({ action: 'SetChargingProfile', direction: 'out' });
    const profiles = sent.map((entry) => JSON.parse(entry.raw)[3].chargingProfile);
    expect(profiles.map((profile) => profile.chargingProfilePurpose)).toEqual([
      'TxDefaultProfile',
      'TxProfile',
    ]);
    expect(profiles[0].id).not.toBe(profiles[1].id);
    expect(profiles[0].chargingSchedule[0]).toMatchObject({
      chargingRateUnit: 'A',
      chargingSchedulePeriod: [{ limit: 16 }],
    });
    expect(sent[0]?.rules).toContain('ocpp201.limit-a/p.default');
    expect(violations).toEqual([]);
  });

  it('go in watts to a station that takes nothing else', async () => {
    const charger = await simulator({ settings: { 'SmartChargingCtrlr.RateUnit': 'W' } });
    const steps = [{ at: new Date().toISOString(), powerW: 11_000 }];
    const command = { stationId: 'N4', pointId: 'N4-1', steps, intent: await harness.intent() };
    expect(await harness.ocpp.commands.setLimit(command)).toMatchObject({ outcome: 'accepted' });
    const [sent] = await harness.journal({ action: 'SetChargingProfile', direction: 'out' });
    expect(JSON.parse(sent?.raw ?? '')[3].chargingProfile.chargingSchedule[0]).toMatchObject({
      chargingRateUnit: 'W',
      chargingSchedulePeriod: [{ limit: 11_000 }],
    });
    expect(charger.online).toBe(true);
  });
});

describe('onboarding', () => {
  it.each([
    ['ocpp2.0.1', 'N4', {}],
    [
      'ocpp1.6',
      'N1',
      {
        identity: 'CP-N1',
        password: 'cp-n1-secret-0001',
        protocol: 'ocpp1.6',
        points: [{ connectorId: 1, powerType: 'DC', maxPowerW: 150_000 }],
      } satisfies Partial<ChargerOptions>,
    ],
  ] as const)(
    '%s: reads what the station can, sets what it should measure, once',
    async (_protocol, stationId, options) => {
      const charger = await simulator(options);
      const survey = await until(() => harness.ocpp.commands.surveyOf(stationId), 'a survey');
      expect(survey.refused).toEqual([]);
      expect(survey.abilities.units).toBeDefined();
      expect(survey.abilities.maxStackLevel).toBeGreaterThan(0);
      expect(Object.values(survey.settings)).toContain('30');
      const writes = async () =>
        (await harness.journal({ direction: 'out' })).filter(({ action }) =>
          ['ChangeConfiguration', 'SetVariables'].includes(action),
        ).length;
      const first = await writes();
      expect(first).toBeGreaterThan(0);
      await charger.reboot();
      await until(
        async () => (await harness.journal({ action: 'StationSurveyed' })).length === 2,
        'a second survey',
      );
      expect(await writes()).toBe(first);
    },
  );

  it('asks a station that comes back without a boot for its status', async () => {
    const quick = await OcppHarness.start({ options: { bootWaitMs: 100 } });
    cleanups.push(() => quick.remove());
    const socket = await dial(quick.port);
    cleanups.push(() => socket.end());
    await until(
      () => calls(socket).some(([, , action]) => action === 'TriggerMessage'),
      'the question',
      4_500,
    );
    expect(calls(socket)[0]?.[3]).toEqual({ requestedMessage: 'StatusNotification', connectorId: 1 });
  });
});

describe('a station that does not do as it should', () => {
  const unlock = async (intent?: string) =>
    harness.ocpp.commands.unlock({
      stationId: 'N1',
      pointId: 'N1-1',
      intent: intent ?? (await harness.intent()),
    });

  it('is asked one thing at a time, and given up in time', async () => {
    harness = await begin(0.4);
    const socket = await byHand();
    const [first, second] = await Promise.all([unlock(), unlock()]);
    await until(() => calls(socket).length === 2, 'both calls');
    const [one, two] = await harness.journal({ action: 'UnlockConnector', direction: 'out' });
    expect((two?.at ?? 0) - (one?.at ?? 0)).toBeGreaterThanOrEqual(390);
    expect([first, second]).toMatchObject([
      { outcome: 'failed', reason: expect.stringContaining('OCPP_TIMEOUT') },
      { outcome: 'failed', reason: expect.stringContaining('OCPP_TIMEOUT') },
    ]);
  });

  it('02 answers too late: its answer is journalled beside its call and believed no more', async () => {
    harness = await begin(0.4);
    const socket = await byHand();
    const asked = unlock();
    const [, id] = await until(() => calls(socket)[0], 'the call');
    expect(await asked).toMatchObject({ outcome: 'failed' });
    socket.socket.send(JSON.stringify([3, id, { status: 'Unlocked' }]));
    const late = await until(
      async () => (await harness.journal({ action: 'UnlockConnector', direction: 'in' }))[0],
      'the late answer',
    );
    expect(late).toMatchObject({ error: 'OCPP_TIMEOUT' });
    expect(late.causes).toHaveLength(1);
  });

  it.each([
    ['a refusal', (id: string) => [3, id, { status: 'NotSupported' }], 'rejected', 'NotSupported'],
    ['an error', (id: string) => [4, id, 'NotImplemented', 'no', {}], 'rejected', 'OCPP_CALL_REFUSED'],
    ['nonsense', (id: string) => [3, id, { status: 'Perhaps' }], 'failed', 'does not fit its schema'],
    [
      'a prototype',
      (id: string) => `[3,"${id}",{"__proto__":{},"status":"Unlocked"}]`,
      'failed',
      'never allowed',
    ],
  ])('answers with %s', async (_name, answer, outcome, reason) => {
    const socket = await byHand();
    const asked = unlock();
    const [, id] = await until(() => calls(socket)[0], 'the call');
    const frame = answer(id);
    socket.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
    expect(await asked).toMatchObject({ outcome, reason: expect.stringContaining(reason) });
  });

  it('is gone in the middle: the command is resolved once', async () => {
    const socket = await byHand();
    const asked = unlock();
    await until(() => calls(socket)[0], 'the call');
    await socket.end();
    expect(await asked).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('OCPP_OUTCOME_UNKNOWN'),
    });
    expect(await unlock()).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('OCPP_NOT_CONNECTED'),
    });
  });

  it('is asked once per intent, however often that is wanted', async () => {
    const socket = await byHand();
    const intent = await harness.intent();
    const all = Promise.all([unlock(intent), unlock(intent), unlock(intent)]);
    const [, id] = await until(() => calls(socket)[0], 'the call');
    socket.socket.send(JSON.stringify([3, id, { status: 'Unlocked' }]));
    const outcomes = await all;
    expect(outcomes).toMatchObject([
      { outcome: 'accepted' },
      { outcome: 'accepted' },
      { outcome: 'accepted' },
    ]);
    expect(await unlock(intent)).toEqual(outcomes[0]);
    expect(calls(socket).filter(([, , action]) => action === 'UnlockConnector')).toHaveLength(1);
  });
});

describe('other commands', () => {
  it('reach both versions in valid words', async () => {
    violations.length = 0;
    await simulator({});
    await simulator({
      identity: 'CP-N1',
      password: 'cp-n1-secret-0001',
      protocol: 'ocpp1.6',
      points: [{ connectorId: 1, powerType: 'DC', maxPowerW: 150_000 }],
    });
    const { commands } = harness.ocpp;
    for (const [stationId, pointId] of [
      ['N4', 'N4-1'],
      ['N1', 'N1-1'],
    ] as const) {
      const place = async () => ({ stationId, pointId, intent: await harness.intent() });
      const reservation = {
        reservationId: 7,
        token: 'BUS4711',
        expiresAt: new Date(Date.now() + 60_000).toISOString(),
      };
      expect(await commands.reserve({ ...(await place()), ...reservation })).toMatchObject({
        outcome: 'accepted',
      });
      expect(await commands.cancelReservation({ ...(await place()), reservationId: 7 })).toMatchObject({
        outcome: 'accepted',
      });
      expect(await commands.changeAvailability({ ...(await place()), operative: false })).toMatchObject({
        outcome: 'accepted',
      });
      await until(() => harness.point(stationId, pointId).status?.value === 'Unavailable', 'out of service');
      expect(await commands.changeAvailability({ ...(await place()), operative: true })).toMatchObject({
        outcome: 'accepted',
      });
      expect(await commands.trigger({ ...(await place()), message: 'Heartbeat' })).toMatchObject({
        outcome: 'accepted',
      });
      const started = await commands.start({ ...(await place()), token: 'BUS4711' });
      expect(started).toMatchObject({ outcome: 'accepted' });
      expect((await commands.dataTransfer({ ...(await place()), vendorId: 'x' })).outcome).toBe('rejected');
      expect(await commands.reset({ ...(await place()), how: 'soft' })).toMatchObject({
        outcome: 'accepted',
      });
    }
    const long = await commands.start({
      stationId: 'N1',
      pointId: 'N1-1',
      token: 'x'.repeat(21),
      intent: await harness.intent(),
    });
    expect(long).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('20 characters') });
    const bad = commands.request('N4', { action: 'GetVariables', payload: {} }, await harness.intent());
    await expect(bad).rejects.toMatchObject({ code: 'OCPP_OUTBOUND_INVALID' });
    expect((await harness.runtime.metrics.schemaViolations.get()).values).toMatchObject([{ value: 1 }]);
    expect(violations).toEqual([]);
  });
});
