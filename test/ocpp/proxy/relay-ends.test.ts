/** One side is lost: the other is told, and nothing that was received is lost without a word. */
import { describe, expect, it } from 'vitest';
import { until } from '../harness.js';
import { knock } from '../raw.js';
import { behind, rawBehind, withoutPasswords } from './behind.js';
import { plug } from './raw-csms.js';

async function joined(setup: Parameters<typeof rawBehind>[0] = {}) {
  const { csms, bridge } = await rawBehind(setup);
  const charger = await plug(bridge.port);
  return { csms, bridge, charger, behind: await csms.peer() };
}

describe('the end of one side is the end of the other', () => {
  it.each([1000, 1001, 1008, 1011, 1012, 3000, 4999])('with its code, both ways: %i', async (code) => {
    const { bridge, csms, charger, behind: back } = await joined();
    charger.socket.close(code, 'why not');
    expect(await back.end()).toEqual({ code, reason: 'why not' });
    const again = await plug(bridge.port);
    (await csms.peer(1)).socket.close(code, 'because');
    expect(await again.end()).toEqual({ code, reason: 'because' });
  });

  it('without a code where there was none', async () => {
    const { charger, behind: back } = await joined();
    charger.socket.close();
    expect(await back.end()).toEqual({ code: 1005, reason: '' });
  });

  it('with 1001 where it was cut', async () => {
    const { bridge, csms, charger, behind: back } = await joined();
    charger.socket.terminate();
    expect(await back.end()).toMatchObject({ code: 1001 });
    const again = await plug(bridge.port);
    (await csms.peer(1)).socket.terminate();
    expect(await again.end()).toEqual({ code: 1001, reason: 'the CSMS is gone' });
  });

  it('when it has frozen', async () => {
    const { csms, bridge, charger } = await joined({ ocpp: 'pingSeconds: 0.1' });
    const other = await plug(bridge.port, { path: '/ocpp/CP-N2', login: 'CP-N2:cp-n2-secret-0002' });
    const [behindFrozen, frozen] = [await csms.peer(0), await csms.peer(1)];
    charger.socket.pause();
    frozen.socket.pause();
    // Pings every 0.1 s, and five seconds of grace.
    expect(await until(() => behindFrozen.closed, 'the end', 15_000)).toMatchObject({ code: 1001 });
    expect(await other.end()).toMatchObject({ code: 1001 });
  });

  it('with 1001 to both when the bridge ends', async () => {
    const { bridge, charger, behind: back } = await joined();
    await bridge.ocpp.stop(1_000);
    expect(await charger.end()).toEqual({ code: 1001, reason: 'the bridge ends' });
    expect(await back.end()).toEqual({ code: 1001, reason: 'the bridge ends' });
  });

  it('lets nobody in while the bridge ends', async () => {
    const { csms, bridge } = await rawBehind({ csms: { upgrade: () => true } });
    const status = knock(bridge.port);
    await until(() => csms.requests.length, 'the upgrade');
    await bridge.ocpp.stop(500);
    expect([502, 503]).toContain(await status.catch(() => 503));
  });
});

describe('frames at the end', () => {
  it('come out before the goodbye of who said them', async () => {
    const { charger, behind: back } = await joined();
    const calls = Array.from({ length: 200 }, (_, index) => `[2,"${index}","Heartbeat",{}]`);
    for (const call of calls) charger.send(call);
    charger.socket.close(1000);
    await back.end();
    expect(back.texts).toEqual(calls);
  });

  it('are told when they come to nothing', async () => {
    const { bridge, charger, behind: back } = await joined();
    charger.socket.pause();
    charger.send('[2,"a","Heartbeat",{}]');
    await back.nth(0);
    back.socket.close(1012);
    await until(() => back.closed, 'the goodbye');
    charger.send('[2,"b","Heartbeat",{}]');
    charger.socket.resume();
    await charger.end();
    const entries = await until(async () => {
      const found = await bridge.journal({ action: 'Heartbeat' });
      return found.length === 2 && found;
    }, 'both in the journal');
    expect(entries.map(({ error }) => error)).toEqual([undefined, 'OCPP_NOT_DELIVERED']);
  });
});

describe('a side that does not read', () => {
  it.each(['charger', 'behind'] as const)('makes the other wait, and gets everything: %s', async (slow) => {
    const ends = await joined({ options: { limits: { framesPerSecond: 1_000_000, burst: 1_000_000 } } });
    const fast = slow === 'charger' ? ends.behind : ends.charger;
    const frame = (index: number) => `[3,"${index}",{"x":"${'y'.repeat(60_000)}"}]`;
    ends[slow].socket.pause();
    const count = 400;
    for (let index = 0; index < count; index++) fast.send(frame(index));
    // The bridge holds a few hundred kB; buffers of the kernel hold some more; the rest stays with the sender.
    let before = -1;
    await until(async () => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      const now = fast.socket.bufferedAmount;
      const isStill = now === before;
      before = now;
      return isStill;
    }, 'the standstill');
    expect(fast.socket.bufferedAmount).toBeGreaterThan(8_000_000);
    ends[slow].socket.resume();
    await until(() => ends[slow].got.length === count, 'everything');
    expect(ends[slow].texts.every((text, index) => text === frame(index))).toBe(true);
  });
});

describe('a second connection of an identity', () => {
  it('takes over with proof; the CSMS has seen the first one end before', async () => {
    const { csms, charger, bridge, behind: back } = await joined();
    await plug(bridge.port);
    expect(await charger.end()).toMatchObject({ code: 1006 });
    expect(back.closed).toMatchObject({ code: 1001 });
    expect(csms.open).toHaveLength(1);
  });

  it('needs proof against a living one: the login with which that came in, or none will do', async () => {
    const { csms, bridge } = await rawBehind({ edit: withoutPasswords });
    const first = await plug(bridge.port, { login: 'CP-N1:mine' });
    await expect(plug(bridge.port, { login: 'CP-N1:other' })).rejects.toThrow('409');
    await expect(plug(bridge.port, { login: null })).rejects.toThrow('409');
    expect(csms.requests).toHaveLength(1);
    expect(first.closed).toBeUndefined();
    await plug(bridge.port, { login: 'CP-N1:mine' });
    await first.end();
    expect(csms.open).toHaveLength(1);
  });

  it('comes in without proof when the first one is dead', async () => {
    const { csms, bridge } = await rawBehind({ edit: withoutPasswords });
    const first = await plug(bridge.port, { login: null });
    first.socket.pause();
    await plug(bridge.port, { login: null });
    expect(csms.open).toHaveLength(1);
    expect(csms.peers).toHaveLength(2);
  });

  it('and forty-eight more: one pair is left, and there were never two', async () => {
    const { csms, bridge } = await behind({ csms: { oddities: { secondConnection: 'coexists' } } });
    let most = 0;
    let open = 0;
    csms.events.on('connected', () => {
      open += 1;
      most = Math.max(most, open);
    });
    csms.events.on('disconnected', () => {
      open -= 1;
    });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, async (_, index) => {
        await new Promise((resolve) => setTimeout(resolve, index * 10));
        return plug(bridge.port);
      }),
    );
    const chargers = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    await until(() => chargers.filter(({ closed }) => !closed).length === 1 && open === 1, 'one pair');
    expect(most).toBe(1);
    const [left] = chargers.filter(({ closed }) => !closed);
    left?.send('[2,"1","Heartbeat",{}]');
    expect(await left?.nth(0)).toMatch(/^\[3,"1"/);
  });
});
