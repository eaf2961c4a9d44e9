import { describe, expect, it } from 'vitest';
import type { Payload } from './csms.js';
import { bus, charger16, charger201, csms, until } from './support.js';

/** Longer than what a 2.0.1 station takes for a short absence (OfflineThreshold, 300 s), in simulated ms. */
const LONG_MS = 600_000;

const timesOf = (payloads: Payload[]) => payloads.map((each) => Date.parse(String(each['timestamp'])));

describe('a 1.6 station without network', () => {
  it('keeps charging, and replays the whole session in order with the times of its day', async () => {
    const { tiny, url } = await csms();
    const charger = charger16(url, { timeScale: 600 });
    await charger.start();
    await tiny.until('StatusNotification', 2);
    await charger.goOffline();
    const before = tiny.calls.length;
    await charger.plugIn(1, bus);
    await until('some meter values wait', () => charger.queued >= 4);
    charger.unplug(1);
    expect(charger.acknowledgedTransactions()).toEqual([]);
    const backAt = charger.clock.now();
    await charger.goOnline();
    await until('all is told', () => charger.queued === 0);

    const replayed = tiny.calls.slice(before).filter((call) => call.action !== 'StatusNotification');
    const actions = replayed.map((call) => call.action);
    expect([actions[0], actions.at(-1)]).toEqual(['StartTransaction', 'StopTransaction']);
    expect(new Set(actions.slice(1, -1))).toEqual(new Set(['MeterValues']));
    const times = replayed.map(({ payload }) =>
      Date.parse(String(payload['timestamp'] ?? (payload['meterValue'] as Payload[])[0]?.['timestamp'])),
    );
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)).toBeLessThanOrEqual(backAt);
    expect(replayed.slice(1).every(({ payload }) => payload['transactionId'] === 1)).toBe(true);
    const [transaction] = charger.acknowledgedTransactions();
    expect(transaction).toMatchObject({ transactionId: 1, startAcknowledged: true, stopAcknowledged: true });
    expect(transaction?.energyWh).toBeGreaterThanOrEqual(7_500);
    expect(tiny.violations).toEqual([]);
  });

  it('sends the start again when its answer was lost, and uses the id of the answer that came', async () => {
    const { tiny, url } = await csms();
    const charger = charger16(url);
    await charger.start();
    let asked = 0;
    tiny.answers['StartTransaction'] = () => {
      asked += 1;
      if (asked > 1) return { transactionId: 70 + asked, idTagInfo: { status: 'Accepted' } };
      tiny.dropAll();
      return undefined;
    };
    await charger.plugIn(1, bus);
    await until('the second answer came', () => charger.view(1).transactionId === 72);
    const [first, second] = tiny.of('StartTransaction');
    expect(second).toEqual(first);
    charger.unplug(1);
    expect(await tiny.until('StopTransaction')).toMatchObject({ transactionId: 72 });
  });

  it('gives a message up after its last attempt, and stops the transaction that never started with -1', async () => {
    const { tiny, url } = await csms();
    const settings = { TransactionMessageAttempts: '2', TransactionMessageRetryInterval: '10' };
    const charger = charger16(url, { timeScale: 600, settings, meterIntervalMs: 0 });
    const dropped: string[] = [];
    charger.events.on('dropped', ({ action }) => dropped.push(action));
    tiny.answers['StartTransaction'] = () => ({ errorCode: 'InternalError' });
    await charger.start();
    await charger.plugIn(1, bus);
    await until('it gave up', () => dropped.length === 1);
    expect(tiny.of('StartTransaction')).toHaveLength(2);
    charger.unplug(1);
    expect(await tiny.until('StopTransaction')).toMatchObject({ transactionId: -1 });
    expect(dropped).toEqual(['StartTransaction']);
  });

  it('ends a transaction whose token the CSMS does not know after all', async () => {
    const { tiny, url } = await csms();
    const charger = charger16(url);
    await charger.start();
    await charger.goOffline();
    await charger.plugIn(1, bus);
    tiny.answers['StartTransaction'] = () => ({ transactionId: 5, idTagInfo: { status: 'Blocked' } });
    await charger.goOnline();
    expect(await tiny.until('StopTransaction')).toMatchObject({ transactionId: 5, reason: 'DeAuthorized' });
    expect(charger.view(1).state).toBe('Finishing');
  });
});

describe('a 2.0.1 station without network', () => {
  it('marks what happened offline, numbers on, and reports every connector after a long absence', async () => {
    const { tiny, url } = await csms();
    const charger = charger201(url, { timeScale: 600 });
    await charger.start();
    await charger.plugIn(1, bus);
    await tiny.until('TransactionEvent', 2);
    await charger.goOffline();
    const back = charger.clock.now() + LONG_MS;
    await until('a long absence, and events wait', () => charger.clock.now() > back && charger.queued >= 8);
    await charger.goOnline();
    await until('all is told', () => charger.queued === 0);
    await tiny.until('StatusNotification', 3);
    charger.unplug(1);
    await until('the end is told', () => charger.acknowledgedTransactions()[0]?.stopAcknowledged === true);

    const events = tiny.of('TransactionEvent');
    expect(new Set(events.map((each) => each['seqNo'])).size).toBe(
      Math.max(...events.map((each) => Number(each['seqNo']))) + 1,
    );
    expect(timesOf(events)).toEqual([...timesOf(events)].sort((a, b) => a - b));
    const offline = events.filter((each) => each['offline'] === true);
    // The first of the queue may have been on its way when the network went.
    expect(offline.length).toBeGreaterThanOrEqual(6);
    expect(events.at(-1)).not.toHaveProperty('offline');
    expect(tiny.violations).toEqual([]);
  });
});

describe('a restart in the middle of a transaction', () => {
  it('ends it with PowerLoss, told after the boot', async () => {
    const { tiny, url } = await csms();
    const charger = charger16(url);
    await charger.start();
    await charger.plugIn(1, bus);
    await until('it has its id', () => charger.view(1).transactionId === 1);
    await charger.reboot();
    expect(await tiny.until('StopTransaction')).toMatchObject({ transactionId: 1, reason: 'PowerLoss' });
    const actions = tiny.calls.map((call) => call.action);
    expect(actions.indexOf('StopTransaction')).toBeGreaterThan(actions.lastIndexOf('BootNotification'));
  });

  it('carries on with it when the station is one of those that do', async () => {
    const { tiny, url } = await csms();
    const charger = charger201(url);
    await charger.start();
    await charger.plugIn(1, bus);
    await tiny.until('TransactionEvent', 2);
    const before = charger.view(1).transactionId;
    await charger.reboot({ transactions: 'resume' });
    expect(charger.view(1)).toMatchObject({ transactionId: before, state: 'Charging' });
    charger.unplug(1);
    await until('the end is told', () => charger.acknowledgedTransactions()[0]?.stopAcknowledged === true);
    expect(tiny.of('TransactionEvent').at(-1)).toMatchObject({ eventType: 'Ended' });
    expect(charger.acknowledgedTransactions()).toHaveLength(1);
  });
});
