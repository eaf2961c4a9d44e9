/** What a station meets: answers, memory, frames as they are. */
import { describe, expect, it } from 'vitest';
import { bus, charger, csms, Raw } from './support.js';

describe.each(['ocpp1.6', 'ocpp2.0.1'] as const)('a night on %s', (protocol) => {
  it('is answered, and remembered', async () => {
    const simulator = await csms();
    const station = charger(simulator.url, { protocol, timeScale: 60, meterIntervalMs: 5_000 });
    await station.start();
    await station.plugIn(1, bus);
    const [begun] = await simulator.waitFor('a transaction', () => {
      const { transactions } = simulator.station('CP-1');
      return transactions.length > 0 && transactions;
    });
    expect(begun).toMatchObject({ identity: 'CP-1', pointId: 1, token: 'BUS4711', isRunning: true });
    await simulator.waitFor('a reading', () => simulator.station('CP-1').readings.get(1)?.get('SoC'));
    station.unplug(1);
    await simulator.waitFor('its end', () => begun?.isRunning === false);
    expect(begun?.meterStopWh).toBeGreaterThan(begun?.meterStartWh ?? Number.NaN);
    const connector = protocol === 'ocpp1.6' ? '0.1' : '1.1';
    await simulator.waitFor('an empty point', () => {
      const { status } = simulator.station('CP-1').connectors.get(connector) ?? {};
      return status === 'Available';
    });
    expect(simulator.station('CP-1').boot).toBeDefined();
    expect(simulator.violations).toEqual([]);
  });

  it('keeps every frame as the station has it, in its order', async () => {
    const simulator = await csms();
    const station = charger(simulator.url, { protocol });
    const seen: string[] = [];
    station.events.on('sent', (frame) => seen.push(`received ${frame}`));
    station.events.on('received', (frame) => seen.push(`sent ${frame}`));
    await station.start();
    await simulator.call('CP-1', 'Reset', { type: protocol === 'ocpp1.6' ? 'Soft' : 'OnIdle' });
    await simulator.waitFor('a second boot', () => simulator.station('CP-1').boots === 2);
    await station.stop();
    await simulator.waitFor('the end', () => !simulator.station('CP-1').connected);
    const kept = simulator.frames('CP-1').map(({ direction, text }) => `${direction} ${text}`);
    expect(kept.toSorted()).toEqual(seen.toSorted());
    const received = (each: string) => each.startsWith('received');
    expect(kept.filter(received)).toEqual(seen.filter(received));
  });
});

it('gives its own transaction ids, 0 too, and the same one again for the same start', async () => {
  const simulator = await csms({ firstTransactionId: 0 });
  const raw = await new Raw(`${simulator.url}/CP-1`).open();
  const start = { connectorId: 1, idTag: 'A', meterStart: 1, timestamp: '2026-01-01T00:00:00Z' };
  expect(await raw.ask('1', 'StartTransaction', start)).toMatchObject([3, '1', { transactionId: 0 }]);
  expect(await raw.ask('2', 'StartTransaction', start)).toMatchObject([3, '2', { transactionId: 0 }]);
  const next = { ...start, connectorId: 2 };
  expect(await raw.ask('3', 'StartTransaction', next)).toMatchObject([3, '3', { transactionId: 1 }]);
});

it('reads registers in their units', async () => {
  const simulator = await csms();
  const raw = await new Raw(`${simulator.url}/CP-1`, 'ocpp2.0.1').open();
  const event = (seqNo: number, eventType: string, sampledValue: object, more = {}) => ({
    ...{ eventType, seqNo, timestamp: `2026-01-01T00:00:0${seqNo}Z`, triggerReason: 'Trigger' },
    transactionInfo: { transactionId: 'T' },
    meterValue: [{ timestamp: `2026-01-01T00:00:0${seqNo}Z`, sampledValue: [sampledValue] }],
    ...more,
  });
  const started = event(0, 'Started', { value: 1.5, unitOfMeasure: { unit: 'kWh' } }, { evse: { id: 2 } });
  await raw.ask('1', 'TransactionEvent', started);
  const l1 = { value: 7, phase: 'L1', measurand: 'Current.Import' };
  await raw.ask('2', 'TransactionEvent', event(1, 'Updated', l1));
  await raw.ask('3', 'TransactionEvent', event(2, 'Ended', { value: 2, unitOfMeasure: { multiplier: 3 } }));
  const station = simulator.station('CP-1');
  expect(station.transactions).toMatchObject([
    { id: 'T', pointId: 2, meterStartWh: 1500, meterStopWh: 2000, events: 3, isRunning: false },
  ]);
  expect(station.readings.get(2)?.get('Current.Import.L1')).toMatchObject({ value: 7 });
  expect(simulator.violations).toEqual([]);
});

it('keeps the newest', async () => {
  const simulator = await csms({ keep: 3 });
  const raw = await new Raw(`${simulator.url}/CP-1`).open();
  for (const id of ['1', '2', '3', '4', '5', '6', '7']) await raw.ask(id, 'Heartbeat');
  expect(simulator.calls().map(({ messageId }) => messageId)).toEqual(['5', '6', '7']);
  expect(simulator.frames().map(({ direction }) => direction)).toEqual(['sent', 'received', 'sent']);
});
