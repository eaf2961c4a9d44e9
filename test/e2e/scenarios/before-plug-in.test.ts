/** Scenario 18: a limit before plug-in, another with the transaction, and none of the two missing in between. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, it, type TestContext } from 'vitest';
import type { ChargerSimulator } from '../../../src/sim/charger/index.js';
import { BUS, orderFor, type Scene, scene, until } from './scene.js';

/** The example depot with 60 kW, of which each of its six points has 6 kW before anybody plugs in. */
function depotOf60(context: TestContext): Promise<Scene> {
  const edit = (text: string) =>
    text
      .replace('gridLimitKw: 400', 'gridLimitKw: 60')
      .replace(
        '{ policy: deadline }',
        '{ policy: deadline, minPushSeconds: 0, beforePlugIn: { limitKw: 6 } }',
      );
  return scene({ edit }, context);
}

interface Profile {
  readonly chargingProfilePurpose: 'TxProfile' | 'TxDefaultProfile';
  readonly chargingSchedule: Schedule | readonly Schedule[];
}

interface Schedule {
  readonly chargingRateUnit: string;
  readonly chargingSchedulePeriod: readonly { readonly startPeriod: number; readonly limit: number }[];
}

/** What a charger was told to draw at most, from the frames it heard, and whether it ever drew more. */
class Watch {
  readonly sent: { readonly purpose: string; readonly point: number; readonly limitW: number }[] = [];
  readonly breaches: string[] = [];
  mostW = 0;
  /** The first power that it drew. */
  firstW = 0;
  readonly #charger: ChargerSimulator;
  readonly #points: readonly number[];
  readonly #defaults = new Map<number, number>();
  readonly #own = new Map<number, number>();
  /** Limits that count once they are answered, by message id. */
  readonly #pending = new Map<string, () => void>();
  readonly #timer: NodeJS.Timeout;

  constructor({ onTestFinished }: TestContext, charger: ChargerSimulator, points: readonly number[] = [1]) {
    this.#charger = charger;
    this.#points = points;
    charger.events.on('received', (frame) => {
      // What it drew before it has heard this.
      this.look();
      this.#heard(frame);
    });
    charger.events.on('sent', (frame) => this.#answered(frame));
    this.#timer = setInterval(() => this.look(), 1);
    onTestFinished(() => clearInterval(this.#timer));
  }

  /** A limit that was forgotten is none. */
  forget(): void {
    this.#defaults.clear();
    this.#own.clear();
  }

  get powerW(): number {
    return this.#points.reduce((sum, point) => sum + this.#charger.view(point).powerW, 0);
  }

  defaults(): number[] {
    return this.sent.filter(({ purpose }) => purpose === 'TxDefaultProfile').map(({ limitW }) => limitW);
  }

  look(): void {
    for (const point of this.#points) {
      const { powerW, transactionId } = this.#charger.view(point);
      if (transactionId === undefined) this.#own.delete(point);
      this.mostW = Math.max(this.mostW, powerW);
      this.firstW ||= powerW;
      const allowedW = this.#own.get(point) ?? this.#defaults.get(point) ?? 0;
      if (powerW > allowedW + 1)
        this.breaches.push(`${powerW} W at ${point}, where ${allowedW} W are allowed`);
    }
  }

  #heard(frame: string): void {
    const [kind, id, action, payload] = JSON.parse(frame) as [
      number,
      string,
      string,
      Record<string, unknown>,
    ];
    if (kind !== 2 || action !== 'SetChargingProfile') return;
    const profile = (payload['csChargingProfiles'] ?? payload['chargingProfile']) as Profile;
    const point = Number(payload['connectorId'] ?? payload['evseId']);
    const [schedule] = [profile.chargingSchedule].flat() as Schedule[];
    const limitW = schedule?.chargingSchedulePeriod[0]?.limit ?? Number.POSITIVE_INFINITY;
    const purpose = profile.chargingProfilePurpose;
    this.sent.push({ purpose, point, limitW });
    const limits = purpose === 'TxProfile' ? this.#own : this.#defaults;
    // A higher one counts from now on; a lower one when the charger has answered.
    const before = limits.get(point) ?? 0;
    if (limitW >= before) limits.set(point, limitW);
    else this.#pending.set(id, () => limits.set(point, limitW));
  }

  #answered(frame: string): void {
    const [kind, id] = JSON.parse(frame) as [number, string];
    if (kind === 2) return;
    this.#pending.get(id)?.();
    this.#pending.delete(id);
  }
}

const heldAt = (depot: Scene, pointId: string) =>
  depot.state.stations.values().flatMap(({ points }) => points[pointId] ?? [])[0]?.defaultLimit?.value;

const accepted = (depot: Scene, pointId: string) =>
  until(() => heldAt(depot, pointId)?.outcome === 'accepted', `a limit at ${pointId}`);

const pointsOf = (station: string) => (station === 'N3' ? 2 : 1);

/** Several bridges at once, each of which may have to wait for a busy machine. */
const BESIDE_OTHERS = { timeout: 120_000 };

describe.concurrent.each([
  ['N1', 'N1-1', '1.6'],
  ['N3', 'N3-1', '2.0.1'],
] as const)('18 at %s', BESIDE_OTHERS, (station, pointId, version) => {
  it(`(${version}) a vehicle begins at the declared limit, goes on at its plan, and the next one begins there too`, async (context) => {
    const { expect } = context;
    const depot = await depotOf60(context);
    const bms = await depot.presystem('BMS-1');
    await bms.setRequests([orderFor(1, pointId)]);
    const charger = await depot.charger(station, { meterIntervalMs: 300 });
    const watch = new Watch(context, charger);
    await accepted(depot, pointId);
    await charger.plugIn(1, BUS);
    await until(() => watch.firstW > 0, 'power');
    expect(Math.round(watch.firstW)).toBe(6_000);
    await until(() => watch.sent.some(({ purpose }) => purpose === 'TxProfile'), 'the limit of the plan');
    await until(() => charger.view(1).powerW > 50_000, 'what the plan gives');
    // The limit of the point is the declared one again before it is needed.
    await until(
      () => heldAt(depot, pointId)?.steps[0]?.powerW === 6_000 || watch.defaults().at(-1) === 0,
      'the default',
    );
    charger.unplug(1);
    await until(() => depot.processAt(pointId) === undefined, 'the bay free');
    await until(() => heldAt(depot, pointId)?.steps[0]?.powerW === 6_000, 'the declared limit');
    await charger.plugIn(1, { ...BUS, idTag: 'BUS4712' });
    await until(() => charger.view(1).powerW > 0, 'power again');
    expect(watch.breaches).toEqual([]);
    expect(depot.violations).toEqual([]);
  });

  it(`(${version}) is set once for each time the station comes, and not again`, async (context) => {
    const { expect } = context;
    const depot = await depotOf60(context);
    const charger = await depot.charger(station);
    const watch = new Watch(context, charger);
    await accepted(depot, pointId);
    await pause(600);
    expect(watch.defaults()).toEqual(Array(pointsOf(station)).fill(6_000));
    charger.dropConnection();
    await until(() => watch.defaults().length === 2 * pointsOf(station), 'a second time');
    await pause(600);
    expect(watch.defaults()).toHaveLength(2 * pointsOf(station));
    expect(depot.violations).toEqual([]);
  });

  it(`(${version}) holds while the bridge is away, and until its plan is there`, async (context) => {
    const { expect } = context;
    const depot = await depotOf60(context);
    const bms = await depot.presystem('BMS-1');
    await bms.setRequests([orderFor(1, pointId)]);
    const charger = await depot.charger(station, { meterIntervalMs: 300 });
    const watch = new Watch(context, charger);
    await accepted(depot, pointId);
    await depot.stop();
    await charger.plugIn(1, BUS);
    await until(() => charger.view(1).powerW > 0, 'power');
    await pause(300);
    expect(Math.round(watch.mostW)).toBe(6_000);
    await depot.start();
    await until(() => charger.view(1).powerW > 50_000, 'what the plan gives');
    expect(watch.breaches).toEqual([]);
    expect(depot.violations).toEqual([]);
  });

  it(`(${version}) is set again before anybody plugs in at a station that forgets at a restart`, async (context) => {
    const { expect } = context;
    const depot = await depotOf60(context);
    const charger = await depot.charger(station, { quirks: { forgetsProfiles: true } });
    const watch = new Watch(context, charger);
    await accepted(depot, pointId);
    const before = watch.defaults().length;
    watch.forget();
    await charger.reboot();
    await until(() => watch.defaults().length > before, 'the limit again');
    await accepted(depot, pointId);
    await charger.plugIn(1, BUS);
    await until(() => watch.firstW > 0, 'power');
    expect(Math.round(watch.firstW)).toBe(6_000);
    expect(watch.breaches).toEqual([]);
  });

  it(`(${version}) that the station refuses is asked for once, and no more until it starts anew`, async (context) => {
    const { expect } = context;
    const depot = await depotOf60(context);
    const charger = await depot.charger(station, { quirks: { refusesTxDefault: true } });
    const watch = new Watch(context, charger, []);
    await until(() => heldAt(depot, pointId)?.outcome === 'rejected', 'a refusal');
    charger.dropConnection();
    await until(() => !charger.online, 'the station gone');
    await until(() => charger.online, 'the station back');
    await pause(4_000);
    expect(watch.defaults()).toHaveLength(pointsOf(station));
    await charger.reboot();
    await until(() => watch.defaults().length === 2 * pointsOf(station), 'once more');
    await pause(300);
    expect(watch.defaults()).toHaveLength(2 * pointsOf(station));
    expect(depot.warnings('takes no limit before')).toHaveLength(pointsOf(station));
  });
});

describe.concurrent('18 at a point', BESIDE_OTHERS, () => {
  it('for which a vehicle is announced holds what is planned for it, and says for whom', async (context) => {
    const { expect } = context;
    const depot = await depotOf60(context);
    const bms = await depot.presystem('BMS-1');
    const charger = await depot.charger('N1');
    const watch = new Watch(context, charger);
    await accepted(depot, 'N1-1');
    await bms.setRequests([orderFor(1, 'N1-1', { expectedSocAtArrival: 40 })]);
    await until(() => watch.defaults().some((limitW) => limitW > 50_000), 'the limit of the plan');
    const [first, ...later] = await depot.journal('Intent SetDefaultLimit');
    const last = later.at(-1);
    expect(JSON.parse(first?.raw ?? '')).toMatchObject({ pointId: 'N1-1', policy: 'deadline' });
    expect(JSON.parse(last?.raw ?? '')).toMatchObject({ presystemId: 'BMS-1', chargingRequestId: 'R1' });
    const plans = await depot.journal('PlanMade');
    const lists = await depot.journal('ProvideChargingRequests');
    expect(last?.causes).toContain(plans.at(-1)?.id);
    expect(last?.causes).toContain(lists[0]?.id);
    const sent = (await depot.journal('SetChargingProfile')).filter(({ direction }) => direction === 'out');
    expect(sent.at(-1)?.causes).toContain(last?.id);
    // It does not come: what was kept for it is given back.
    await bms.setRequests([]);
    await until(() => heldAt(depot, 'N1-1')?.steps[0]?.powerW === 6_000, 'the declared limit');
    expect(watch.defaults().at(-1)).toBe(6_000);
  });

  it('has none any more when the configuration wants none', async (context) => {
    const depot = await depotOf60(context);
    const charger = await depot.charger('N1');
    await accepted(depot, 'N1-1');
    await depot.stop();
    await depot.start({
      edit: (text) => text.replace('{ policy: deadline }', '{ policy: forward, minPushSeconds: 0 }'),
    });
    await until(() => heldAt(depot, 'N1-1')?.outcome === 'cleared', 'the limit taken back');
    await charger.plugIn(1, BUS);
    await until(() => charger.view(1).powerW > 100_000, 'all that the charger has');
  });
});

describe('18 with many', () => {
  it('all chargers together never draw more than the grid has, whoever plugs in when', async (context) => {
    const { expect } = context;
    const depot = await depotOf60(context);
    const chargers = {
      N1: await depot.charger('N1', { meterIntervalMs: 300 }),
      N2: await depot.charger('N2', { meterIntervalMs: 300, maxPowerW: 300_000 }),
      N3: await depot.charger('N3', { meterIntervalMs: 300 }),
    };
    const watches = [
      new Watch(context, chargers.N1),
      new Watch(context, chargers.N2, [1, 2]),
      new Watch(context, chargers.N3, [1, 2]),
    ];
    for (const pointId of ['N1-1', 'N2-1', 'N2-2', 'N3-1', 'N3-2']) await accepted(depot, pointId);
    let mostW = 0;
    const timer = setInterval(() => {
      mostW = Math.max(
        mostW,
        watches.reduce((sum, watch) => sum + watch.powerW, 0),
      );
    }, 1);
    context.onTestFinished(() => clearInterval(timer));
    const bms = await depot.presystem('BMS-1');
    await bms.setRequests([orderFor(1), orderFor(2), orderFor(3)]);
    const bus = (number: number) => ({ ...BUS, idTag: `BUS471${number}` });
    await chargers.N1.plugIn(1, bus(1));
    await pause(350);
    await chargers.N2.plugIn(2, bus(2));
    await pause(120);
    await chargers.N3.plugIn(1, bus(3));
    await pause(30);
    await chargers.N3.plugIn(2, bus(4));
    await pause(800);
    chargers.N1.unplug(1);
    await pause(60);
    await chargers.N2.plugIn(1, { ...BUS, idTag: 'NOBODY' });
    await pause(1_500);
    expect(mostW).toBeGreaterThan(40_000);
    expect(mostW).toBeLessThanOrEqual(60_001);
    expect(watches.flatMap(({ breaches }) => breaches)).toEqual([]);
    expect(depot.violations).toEqual([]);
  });
});
