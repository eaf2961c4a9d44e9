/**
 * The numbered vectors of VDV 463 about connections, boots and answers, on real sockets. Not about a socket, and
 * therefore elsewhere: 2 (the start refuses an RSA certificate) in tls.test.ts.
 */
import { randomUUID } from 'node:crypto';
import { afterEach, expect, it, vi } from 'vitest';
import { withEachClient, withJava } from './clients.js';
import { ITCS, upstream } from './cms.js';
import { BUS1, BUS2, cmsWith, idsHeld } from './opened.js';
import { confOf, type Frame, order, pointIn } from './peer.js';

afterEach(() => {
  vi.restoreAllMocks();
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const idOf = (frame: Frame | undefined): string => frame?.[4] ?? '';

it.skipIf(withJava)('no JDK on this machine, so its WebSocket client was not tried', () => {
  expect(withJava).toBe(false);
});

withEachClient(({ name: client, dial, booted }) => {
  it('boots, is informed, orders, pings and goes', async () => {
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
    await expect.poll(() => ponged).toBe(true);
    peer.socket.close(1000);
    expect((await peer.ended()).code).toBe(1000);
  });

  it('vector 1: nothing in common opens without a subprotocol, then closes', async () => {
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

  it('vector 1: of v2 and v1 the CMS takes v1 where 2.0 is not configured', async () => {
    const cms = await cmsWith();
    const peer = await dial(cms, 'BMS-1', { protocols: ['v2.463.vdv.de', 'v1.463.vdv.de'] });
    expect(peer.socket.protocol).toBe('v1.463.vdv.de');
  });

  it('vector 3: a list before the boot is an err that echoes, and the socket stays open', async () => {
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
  ])('vector 4: a list before the first information, $mode', async ({ lenient, type, kept }) => {
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

  it('vector 5: a list and an information that cross are both answered', async () => {
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

  it('vector 6: retries keep bytes and id; then one fresh snapshot, not three', async () => {
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
    // A conf that a busy machine was late with brings the fresh one again, but no other.
    expect(new Set(peer.snapshots.map(idOf)).size).toBe(2);
  });

  it('vector 7: a conf under an id of its own: lenient matched and flagged, strict timeout', async () => {
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
  });

  it('vector 8: twice the same has one effect and one answer; the id for another list is an err', async () => {
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
  });

  it('vector 9: an action outside the enum is an err that echoes it', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    const messageId = randomUUID();
    const answer = await peer.ask('Heartbeat', {}, { messageId });
    expect([answer[0], ...answer.slice(4, 6)]).toEqual([3, messageId, 'Heartbeat']);
  });

  it('vector 10: an err of any shape is a receipt: no retry, its text logged', async () => {
    const shapes = ['boom', { message: 'x' }, null];
    const three = shapes.map((_, i) => upstream({ presystemId: `BMS-${i + 1}`, user: `bms${i + 1}` }));
    const cms = await cmsWith({ upstreams: three });
    await cms.say('N1', 'LinkOpened', {});
    const answered = shapes.map((payload, i) => {
      let refused = 0;
      return booted(cms, `BMS-${i + 1}`, {
        answer: (frame) => {
          if (refused++ > 0) return confOf(frame);
          const [, source, presystemId, at, messageId, action] = confOf(frame);
          return [3, source, presystemId, at, messageId, action, payload];
        },
      });
    });
    const all = await Promise.all(answered);
    // Only what was received makes way for what comes next.
    await cms.say('N1', 'PointStatusReported', { pointId: 'N1-1', status: 'Available' });
    for (const peer of all) expect(idOf(await peer.informed(2))).not.toBe(idOf(peer.snapshots[0]));
    const told = cms.logged.filter(({ code }) => code === 'VDV463_REQUEST_REFUSED').map(({ msg }) => msg);
    expect(told).toHaveLength(3);
    for (const text of ['boom', 'x']) expect(told).toContain(`it answered with an error: ${text}`);
  });
});
