import { describe, expect, it } from 'vitest';
import { bus, charger16, csms, until } from './support.js';

describe('a 1.6 station', () => {
  it('boots, reports, charges and ends, in messages that fit their schemas', async () => {
    const { tiny, url } = await csms();
    const charger = charger16(url, { timeScale: 600, meterIntervalMs: 60_000 });
    await charger.start();
    await tiny.until('StatusNotification', 2);
    expect(tiny.calls.map((call) => call.action)).toEqual([
      'BootNotification',
      'StatusNotification',
      'StatusNotification',
    ]);
    expect(tiny.of('StatusNotification').map((each) => [each['connectorId'], each['status']])).toEqual([
      [0, 'Available'],
      [1, 'Available'],
    ]);

    await charger.plugIn(1, bus);
    await tiny.until('MeterValues', 3);
    charger.unplug(1);
    await until(
      'the stop is acknowledged',
      () => charger.acknowledgedTransactions()[0]?.stopAcknowledged === true,
    );
    await tiny.until('StatusNotification', 1, (each) => each['status'] === 'Charging');

    const [transaction] = charger.acknowledgedTransactions();
    const start = tiny.of('StartTransaction')[0];
    const stop = tiny.of('StopTransaction')[0];
    expect(start).toMatchObject({ connectorId: 1, idTag: 'BUS4711', meterStart: transaction?.meterStart });
    expect(stop).toMatchObject({
      transactionId: 1,
      reason: 'EVDisconnected',
      meterStop: transaction?.meterStop,
    });
    expect(transaction?.energyWh).toBeGreaterThan(3 * 2_400);
    expect(tiny.of('MeterValues').every((each) => each['transactionId'] === 1)).toBe(true);
    expect(tiny.violations).toEqual([]);
  });
});
