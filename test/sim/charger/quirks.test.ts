import { describe, expect, it } from 'vitest';
import type { Payload } from './csms.js';
import { bus, charger16, charger201, csms, until } from './support.js';

const measurandsOf = (payloads: Payload[]) =>
  new Set(
    payloads.flatMap((each) =>
      ((each['meterValue'] ?? []) as { sampledValue: { measurand: string }[] }[]).flatMap((value) =>
        value.sampledValue.map((sample) => sample.measurand),
      ),
    ),
  );

describe('a station that misbehaves', () => {
  it('sends without waiting for answers', async () => {
    const { tiny, url } = await csms();
    const charger = charger16(url, {
      quirks: { pipelined: true },
      points: [1, 2, 3].map((connectorId) => ({ connectorId, powerType: 'DC', maxPowerW: 50_000 })),
    });
    await charger.start();
    await tiny.until('StatusNotification', 4);
    tiny.answering = false;
    const count = tiny.calls.length;
    await charger.goOffline();
    for (const point of [1, 2, 3]) await charger.plugIn(point, { ...bus, idTag: `BUS${point}` });
    void charger.goOnline();
    await until('three status and one start are under way', () => tiny.calls.length >= count + 4);
  });

  it('loses nothing of what was under way, and keeps the order', async () => {
    const { tiny, url } = await csms();
    const charger = charger201(url, { quirks: { pipelined: true }, timeScale: 600 });
    await charger.start();
    await charger.plugIn(1, bus);
    await tiny.until('TransactionEvent', 3);
    tiny.answering = false;
    await tiny.until('TransactionEvent', 6);
    tiny.answering = true;
    tiny.dropAll();
    charger.unplug(1);
    await until('all is told', () => charger.queued === 0 && charger.online);
    const numbers = tiny.of('TransactionEvent').map((each) => Number(each['seqNo']));
    expect([...new Set(numbers)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: Math.max(...numbers) + 1 }, (_, n) => n),
    );
    expect(tiny.of('TransactionEvent').at(-1)).toMatchObject({ eventType: 'Ended' });
  });

  it('stops twice', async () => {
    const { tiny, url } = await csms();
    const charger = charger16(url, { quirks: { duplicateStop: true } });
    const ends: unknown[] = [];
    charger.events.on('acknowledged', (transaction) => ends.push(transaction.stopAcknowledged));
    await charger.start();
    await charger.plugIn(1, bus);
    charger.unplug(1);
    await tiny.until('StopTransaction', 2);
    await until('all is told', () => charger.queued === 0);
    expect(ends).toEqual([false, true]);
  });

  it('hides its SoC, and AC stations never know it', async () => {
    const { tiny, url } = await csms();
    const quiet = charger16(url, { quirks: { noSoc: true }, timeScale: 600 });
    await quiet.start();
    await quiet.plugIn(1, bus);
    await tiny.until('MeterValues', 2);
    expect(measurandsOf(tiny.of('MeterValues')).has('SoC')).toBe(false);
    const other = await csms();
    const ac = charger201(other.url, {
      timeScale: 600,
      points: [{ evseId: 1, powerType: 'AC', maxPowerW: 22_000 }],
    });
    await ac.start();
    await ac.plugIn(1, { ...bus, maxPowerW: 22_000 });
    await other.tiny.until('TransactionEvent', 4);
    expect(measurandsOf(other.tiny.of('TransactionEvent'))).toEqual(
      new Set(['Energy.Active.Import.Register', 'Power.Active.Import', 'Current.Import', 'Voltage']),
    );
    expect(other.tiny.violations).toEqual([]);
  });

  it('has a wrong clock', async () => {
    const { tiny, url } = await csms();
    await charger16(url, { quirks: { clockSkewMs: 7_200_000 } }).start();
    const ahead = Date.parse(String((await tiny.until('StatusNotification'))['timestamp'])) - Date.now();
    expect(ahead).toBeGreaterThan(7_190_000);
    const other = await csms();
    await charger16(other.url, { quirks: { year1970: true } }).start();
    expect((await other.tiny.until('StatusNotification'))['timestamp']).toMatch(/^1970-01-01T00:00:0/);
  });

  it('numbers every event 0', async () => {
    const { tiny, url } = await csms();
    const charger = charger201(url, { quirks: { seqNoZero: true } });
    await charger.start();
    await charger.plugIn(1, bus);
    charger.unplug(1);
    await tiny.until('TransactionEvent', 3);
    expect(tiny.of('TransactionEvent').map((each) => each['seqNo'])).toEqual([0, 0, 0]);
  });

  it('does not wait for the id of a transaction that began offline', async () => {
    const { tiny, url } = await csms();
    const charger = charger16(url, { quirks: { transactionIdMinusOne: true } });
    await charger.start();
    await charger.goOffline();
    await charger.plugIn(1, bus);
    charger.unplug(1);
    await charger.goOnline();
    expect(await tiny.until('StopTransaction')).toMatchObject({ transactionId: -1 });
  });

  it('invents an error code and knows no subprotocol', async () => {
    const { tiny, url } = await csms();
    const charger = charger16(url, { quirks: { errorCode: 'Error', noSubprotocol: true } });
    await charger.start();
    expect(await tiny.until('StatusNotification')).toMatchObject({ errorCode: 'Error' });
    expect(tiny.subprotocols).toEqual(['']);
    expect(tiny.violations.length).toBeGreaterThan(0);
  });

  it('tells VIN and evccId by DataTransfer', async () => {
    const { tiny, url } = await csms();
    const charger = charger16(url, {
      vehicleDataTransfer: { vendorId: 'com.example', messageId: 'vehicle' },
    });
    await charger.start();
    await charger.plugIn(1, bus);
    const { data, ...rest } = await tiny.until('DataTransfer');
    expect(rest).toEqual({ vendorId: 'com.example', messageId: 'vehicle' });
    expect(JSON.parse(String(data))).toEqual({ connectorId: 1, vin: bus.vin, evccId: bus.evccId });
  });
});
