/** What becomes of transactions when stations reboot, stutter, swap vehicles; or when the bridge is restarted. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DepotStateJson } from '../../../src/domain/index.js';
import { bigDepotConfig, range } from '../../support/big-depot.js';
import { startBridgeProcess } from '../../support/bridge.js';
import { RawStation } from '../../support/raw-station.js';
import { BUS, orderFor, scene, until } from './scene.js';

describe('a station', () => {
  it('05 reboots in mid-transaction and resumes it: one process, one transaction', async () => {
    const depot = await scene();
    const charger = await depot.charger('N1', { meterIntervalMs: 500 });
    await charger.plugIn(1, BUS);
    const before = await until(
      () => depot.processAt('N1-1')?.transactionId && depot.processAt('N1-1'),
      'a start',
    );
    await charger.reboot({ transactions: 'resume' });
    await until(() => charger.online, 'the station back');
    charger.unplug(1);
    const [told] = await until(() => charger.queued === 0 && charger.acknowledgedTransactions(), 'its end');
    const after = await until(() => {
      const found = depot.state.processes.get(before?.processId ?? '');
      return found?.endedAt ? found : undefined;
    }, 'the end');
    expect(depot.state.processes.keys()).toHaveLength(1);
    expect(after.deliveredWh?.value ?? 0).toBe(told?.energyWh);
  });

  const event = (seqNo: number, eventType: string, second: number, energyWh: number, more: object = {}) => {
    const timestamp = new Date(Date.now() - 60_000 + second * 1000).toISOString();
    return {
      eventType,
      timestamp,
      triggerReason: 'MeterValuePeriodic',
      seqNo,
      transactionInfo: { transactionId: 'T-14', chargingState: 'Charging' },
      meterValue: [{ timestamp, sampledValue: [{ value: energyWh }] }],
      ...more,
    };
  };

  it('14 leaves gaps in seqNo and repeats itself: nothing counts twice, nothing is lost', async () => {
    const depot = await scene();
    const station = await depot.raw('N3');
    await station.call('TransactionEvent', event(0, 'Started', 0, 1000, { evse: { id: 1, connectorId: 1 } }));
    const late = event(4, 'Updated', 20, 1500);
    for (const frame of [event(2, 'Updated', 10, 1200), late, late, event(3, 'Updated', 15, 1300)])
      await station.call('TransactionEvent', frame);
    await station.call('TransactionEvent', event(9, 'Ended', 30, 1800));
    await station.call('TransactionEvent', late);
    const [process, ...others] = depot.state.processes.values();
    expect(others).toEqual([]);
    expect(process).toMatchObject({ deliveredWh: { value: 800 }, lastSeqNo: 9 });
    expect(process?.endedAt).toBeDefined();
  });

  it('14 always says seqNo 0: its clock decides', async () => {
    const depot = await scene();
    const station = await depot.raw('N3');
    await station.call('TransactionEvent', event(0, 'Started', 0, 1000, { evse: { id: 1, connectorId: 1 } }));
    await station.call('TransactionEvent', event(0, 'Updated', 10, 1400));
    expect(depot.processAt('N3-1')).toMatchObject({ deliveredWh: { value: 400 } });
    await station.call('TransactionEvent', event(0, 'Ended', 20, 1600));
    const [process] = depot.state.processes.values();
    expect(process).toMatchObject({ deliveredWh: { value: 600 } });
    expect(process?.endedAt).toBeDefined();
  });
});

describe('vehicles', () => {
  it('15 swap plugs between two meter values: each is shown where it stands, with its own SoC', async () => {
    const depot = await scene();
    const itcs = await depot.presystem('ITCS-1');
    const charger = await depot.charger('N2', { meterIntervalMs: 3_600_000 });
    const other = { ...BUS, idTag: 'BUS4712', socPct: 70 };
    await charger.plugIn(1, BUS);
    await charger.plugIn(2, other);
    const shown = (point: string) => itcs.point(point)?.vehicleInfo?.vehicleId;
    await itcs.waitFor(
      () => shown('N2-1')?.endsWith('1') === true && shown('N2-2')?.endsWith('2') === true,
      30_000,
    );
    charger.unplug(1);
    charger.unplug(2);
    await pause(20);
    await charger.plugIn(1, other);
    await charger.plugIn(2, BUS);
    await itcs.waitFor(
      () => shown('N2-1')?.endsWith('2') === true && shown('N2-2')?.endsWith('1') === true,
      30_000,
    );
    for (const [point, socPct] of [
      ['N2-1', 70],
      ['N2-2', 40],
    ] as const) {
      const soc = itcs.point(point)?.vehicleInfo?.tractionBatteryInfo?.stateOfCharge;
      // Not yet measured is right; the SoC of the bus that stood here before is not.
      if (soc !== undefined) expect(Math.round(soc)).toBe(socPct);
    }
    expect(depot.state.processes.values().filter((process) => !process.closedAt)).toHaveLength(2);
    expect(depot.violations).toEqual([]);
  });

  it('16 tell their SoC late: nothing is made up before, the plan follows after', async () => {
    const depot = await scene();
    const bms = await depot.presystem('BMS-1');
    await bms.setRequests([orderFor(1, 'N1-1')]);
    const station = await depot.raw('N1');
    const now = () => new Date().toISOString();
    await station.call('BootNotification', { chargePointVendor: 'Acme', chargePointModel: 'One' });
    await station.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging' });
    const start = { connectorId: 1, idTag: 'BUS4711', meterStart: 1000, timestamp: now() };
    const { transactionId } = await station.call('StartTransaction', start);
    const readings = (sampledValue: object[]) =>
      station.call('MeterValues', {
        connectorId: 1,
        transactionId,
        meterValue: [{ timestamp: now(), sampledValue }],
      });
    await readings([{ value: '30000', measurand: 'Power.Active.Import', unit: 'W' }]);
    await bms.waitFor(
      () => bms.point('N1-1')?.chargingProcessInfo?.electricData.chargingPower === 30,
      30_000,
    );
    expect(bms.point('N1-1')?.vehicleInfo?.tractionBatteryInfo?.stateOfCharge).toBeUndefined();
    await until(() => depot.processAt('N1-1')?.plan?.value.missing.includes('soc'), 'a plan without the SoC');
    expect(bms.point('N1-1')?.vehicleInfo?.tractionBatteryInfo?.stateOfCharge).toBeUndefined();
    await readings([{ value: '41', measurand: 'SoC', unit: 'Percent', location: 'EV' }]);
    await bms.waitFor(
      () => bms.point('N1-1')?.vehicleInfo?.tractionBatteryInfo?.stateOfCharge === 41,
      30_000,
    );
    await until(
      () => depot.processAt('N1-1')?.plan?.value.missing.includes('soc') === false,
      'a plan with the SoC',
    );
    expect(depot.violations).toEqual([]);
  });
});

describe('the bridge', () => {
  it('20 is killed with 500 open transactions: all are there again, none is new', {
    timeout: 60_000,
  }, async () => {
    const big = { stations: 250, pointsPerStation: 2 };
    const bridge = await startBridgeProcess({ store: 'lmdb', edit: bigDepotConfig(big) });
    onTestFinished(() => bridge.remove());
    const opened = new Map<string, string>();
    const stations = await Promise.all(
      range(big.stations).map(async (station) => {
        const [identity, password] = [`CP-${station}`, `cp-secret-of-station-${station}`];
        const is16 = station % 2 === 1;
        const raw = await RawStation.connect(
          bridge.ports.ocpp,
          identity,
          password,
          is16 ? 'ocpp1.6' : 'ocpp2.0.1',
        );
        for (const point of [1, 2]) {
          const timestamp = new Date().toISOString();
          if (is16) {
            const start = { connectorId: point, idTag: 'X', meterStart: 5, timestamp };
            const { transactionId } = await raw.call('StartTransaction', start);
            opened.set(`S${station}-${point}`, String(transactionId));
          } else {
            const transactionId = `T-${station}-${point}`;
            const evse = { id: point, connectorId: 1 };
            const start = {
              eventType: 'Started',
              timestamp,
              triggerReason: 'CablePluggedIn',
              seqNo: 0,
              evse,
            };
            await raw.call('TransactionEvent', { ...start, transactionInfo: { transactionId } });
            opened.set(`S${station}-${point}`, transactionId);
          }
        }
        return raw;
      }),
    );
    await bridge.kill();
    for (const station of stations) station.socket.terminate();
    await bridge.restart();
    const { processes } = await bridge.get<DepotStateJson>('/api/v1/state');
    const held = Object.values(processes);
    expect(held).toHaveLength(500);
    expect(new Map(held.map((each) => [each.pointId, each.transactionId?.value]))).toEqual(opened);
    expect(held.filter((each) => each.endedAt)).toEqual([]);
  });
});
