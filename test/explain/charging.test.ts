/** Limits, requests and processes that are not as somebody wants them: `explain` says why. */
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/explain/index.js';
import { type Planted, planted } from '../support/planted.js';

const LIMIT = { kind: 'limit', id: 'N1-1' } as const;

const order = (chargingRequestId: string, vehicle: number, more: object = {}, data: object = {}) => ({
  vehicleId: `WEB6283461320000${vehicle}`,
  chargingRequestId,
  ...more,
  chargingRequestData: { minTargetSoc: 80, maxTargetSoc: 95, ...data },
});

const text = (finding: Finding | undefined) => finding?.sentence ?? '';

/** A bus begins to charge now, and tells its state of charge. */
async function charges(
  scene: Planted,
  stationId: string,
  idTag: string,
  soc: string | undefined,
): Promise<number> {
  await scene.status(stationId, 1, 'Preparing');
  const id = await scene.started(stationId, idTag);
  const measured = { 'Power.Active.Import': ['50000', 'W'] as [string, string] };
  await scene.metered(stationId, id, soc === undefined ? measured : { ...measured, SoC: [soc, 'Percent'] });
  return id;
}

describe('a limit', () => {
  it('is that of another presystem’s request', async () => {
    const scene = await planted();
    await scene.connected('N1');
    await scene.list('BMS-1', [order('CR-1', 1, { chargingInstruction: 'Normal' })]);
    scene.at('02:01');
    const list = await scene.list('ITCS-1', [order('ADHOC-1', 1, {}, { adHocCharging: true })]);
    scene.at('02:05');
    await charges(scene, 'N1', 'BUS4711', '40');
    scene.at('02:06');
    await scene.plan();
    const found = await scene.why(LIMIT, '02:10');
    expect(text(found.get('limit'))).toContain('it comes from request ITCS-1/ADHOC-1');
    expect(found.get('limit')?.value).toBe(150_000);
    expect(text(found.get('asked by'))).toContain('request ITCS-1/ADHOC-1 governs this bay');
    expect(found.get('asked by')?.evidence.map(({ id }) => id)).toEqual([list]);
    expect(text(found.get('plan'))).toContain('it is all that vehicle WEB62834613200001 takes');
    const other = await scene.why({ kind: 'request', presystemId: 'BMS-1', id: 'CR-1' }, '02:10');
    expect(text(other.get('status'))).toContain(
      'it waits: vehicle WEB62834613200001 stands at N1-1, where request ITCS-1/ADHOC-1 is served',
    );
  });

  it('is low because of the grid limit, which others have used up', async () => {
    const scene = await planted({ edit: (config) => config.replace('gridLimitKw: 400', 'gridLimitKw: 180') });
    await scene.connected('N1', 'N2');
    await scene.list('BMS-1', [
      order('CR-1', 1, { chargingInstruction: 'Normal', priority: 2 }),
      order('CR-2', 2, { chargingInstruction: 'Normal', priority: 1 }),
    ]);
    scene.at('02:05');
    await charges(scene, 'N2', 'BUS4712', '30');
    await charges(scene, 'N1', 'BUS4711', '40');
    scene.at('02:06');
    await scene.plan();
    const found = await scene.why(LIMIT, '02:07');
    expect(found.get('limit')?.value).toBe(30_000);
    expect(text(found.get('plan'))).toBe(
      'deadline plans 30 kW now (made at 02:06:00): the grid limit of the depot, 180 kW, leaves no more; N2-1 150 kW are planned too (150 kW together)',
    );
    // The other one has all it can take.
    const first = await scene.why({ kind: 'limit', id: 'N2-1' }, '02:07');
    expect(text(first.get('plan'))).toContain('it is all that vehicle WEB62834613200002 takes');
  });

  it('is not in force, because the charger refused it', async () => {
    const scene = await planted();
    await scene.connected('N1');
    await scene.list('BMS-1', [order('CR-1', 1, { chargingInstruction: 'Normal' })]);
    await charges(scene, 'N1', 'BUS4711', '40');
    scene.at('02:06');
    await scene.plan('rejected', 'NotSupported');
    const found = await scene.why(LIMIT, '02:10');
    expect(text(found.get('limit'))).toBe(
      'no limit of the bridge is in force: the charger refused it at 02:06:00 (NotSupported)',
    );
    expect(text(found.get('plan'))).toContain('the charger has taken no limit');
  });

  it('is none, because nobody knows the battery', async () => {
    const scene = await planted();
    await scene.connected('N1');
    await scene.list('BMS-1', [order('CR-4', 4, { chargingInstruction: 'Normal' })]);
    await charges(scene, 'N1', 'BUS4714', '40');
    scene.at('02:06');
    await scene.plan();
    expect(text((await scene.why(LIMIT, '02:10')).get('limit'))).toBe(
      'no limit of the bridge is in force: nobody knows the capacity of its battery (vehicles: batteryKwh)',
    );
  });

  it('is ignored by a charger that draws more', async () => {
    const scene = await planted();
    await scene.connected('N1');
    await scene.list('BMS-1', [order('CR-1', 1, { chargingInstruction: 'Normal' })]);
    await charges(scene, 'N1', 'BUS4711', '40');
    await scene.plan();
    scene.at('02:08');
    const found = { outcome: 'more', by: 'measured', powerW: 170_000, plannedW: 150_000 };
    const note = await scene.decided('LimitReadBack', { stationId: 'N1', pointId: 'N1-1', ...found });
    const readBack = (await scene.why(LIMIT, '02:10')).get('read back');
    expect(text(readBack)).toBe(
      'asked at 02:08:00 what limit it applies: it draws 170 kW where 150 kW were planned',
    );
    expect(readBack?.evidence.map(({ id }) => id)).toEqual([note]);
  });

  it('is none, because the policy is to set none', async () => {
    const scene = await planted({ edit: (config) => config.replace('policy: deadline', 'policy: forward') });
    expect(text((await scene.why(LIMIT, '02:10')).get('limit'))).toContain('charging.policy is forward');
  });
});

describe('a request', () => {
  const CR1 = { kind: 'request', presystemId: 'BMS-1', id: 'CR-1' } as const;

  it('was refused, because there is no such bay', async () => {
    const scene = await planted();
    const list = await scene.list('BMS-1', [
      order('CR-1', 1, { chargingInstruction: 'Normal', chargingPointId: 'N7-1' }),
    ]);
    const rejected = (await scene.why(CR1, '02:10')).get('rejected');
    expect(text(rejected)).toBe(
      'its entry in the list of 02:00:00 was refused: chargingPointId N7-1 is not a charging point of this depot',
    );
    expect(rejected?.evidence.map(({ id }) => id)).toEqual([list]);
  });

  it('waits, because nobody has plugged in, or because its vehicle stands elsewhere', async () => {
    const scene = await planted();
    await scene.connected('N1', 'N2');
    await scene.list('BMS-1', [order('CR-1', 1, { chargingInstruction: 'Normal', chargingPointId: 'N1-1' })]);
    expect(text((await scene.why(CR1, '02:01')).get('status'))).toContain('nobody has plugged in at N1-1');
    scene.at('02:03');
    await scene.started('N1', 'BUS4712');
    expect(text((await scene.why(CR1, '02:04')).get('status'))).toContain(
      'it waits: at N1-1 stands WEB62834613200002, not WEB62834613200001',
    );
  });

  it('is gone, because the newest list leaves it out', async () => {
    const scene = await planted();
    await scene.list('BMS-1', [order('CR-1', 1, { chargingInstruction: 'Normal' })]);
    scene.at('02:03');
    const list = await scene.list('BMS-1', []);
    const status = (await scene.why(CR1, '02:10')).get('status');
    expect(text(status)).toBe(
      'gone since 02:03:00: the newest list leaves it out; it was pending until then',
    );
    expect(status?.evidence.map(({ id }) => id)).toEqual([list]);
  });

  it('goes on, because half of all vanished at once', async () => {
    const scene = await planted();
    await scene.connected('N1', 'N2');
    const both = [order('A', 1), order('B', 2)];
    await scene.list('ITCS-1', both);
    await charges(scene, 'N1', 'BUS4711', '40');
    await charges(scene, 'N2', 'BUS4712', '40');
    scene.at('02:03');
    await scene.list('ITCS-1', []);
    const alarm = (await scene.why({ kind: 'request', presystemId: 'ITCS-1', id: 'A' }, '02:10')).get(
      'alarm',
    );
    expect(text(alarm)).toContain('an operator must confirm the omission');
  });

  it('is not known: says what is', async () => {
    const scene = await planted();
    await scene.list('BMS-1', [order('CR-1', 1, { chargingInstruction: 'Normal' })]);
    const nobody = await scene.ask({ kind: 'request', presystemId: 'BMS-1', id: 'CR-9' }, '02:10:00');
    expect(nobody).toEqual({
      unknown: 'BMS-1 has no request CR-9 at 2026-11-21T02:10:00.000Z; there are CR-1',
    });
    expect(await scene.ask({ kind: 'request', presystemId: 'BMS-9', id: 'x' }, '02:10:00')).toEqual({
      unknown: 'BMS-9 is no presystem; there are BMS-1, ITCS-1',
    });
  });
});

describe('a process', () => {
  it('ended for a technical reason', async () => {
    const scene = await planted();
    await scene.connected('N1');
    const transactionId = await charges(scene, 'N1', 'BUS4711', '40');
    const processId = scene.side.state.stations.get('N1')?.points['N1-1']?.processId ?? '';
    scene.at('02:09');
    const frame = await scene.call('N1', 'StopTransaction', {
      ...{ transactionId, meterStop: 4000, timestamp: scene.now, reason: 'PowerLoss' },
    });
    const found = await scene.why({ kind: 'process', id: processId }, '02:10');
    expect(text(found.get('transaction'))).toContain('ended at 02:09:00: PowerLoss, a technical end');
    expect(found.get('transaction')?.evidence.map(({ id }) => id)).toEqual([frame]);
    expect(text(found.get('request'))).toContain('no presystem has asked for vehicle WEB62834613200001');
  });

  it('was not yet there at that time', async () => {
    const scene = await planted();
    await scene.connected('N1');
    scene.at('02:05');
    await charges(scene, 'N1', 'BUS4711', '40');
    const processId = scene.side.state.stations.get('N1')?.points['N1-1']?.processId ?? '';
    expect(await scene.ask({ kind: 'process', id: processId }, '02:04:00')).toHaveProperty('unknown');
    expect(await scene.ask({ kind: 'process', id: processId }, '02:06:00')).toHaveProperty('findings');
  });
});

describe('an explanation', () => {
  it('says that the beginning of the journal has expired', async () => {
    const scene = await planted();
    await scene.connected('N1');
    scene.at('02:05');
    const status = await scene.status('N1', 1, 'Available');
    await scene.journal.expire({ keepDays: 0, now: Date.parse('2026-11-21T02:05:00Z') });
    const found = await scene.ask({ kind: 'point', id: 'N1-1' }, '02:10:00');
    expect(found).toMatchObject({ notes: [expect.any(String), expect.stringContaining('has expired')] });
    // What is left is told.
    const known = await scene.why({ kind: 'point', id: 'N1-1' }, '02:10');
    expect(known.get('status')?.evidence.map(({ id }) => id)).toEqual([status]);
    expect(text(known.get('link'))).toContain('has not connected as far as the journal reaches');
  });
});
