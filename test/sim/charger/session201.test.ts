import { describe, expect, it } from 'vitest';
import { bus, charger201, csms, until } from './support.js';

describe('a 2.0.1 station', () => {
  it('tells a whole transaction in numbered events that fit their schemas', async () => {
    const { tiny, url } = await csms();
    const charger = charger201(url, { timeScale: 600, meterIntervalMs: 60_000 });
    await charger.start();
    await tiny.until('StatusNotification');

    await charger.plugIn(1, bus);
    await tiny.until('TransactionEvent', 4);
    charger.unplug(1);
    await until(
      'the end is acknowledged',
      () => charger.acknowledgedTransactions()[0]?.stopAcknowledged === true,
    );
    await tiny.until('StatusNotification', 3);

    const events = tiny.of('TransactionEvent');
    expect(events.map((each) => each['seqNo'])).toEqual(events.map((_, index) => index));
    expect(events[0]).toMatchObject({
      eventType: 'Started',
      triggerReason: 'Authorized',
      evse: { id: 1, connectorId: 1 },
      idToken: { idToken: 'BUS4711', type: 'ISO14443' },
    });
    expect(events[1]).toMatchObject({ eventType: 'Updated', transactionInfo: { chargingState: 'Charging' } });
    expect(events[1]).not.toHaveProperty('evse');
    expect(events.at(-1)).toMatchObject({
      eventType: 'Ended',
      transactionInfo: { stoppedReason: 'EVDisconnected' },
    });
    expect(tiny.of('StatusNotification').map((each) => each['connectorStatus'])).toEqual([
      'Available',
      'Occupied',
      'Available',
    ]);
    expect(tiny.violations).toEqual([]);
  });
});
