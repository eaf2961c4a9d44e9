import { describe, expect, it } from 'vitest';
import type { ChargerOptions, ChargerSimulator } from '../../../src/sim/charger/index.js';
import type { Payload, TinyCsms } from './csms.js';
import { bus, charger201, csms, until } from './support.js';

const schedule = (limit: number, more: object = {}) => ({
  id: 1,
  chargingRateUnit: 'W',
  chargingSchedulePeriod: [{ startPeriod: 0, limit }],
  ...more,
});

const profile = (more: object = {}) => ({
  id: 7,
  stackLevel: 1,
  chargingProfilePurpose: 'TxProfile',
  chargingProfileKind: 'Relative',
  chargingSchedule: [schedule(50_000)],
  ...more,
});

interface Running {
  readonly tiny: TinyCsms;
  readonly charger: ChargerSimulator;
  readonly transactionId: string;
}

/** A station with two EVSEs that charges a bus at the first. */
async function charging(more: Partial<ChargerOptions> = {}): Promise<Running> {
  const { tiny, url } = await csms();
  const charger = charger201(url, {
    points: [
      { evseId: 1, powerType: 'DC', maxPowerW: 150_000 },
      { evseId: 2, powerType: 'DC', maxPowerW: 150_000 },
    ],
    ...more,
  });
  await charger.start();
  await charger.plugIn(1, bus);
  await tiny.until('TransactionEvent', 2);
  return { tiny, charger, transactionId: String(charger.view(1).transactionId) };
}

const reasonOf = (answer: Payload): unknown =>
  (answer['statusInfo'] as { reasonCode?: string } | undefined)?.reasonCode;

describe('SetChargingProfile on 2.0.1', () => {
  it('limits the running transaction; 0 suspends it', async () => {
    const { tiny, charger, transactionId } = await charging();
    const set = (limit: number) =>
      tiny.call('SetChargingProfile', {
        evseId: 1,
        chargingProfile: profile({ transactionId, chargingSchedule: [schedule(limit)] }),
      });
    expect(await set(50_000)).toEqual({ status: 'Accepted' });
    await until('50 kW', () => charger.view(1).powerW === 50_000);
    await set(0);
    await tiny.until('TransactionEvent', 1, (each) => {
      const { chargingState } = each['transactionInfo'] as { chargingState?: string };
      return chargingState === 'SuspendedEVSE';
    });
    expect(tiny.violations).toEqual([]);
  });

  it('says why it refuses', async () => {
    const { tiny, transactionId } = await charging();
    const tx = { transactionId };
    const byDefault = { chargingProfilePurpose: 'TxDefaultProfile' };
    const refused: [number, object, string][] = [
      [9, profile(tx), 'UnknownEvse'],
      [1, profile(), 'MissingParam'],
      [2, profile(tx), 'TxNotFound'],
      [1, profile({ transactionId: 'another' }), 'TxNotFound'],
      [0, profile(tx), 'InvalidProfile'],
      [1, profile({ chargingProfilePurpose: 'ChargingStationMaxProfile' }), 'InvalidProfile'],
      [0, profile({ chargingProfilePurpose: 'ChargingStationExternalConstraints' }), 'InvalidProfile'],
      [1, profile({ ...tx, stackLevel: 11 }), 'InvalidStackLevel'],
      [1, profile({ ...tx, chargingProfileKind: 'Absolute' }), 'InvalidSchedule'],
      [
        1,
        profile({ ...tx, chargingSchedule: [schedule(1, { startSchedule: '2026-01-01T00:00:00Z' })] }),
        'InvalidSchedule',
      ],
      [
        1,
        profile({
          ...tx,
          chargingSchedule: [
            schedule(1, { chargingSchedulePeriod: [{ startPeriod: 0, limit: 1, numberPhases: 3 }] }),
          ],
        }),
        'InvalidSchedule',
      ],
    ];
    for (const [evseId, chargingProfile, reason] of refused) {
      expect(reasonOf(await tiny.call('SetChargingProfile', { evseId, chargingProfile })), reason).toBe(
        reason,
      );
    }
    await tiny.call('SetChargingProfile', { evseId: 0, chargingProfile: profile(byDefault) });
    for (const evseId of [0, 1]) {
      const answer = await tiny.call('SetChargingProfile', {
        evseId,
        chargingProfile: profile({ ...byDefault, id: 8 }),
      });
      expect(reasonOf(answer)).toBe('DuplicateProfile');
    }
    expect(tiny.violations).toEqual([]);
  });

  it('reports, adds up and clears what it holds', async () => {
    const { tiny, transactionId } = await charging();
    const start = new Date(Date.now() - 1_000).toISOString();
    await tiny.call('SetChargingProfile', { evseId: 1, chargingProfile: profile({ transactionId }) });
    await tiny.call('SetChargingProfile', {
      evseId: 0,
      chargingProfile: profile({
        id: 9,
        chargingProfilePurpose: 'ChargingStationMaxProfile',
        chargingProfileKind: 'Absolute',
        chargingSchedule: [schedule(30_000, { startSchedule: start })],
      }),
    });
    expect(await tiny.call('GetChargingProfiles', { requestId: 5, chargingProfile: {} })).toEqual({
      status: 'Accepted',
    });
    const last = await tiny.until('ReportChargingProfiles', 2);
    expect(last).toMatchObject({ requestId: 5, evseId: 0, tbc: false, chargingProfile: [{ id: 9 }] });
    expect(
      await tiny.call('GetChargingProfiles', { requestId: 6, chargingProfile: { chargingProfileId: [1] } }),
    ).toEqual({ status: 'NoProfiles' });
    const answer = await tiny.call('GetCompositeSchedule', {
      evseId: 1,
      duration: 60,
      chargingRateUnit: 'W',
    });
    expect(answer).toMatchObject({
      status: 'Accepted',
      schedule: { evseId: 1, duration: 60, chargingSchedulePeriod: [{ startPeriod: 0, limit: 30_000 }] },
    });
    expect(await tiny.call('ClearChargingProfile', { chargingProfileId: 9 })).toEqual({ status: 'Accepted' });
    expect(
      await tiny.call('ClearChargingProfile', { chargingProfileCriteria: { evseId: 1, stackLevel: 1 } }),
    ).toEqual({ status: 'Accepted' });
    expect(await tiny.call('ClearChargingProfile', {})).toEqual({ status: 'Unknown' });
    expect(tiny.violations).toEqual([]);
  });
});

describe('remote control on 2.0.1', () => {
  it('starts with a profile and stops', async () => {
    const { tiny, charger } = await charging();
    const { idTag: _, ...silent } = bus;
    await charger.plugIn(2, silent);
    const idToken = { idToken: 'GUEST', type: 'Central' };
    const start = { evseId: 2, idToken, remoteStartId: 42, chargingProfile: profile() };
    expect(await tiny.call('RequestStartTransaction', start)).toEqual({ status: 'Accepted' });
    const started = await tiny.until('TransactionEvent', 2, (each) => each['eventType'] === 'Started');
    expect(started).toMatchObject({
      triggerReason: 'RemoteStart',
      idToken,
      evse: { id: 2 },
      transactionInfo: { remoteStartId: 42 },
    });
    await until('it charges under the profile', () => charger.view(2).powerW === 50_000);
    const transactionId = String(charger.view(2).transactionId);
    await tiny.call('GetChargingProfiles', { requestId: 1, evseId: 2, chargingProfile: {} });
    expect(await tiny.until('ReportChargingProfiles')).toMatchObject({
      chargingProfile: [{ transactionId }],
    });
    expect(reasonOf(await tiny.call('RequestStartTransaction', start))).toBe('TxInProgress');
    expect(await tiny.call('RequestStopTransaction', { transactionId })).toEqual({ status: 'Accepted' });
    const ended = await tiny.until('TransactionEvent', 1, (each) => each['eventType'] === 'Ended');
    expect(ended).toMatchObject({
      triggerReason: 'RemoteStop',
      transactionInfo: { transactionId, stoppedReason: 'Remote' },
    });
    expect(reasonOf(await tiny.call('RequestStopTransaction', { transactionId }))).toBe('TxNotFound');
    expect(tiny.violations).toEqual([]);
  });

  it('begins a transaction with the cable when TxStartPoint says so, and ends it with the cable', async () => {
    const { tiny, url } = await csms();
    const charger = charger201(url, {
      settings: { 'TxCtrlr.TxStartPoint': 'EVConnected', 'TxCtrlr.TxStopPoint': 'EVConnected' },
    });
    await charger.start();
    await charger.plugIn(1, bus);
    await tiny.until('TransactionEvent', 3);
    await charger.present(1, 'BUS4711');
    charger.unplug(1);
    await tiny.until('TransactionEvent', 1, (each) => each['eventType'] === 'Ended');
    expect(
      tiny
        .of('TransactionEvent')
        .map((each) => [each['triggerReason'], (each['transactionInfo'] as Payload)['chargingState']]),
    ).toEqual([
      ['CablePluggedIn', 'EVConnected'],
      ['Authorized', undefined],
      ['ChargingStateChanged', 'Charging'],
      ['StopAuthorized', undefined],
      ['ChargingStateChanged', 'EVConnected'],
      ['EVCommunicationLost', undefined],
    ]);
    expect(tiny.violations).toEqual([]);
  });

  it('serves availability, reservation, unlock, triggers, logs and firmware', async () => {
    const { tiny, charger, transactionId } = await charging({ timeScale: 600 });
    expect(
      await tiny.call('ChangeAvailability', { operationalStatus: 'Inoperative', evse: { id: 2 } }),
    ).toEqual({
      status: 'Accepted',
    });
    await tiny.until('StatusNotification', 1, (each) => each['connectorStatus'] === 'Unavailable');
    await tiny.call('ChangeAvailability', { operationalStatus: 'Operative', evse: { id: 2 } });
    const reservation = { id: 3, evseId: 2, idToken: { idToken: 'A', type: 'ISO14443' } };
    const expiryDateTime = new Date(charger.clock.now() + 120_000).toISOString();
    await until('in service', () => charger.view(2).state === 'Available');
    expect(await tiny.call('ReserveNow', { ...reservation, expiryDateTime })).toEqual({ status: 'Accepted' });
    expect(await tiny.until('ReservationStatusUpdate')).toEqual({
      reservationId: 3,
      reservationUpdateStatus: 'Expired',
    });
    expect(reasonOf(await tiny.call('CancelReservation', { reservationId: 3 }))).toBe('NotFound');
    expect(await tiny.call('UnlockConnector', { evseId: 1, connectorId: 1 })).toEqual({
      status: 'OngoingAuthorizedTransaction',
    });
    expect(await tiny.call('UnlockConnector', { evseId: 2, connectorId: 1 })).toEqual({ status: 'Unlocked' });
    for (const requestedMessage of [
      'Heartbeat',
      'MeterValues',
      'StatusNotification',
      'TransactionEvent',
      'BootNotification',
    ]) {
      const before = tiny.of(requestedMessage).length;
      expect(await tiny.call('TriggerMessage', { requestedMessage })).toEqual({ status: 'Accepted' });
      await tiny.until(requestedMessage, before + 1);
    }
    expect(await tiny.call('GetTransactionStatus', { transactionId })).toMatchObject({
      ongoingIndicator: true,
    });
    await tiny.call('GetLog', {
      requestId: 1,
      logType: 'DiagnosticsLog',
      log: { remoteLocation: 'ftp://127.0.0.1/' },
    });
    await tiny.until('LogStatusNotification', 1, (each) => each['status'] === 'Uploaded');
    const firmware = { location: 'ftp://127.0.0.1/', retrieveDateTime: new Date().toISOString() };
    await tiny.call('UpdateFirmware', { requestId: 2, firmware });
    await tiny.until('FirmwareStatusNotification', 1, (each) => each['status'] === 'Installed');
    expect(tiny.of('BootNotification').at(-1)).toMatchObject({ reason: 'FirmwareUpdate' });
    await expect(tiny.call('SetMonitoringLevel', { severity: 1 })).rejects.toThrow('NotSupported');
    await expect(tiny.call('RemoteStartTransaction', {})).rejects.toThrow('NotImplemented');
    expect(tiny.violations).toEqual([]);
  });

  it('resets when idle, or at once', async () => {
    const { tiny, charger } = await charging();
    expect(await tiny.call('Reset', { type: 'OnIdle' })).toEqual({ status: 'Scheduled' });
    expect(tiny.of('BootNotification')).toHaveLength(1);
    charger.unplug(1);
    expect(await tiny.until('BootNotification', 2)).toMatchObject({ reason: 'RemoteReset' });
    await until('back', () => charger.online);
    await charger.plugIn(1, bus);
    expect(await tiny.call('Reset', { type: 'Immediate' })).toEqual({ status: 'Accepted' });
    const ended = await tiny.until('TransactionEvent', 2, (each) => each['eventType'] === 'Ended');
    expect(ended).toMatchObject({
      triggerReason: 'ResetCommand',
      transactionInfo: { stoppedReason: 'ImmediateReset' },
    });
  });
});

describe('the device model', () => {
  it('is read and written by variable, and reported as a whole', async () => {
    const { tiny } = await charging({ timeScale: 600 });
    const variable = (component: string, name: string, instance?: string) => ({
      component: { name: component },
      variable: { name, ...(instance === undefined ? {} : { instance }) },
    });
    const asked = [
      variable('SmartChargingCtrlr', 'RateUnit'),
      variable('SmartChargingCtrlr', 'ProfileStackLevel'),
      variable('SmartChargingCtrlr', 'PeriodsPerSchedule'),
      variable('SmartChargingCtrlr', 'Entries', 'ChargingProfiles'),
      variable('SecurityCtrlr', 'BasicAuthPassword'),
      variable('SmartChargingCtrlr', 'Beauty'),
      variable('Nothing', 'RateUnit'),
    ];
    const { getVariableResult: got } = (await tiny.call('GetVariables', { getVariableData: asked })) as {
      getVariableResult: { attributeStatus: string; attributeValue?: string }[];
    };
    expect(got.map((each) => each.attributeValue ?? each.attributeStatus)).toEqual([
      'A,W',
      '10',
      '48',
      '0',
      'Rejected',
      'UnknownVariable',
      'UnknownComponent',
    ]);
    const { setVariableResult: set } = (await tiny.call('SetVariables', {
      setVariableData: [
        { ...variable('SampledDataCtrlr', 'TxUpdatedMeasurands'), attributeValue: 'SoC' },
        { ...variable('SampledDataCtrlr', 'TxUpdatedInterval'), attributeValue: '30' },
        { ...variable('SmartChargingCtrlr', 'RateUnit'), attributeValue: 'A' },
        { ...variable('OCPPCommCtrlr', 'HeartbeatInterval'), attributeValue: 'x' },
      ],
    })) as { setVariableResult: { attributeStatus: string }[] };
    expect(set.map((each) => each.attributeStatus)).toEqual(['Accepted', 'Accepted', 'Rejected', 'Rejected']);
    // What was measured before the setting may still come.
    const periodic = await tiny.until('TransactionEvent', 1, (each) => {
      const [value] = (each['meterValue'] ?? []) as { sampledValue: unknown[] }[];
      return each['triggerReason'] === 'MeterValuePeriodic' && value?.sampledValue.length === 1;
    });
    expect(periodic['meterValue']).toMatchObject([
      { sampledValue: [{ measurand: 'SoC', context: 'Sample.Periodic' }] },
    ]);

    await tiny.call('GetBaseReport', { requestId: 1, reportBase: 'FullInventory' });
    const last = await tiny.until('NotifyReport', 1, (each) => each['tbc'] === false);
    const reports = tiny.of('NotifyReport');
    expect(reports.map((each) => each['seqNo'])).toEqual(reports.map((_, index) => index));
    expect(last['requestId']).toBe(1);
    const entries = reports.flatMap((each) => each['reportData'] as { component: { evse?: object } }[]);
    expect(entries.filter((each) => each.component.evse).length).toBe(10);
    expect(tiny.violations).toEqual([]);
  });
});

describe('faults and vehicles on 2.0.1', () => {
  it('are told by NotifyEvent, set and cleared', async () => {
    const { tiny, charger } = await charging();
    expect(tiny.of('NotifyEvent')[0]).toMatchObject({
      eventData: [
        { component: { name: 'ConnectedEV' }, variable: { name: 'VehicleID' }, actualValue: bus.evccId },
      ],
    });
    charger.fault(
      1,
      { component: 'EmergencyStopSensor', variable: 'Active', techCode: 'CX008' },
      { stops: 'EmergencyStop' },
    );
    expect(await tiny.until('NotifyEvent', 2)).toMatchObject({
      eventData: [{ trigger: 'Alerting', actualValue: 'true', cleared: false, techCode: 'CX008' }],
    });
    await tiny.until('StatusNotification', 1, (each) => each['connectorStatus'] === 'Faulted');
    expect(await tiny.until('TransactionEvent', 1, (each) => each['eventType'] === 'Ended')).toMatchObject({
      triggerReason: 'AbnormalCondition',
    });
    charger.clearFault(1);
    expect(await tiny.until('NotifyEvent', 3)).toMatchObject({
      eventData: [{ actualValue: 'false', cleared: true }],
    });
    expect(charger.view(1).state).toBe('Finishing');
    expect(() => charger.fault(1, { errorCode: 'GroundFailure' })).toThrow('needs component');
    expect(tiny.violations).toEqual([]);
  });

  it('tells what the vehicle needs', async () => {
    const { tiny, charger } = await charging();
    await charger.plugIn(2, { ...bus, needs: { departureTime: '2026-03-02T04:30:00Z' } });
    expect(await tiny.until('NotifyEVChargingNeeds')).toMatchObject({
      evseId: 2,
      chargingNeeds: {
        requestedEnergyTransfer: 'DC',
        departureTime: '2026-03-02T04:30:00Z',
        dcChargingParameters: { stateOfCharge: 40, evEnergyCapacity: 350_000 },
      },
    });
    expect(tiny.violations).toEqual([]);
  });

  it('shares the power of the station', async () => {
    const { charger } = await charging({ maxPowerW: 200_000 });
    await charger.plugIn(2, { ...bus, maxPowerW: 60_000 });
    expect([charger.view(1).powerW, charger.view(2).powerW]).toEqual([140_000, 60_000]);
  });
});
