/** A transaction from the charger's frame to both upstream systems, over a kill -9, on both stores. */
import { afterEach, describe, expect, inject, it } from 'vitest';
import type { DepotStateJson } from '../../src/domain/index.js';
import { Presystem } from '../../src/sim/bms/index.js';
import { ChargerSimulator } from '../../src/sim/charger/index.js';
import { type BridgeProcess, startBridgeProcess } from '../support/bridge.js';
import { RawStation } from '../support/raw-station.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function bridgeOn(store: 'lmdb' | 'redis'): Promise<BridgeProcess> {
  const bridge = await startBridgeProcess({
    store: store === 'lmdb' ? 'lmdb' : { redisUrl: inject('redisUrl') },
    edit: (text) => `${text}\nocpp: { metering: { intervalSeconds: 1 } }\n`,
  });
  cleanups.push(() => bridge.remove());
  return bridge;
}

async function presystem(bridge: BridgeProcess, presystemId: 'BMS-1' | 'ITCS-1'): Promise<Presystem> {
  const isBms = presystemId === 'BMS-1';
  const peer = new Presystem({
    url: `ws://127.0.0.1:${bridge.ports.vdv463}/vdv463/${presystemId}`,
    presystemId,
    kind: isBms ? 'BMS' : 'ITCS',
    user: isBms ? 'bms' : 'itcs',
    password: isBms ? 'bms-secret' : 'itcs-secret',
    dialect: isBms ? '1.1.0' : '2.0.0',
    reconnect: { initialMs: 100, maxMs: 500 },
  });
  cleanups.push(() => peer.close());
  await peer.connect();
  return peer;
}

const request = {
  vehicleId: 'WEB62834613200001',
  chargingRequestId: 'R1',
  chargingPointId: 'N1-1',
  chargingInstruction: 'Normal' as const,
  chargingRequestData: { minTargetSoc: 80, maxTargetSoc: 95 },
};

describe.each(['lmdb', 'redis'] as const)('on %s', (store) => {
  it('a charger that reports Charging, 42.5 kW and 55 % is seen so by both upstream systems, each in its dialect', async () => {
    const bridge = await bridgeOn(store);
    const [bms, itcs] = [await presystem(bridge, 'BMS-1'), await presystem(bridge, 'ITCS-1')];
    const charger = await RawStation.connect(bridge.ports.ocpp, 'CP-N1', 'cp-n1-secret-0001');
    cleanups.push(() => charger.close());
    await charger.call('BootNotification', { chargePointVendor: 'Acme', chargePointModel: 'One' });
    const now = () => new Date().toISOString();
    await charger.call('StatusNotification', {
      connectorId: 1,
      errorCode: 'NoError',
      status: 'Preparing',
      timestamp: now(),
    });
    const begun = await charger.call('StartTransaction', {
      connectorId: 1,
      idTag: 'BUS4711',
      meterStart: 1000,
      timestamp: now(),
    });
    await bms.setRequests([request]);
    await charger.call('StatusNotification', {
      connectorId: 1,
      errorCode: 'NoError',
      status: 'Charging',
      timestamp: now(),
    });
    const told = Date.now();
    await charger.call('MeterValues', {
      connectorId: 1,
      transactionId: begun['transactionId'],
      meterValue: [
        {
          timestamp: now(),
          sampledValue: [
            { value: '42.5', measurand: 'Power.Active.Import', unit: 'kW' },
            { value: '55', measurand: 'SoC', unit: 'Percent', location: 'EV' },
            { value: '3500', measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
          ],
        },
      ],
    });
    for (const peer of [bms, itcs]) {
      await peer.waitFor(() => {
        const point = peer.point('N1-1');
        return (
          point?.chargingPointStatus === 'Occupied' &&
          point.chargingProcessInfo?.processStatus === 'Charging' &&
          point.chargingProcessInfo.electricData.chargingPower === 42.5 &&
          point.chargingProcessInfo.chargingRequestId === 'R1' &&
          point.vehicleInfo?.tractionBatteryInfo?.stateOfCharge === 55
        );
      }, 30_000);
      expect(peer.violations).toEqual([]);
    }
    // Of itself it would be told at the next interval, up to 15 s later.
    expect(Date.now() - told).toBeLessThan(10_000);
    const isOfTransaction = (payload: object) => JSON.stringify(payload).includes('"TxProfile"');
    const profile = await charger.waitForCall('SetChargingProfile', 30_000, isOfTransaction);
    expect(profile).toMatchObject({
      connectorId: 1,
      csChargingProfiles: { chargingProfilePurpose: 'TxProfile', transactionId: begun['transactionId'] },
    });
  });

  it('a transaction goes on under the same chargingProcessId after kill -9', async () => {
    const bridge = await bridgeOn(store);
    const bms = await presystem(bridge, 'BMS-1');
    const charger = new ChargerSimulator({
      url: `ws://127.0.0.1:${bridge.ports.ocpp}/ocpp`,
      identity: 'CP-N1',
      password: 'cp-n1-secret-0001',
      protocol: 'ocpp1.6',
      points: [{ connectorId: 1, powerType: 'DC', maxPowerW: 150_000 }],
      meterIntervalMs: 500,
      reconnect: { initialMs: 100, maxMs: 300 },
    });
    cleanups.push(() => charger.stop());
    await charger.start();
    await bms.setRequests([request]);
    await charger.plugIn(1, { idTag: 'BUS4711', batteryWh: 350_000, socPct: 40, maxPowerW: 150_000 });
    const charging = () => bms.point('N1-1')?.chargingProcessInfo;
    await bms.waitFor(() => charging()?.processStatus === 'Charging', 30_000);
    const before = charging();
    const [transaction] = charger.acknowledgedTransactions();
    await bridge.kill();
    await bridge.restart();
    const newest = () => bms.latest;
    const seen = newest();
    await bms.waitFor(() => newest() !== seen && charging()?.processStatus === 'Charging', 30_000);
    expect(charging()?.chargingProcessId).toBe(before?.chargingProcessId);
    expect(charging()?.chargingRequestId).toBe('R1');
    charger.unplug(1);
    await bms.waitFor(() => bms.point('N1-1')?.chargingPointStatus === 'Available', 30_000);
    // The bay may be told free before the transaction is told ended.
    await expect.poll(() => charger.acknowledgedTransactions()[0]?.stopAcknowledged).toBe(true);
    const state = await bridge.get<DepotStateJson>('/api/v1/state');
    const held = Object.values(state.processes);
    expect(held).toHaveLength(1);
    expect(held[0]).toMatchObject({ transactionId: { value: String(transaction?.transactionId) } });
    expect(held[0]?.deliveredWh?.value).toBe(charger.acknowledgedTransactions()[0]?.energyWh);
  });
});
