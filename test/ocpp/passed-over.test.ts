/** What of a frame could not be used is counted: readings by make and measurand, whole payloads by code. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { OcppHarness } from './harness.js';
import { dial } from './raw.js';

describe('what could not be used', () => {
  it('is counted, whether or not anything was made of the frame', async () => {
    const harness = await OcppHarness.start({ options: { metering: null } });
    onTestFinished(() => harness.remove());
    const station = await dial(harness.port);
    onTestFinished(() => station.end());
    await station.ask([2, '1', 'BootNotification', { chargePointVendor: 'Acme', chargePointModel: 'DC150' }]);
    const timestamp = '2026-01-01T00:00:00Z';
    const wrong = [
      { value: 'abc', measurand: 'SoC' },
      { value: '230', measurand: 'Voltage', unit: 'W' },
    ];
    const send = (id: string, sampledValue: object[]) =>
      station.ask([2, id, 'MeterValues', { connectorId: 1, meterValue: [{ timestamp, sampledValue }] }]);
    await send('2', wrong);
    await send('3', [{ value: '1000' }, ...wrong]);
    await station.ask([2, '4', 'MeterValues', { connectorId: 'one', meterValue: [] }]);
    const { metrics } = harness.runtime;
    const { values } = await metrics.passedOver.get();
    expect(values.map(({ labels, value }) => ({ ...labels, value }))).toEqual([
      { code: 'MAP_NOT_A_NUMBER', vendor: 'Acme', measurand: 'SoC', value: 2 },
      { code: 'MAP_UNKNOWN_UNIT', vendor: 'Acme', measurand: 'Voltage', value: 2 },
    ]);
    const unmapped = (await metrics.unmapped.get()).values.map(({ labels, value }) => ({ ...labels, value }));
    expect(unmapped).toEqual([{ mapping: 'ocpp16.MeterValues', code: 'OCPP_INVALID_PAYLOAD', value: 1 }]);
  });

  it('takes words of peers only as far as they are bounded', async () => {
    const harness = await OcppHarness.start({ options: { metering: null } });
    onTestFinished(() => harness.remove());
    const { metrics } = harness.runtime;
    for (let i = 0; i < 300; i++)
      metrics.passOver({ code: 'MAP_NOT_A_NUMBER', vendor: `V${i}`, measurand: 'x'.repeat(i) });
    const { values } = await metrics.passedOver.get();
    expect(new Set(values.map(({ labels }) => labels['vendor'])).size).toBe(101);
    expect(Math.max(...values.map(({ labels }) => String(labels['measurand']).length))).toBe(60);
  });
});
