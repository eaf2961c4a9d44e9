/**
 * The numbered vectors of VDV 463, on real sockets, each with two WebSocket clients that are not of one make: `ws`
 * and the JDK's. Not about a socket, and therefore elsewhere: 2 (the start refuses an RSA certificate) in
 * tls.test.ts, 19 (rounding of energies and temperatures by the tables) in information.test.ts.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startCharging } from '../../src/charging/index.js';
import { DIALECTS } from '../../src/config/config.schema.js';
import type { CommandOutcome, StationCommands } from '../../src/depot/index.js';
import { Cms, type CmsOptions, ITCS, upstream } from './cms.js';
import { hasJava, Jdk } from './jdk.js';
import {
  type Connect,
  confOf,
  type Frame,
  order,
  overWs,
  Peer,
  type PeerOptions,
  type PeerSocket,
  pointIn,
} from './peer.js';

const BUS1 = 'WEB62834613200001';
const BUS2 = 'WEB62834613200002';
const LIMIT = { timeout: 20_000 };

const opened: { close(): Promise<void> }[] = [];
const peers: Peer<PeerSocket>[] = [];
let jdk: Jdk | undefined;
let connect: Connect<PeerSocket>;

afterEach(async () => {
  vi.restoreAllMocks();
  const violations = peers.splice(0).flatMap((peer) => peer.violations);
  for (const thing of opened.splice(0).reverse()) await thing.close();
  expect(violations).toEqual([]);
});

async function cmsWith(options: CmsOptions = {}): Promise<Cms> {
  const cms = await Cms.start(options);
  opened.push({ close: () => cms.stop() });
  return cms;
}

async function dial(cms: Cms, presystemId?: string, options?: PeerOptions): Promise<Peer<PeerSocket>> {
  const peer = await Peer.over(connect, cms, presystemId, options);
  opened.push(peer);
  peers.push(peer);
  return peer;
}

async function booted(cms: Cms, presystemId?: string, options?: PeerOptions): Promise<Peer<PeerSocket>> {
  const peer = await dial(cms, presystemId, options);
  await peer.boot();
  await peer.informed();
  return peer;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const idOf = (frame: Frame | undefined): string => frame?.[4] ?? '';
const held = (cms: Cms, presystemId = 'BMS-1') =>
  cms.runtime.depot.state.presystems[presystemId]?.requests ?? {};
const idsHeld = (cms: Cms, presystemId?: string) => Object.keys(held(cms, presystemId)).sort();
const statusOf = (cms: Cms, id: string, presystemId?: string) => held(cms, presystemId)[id]?.status;
const terminate = (id: string, vehicle: string) => order(id, vehicle, { chargingInstruction: 'Terminate' });
const targets = (minTargetSoc: number, maxTargetSoc: number) => ({
  chargingRequestData: { minTargetSoc, maxTargetSoc },
});
const rejectionsIn = (payload: { rejectedChargingRequestInfoList?: { reason: string }[] }) =>
  payload.rejectedChargingRequestInfoList;

/** R1 charges at N1-1, R2 waits; both of this presystem. */
async function running(cms: Cms, presystemId = 'BMS-1'): Promise<Peer<PeerSocket>> {
  const peer = await booted(cms, presystemId);
  await cms.charge('N1', 'N1-1', BUS1, { powerW: 42_500, socPct: 55 });
  expect((await peer.list([order('R1', BUS1), order('R2', BUS2)]))[0]).toBe(2);
  expect(statusOf(cms, 'R1', presystemId)).toBe('running');
  expect(statusOf(cms, 'R2', presystemId)).toBe('pending');
  return peer;
}

/** Chargers that accept whatever they are told; the stops they were told are kept. */
function chargersOf(cms: Cms): { stops: string[] } {
  const stops: string[] = [];
  const yes: CommandOutcome = { outcome: 'accepted', frames: [] };
  const commands: StationCommands = {
    isConnected: () => true,
    setLimit: async () => yes,
    clearLimit: async () => yes,
    stop: async ({ processId }) => {
      stops.push(processId);
      return yes;
    },
    start: async () => yes,
    unlock: async () => yes,
  };
  const charging = startCharging(cms.runtime, commands);
  opened.push({ close: () => charging.stop(1_000) });
  return { stops };
}

const withJava = hasJava();

it.skipIf(withJava)('no JDK on this machine, so its WebSocket client was not tried', () => {
  expect(hasJava()).toBe(false);
});

describe.each(withJava ? (['ws', 'jdk'] as const) : (['ws'] as const))('with %s', (client) => {
  beforeAll(async () => {
    connect = overWs();
    if (client === 'ws') return;
    const started = await Jdk.start();
    jdk = started;
    connect = (dialling) => started.connect(dialling);
  });

  afterAll(async () => {
    await jdk?.stop();
  });

  it('boots, is informed, orders, pings and goes', LIMIT, async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    expect(peer.socket.protocol).toBe('v1.463.vdv.de');
    expect((await peer.list([order('R1', BUS1)]))[0]).toBe(2);
    expect(idsHeld(cms)).toEqual(['R1']);
    let ponged = false;
    peer.socket.on('pong', () => {
      ponged = true;
    });
    peer.socket.ping();
    await vi.waitFor(() => expect(ponged).toBe(true), { timeout: 10_000 });
    peer.socket.close(1000);
    expect((await peer.ended()).code).toBe(1000);
  });

  it('vector 1: nothing in common opens without a subprotocol, then closes', LIMIT, async () => {
    const cms = await cmsWith();
    const opening = dial(cms, 'BMS-1', { protocols: ['v9.463.vdv.de'] });
    if (client === 'ws') {
      // This client gives up by itself where the JDK's waits for the close.
      await expect(opening).rejects.toThrow('Server sent no subprotocol');
    } else {
      const peer = await opening;
      expect(peer.socket.protocol).toBe('');
      expect((await peer.ended()).code).toBe(1002);
    }
  });

  it('vector 1: of v2 and v1 the CMS takes v1 where 2.0 is not configured', LIMIT, async () => {
    const cms = await cmsWith();
    const peer = await dial(cms, 'BMS-1', { protocols: ['v2.463.vdv.de', 'v1.463.vdv.de'] });
    expect(peer.socket.protocol).toBe('v1.463.vdv.de');
  });

  it('vector 3: a list before the boot is an err that echoes, and the socket stays open', LIMIT, async () => {
    const cms = await cmsWith();
    const peer = await dial(cms);
    const messageId = randomUUID();
    const answer = await peer.list([], { messageId });
    expect([answer[0], answer[2], ...answer.slice(4, 6)]).toEqual([
      3,
      'BMS-1',
      messageId,
      'ProvideChargingRequests',
    ]);
    expect((await peer.boot())[6]).toEqual({ status: 'Accepted' });
  });

  it.each([
    { mode: 'strict', lenient: false, type: 3, kept: [] },
    { mode: 'lenient', lenient: true, type: 2, kept: ['R1'] },
  ])('vector 4: a list before the first information, $mode', LIMIT, async ({ lenient, type, kept }) => {
    const cms = await cmsWith({ upstreams: [upstream({ lenient })] });
    const peer = await dial(cms);
    // A slow disk, so that the list arrives while the boot is still being answered.
    const { journal } = cms.runtime.depot;
    const append = journal.append.bind(journal);
    vi.spyOn(journal, 'append').mockImplementation(async (entry) => {
      await pause(60);
      return append(entry);
    });
    peer.send(1, 'BootNotification', { presystem: 'BMS' });
    expect((await peer.list([order('R1', BUS1)]))[0]).toBe(type);
    await peer.informed();
    expect(idsHeld(cms)).toEqual(kept);
  });

  it('vector 5: a list and an information that cross are both answered', LIMIT, async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    peer.answer = 'nothing';
    await cms.say('N1', 'LinkOpened', {});
    await cms.say('N1', 'PointStatusReported', { pointId: 'N1-1', status: 'Available' });
    const underWay = await peer.informed(2);
    await cms.say('N1', 'PointStatusReported', { pointId: 'N1-1', status: 'Occupied' });
    // Its list is answered although it owes a conf, and its conf lets the next information go.
    expect((await peer.list([order('R1', BUS1)]))[0]).toBe(2);
    expect(peer.snapshots).toHaveLength(2);
    peer.answer = 'conf';
    peer.socket.send(JSON.stringify(confOf(underWay)));
    await peer.informed(3);
    expect((await peer.list([]))[0]).toBe(2);
  });

  it('vector 6: retries keep bytes and id; then one fresh snapshot, not three', LIMIT, async () => {
    const cms = await cmsWith({ upstreams: [upstream({ timeoutSeconds: 0.25, retries: 2 })] });
    let withheld: string | undefined;
    const peer = await booted(cms, 'BMS-1', {
      answer: (frame) => {
        withheld ??= idOf(frame);
        return idOf(frame) === withheld ? undefined : confOf(frame);
      },
    });
    await cms.say('N1', 'LinkOpened', {});
    await cms.say('N1', 'PointStatusReported', { pointId: 'N1-1', status: 'Available' });
    await cms.say('N1', 'PointStatusReported', { pointId: 'N1-1', status: 'Occupied' });
    const fresh = await peer.informed(4);
    const [first, second, third] = peer.raw.filter((text) => text.includes('ProvideChargingInformation'));
    expect([second, third]).toEqual([first, first]);
    expect(idOf(fresh)).not.toBe(withheld);
    expect(pointIn(fresh[6], 'N1-1')?.chargingPointStatus).toBe('Occupied');
    await pause(350);
    expect(peer.snapshots).toHaveLength(4);
  });

  it(
    'vector 7: a conf under an id of its own: lenient matched and flagged, strict timeout',
    LIMIT,
    async () => {
      const odd = (frame: Frame): Frame => {
        const [type, source, presystemId, at, , action, payload] = confOf(frame);
        return [type, source, presystemId, at, randomUUID(), action, payload];
      };
      const times = { timeoutSeconds: 0.6, retries: 1 };
      const cms = await cmsWith({ upstreams: [upstream(times), { ...ITCS, ...times, lenient: true }] });
      const lenient = await booted(cms, 'ITCS-1', { answer: odd });
      const strict = await booted(cms, 'BMS-1', { answer: odd });
      await strict.informed(2);
      expect(lenient.snapshots).toHaveLength(1);
      expect(await cms.count('forgiven', 'VDV463_LENIENT_ANSWER_ID')).toBe(1);
    },
  );

  it(
    'vector 8: twice the same has one effect and one answer; the id for another list is an err',
    LIMIT,
    async () => {
      const cms = await cmsWith();
      const peer = await booted(cms);
      const messageId = randomUUID();
      await peer.list([order('R1', BUS1)], { messageId });
      const first = peer.raw.at(-1);
      await peer.list([order('R1', BUS1)], { messageId });
      expect(peer.raw.at(-1)).toBe(first);
      const [, again] = await cms.journalled({ action: 'ProvideChargingRequests', direction: 'in' });
      expect(again?.error).toBe('VDV463_REPEATED');
      expect((await peer.list([order('R2', BUS2)], { messageId }))[0]).toBe(3);
      expect(idsHeld(cms)).toEqual(['R1']);
    },
  );

  it('vector 9: an action outside the enum is an err that echoes it', LIMIT, async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    const messageId = randomUUID();
    const answer = await peer.ask('Heartbeat', {}, { messageId });
    expect([answer[0], ...answer.slice(4, 6)]).toEqual([3, messageId, 'Heartbeat']);
  });

  it('vector 10: an err of any shape is a receipt: no retry, its text logged', LIMIT, async () => {
    const shapes = ['boom', { message: 'x' }, null];
    const three = shapes.map((_, i) =>
      upstream({ presystemId: `BMS-${i + 1}`, user: `bms${i + 1}`, timeoutSeconds: 0.6 }),
    );
    const cms = await cmsWith({ upstreams: three });
    const answered = shapes.map((payload, i) =>
      booted(cms, `BMS-${i + 1}`, {
        answer: (frame) => {
          const [, source, presystemId, at, messageId, action] = confOf(frame);
          return [3, source, presystemId, at, messageId, action, payload];
        },
      }),
    );
    const all = await Promise.all(answered);
    await pause(750);
    expect(all.map(({ snapshots }) => snapshots.length)).toEqual([1, 1, 1]);
    const told = cms.logged.filter(({ code }) => code === 'VDV463_REQUEST_REFUSED').map(({ msg }) => msg);
    expect(told).toHaveLength(3);
    for (const text of ['boom', 'x']) expect(told).toContain(`it answered with an error: ${text}`);
  });

  it(
    'vector 11: omitted and empty, 1.1.0: what waits goes, what runs stays, {} is an err',
    LIMIT,
    async () => {
      const cms = await cmsWith();
      const peer = await running(cms);
      expect((await peer.ask('ProvideChargingRequests', {}))[0]).toBe(3);
      expect(idsHeld(cms)).toEqual(['R1', 'R2']);
      expect((await peer.list([]))[0]).toBe(2);
      expect(idsHeld(cms)).toEqual(['R1']);
      expect(statusOf(cms, 'R1')).toBe('running');
    },
  );

  it('vector 11: 1.0.0 forbids the empty list, and nothing changes', LIMIT, async () => {
    const cms = await cmsWith({ upstreams: [upstream({ dialect: '1.0.0', presystemId: 'bms:1' })] });
    const peer = await running(cms, 'bms:1');
    expect((await peer.list([]))[0]).toBe(3);
    expect((await peer.ask('ProvideChargingRequests', {}))[0]).toBe(3);
    expect(idsHeld(cms, 'bms:1')).toEqual(['R1', 'R2']);
    expect(statusOf(cms, 'R1', 'bms:1')).toBe('running');
  });

  it('vector 11: 2.0.0 guards against an omission of everything that runs', LIMIT, async () => {
    const cms = await cmsWith();
    const peer = await running(cms, 'ITCS-1');
    await cms.charge('N2', 'N2-1', BUS2, { powerW: 1_000 });
    expect((await peer.ask('ProvideChargingRequests', {}))[0]).toBe(3);
    expect((await peer.list([]))[0]).toBe(2);
    expect(['R1', 'R2'].map((id) => statusOf(cms, id, 'ITCS-1'))).toEqual(['running', 'running']);
    expect(cms.runtime.depot.state.presystems['ITCS-1']?.alarm?.value).toContain('half or more');
  });

  it('vector 12: Terminate twice is one stop and two confs; 2.0.0 has no such word', LIMIT, async () => {
    const cms = await cmsWith();
    const { stops } = chargersOf(cms);
    const peer = await running(cms);
    expect((await peer.list([terminate('R1', BUS1)]))[0]).toBe(2);
    await vi.waitFor(() => expect(stops).toHaveLength(1), { timeout: 10_000 });
    expect((await peer.list([terminate('R1', BUS1)]))[0]).toBe(2);
    const itcs = await booted(cms, 'ITCS-1');
    expect((await itcs.list([terminate('R1', BUS1)]))[6]).toEqual({
      errorMessage: expect.stringContaining('chargingInstruction'),
    });
    await cms.runtime.depot.settled();
    expect(stops).toHaveLength(1);
    expect(statusOf(cms, 'R1')).toBe('stopping');
  });

  it("vector 13: one id at two presystems: omitting one's own leaves the other's", LIMIT, async () => {
    const cms = await cmsWith();
    const [bms, itcs] = await Promise.all([booted(cms), booted(cms, 'ITCS-1')]);
    await bms.list([order('R1', BUS1)]);
    await itcs.list([order('R1', BUS2)]);
    expect((await bms.list([]))[0]).toBe(2);
    expect([idsHeld(cms), idsHeld(cms, 'ITCS-1')]).toEqual([[], ['R1']]);
  });

  it(
    'vector 14: the valid entry applies, the invalid keeps its old version and is reported',
    LIMIT,
    async () => {
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
    },
  );

  it('vector 15: targets the wrong way round are rejected, never altered', LIMIT, async () => {
    const cms = await cmsWith();
    const peer = await booted(cms, 'ITCS-1');
    expect((await peer.list([order('R1', BUS1, targets(90, 80))]))[0]).toBe(2);
    const [rejection] = await peer.see(rejectionsIn);
    expect(rejection?.reason).toBe('minTargetSoc 90 is above maxTargetSoc 80');
    expect(idsHeld(cms, 'ITCS-1')).toEqual([]);
  });

  it('vector 16: bound where the bus plugs in; another bay later is a conflict', LIMIT, async () => {
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
  });

  it('vector 17: a spontaneous process is adopted by its id', LIMIT, async () => {
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

  it(
    'vector 18: AC, no state of charge: each dialect says so as it can, 1.0.0 not at all',
    LIMIT,
    async () => {
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
    },
  );

  it(
    'vector 20: offsets are read, none and zone names refused; receipt orders, not the clock',
    LIMIT,
    async () => {
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
    },
  );
});
