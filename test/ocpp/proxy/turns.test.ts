/** Calls of the CSMS and of the bridge towards one station: whose turn it is, whatever happens when. */
import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { relay } from '../../../src/ocpp/proxy/relay.js';
import { ChargerSimulator } from '../../../src/sim/charger/index.js';
import { runs } from '../../support/properties.js';
import { until } from '../harness.js';
import { behind, rawBehind } from './behind.js';
import { plug } from './raw-csms.js';

/** A WebSocket without a wire. */
class Wire extends EventEmitter {
  readonly OPEN = 1;
  readonly CLOSED = 3;
  readyState = 1;
  readonly bufferedAmount = 0;
  readonly sent: string[] = [];
  readonly resume = () => undefined;
  readonly pause = () => undefined;

  send(data: Buffer | string): void {
    this.sent.push(String(data));
    this.emit('sent', String(data));
  }

  close(code = 1005): void {
    if (this.readyState === this.CLOSED) return;
    this.readyState = this.CLOSED;
    this.emit('close', code, Buffer.alloc(0));
  }

  terminate(): void {
    this.close(1006);
  }

  says(text: string): void {
    if (this.readyState === this.OPEN) this.emit('message', Buffer.from(text), false);
  }
}

const TIMEOUT_MS = 1_000;

/** Two ends, the bridge between them, and what must always be so. */
class World {
  readonly station = new Wire();
  readonly csms = new Wire();
  /** Calls that the station has not answered, as it received them. */
  readonly open: {
    readonly id: string;
    readonly isOurs: boolean;
    readonly number: number;
    readonly since: number;
  }[] = [];
  readonly answered: { readonly id: string; readonly isOurs: boolean }[] = [];
  /** Our calls, by number: what became of them. */
  readonly ours = new Map<number, string>();
  readonly arrived: number[] = [];
  told = 0;
  asked = 0;
  readonly #relay = relay(
    {
      protocol: 'ocpp1.6',
      remoteAddress: '',
      csmsSilenceMs: 60_000,
      station: this.station as unknown as WebSocket,
      csms: this.csms as unknown as WebSocket,
    },
    () => ({
      onStation: () => undefined,
      onCsms: () => undefined,
      onUndelivered: () => undefined,
      onSent: () => undefined,
      onAnswer: () => undefined,
      onAlive: () => undefined,
      onBroken: () => undefined,
      onClosed: () => undefined,
    }),
  );

  constructor() {
    this.station.on('sent', (text: string) => this.#atStation(text));
    this.csms.on('sent', (text: string) => {
      // What the CSMS gets of answers are answers to it.
      if (/^\[[34]/.test(text)) expect(text).toMatch(/^\[[34],"c\d"/);
    });
  }

  #atStation(text: string): void {
    const [kind, id, action, payload] = JSON.parse(text) as [number, string, string, { number: number }];
    if (kind !== 2) return;
    const { number } = payload;
    const isOurs = action === 'Ours';
    const others = this.open.filter((each) => (isOurs ? true : each.isOurs));
    // One that is not waited for any more holds up nobody.
    const since = performance.now() - TIMEOUT_MS;
    expect(others.filter((each) => !each.isOurs || each.since > since)).toEqual([]);
    if (!isOurs) this.arrived.push(number);
    this.open.push({ id, isOurs, number, since: performance.now() });
  }

  csmsCalls(id: number): void {
    this.csms.says(`[2,"c${id}","Theirs",{"number":${this.told++}}]`);
  }

  bridgeCalls(): void {
    const number = this.asked++;
    this.ours.set(number, 'open');
    this.#relay.call('Ours', { number }, TIMEOUT_MS).then(
      (answer) => this.ours.set(number, JSON.stringify(answer)),
      (error: Error) => this.ours.set(number, error.message),
    );
  }

  stationAnswers(which: number, isError: boolean): void {
    const [call] = this.open.splice(which % Math.max(1, this.open.length), 1);
    if (!call) return;
    this.answered.push(call);
    const before = this.csms.sent.length;
    const { id, number } = call;
    this.station.says(isError ? `[4,"${id}","GenericError","n${number}",{}]` : `[3,"${id}",{"n":${number}}]`);
    if (!call.isOurs) expect(this.csms.sent.length - before).toBe(this.csms.readyState === 1 ? 1 : 0);
  }

  stationRepeats(which: number): void {
    const call = this.answered[which % Math.max(1, this.answered.length)];
    // Under an id that the CSMS uses again at once, nobody could tell which call it answers.
    const isOpen = this.open.some(({ id }) => id === call?.id);
    if (call && !isOpen) this.station.says(`[3,"${call.id}",{"n":"again"}]`);
  }

  answersPass(text: string): void {
    for (const [from, to] of [
      [this.csms, this.station],
      [this.station, this.csms],
    ] as const) {
      const before = to.sent.length;
      from.says(text.replace('ID', from === this.csms ? 's1' : 'c9'));
      expect(to.sent.length).toBe(before + (from.readyState === 1 && to.readyState === 1 ? 1 : 0));
    }
  }

  end(): void {
    this.station.close(1000);
  }
}

type Step = (world: World) => unknown;

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.nat(8).map(
      (id): Step =>
        (world) =>
          world.csmsCalls(id),
    ),
  },
  { weight: 3, arbitrary: fc.constant<Step>((world) => world.bridgeCalls()) },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.nat(5), fc.boolean()).map(
      ([which, isError]): Step =>
        (world) =>
          world.stationAnswers(which, isError),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.nat(50).map(
      (which): Step =>
        (world) =>
          world.stationRepeats(which),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Step>((world) => world.answersPass('[3,"ID",{"status":"Accepted"}]')) },
  { weight: 1, arbitrary: fc.constant<Step>(() => vi.advanceTimersByTimeAsync(TIMEOUT_MS + 1)) },
);

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

describe('any interleaving', () => {
  beforeEach(
    () =>
      void vi.useFakeTimers({
        toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
      }),
  );
  afterEach(() => void vi.useRealTimers());

  it('never makes two calls meet at the station, and loses none', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.boolean(), async (steps, ends) => {
        const world = new World();
        for (const each of steps) {
          await each(world);
          await settle();
        }
        if (ends) {
          world.end();
          await settle();
          expect([...world.ours.values()]).not.toContain('open');
          expect(world.csms.readyState).toBe(3);
          return;
        }
        // Everybody answers in the end.
        for (
          let turn = 0;
          turn < 200 && (world.open.length > 0 || [...world.ours.values()].includes('open'));
          turn++
        ) {
          world.stationAnswers(0, false);
          await settle();
        }
        expect(world.arrived).toEqual(Array.from({ length: world.told }, (_, number) => number));
        for (const [number, outcome] of world.ours)
          expect(outcome).toMatch(
            new RegExp(`^(\\{"n":${number}\\}|n${number}|Call timeout|the calls of the CSMS left.*)$`),
          );
      }),
      { numRuns: runs(400) },
    );
  });

  it('keeps no call of the CSMS back for longer than one of ours', async () => {
    const world = new World();
    world.bridgeCalls();
    world.bridgeCalls();
    await settle();
    world.csmsCalls(1);
    world.csmsCalls(2);
    world.stationAnswers(0, false);
    await settle();
    expect(world.arrived).toEqual([0, 1]);
    expect(world.ours.get(1)).toBe('open');
  });

  it('keeps a bounded number of calls back', async () => {
    const world = new World();
    world.bridgeCalls();
    await settle();
    world.open.length = 0;
    for (let more = 0; more < 1_001; more++) world.csmsCalls(more % 9);
    expect(world.arrived).toHaveLength(1_001);
  });
});

/** The bridge asks nothing of itself meanwhile. */
const LEASE = { behind: 'control: lease', options: { bootWaitMs: 3_600_000 } };

describe('on real sockets', () => {
  it('lets a call of ours wait for the answer to the CSMS, and keeps its next one back meanwhile', async () => {
    const { csms, bridge } = await rawBehind(LEASE);
    const charger = await plug(bridge.port);
    const back = await csms.peer();
    back.send('[2,"1","ClearCache",{}]');
    await until(() => charger.texts.includes('[2,"1","ClearCache",{}]'), 'the call of the CSMS');
    const request = { action: 'GetCompositeSchedule', payload: { connectorId: 1, duration: 60 } };
    const reply = bridge.ocpp.commands.request('N1', request, await bridge.intent());
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(charger.got).toHaveLength(1);
    charger.send('[3,"1",{"status":"Accepted"}]');
    const ours = JSON.parse(await charger.nth(1)) as [number, string, string];
    expect(ours[2]).toBe('GetCompositeSchedule');
    back.send('[2,"2","ClearCache",{}]');
    back.send('[3,"any",{}]');
    await until(() => charger.texts.includes('[3,"any",{}]'), 'an answer, which waits for nobody');
    expect(charger.got).toHaveLength(3);
    charger.send(`[3,"${ours[1]}",{"status":"Rejected"}]`);
    charger.send(`[3,"${ours[1]}",{"status":"Rejected"}]`);
    expect((await reply).answer).toEqual({ status: 'Rejected' });
    expect(await charger.nth(3)).toBe('[2,"2","ClearCache",{}]');
    charger.send('[3,"2",{"status":"Accepted"}]');
    expect(await back.nth(1)).toBe('[3,"2",{"status":"Accepted"}]');
    expect(back.got).toHaveLength(2);
  });

  it('leaves a CSMS that counts both directions together undisturbed', async () => {
    const { csms, bridge } = await behind({
      ...LEASE,
      csms: { oddities: { oneCallBothWays: true, messageIds: 'mirrored' } },
    });
    const charger = new ChargerSimulator({
      url: bridge.url,
      identity: 'CP-N1',
      password: 'cp-n1-secret-0001',
      protocol: 'ocpp1.6',
      points: [{ connectorId: 1, powerType: 'DC', maxPowerW: 150_000 }],
    });
    onTestFinished(() => charger.stop());
    await charger.start();
    const intent = await bridge.intent();
    const request = { action: 'GetCompositeSchedule', payload: { connectorId: 1, duration: 60 } };
    const theirs: Promise<unknown>[] = [];
    const ours: Promise<unknown>[] = [];
    for (let turn = 0; turn < 20; turn++) {
      theirs.push(csms.call('CP-N1', 'GetConfiguration', { key: ['HeartbeatInterval'] }));
      ours.push(bridge.ocpp.commands.request('N1', request, intent));
      await new Promise((resolve) => setTimeout(resolve, turn % 5));
    }
    await Promise.all([...theirs, ...ours]);
    expect(csms.violations).toEqual([]);
    const told = csms.frames('CP-N1').map(({ text }) => text);
    expect(told.filter((text) => text.includes('dpb-') || text.includes('chargingSchedule'))).toEqual([]);
  });
});
