/** What becomes of request lists: rules 17, 19, 22, 24 to 33 and the vectors that belong to them. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/index.js';
import { type DepotState, reduce } from '../../src/domain/index.js';
import { replayFrame } from '../../src/vdv463/index.js';
import { Cms, ITCS, tables, upstream } from './cms.js';
import {
  BUS1,
  BUS2,
  booted,
  cmsWith,
  held,
  idsHeld,
  oneRuns,
  statusOf,
  targets,
  terminate,
} from './opened.js';
import { order, type Peer, pointIn } from './peer.js';

const refusedOf = (cms: Cms, presystemId = 'BMS-1') =>
  Object.fromEntries(
    Object.entries(cms.runtime.depot.state.presystems[presystemId]?.refused ?? {}).map(([id, { value }]) => [
      id,
      value,
    ]),
  );
/** R1 charges at N1-1, R2 waits; both of this presystem. */
const running = async (cms: Cms, presystemId = 'BMS-1'): Promise<Peer> =>
  oneRuns(cms, await booted(cms, presystemId));

describe('keeping requests', () => {
  it('rule 19: requests outlive the connection', async () => {
    const cms = await cmsWith();
    const peer = await running(cms);
    await peer.close();
    expect(idsHeld(cms)).toEqual(['R1', 'R2']);
    await booted(cms);
    expect(idsHeld(cms)).toEqual(['R1', 'R2']);
  });

  it('rule 19: requests outlive the bridge, and the process keeps its id', async () => {
    const before = await Cms.start();
    const peer = await running(before);
    const first = await peer.see((payload) => pointIn(payload, 'N1-1')?.chargingProcessInfo);
    await peer.close();
    await before.stop(true);
    const after = await cmsWith({ folder: before.folder });
    expect(idsHeld(after)).toEqual(['R1', 'R2']);
    const again = await booted(after);
    const point = pointIn(again.snapshots[0]?.[6], 'N1-1');
    expect(point?.chargingProcessInfo).toEqual(first);
    expect(point?.chargingProcessInfo?.chargingRequestId).toBe('R1');
  });

  it('rule 22: BMS and ITCS stand side by side, also with the same request id (vector 13)', async () => {
    const cms = await cmsWith();
    const bms = await booted(cms);
    const itcs = await booted(cms, 'ITCS-1');
    await bms.list([order('R1', BUS1), order('R9', BUS2)]);
    await itcs.list([order('R1', BUS2)]);
    expect((await bms.list([order('R9', BUS2)]))[0]).toBe(2);
    expect(idsHeld(cms)).toEqual(['R9']);
    expect(idsHeld(cms, 'ITCS-1')).toEqual(['R1']);
  });

  it('rule 24: a known id is an update; Normal and Changed make no difference', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    await peer.list([order('R1', BUS1, { chargingInstruction: 'Normal' })]);
    const first = held(cms)['R1'];
    await peer.list([order('R1', BUS1, { chargingInstruction: 'Changed' })]);
    expect(held(cms)['R1']?.source).toEqual(first?.source);
    await peer.list([order('R1', BUS1, { ...targets(85, 95), chargingInstruction: 'Normal' })]);
    expect(held(cms)['R1']?.request.minTargetSocPct).toBe(85);
    expect(held(cms)['R1']?.source).not.toEqual(first?.source);
  });

  it('rule 25: omitted before its start it goes, omitted while it runs it stays; only Terminate stops it (vector 11)', async () => {
    const cms = await cmsWith();
    const peer = await running(cms);
    expect((await peer.list([]))[0]).toBe(2);
    expect(idsHeld(cms)).toEqual(['R1']);
    expect(statusOf(cms, 'R1')).toBe('running');
    await peer.list([terminate('R1', BUS1)]);
    expect(statusOf(cms, 'R1')).toBe('stopping');
  });

  it('rule 25: an empty object is no empty list: nothing is deleted (vector 11)', async () => {
    const cms = await cmsWith();
    const peer = await running(cms);
    const answer = await peer.ask('ProvideChargingRequests', {});
    expect(answer[0]).toBe(3);
    expect(JSON.stringify(answer[6])).toContain('chargingRequestList');
    expect(idsHeld(cms)).toEqual(['R1', 'R2']);
  });

  it('rule 25: 1.0.0 forbids an empty list, so nothing changes (vector 11)', async () => {
    const cms = await cmsWith({ upstreams: [upstream({ dialect: '1.0.0', presystemId: 'bms:1' })] });
    const peer = await booted(cms, 'bms:1');
    await cms.charge('N1', 'N1-1', BUS1, { powerW: 42_500 });
    await peer.list([order('R1', BUS1), order('R2', BUS2)]);
    expect((await peer.list([]))[0]).toBe(3);
    expect(idsHeld(cms, 'bms:1')).toEqual(['R1', 'R2']);
  });

  it('rule 26: in 2.0 omission ends a running request, after the first list of the connection', async () => {
    const cms = await cmsWith();
    const peer = await running(cms, 'ITCS-1');
    await cms.charge('N2', 'N2-1', BUS2, { powerW: 1_000 });
    await cms.charge('N2', 'N2-2', 'BUS-3', { powerW: 1_000 });
    await peer.list([order('R1', BUS1), order('R2', BUS2), order('R3', 'BUS-3')]);
    await peer.list([order('R2', BUS2), order('R3', 'BUS-3')]);
    expect(statusOf(cms, 'R1', 'ITCS-1')).toBe('stopping');
    expect(statusOf(cms, 'R2', 'ITCS-1')).toBe('running');
  });

  it('rule 26: when half or more vanish at once they are kept, and an alarm is raised (vector 11)', async () => {
    const cms = await cmsWith();
    const peer = await running(cms, 'ITCS-1');
    await cms.charge('N2', 'N2-1', BUS2, { powerW: 1_000 });
    expect((await peer.list([]))[0]).toBe(2);
    expect([statusOf(cms, 'R1', 'ITCS-1'), statusOf(cms, 'R2', 'ITCS-1')]).toEqual(['running', 'running']);
    expect(cms.runtime.depot.state.presystems['ITCS-1']?.alarm?.value).toContain('half or more');
    expect(cms.logged.some(({ alarm, level }) => alarm === true && level === 50)).toBe(true);
  });

  it('rule 26: the first list after a reconnect ends nothing that runs', async () => {
    const cms = await cmsWith();
    const peer = await running(cms, 'ITCS-1');
    await peer.close();
    const again = await booted(cms, 'ITCS-1');
    await again.list([order('R2', BUS2)]);
    expect(statusOf(cms, 'R1', 'ITCS-1')).toBe('running');
    await again.list([order('R2', BUS2)]);
    expect(statusOf(cms, 'R1', 'ITCS-1')).toBe('stopping');
  });

  it('rule 27: Terminate for an unknown id, or twice, is a conf; in 2.0 it does not exist (vector 12)', async () => {
    const cms = await cmsWith();
    const peer = await running(cms);
    expect((await peer.list([terminate('R8', BUS2)]))[0]).toBe(2);
    expect((await peer.list([terminate('R1', BUS1)]))[0]).toBe(2);
    expect((await peer.list([terminate('R1', BUS1)]))[0]).toBe(2);
    expect(statusOf(cms, 'R1')).toBe('stopping');
    const itcs = await booted(cms, 'ITCS-1');
    const answer = await itcs.list([terminate('R1', BUS1)]);
    expect(answer[0]).toBe(3);
    expect(answer[6]).toEqual({ errorMessage: expect.stringContaining('chargingInstruction') });
  });

  it('rule 27: not even a lenient 2.0 presystem loses a Terminate by stripping', async () => {
    const cms = await cmsWith({ upstreams: [{ ...ITCS, lenient: true }] });
    const peer = await booted(cms, 'ITCS-1');
    expect((await peer.list([terminate('R1', BUS1)]))[0]).toBe(3);
    expect(idsHeld(cms, 'ITCS-1')).toEqual([]);
  });
});

describe('what counts as started', () => {
  it('rule 37: a transaction at the charger; a bus that is only plugged in has not started', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    await peer.list([order('R1', BUS1)]);
    await cms.say('N1', 'LinkOpened', {});
    await cms.say('N1', 'PointStatusReported', { pointId: 'N1-1', status: 'Occupied', phase: 'Preparing' });
    await cms.say('N1', 'VehicleIdentified', { pointId: 'N1-1', vehicleId: BUS1 });
    expect(held(cms)['R1']).toMatchObject({ status: 'pending', processId: expect.any(String) });
    await peer.list([]);
    expect(idsHeld(cms)).toEqual([]);
    await peer.list([order('R1', BUS1)]);
    await cms.say('N1', 'TransactionStarted', { pointId: 'N1-1', transactionId: 'T1' });
    await peer.list([]);
    expect(statusOf(cms, 'R1')).toBe('running');
  });

  it('rule 37: the numbers that the standard leaves open are 10 s, 3 retries, a ping every 30 s', () => {
    const [first] = loadConfig('config/depot.example.yaml').upstreams;
    expect(first).toMatchObject({ timeoutSeconds: 10, retries: 3, pingSeconds: 30, lenient: false });
  });
});

describe('replay', () => {
  it('derives the same events from recorded frames, and none from what was refused, repeated or answered', async () => {
    const cms = await cmsWith();
    const peer = await running(cms);
    const messageId = randomUUID();
    await peer.list([order('R1', BUS1, targets(70, 90)), order('R3', BUS2, targets(90, 80))], { messageId });
    await peer.list([order('R1', BUS1, targets(70, 90)), order('R3', BUS2, targets(90, 80))], { messageId });
    await peer.ask('ProvideChargingRequests', {});
    const [one] = cms.runtime.config.upstreams;
    if (!one) throw new Error('no upstream');
    const entries = await cms.journalled({ direction: 'in', link: 'vdv463:BMS-1' });
    const events = entries.flatMap((entry) => replayFrame(entry, tables(), cms.runtime.identity, one));
    expect(events.map(({ type }) => type)).toEqual([
      'PresystemBooted',
      'RequestListReceived',
      'RequestListReceived',
    ]);
    const { depot } = cms.runtime;
    const before = { ...depot.state, presystems: {} };
    const after = events.reduce<DepotState>(reduce, before);
    const { R1, R2 } = after.presystems['BMS-1']?.requests ?? {};
    const live = depot.state.presystems['BMS-1']?.requests;
    expect({ request: R1?.request, source: R1?.source }).toEqual({
      request: live?.['R1']?.request,
      source: live?.['R1']?.source,
    });
    expect(R2).toEqual(live?.['R2']);
    expect(after.presystems['BMS-1']?.refused).toEqual(depot.state.presystems['BMS-1']?.refused);
  });
});

describe('entries that cannot be served', () => {
  it('rule 28: valid entries apply, the invalid one keeps its old version and is reported (vector 14)', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms, 'ITCS-1');
    await peer.list([order('R2', BUS2, { chargingPointId: 'N1-1' })]);
    const answer = await peer.list([order('R1', BUS1), order('R2', BUS2, { chargingPointId: 'nope' })]);
    expect(answer[0]).toBe(2);
    expect(idsHeld(cms, 'ITCS-1')).toEqual(['R1', 'R2']);
    expect(held(cms, 'ITCS-1')['R2']?.request.chargingPointId).toBe('N1-1');
    const rejected = await peer.see(
      (payload: { rejectedChargingRequestInfoList?: unknown[] }) => payload.rejectedChargingRequestInfoList,
    );
    expect(rejected).toEqual([
      { presystemId: 'ITCS-1', chargingRequestId: 'R2', reason: expect.stringContaining('nope') },
    ]);
  });

  it('rule 28: a list that does not fit its schema is an err and changes nothing', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    await peer.list([order('R1', BUS1)]);
    const answer = await peer.list([order('R2', BUS2), { chargingRequestId: 'R3' }]);
    expect(answer[0]).toBe(3);
    expect(JSON.stringify(answer[6])).toContain('/chargingRequestList/1');
    expect(idsHeld(cms)).toEqual(['R1']);
  });

  it('rule 28: targets the wrong way round are rejected, never altered (vector 15)', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    await peer.list([order('R1', BUS1, targets(90, 80))]);
    expect(refusedOf(cms)).toEqual({ R1: 'minTargetSoc 90 is above maxTargetSoc 80' });
    expect(cms.logged.some(({ msg }) => msg.includes('minTargetSoc 90'))).toBe(true);
  });

  it('rule 28: 1.x shows the rejection of a plugged-in bus as ChargingRejectedTechnically', async () => {
    const cms = await cmsWith();
    const bms = await booted(cms);
    await cms.say('N1', 'LinkOpened', {});
    await cms.say('N1', 'PointStatusReported', { pointId: 'N1-1', status: 'Occupied' });
    await cms.say('N1', 'VehicleIdentified', { pointId: 'N1-1', vehicleId: BUS1 });
    await cms.measure('N1', 'N1-1', { powerW: 0 });
    await bms.list([order('R1', BUS1)]);
    await bms.list([order('R1', BUS1, targets(90, 80))]);
    const status = await bms.see((payload) => {
      const process = pointIn(payload, 'N1-1')?.chargingProcessInfo;
      return process?.processStatus === 'ChargingRejectedTechnically' ? process : undefined;
    });
    expect(status).toMatchObject({ presystemId: 'BMS-1', chargingRequestId: 'R1' });
  });

  it('rule 28: an id listed twice with different content is rejected, with the same content it counts once', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    await peer.list([order('R1', BUS1), order('R2', BUS2), order('R1', BUS1), order('R2', BUS1)]);
    expect(idsHeld(cms)).toEqual(['R1']);
    expect(Object.keys(refusedOf(cms))).toEqual(['R2']);
  });

  it('rule 28: an entry that no table can read is refused alone', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    await peer.list([order('R1', BUS1), order('R2', 'V'.repeat(300))]);
    expect(idsHeld(cms)).toEqual(['R1']);
    expect(refusedOf(cms)['R2']).toContain('vehicleId');
  });

  it('rule 29: the lower number is more important; none is least; 0 and negatives are numbers', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    const at = { chargingPointId: 'N1-1' };
    await peer.list([
      order('R1', 'V1', at),
      order('R2', 'V2', { ...at, priority: 5 }),
      order('R3', 'V3', { ...at, priority: -1 }),
      order('R4', 'V4', { ...at, priority: 0 }),
    ]);
    const list = await peer.see((payload) => pointIn(payload, 'N1-1')?.scheduledChargingProcessList);
    expect(list.map(({ chargingRequestId }) => chargingRequestId)).toEqual(['R3', 'R4', 'R2', 'R1']);
  });

  it('rule 30: an ad hoc request goes first', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    const adHoc = { chargingRequestData: { minTargetSoc: 80, maxTargetSoc: 95, adHocCharging: true } };
    await peer.list([
      order('R1', 'V1', { chargingPointId: 'N1-1', priority: 1 }),
      order('R2', 'V2', { chargingPointId: 'N1-1', priority: 9, ...adHoc }),
    ]);
    const list = await peer.see((payload) => pointIn(payload, 'N1-1')?.scheduledChargingProcessList);
    expect(list[0]?.chargingRequestId).toBe('R2');
  });

  it('rule 31: a point alone is enough where nobody can tell the vehicle', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    await peer.list([order('R1', BUS1, { chargingPointId: 'N1-1' }), order('R2', BUS2)]);
    await cms.charge('N1', 'N1-1', undefined, { powerW: 1_000 });
    const process = await peer.see((payload) => pointIn(payload, 'N1-1')?.chargingProcessInfo);
    expect(process.chargingRequestId).toBe('R1');
    expect(pointIn(peer.snapshots.at(-1)?.[6], 'N1-1')?.vehicleInfo).toBeUndefined();
  });

  it('rule 32: a spontaneous process is adopted by its id; an unknown id is rejected (vector 17)', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    await cms.charge('N1', 'N1-1', undefined, { powerW: 1_000 });
    const first = await peer.see((payload) => pointIn(payload, 'N1-1')?.chargingProcessInfo);
    expect(first.chargingRequestId).toBeUndefined();
    const { chargingProcessId } = first;
    await peer.list([
      order('R9', BUS1, { chargingProcessId }),
      order('R8', BUS2, { chargingProcessId: 'CPR8' }),
    ]);
    const second = await peer.see((payload) => {
      const process = pointIn(payload, 'N1-1')?.chargingProcessInfo;
      return process?.chargingRequestId ? process : undefined;
    });
    expect(second).toMatchObject({ chargingProcessId, chargingRequestId: 'R9', presystemId: 'BMS-1' });
    expect(refusedOf(cms)['R8']).toContain('CPR8');
  });

  it('rule 33: two presystems want one vehicle: the one that runs keeps it, the other waits', async () => {
    const cms = await cmsWith();
    const bms = await booted(cms);
    const itcs = await booted(cms, 'ITCS-1');
    await bms.list([order('R1', BUS1, { priority: 9 })]);
    await cms.charge('N1', 'N1-1', BUS1, { powerW: 1_000 });
    await itcs.list([order('R1', BUS1, { priority: 1 })]);
    const point = await itcs.see((payload) => {
      const found = pointIn(payload, 'N1-1');
      return found?.scheduledChargingProcessList ? found : undefined;
    });
    expect(point.chargingProcessInfo?.presystemId).toBe('BMS-1');
    expect(point.scheduledChargingProcessList).toMatchObject([
      { presystemId: 'ITCS-1', chargingRequestId: 'R1' },
    ]);
  });

  it('rule 33: before anything runs, priority decides', async () => {
    const cms = await cmsWith();
    const bms = await booted(cms);
    const itcs = await booted(cms, 'ITCS-1');
    await bms.list([order('R1', BUS1, { priority: 9 })]);
    await itcs.list([order('R1', BUS1, { priority: 1 })]);
    await cms.charge('N1', 'N1-1', BUS1, { powerW: 1_000 });
    const process = await bms.see((payload) => pointIn(payload, 'N1-1')?.chargingProcessInfo);
    expect(process.presystemId).toBe('ITCS-1');
  });
});

describe('time', () => {
  it('vector 20: any RFC 3339 offset is read, none or a zone name is refused; instants are absolute', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    const at = (requestedTimeForDeparture: string) => ({
      chargingRequestData: { minTargetSoc: 80, maxTargetSoc: 95, requestedTimeForDeparture },
    });
    for (const time of [
      '2026-01-01T05:00:00.123456789Z',
      '2026-01-01T07:00:00+0200',
      '2026-01-01T05:00:00Z',
    ]) {
      expect((await peer.list([order('R1', BUS1, at(time))]))[0]).toBe(2);
      expect(held(cms)['R1']?.request.departureAt).toMatch(/^2026-01-01T05:00:00(\.\d+)?Z$/);
    }
    for (const time of ['2026-01-01T05:00:00', '2026-01-01T05:00:00+01:00[Europe/Berlin]', 'tomorrow']) {
      expect((await peer.list([order('R1', BUS1, at(time))]))[0]).toBe(3);
    }
  });

  it('vector 20: a presystem whose clock is two hours off is ordered by receipt', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    await peer.list([order('R1', BUS1, targets(80, 95))], { timestamp: '2099-01-01T00:00:00Z' });
    await peer.list([order('R1', BUS1, targets(70, 95))], { timestamp: '2001-01-01T00:00:00Z' });
    expect(held(cms)['R1']?.request.minTargetSocPct).toBe(70);
  });
});
