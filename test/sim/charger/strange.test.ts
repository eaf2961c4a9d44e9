/** What a station does that it should not, in both protocols, as the CSMS sees it. */
import { describe, expect, it } from 'vitest';
import type { ChargerOptions } from '../../../src/sim/charger/index.js';
import type { Payload, TinyCsms } from './csms.js';
import { bus, charger16, charger201, csms, until, wait } from './support.js';

type Make = typeof charger16;
const both: readonly [
  string,
  Make,
  start: string,
  stop: (payload: Payload) => boolean,
  stopAction: string,
][] = [
  ['1.6', charger16, 'StartTransaction', () => true, 'StopTransaction'],
  ['2.0.1', charger201, 'TransactionEvent', (event) => event['eventType'] === 'Ended', 'TransactionEvent'],
];

async function started(make: Make, more: Partial<ChargerOptions> = {}) {
  const { tiny, url } = await csms();
  const charger = make(url, more);
  const misfits: unknown[] = [];
  charger.events.on('violation', (each) => misfits.push(each));
  charger.events.on('garbled', (each) => misfits.push(each));
  await charger.start();
  return { tiny, charger, misfits };
}

const measurandsIn = (payload: Payload | undefined): string => JSON.stringify(payload?.['meterValue'] ?? '');
const sampled = (tiny: TinyCsms, action: string): Payload[] =>
  tiny.of(action).filter((each) => JSON.stringify(each).includes('Sample.Periodic'));

describe.each(both)('a strange station, OCPP %s', (protocol, make, start, isStop, stopAction) => {
  const samples = protocol === '1.6' ? 'MeterValues' : 'TransactionEvent';

  it('has a clock that jumps to 1970 and back, and charges on', async () => {
    const { tiny, charger, misfits } = await started(make, { timeScale: 600 });
    await charger.plugIn(1, bus);
    await until('it has begun', () => charger.view(1).powerW > 0);
    const before = charger.view(1).meterWh;
    charger.strange.setClockTo(0);
    await tiny.until(samples, 1, (each) => JSON.stringify(each).includes('"1970-01-0'));
    charger.strange.setClock(0);
    const setRightAt = charger.clock.now();
    charger.unplug(1);
    const end = await tiny.until(stopAction, 1, isStop);
    expect(Date.parse(String(end['timestamp']))).toBeGreaterThan(setRightAt - 1_000);
    expect(Date.parse(String(end['timestamp']))).toBeLessThanOrEqual(charger.clock.now());
    const charged = charger.view(1).meterWh - before;
    expect(charged).toBeGreaterThan(0);
    expect(charged).toBeLessThan(350_000);
    expect(misfits).toEqual([]);
  });

  it('loses the answer to the start, and tells it again under another id', async () => {
    const { tiny, charger, misfits } = await started(make);
    charger.strange.loseAnswer(start);
    await charger.plugIn(1, bus);
    await until('the start is acknowledged', () => charger.lastTransaction(1)?.startAcknowledged === true);
    const calls = tiny.calls.filter((call) => call.action === start);
    expect(calls[1]?.payload).toEqual(calls[0]?.payload);
    expect(calls[1]?.id).not.toBe(calls[0]?.id);
    expect(misfits).toEqual([]);
  });

  it('repeats a frame byte for byte', async () => {
    const { tiny, charger, misfits } = await started(make);
    const sent: string[] = [];
    charger.events.on('sent', (frame) => sent.push(frame));
    await charger.plugIn(1, bus);
    await until('the start is acknowledged', () => charger.lastTransaction(1)?.startAcknowledged === true);
    // What was sent last may still be under way to the CSMS.
    const last = sent.findLast((frame) => frame.startsWith('[2,') && frame.includes(`"${start}"`));
    const [, id] = JSON.parse(String(last)) as [number, string];
    charger.strange.repeatLast(start);
    const received = () => tiny.calls.filter((call) => call.id === id);
    await until('it came twice', () => received().length === 2);
    expect(sent.filter((frame) => frame === last)).toHaveLength(2);
    expect(received()[1]?.payload).toEqual(received()[0]?.payload);
    await wait(20);
    expect(misfits).toEqual([]);
  });

  it.each(['beforeQueue', 'afterQueue'] as const)('tells its status %s', async (order) => {
    const { tiny, charger } = await started(make);
    await tiny.until('StatusNotification');
    charger.strange.statusOrder(order);
    await charger.goOffline();
    await charger.plugIn(1, bus);
    const from = tiny.calls.length;
    await charger.goOnline();
    await tiny.until('StatusNotification', tiny.of('StatusNotification').length + 1);
    await until('the queue is empty', () => charger.queued === 0);
    const told = () => tiny.calls.slice(from).map((call) => call.action);
    await until('both are told', () => told().includes('StatusNotification') && told().includes(start));
    const actions = told();
    expect(actions.indexOf('StatusNotification') < actions.indexOf(start)).toBe(order === 'beforeQueue');
  });

  it('resets its meter and hides what it measures', async () => {
    const { tiny, charger } = await started(make, { timeScale: 600 });
    await charger.plugIn(1, bus);
    await until('a sample with SoC', () => measurandsIn(sampled(tiny, samples).at(-1)).includes('SoC'));
    charger.strange.hide(['SoC', 'Power.Active.Import']);
    const count = sampled(tiny, samples).length;
    await until('two more samples', () => sampled(tiny, samples).length >= count + 2);
    expect(measurandsIn(sampled(tiny, samples).at(-1))).not.toMatch(/SoC|Power\.Active/);
    charger.strange.resetMeter(1, 0);
    charger.unplug(1);
    await until('the end is told', () => charger.lastTransaction(1)?.stopAcknowledged === true);
    expect(charger.lastTransaction(1)?.meterStop).toBeLessThan(500_000);
  });

  it('loses its limits, and follows those of others', async () => {
    const { tiny, charger } = await started(make, { timeScale: 60 });
    await charger.plugIn(1, bus);
    await until('it charges', () => charger.view(1).powerW > 50_000);
    charger.strange.otherLimit(1, 20_000);
    await until('the limit of somebody else', () => Math.round(charger.view(1).powerW) === 20_000);
    charger.strange.otherLimit(1, 30_000);
    expect(charger.view(1).limitW).toBe(30_000);
    charger.strange.ignoreLimits(1);
    await until('more than the limit', () => charger.view(1).powerW > 50_000);
    expect(charger.view(1).limitW).toBe(30_000);
    charger.strange.loseLimits();
    await until('no limit', () => charger.view(1).powerW > 50_000);
    expect(tiny.violations).toEqual([]);
  });

  it('answers never, late, with Rejected and with a CALLERROR', async () => {
    const { tiny, charger } = await started(make, { timeScale: 60 });
    const call = () => tiny.call('TriggerMessage', { requestedMessage: 'Heartbeat' });
    charger.strange.answerCalls({ how: 'reject', action: 'TriggerMessage', times: 1 });
    expect(await call()).toEqual({ status: 'Rejected' });
    expect(await call()).toEqual({ status: 'Accepted' });
    charger.strange.answerCalls({ how: 'error', code: 'NotSupported', times: 1 });
    await expect(call()).rejects.toThrow('NotSupported');
    charger.strange.answerCalls({ how: 'late', afterMs: 12_000, times: 1 });
    const from = performance.now();
    expect(await call()).toEqual({ status: 'Accepted' });
    expect(performance.now() - from).toBeGreaterThanOrEqual(195);
    charger.strange.answerCalls({ how: 'never', times: 1 });
    let answered = false;
    void call().then(
      () => (answered = true),
      () => undefined,
    );
    await wait(50);
    expect(answered).toBe(false);
    expect(await call()).toEqual({ status: 'Accepted' });
  });

  it('leaves a socket half open, and opens a second one', async () => {
    const { tiny, charger } = await started(make, { timeScale: 60 });
    charger.strange.halfOpen();
    await until('it is back', () => charger.online && tiny.connections === 2);
    const events: string[] = [];
    charger.events.on('secondSocket', ({ what }) => events.push(what));
    await charger.strange.secondSocket(6_000);
    await tiny.until('Heartbeat');
    expect(tiny.connections).toBe(3);
    await until('it is closed', () => events.length === 2);
    expect(events).toEqual(['opened', 'closed']);
    await charger.stop();
    await until('no socket is left', () => tiny.connections === 0);
  });

  it('sends any frame', async () => {
    const { tiny, charger, misfits } = await started(make);
    charger.strange.sendRaw('[2,"raw-1","Heartbeat",{}]');
    expect((await tiny.until('Heartbeat')) satisfies Payload).toEqual({});
    expect(tiny.calls.find((call) => call.id === 'raw-1')).toBeDefined();
    await wait(20);
    expect(misfits).toEqual([]);
  });
});
