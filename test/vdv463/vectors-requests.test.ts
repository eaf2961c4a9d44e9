/**
 * The numbered vectors of VDV 463 about requests and what becomes of them, on real sockets. Not about a socket, and
 * therefore elsewhere: 19 (rounding of energies and temperatures by the tables) in information.test.ts.
 */
import { expect, it, onTestFinished } from 'vitest';
import { startCharging } from '../../src/charging/index.js';
import { DIALECTS } from '../../src/config/config.schema.js';
import type { CommandOutcome, StationCommands } from '../../src/depot/index.js';
import { withEachClient } from './clients.js';
import { type Cms, upstream } from './cms.js';
import { BUS1, BUS2, cmsWith, held, idsHeld, oneRuns, statusOf, targets, terminate } from './opened.js';
import { order, pointIn } from './peer.js';

const rejectionsIn = (payload: { rejectedChargingRequestInfoList?: { reason: string }[] }) =>
  payload.rejectedChargingRequestInfoList;

/** Chargers that accept whatever they are told; the stops they were told are kept. */
function chargersOf(cms: Cms): { stops: string[] } {
  const stops: string[] = [];
  const yes: CommandOutcome = { outcome: 'accepted', frames: [] };
  const commands: StationCommands = {
    isConnected: () => true,
    controlOf: () => 'full',
    setLimit: async () => yes,
    clearLimit: async () => yes,
    stop: async ({ processId }) => {
      stops.push(processId);
      return yes;
    },
    start: async () => yes,
    unlock: async () => yes,
    readLimit: async () => ({ outcome: 'refused', reason: 'NotSupported', frames: [] }),
    onOthersLimits: () => () => undefined,
  };
  const charging = startCharging(cms.runtime, commands);
  onTestFinished(() => charging.stop(1_000));
  return { stops };
}

withEachClient(({ booted }) => {
  const running = async (cms: Cms, presystemId?: string) => oneRuns(cms, await booted(cms, presystemId));

  it('vector 11: omitted and empty, 1.1.0: what waits goes, what runs stays, {} is an err', async () => {
    const cms = await cmsWith();
    const peer = await running(cms);
    expect((await peer.ask('ProvideChargingRequests', {}))[0]).toBe(3);
    expect(idsHeld(cms)).toEqual(['R1', 'R2']);
    expect((await peer.list([]))[0]).toBe(2);
    expect(idsHeld(cms)).toEqual(['R1']);
    expect(statusOf(cms, 'R1')).toBe('running');
  });

  it('vector 11: 1.0.0 forbids the empty list, and nothing changes', async () => {
    const cms = await cmsWith({ upstreams: [upstream({ dialect: '1.0.0', presystemId: 'bms:1' })] });
    const peer = await running(cms, 'bms:1');
    expect((await peer.list([]))[0]).toBe(3);
    expect((await peer.ask('ProvideChargingRequests', {}))[0]).toBe(3);
    expect(idsHeld(cms, 'bms:1')).toEqual(['R1', 'R2']);
    expect(statusOf(cms, 'R1', 'bms:1')).toBe('running');
  });

  it('vector 11: 2.0.0 guards against an omission of everything that runs', async () => {
    const cms = await cmsWith();
    const peer = await running(cms, 'ITCS-1');
    await cms.charge('N2', 'N2-1', BUS2, { powerW: 1_000 });
    expect((await peer.ask('ProvideChargingRequests', {}))[0]).toBe(3);
    expect((await peer.list([]))[0]).toBe(2);
    expect(['R1', 'R2'].map((id) => statusOf(cms, id, 'ITCS-1'))).toEqual(['running', 'running']);
    expect(cms.runtime.depot.state.presystems['ITCS-1']?.alarm?.value).toContain('half or more');
  });

  it('vector 12: Terminate twice is one stop and two confs; 2.0.0 has no such word', async () => {
    const cms = await cmsWith();
    const { stops } = chargersOf(cms);
    const peer = await running(cms);
    expect((await peer.list([terminate('R1', BUS1)]))[0]).toBe(2);
    await expect.poll(() => stops).toHaveLength(1);
    expect((await peer.list([terminate('R1', BUS1)]))[0]).toBe(2);
    const itcs = await booted(cms, 'ITCS-1');
    expect((await itcs.list([terminate('R1', BUS1)]))[6]).toEqual({
      errorMessage: expect.stringContaining('chargingInstruction'),
    });
    await cms.runtime.depot.settled();
    expect(stops).toHaveLength(1);
    expect(statusOf(cms, 'R1')).toBe('stopping');
  });

  it("vector 13: one id at two presystems: omitting one's own leaves the other's", async () => {
    const cms = await cmsWith();
    const [bms, itcs] = await Promise.all([booted(cms), booted(cms, 'ITCS-1')]);
    await bms.list([order('R1', BUS1)]);
    await itcs.list([order('R1', BUS2)]);
    expect((await bms.list([]))[0]).toBe(2);
    expect([idsHeld(cms), idsHeld(cms, 'ITCS-1')]).toEqual([[], ['R1']]);
  });

  it('vector 14: the valid entry applies, the invalid keeps its old version and is reported', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms, 'ITCS-1');
    await peer.list([order('R2', BUS2, { chargingPointId: 'N1-1' })]);
    const both = [order('R1', BUS1), order('R2', BUS2, { chargingPointId: 'nope' })];
    expect((await peer.list(both))[0]).toBe(2);
    expect(idsHeld(cms, 'ITCS-1')).toEqual(['R1', 'R2']);
    expect(held(cms, 'ITCS-1')['R2']?.request.chargingPointId).toBe('N1-1');
    expect(await peer.see(rejectionsIn)).toEqual([
      { presystemId: 'ITCS-1', chargingRequestId: 'R2', reason: expect.stringContaining('nope') },
    ]);
  });

  it('vector 15: targets the wrong way round are rejected, never altered', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms, 'ITCS-1');
    expect((await peer.list([order('R1', BUS1, targets(90, 80))]))[0]).toBe(2);
    const [rejection] = await peer.see(rejectionsIn);
    expect(rejection?.reason).toBe('minTargetSoc 90 is above maxTargetSoc 80');
    expect(idsHeld(cms, 'ITCS-1')).toEqual([]);
  });

  it('vector 16 (rule 31): bound where the bus plugs in; another bay later is a conflict', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms, 'ITCS-1');
    await peer.list([order('R1', BUS1)]);
    await cms.charge('N3', 'N3-1', BUS1, { powerW: 1_000 });
    const process = await peer.see((payload) => pointIn(payload, 'N3-1')?.chargingProcessInfo);
    expect(process).toMatchObject({ presystemId: 'ITCS-1', chargingRequestId: 'R1' });
    await peer.list([order('R1', BUS1, { chargingPointId: 'N2-1' })]);
    const [rejection] = await peer.see(rejectionsIn);
    expect(rejection?.reason).toContain('charging at N3-1');
    expect(cms.runtime.depot.state.processes.keys()).toHaveLength(1);
    expect(statusOf(cms, 'R1', 'ITCS-1')).toBe('running');
  });

  it('vector 17: a spontaneous process is adopted by its id', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    await cms.charge('N1', 'N1-1', undefined, { powerW: 1_000 });
    const spontaneous = await peer.see((payload) => pointIn(payload, 'N1-1')?.chargingProcessInfo);
    expect(spontaneous.chargingRequestId).toBeUndefined();
    const { chargingProcessId } = spontaneous;
    await peer.list([order('R9', BUS1, { chargingProcessId })]);
    const adopted = await peer.see((payload) => {
      const process = pointIn(payload, 'N1-1')?.chargingProcessInfo;
      return process?.chargingRequestId ? process : undefined;
    });
    expect(adopted).toMatchObject({ chargingProcessId, chargingRequestId: 'R9', presystemId: 'BMS-1' });
  });

  it('vector 18: AC, no state of charge: each dialect says so as it can, 1.0.0 not at all', async () => {
    const upstreams = DIALECTS.map((dialect, i) =>
      upstream({ presystemId: `bms:${i}`, user: `bms${i}`, dialect }),
    );
    const cms = await cmsWith({ upstreams });
    await cms.charge('N4', 'N4-1', undefined, { powerW: 11_000 });
    const told = await Promise.all(upstreams.map(({ presystemId }) => booted(cms, presystemId)));
    const processes = told.map((peer, i) =>
      pointIn(peer.snapshots[0]?.[6], i === 0 ? 'urn:depotbridge:N4-1' : 'N4-1'),
    );
    expect(processes.every((point) => point?.chargingPointStatus === 'Occupied')).toBe(true);
    const said = processes.map((point) => point?.chargingProcessInfo?.['chargingPredictionData']);
    expect(said).toEqual([undefined, {}, {}, { chargingPredictionDataStatus: 'Ongoing' }]);
  });

  it('vector 20: offsets are read, none and zone names refused; receipt orders, not the clock', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    const leaving = (requestedTimeForDeparture: string, maxTargetSoc: number) =>
      order('R1', BUS1, {
        chargingRequestData: { minTargetSoc: 70, maxTargetSoc, requestedTimeForDeparture },
      });
    const read = [
      ['2026-01-01T05:00:00.123456789Z', '2099-01-01T02:00:00Z'],
      ['2026-01-01T07:00:00+0200', '2001-01-01T00:00:00Z'],
    ] as const;
    for (const [i, [departure, timestamp]] of read.entries()) {
      expect((await peer.list([leaving(departure, 80 + i)], { timestamp }))[0]).toBe(2);
      const request = held(cms)['R1']?.request;
      expect(request?.departureAt).toMatch(/^2026-01-01T05:00:00(\.\d+)?Z$/);
      expect(request?.maxTargetSocPct).toBe(80 + i);
    }
    for (const departure of ['2026-01-01T05:00:00', '2026-01-01T05:00:00+01:00[Europe/Berlin]']) {
      expect((await peer.list([leaving(departure, 90)]))[0]).toBe(3);
    }
    expect(held(cms)['R1']?.request.maxTargetSocPct).toBe(81);
  });
});
