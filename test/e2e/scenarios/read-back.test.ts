/** Limits that somebody else touches, and calls that meet. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, it, type TestContext } from 'vitest';
import { BUS, orderFor, type Scene, scene, until } from './scene.js';

/** 50 kW for the depot; what a charger applies is asked for soon after it has taken a limit. */
const edit = (text: string) =>
  `${text}\nocpp: { metering: { intervalSeconds: 1 } }\n`
    .replace('gridLimitKw: 400', 'gridLimitKw: 50')
    .replace('{ policy: deadline }', '{ policy: deadline, minPushSeconds: 0, readBackSeconds: 0.2 }');

/** Several readings, a second apart each, on a machine that does much else. */
const PATIENCE_MS = 20_000;
const soon = <T>(look: Parameters<typeof until<T>>[0], what: string) => until(look, what, PATIENCE_MS);

const kw = (watts: number) => Math.round(watts / 1000);

describe.concurrent.each([
  ['ocpp1.6', 'N1'],
  ['ocpp2.0.1', 'N3'],
] as const)('limits over %s', (_, station) => {
  const point = `${station}-1`;

  async function charging(context: TestContext) {
    const depot = await scene({ edit }, context);
    const bms = await depot.presystem('BMS-1');
    await bms.setRequests([orderFor(1, point)]);
    const charger = await depot.charger(station, { meterIntervalMs: 500 });
    await charger.plugIn(1, BUS);
    await soon(() => kw(charger.view(1).powerW) === 50, 'the bus at what the grid has');
    await soon(async () => (await outcomes(depot)).includes('held'), 'the limit read back');
    return { depot, charger };
  }

  const outcomes = async (depot: Scene): Promise<string[]> =>
    (await depot.journal('LimitReadBack')).map(({ raw }) => (JSON.parse(raw) as { outcome: string }).outcome);

  it('06 are there again when an operator has cleared all profiles, also the one before plug-in', async (context) => {
    const { expect } = context;
    const { depot, charger } = await charging(context);
    const before = (await depot.journal('Intent SetDefaultLimit')).length;
    const answer = await depot.send({
      stationId: station,
      action: 'ClearChargingProfile',
      payload: {},
      force: true,
    });
    expect(answer).toMatchObject({ status: 'Accepted' });
    await soon(() => kw(charger.view(1).limitW) === 50, 'the limit again');
    await soon(
      async () => (await depot.journal('Intent SetDefaultLimit')).length > before,
      'the default limit again',
    );
    expect(depot.violations).toEqual([]);
  });

  it('06 are there again when the charger has lost them', async (context) => {
    const { expect } = context;
    const { depot, charger } = await charging(context);
    charger.strange.loseLimits();
    await soon(() => kw(charger.view(1).powerW) > 100, 'more power than planned');
    await soon(() => kw(charger.view(1).limitW) === 50, 'the limit again');
    expect(await outcomes(depot)).toContain('more');
    expect(depot.warnings('OCPP_LIMIT_NOT_HELD')).toEqual([]);
  });

  it('07 win over what somebody else sets at a higher level', async (context) => {
    const { expect } = context;
    const { depot, charger } = await charging(context);
    charger.strange.otherLimit(1, 120_000);
    await soon(() => kw(charger.view(1).powerW) === 120, 'more power than planned');
    await soon(() => kw(charger.view(1).powerW) === 50, 'the planned power again');
    expect(depot.violations).toEqual([]);
  });

  it('that a charger takes and ignores are reported, once, to log and doctor', async (context) => {
    const { expect } = context;
    const { depot, charger } = await charging(context);
    charger.strange.answerCalls({ how: 'reject', action: 'SetChargingProfile', status: 'Accepted' });
    charger.strange.otherLimit(1, 120_000);
    charger.strange.answerCalls({ how: 'reject', action: 'ClearChargingProfile', status: 'Accepted' });
    await soon(() => depot.warnings('OCPP_LIMIT_NOT_HELD').length > 0, 'the report');
    const { troubles } = await depot.station(station);
    const told = expect.objectContaining({ message: expect.stringMatching(/50 kW.* applies 120 kW/) });
    expect(troubles).toContainEqual(expect.objectContaining({ kind: 'limit', last: told }));
    expect(depot.warnings('OCPP_LIMIT_NOT_HELD')).toHaveLength(1);
  });

  it('that a charger tells faithfully and ignores are reported by what it draws', async (context) => {
    const { expect } = context;
    const { depot, charger } = await charging(context);
    charger.strange.ignoreLimits(1);
    await soon(() => depot.warnings('OCPP_LIMIT_NOT_HELD').length > 0, 'the report');
    expect(depot.warnings('OCPP_LIMIT_NOT_HELD')[0]).toMatch(/took a limit of 50 kW and draws 150 kW/);
  });

  it('are not read back from a charger that does not know how, and no more is asked', async (context) => {
    const { expect } = context;
    const depot = await scene({ edit }, context);
    const charger = await depot.charger(station, { meterIntervalMs: 500 });
    charger.strange.answerCalls({ how: 'error', code: 'NotImplemented', action: 'GetCompositeSchedule' });
    const bms = await depot.presystem('BMS-1');
    await bms.setRequests([orderFor(1, point)]);
    await charger.plugIn(1, BUS);
    await soon(async () => (await outcomes(depot)).includes('refused'), 'the refusal on record');
    const limits = (await depot.journal('LimitAnswered')).length;
    await depot.send({ stationId: station, action: 'ClearChargingProfile', payload: {}, force: true });
    await soon(async () => (await depot.journal('LimitAnswered')).length > limits, 'the limit set again');
    await pause(600);
    expect(await outcomes(depot)).toEqual(['refused']);
  });

  it('01 and an operator’s calls and those of the charger itself each get their own answer', async (context) => {
    const { expect } = context;
    const { depot, charger } = await charging(context);
    charger.strange.answerCalls({ how: 'late', afterMs: 150, action: 'ChangeAvailability' });
    const evse =
      station === 'N1' ? { connectorId: 0, type: 'Operative' } : { operationalStatus: 'Operative' };
    const orders = [
      { action: 'ChangeAvailability', payload: evse },
      { action: 'TriggerMessage', payload: { requestedMessage: 'Heartbeat' } },
      { action: 'ClearChargingProfile', payload: {}, force: true },
      { action: 'NoSuchAction', payload: {} },
      { action: 'TriggerMessage', payload: { requestedMessage: 'StatusNotification', ...atPoint(station) } },
    ];
    const answers = await Promise.allSettled(
      orders.map((order) => depot.send({ stationId: station, ...order })),
    );
    expect(
      answers.map((each) => (each.status === 'fulfilled' ? each.value['status'] : each.reason.code)),
    ).toEqual(['Accepted', 'Accepted', 'Accepted', 'OCPP_COMMAND_INVALID', 'Accepted']);
    await soon(() => kw(charger.view(1).limitW) === 50, 'the limit again');
    expect(depot.violations).toEqual([]);
    expect(depot.warnings('is no OCPP')).toEqual([]);
  });
});

const atPoint = (station: string) =>
  station === 'N1' ? { connectorId: 1 } : { evse: { id: 1, connectorId: 1 } };

it.concurrent('08 in watts reach a charger that tells power only and takes no amperes, on AC', async (context) => {
  const { expect } = context;
  const depot = await scene(
    { edit: (text) => edit(text).replace('gridLimitKw: 50', 'gridLimitKw: 11') },
    context,
  );
  const charger = await depot.charger('N4', {
    meterIntervalMs: 500,
    settings: { 'SmartChargingCtrlr.RateUnit': 'W' },
  });
  charger.strange.hide(['Current.Import', 'Voltage', 'SoC']);
  const bms = await depot.presystem('BMS-1');
  await bms.setRequests([orderFor(1, 'N4-1')]);
  await charger.plugIn(1, { ...BUS, maxPowerW: 22_000 });
  await soon(
    () => charger.view(1).powerW > 0 && charger.view(1).powerW <= 11_000,
    'the bus at what the grid has',
  );
  const set = (await depot.journal('SetChargingProfile')).filter(({ direction }) => direction === 'out');
  expect(set.length).toBeGreaterThan(0);
  for (const { raw } of set) expect(raw).toContain('"chargingRateUnit":"W"');
  expect(depot.violations).toEqual([]);
});
