/** A station that keeps its CSMS: watched, and limited beside it by leases. */
import { describe, it, type TestContext } from 'vitest';
import { type CsmsOptions, CsmsSimulator } from '../../../src/sim/csms/index.js';
import { BUS, orderFor, type Scene, scene, until } from './scene.js';

const kw = (watts: number) => Math.round(watts / 1000);

interface Depot {
  readonly depot: Scene;
  readonly csms: CsmsSimulator;
}

/** 50 kW for the depot; the CSMS allows 120 kW to every transaction. */
async function behind(
  control: 'observe' | 'lease',
  context: TestContext,
  options: CsmsOptions = { plan: { powerW: 120_000 } },
  now?: () => Date,
  terms = '',
): Promise<Depot> {
  const csms = new CsmsSimulator(options);
  await csms.start();
  context.onTestFinished(() => csms.stop());
  const edit = (text: string) =>
    `${text}\nocpp:\n  attach: proxy\n  csms: { url: "${csms.url}", control: ${control}, ${terms}leaseMinutes: 2 }\n`
      .replace('gridLimitKw: 400', 'gridLimitKw: 50')
      .replace('{ policy: deadline }', '{ policy: deadline, minPushSeconds: 0, readBackSeconds: 0.2 }');
  return { depot: await scene({ edit, ...(now ? { now } : {}) }, context), csms };
}

/** Calls that a station was sent by the bridge itself. */
async function ours(depot: Scene, identity: string): Promise<string[]> {
  const sent: string[] = [];
  for (const action of [
    'SetChargingProfile',
    'ClearChargingProfile',
    'GetConfiguration',
    'GetVariables',
    'TriggerMessage',
    'ChangeConfiguration',
    'SetVariables',
    'GetCompositeSchedule',
    'GetBaseReport',
  ])
    for (const entry of await depot.journal(action))
      if (entry.link === `ocpp:${identity}` && entry.direction === 'out') sent.push(action);
  return sent;
}

describe.concurrent.each([
  ['ocpp1.6', 'N1'],
  ['ocpp2.0.1', 'N3'],
] as const)('beside a CSMS, over %s', (_, station) => {
  const point = `${station}-1`;
  const identity = `CP-${station}`;

  async function charging({ depot }: Depot, more: Parameters<Scene['charger']>[1] = {}) {
    const bms = await depot.presystem('BMS-1');
    await bms.setRequests([orderFor(1, point)]);
    const charger = await depot.charger(station, { meterIntervalMs: 500, ...more });
    await charger.plugIn(1, BUS);
    return { bms, charger };
  }

  it('observes: the upstream system sees it all, and the station hears nothing of the bridge', async (context) => {
    const { expect } = context;
    const place = await behind('observe', context);
    const { charger } = await charging(place);
    await until(() => kw(charger.view(1).powerW) === 120, 'the limit of the CSMS');
    const process = await until(() => {
      const found = place.depot.processAt(point);
      return found?.requestKey && (found.deliveredWh?.value ?? 0) > 0 ? found : undefined;
    }, 'its process');
    expect(process.plan?.value).toMatchObject({ policy: 'forward', steps: [] });
    expect(process.plan?.value.missing).toContain('control');
    expect(await ours(place.depot, identity)).toEqual([]);
    const order = {
      stationId: station,
      action: 'TriggerMessage',
      payload: { requestedMessage: 'Heartbeat' },
    };
    await expect(place.depot.send(order)).rejects.toMatchObject({ code: 'OCPP_CONTROL' });
    expect(place.depot.violations).toEqual([]);
  });

  it('leases: never more than the plan, never more than the CSMS allows, whoever changes what', async (context) => {
    const { expect } = context;
    const place = await behind('lease', context, {});
    const { charger } = await charging(place);
    const { csms, depot } = place;
    const draws = (power: number, why: string) => until(() => kw(charger.view(1).powerW) === power, why);
    await draws(50, 'the plan, which is lower');
    await csms.order.setLimit(identity, { pointId: 1, powerW: 30_000, stackLevel: 0, profileId: 900 });
    await draws(30, 'the CSMS, which is lower now');
    await csms.order.setLimit(identity, { pointId: 1, powerW: 150_000, stackLevel: 0, profileId: 900 });
    await draws(50, 'the plan again');
    await csms.order.clearProfiles(identity);
    await until(async () => (await depot.journal('Intent SetLimit')).length > 3, 'the lease anew');
    await draws(50, 'the plan after the CSMS has cleared everything');
    const sent = csms.frames(identity).map(({ text }) => text);
    for (const entry of await depot.journal('SetChargingProfile'))
      if (entry.link === `ocpp:${identity}` && entry.direction === 'out')
        expect(sent.filter((text) => text.includes(entry.messageId ?? '-'))).toEqual([]);
    expect(depot.violations).toEqual([]);
    expect(csms.station(identity).transactions).toHaveLength(1);
  });

  it('leases as a cap: one limit for the station, beside what the CSMS sets for its transactions', async (context) => {
    const { expect } = context;
    const place = await behind('lease', context, { plan: { powerW: 120_000 } }, undefined, 'leaseAs: cap, ');
    const { charger } = await charging(place);
    const { csms, depot } = place;
    const draws = (power: number, why: string) => until(() => kw(charger.view(1).powerW) === power, why);
    await draws(50, 'the cap');
    const [set] = (await depot.journal('SetChargingProfile')).filter(({ direction }) => direction === 'out');
    expect(set?.raw).toMatch(/"connectorId":0|"evseId":0/);
    csms.plan = undefined;
    await csms.order.clearProfiles(identity, { purpose: 'TxProfile' });
    await csms.order.setLimit(identity, { pointId: 1, powerW: 20_000, profileId: 900 });
    await draws(20, 'the CSMS, which is lower now');
    expect(depot.violations).toEqual([]);
  });

  it('leases are renewed at half their time', async (context) => {
    let aheadMs = 0;
    const place = await behind('lease', context, {}, () => new Date(Date.now() + aheadMs));
    const { charger } = await charging(place);
    const { depot } = place;
    await until(() => kw(charger.view(1).limitW) === 50, 'the plan');
    await until(async () => (await depot.journal('LimitAnswered')).length === 1, 'the answer');
    aheadMs = 61_000;
    await charger.present(1, 'NOBODY');
    await until(async () => (await depot.journal('LimitAnswered')).length > 1, 'the lease anew');
  });

  it('leases end by themselves when the bridge is gone, and the CSMS has its limit back', async (context) => {
    const place = await behind('lease', context);
    const { charger } = await charging(place, { timeScale: 60 });
    await until(() => kw(charger.view(1).limitW) === 50, 'the plan');
    await place.depot.stop();
    await until(() => kw(charger.view(1).limitW) === 120, 'the limit of the CSMS');
  });
});
