/** Limits where chargers and clocks are not as one would wish. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LimitStep } from '../../../src/domain/index.js';
import { type ChargerOptions, ChargerSimulator } from '../../../src/sim/charger/index.js';
import { OcppHarness } from '../../ocpp/harness.js';
import { BUS, orderFor, scene, until } from './scene.js';

const grid = (kw: number) => (text: string) => text.replace('gridLimitKw: 400', `gridLimitKw: ${kw}`);

describe('limits', () => {
  it('11 reach a charger that boots while the presystem is away', async () => {
    const depot = await scene({ edit: grid(50) });
    const bms = await depot.presystem('BMS-1');
    await bms.setRequests([orderFor(1, 'N1-1')]);
    await bms.close();
    const charger = await depot.charger('N1', { meterIntervalMs: 500 });
    await charger.plugIn(1, BUS);
    await until(() => Math.round(charger.view(1).powerW / 1000) === 50, 'the bus at what the grid has');
    expect(depot.processAt('N1-1')?.requestKey?.value).toContain('R1');
    expect(depot.violations).toEqual([]);
  });

  it('10 of zero are shown as such although the charger goes on saying Charging', async () => {
    const depot = await scene({ edit: grid(50) });
    const bms = await depot.presystem('BMS-1');
    await bms.setRequests([
      { ...orderFor(1, 'N1-1'), priority: 1 },
      { ...orderFor(2, 'N2-1'), priority: 9 },
    ]);
    const first = await depot.charger('N1', { meterIntervalMs: 500 });
    await first.plugIn(1, BUS);
    await until(() => Math.round(first.view(1).powerW / 1000) === 50, 'the first bus with the whole grid');
    const station = await depot.raw('N2');
    const now = () => new Date().toISOString();
    await station.call('BootNotification', { chargePointVendor: 'Acme', chargePointModel: 'One' });
    await station.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging' });
    const start = { connectorId: 1, idTag: 'BUS4712', meterStart: 1000, timestamp: now() };
    const { transactionId } = await station.call('StartTransaction', start);
    const sampledValue = [
      { value: '0', measurand: 'Power.Active.Import', unit: 'W' },
      { value: '55', measurand: 'SoC', unit: 'Percent', location: 'EV' },
    ];
    await station.call('MeterValues', {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: now(), sampledValue }],
    });
    await station.waitForCall('SetChargingProfile', 30_000);
    const status = () => bms.point('N2-1')?.chargingProcessInfo?.processStatus ?? '';
    await bms.waitFor(() => ['Queued', 'SuspendedEVSE'].includes(status()), 30_000);
    expect(depot.violations).toEqual([]);
  });

  /** A charger of N1 in the midst of a transaction, and how it took a limit of these steps. */
  async function limited(more: Partial<ChargerOptions>, steps: readonly LimitStep[]) {
    const harness = await OcppHarness.start();
    onTestFinished(() => harness.remove());
    const charger = new ChargerSimulator({
      url: harness.url,
      identity: 'CP-N1',
      password: 'cp-n1-secret-0001',
      protocol: 'ocpp1.6',
      points: [{ connectorId: 1, powerType: 'DC', maxPowerW: 150_000 }],
      ...more,
    });
    onTestFinished(() => charger.stop());
    await charger.start();
    await charger.plugIn(1, BUS);
    const processId = await until(() => {
      const id = harness.point('N1', 'N1-1').processId;
      return id && harness.state.processes.get(id)?.transactionId ? id : undefined;
    }, 'a transaction');
    const intent = await harness.intent();
    const order = { stationId: 'N1', pointId: 'N1-1', processId, steps, intent };
    return { charger, outcome: await harness.ocpp.commands.setLimit(order) };
  }

  const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();

  it('09 over 96 quarters of an hour fit into the 24 periods that a charger takes', async () => {
    const steps = Array.from({ length: 96 }, (_, quarter) => ({
      at: inMinutes(quarter * 15),
      powerW: 30_000 + ((quarter * 37) % 96) * 1000,
    }));
    const { charger, outcome } = await limited({ settings: { ChargingScheduleMaxPeriods: '24' } }, steps);
    expect(outcome).toMatchObject({ outcome: 'accepted' });
    const nowW = () => charger.view(1).powerW;
    await until(() => nowW() > 0 && nowW() <= 30_000, 'no more than the first step');
  });

  it('17 hold now, step by step, at a charger whose clock is two hours ahead', async () => {
    const steps = [
      { at: inMinutes(0), powerW: 20_000 },
      { at: inMinutes(30), powerW: 90_000 },
    ];
    const { charger, outcome } = await limited({ quirks: { clockSkewMs: 2 * 3_600_000 } }, steps);
    expect(outcome).toMatchObject({ outcome: 'accepted' });
    await pause(300);
    expect(Math.round(charger.view(1).powerW)).toBe(20_000);
  });

  it('19 of two connectors of one station never add up to more than the station has', async () => {
    const depot = await scene();
    const bms = await depot.presystem('BMS-1');
    await bms.setRequests([orderFor(1, 'N2-1'), orderFor(2, 'N2-2')]);
    // The simulator would share its power by itself: here each connector could draw everything.
    const charger = await depot.charger('N2', { meterIntervalMs: 500, maxPowerW: 300_000 });
    await charger.plugIn(1, BUS);
    await charger.plugIn(2, { ...BUS, idTag: 'BUS4712' });
    const sum = () => charger.view(1).powerW + charger.view(2).powerW;
    await until(() => charger.view(1).powerW > 0 && sum() > 0 && sum() <= 150_000, 'limits that fit');
    await until(() => Math.round(sum() / 1000) === 150, 'the whole station in use');
    expect(depot.violations).toEqual([]);
  });
});
