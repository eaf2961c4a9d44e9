import { describe, expect, it } from 'vitest';
import { type ChargerSimulator, ScaledClock } from '../../../src/sim/charger/index.js';
import type { TinyCsms } from './csms.js';
import { bus, charger16, csms, until, wait } from './support.js';

const steps = (...limits: [number, number][]) =>
  limits.map(([startPeriod, limit]) => ({ startPeriod, limit }));

const txProfile = (more: object = {}, schedule: object = {}) => ({
  chargingProfileId: 7,
  stackLevel: 1,
  chargingProfilePurpose: 'TxProfile',
  chargingProfileKind: 'Relative',
  ...more,
  chargingSchedule: { chargingRateUnit: 'W', chargingSchedulePeriod: steps([0, 50_000]), ...schedule },
});

/** A station that charges a bus. */
async function charging(timeScale = 1): Promise<{ tiny: TinyCsms; charger: ChargerSimulator }> {
  const { tiny, url } = await csms();
  const charger = charger16(url, {
    timeScale,
    points: [
      { connectorId: 1, powerType: 'DC', maxPowerW: 150_000 },
      { connectorId: 2, powerType: 'DC', maxPowerW: 150_000 },
    ],
  });
  await charger.start();
  await charger.plugIn(1, bus);
  await until('the transaction has its id', () => charger.view(1).transactionId === 1);
  return { tiny, charger };
}

describe('SetChargingProfile on 1.6', () => {
  it('limits the running transaction; 0 suspends it, clearing frees it', async () => {
    const { tiny, charger } = await charging();
    const set = (limit: number) =>
      tiny.call('SetChargingProfile', {
        connectorId: 1,
        csChargingProfiles: txProfile({ transactionId: 1 }, { chargingSchedulePeriod: steps([0, limit]) }),
      });
    expect(await set(50_000)).toEqual({ status: 'Accepted' });
    await until('50 kW', () => charger.view(1).powerW === 50_000);
    await set(0);
    await tiny.until('StatusNotification', 1, (each) => each['status'] === 'SuspendedEVSE');
    expect(charger.view(1).powerW).toBe(0);
    expect(await tiny.call('ClearChargingProfile', { id: 7 })).toEqual({ status: 'Accepted' });
    expect(await tiny.call('ClearChargingProfile', { id: 7 })).toEqual({ status: 'Unknown' });
    await until('full power', () => charger.view(1).powerW === 150_000);
    expect(tiny.violations).toEqual([]);
  });

  it('is refused for what the standard forbids', async () => {
    const { tiny } = await charging();
    const set = async (connectorId: number, csChargingProfiles: object) =>
      (await tiny.call('SetChargingProfile', { connectorId, csChargingProfiles }))['status'];
    const periods = Array.from({ length: 49 }, (_, index): [number, number] => [index * 60, 10]);
    const refused: [string, number, object][] = [
      ['a TxProfile without a transaction', 2, txProfile()],
      ['a TxProfile of another transaction', 1, txProfile({ transactionId: 99 })],
      ['a TxProfile of the station', 0, txProfile()],
      ['a connector that is not there', 3, txProfile()],
      ['a station maximum at a connector', 1, txProfile({ chargingProfilePurpose: 'ChargePointMaxProfile' })],
      ['a level too high', 1, txProfile({ stackLevel: 11 })],
      ['too many periods', 1, txProfile({}, { chargingSchedulePeriod: steps(...periods) })],
      ['a first period that is not 0', 1, txProfile({}, { chargingSchedulePeriod: steps([5, 10]) })],
      [
        'periods that do not rise',
        1,
        txProfile({}, { chargingSchedulePeriod: steps([0, 1], [9, 1], [9, 2]) }),
      ],
      ['Recurring without a kind', 1, txProfile({ chargingProfileKind: 'Recurring' })],
    ];
    for (const [why, connectorId, profile] of refused)
      expect(await set(connectorId, profile), why).toBe('Rejected');
    expect(await set(1, txProfile())).toBe('Accepted');
  });

  it('replaces by id and by level and purpose; a TxProfile dies with its transaction', async () => {
    const { tiny, charger } = await charging();
    const composite = async () => {
      const answer = await tiny.call('GetCompositeSchedule', {
        connectorId: 1,
        duration: 600,
        chargingRateUnit: 'W',
      });
      const { chargingSchedulePeriod } = answer['chargingSchedule'] as { chargingSchedulePeriod: unknown };
      return chargingSchedulePeriod;
    };
    const set = (more: object, limit: number) =>
      tiny.call('SetChargingProfile', {
        connectorId: 1,
        csChargingProfiles: txProfile(more, { chargingSchedulePeriod: steps([0, limit]) }),
      });
    await set({}, 10_000);
    await set({ chargingProfileId: 8 }, 20_000);
    expect(await composite()).toEqual([{ startPeriod: 0, limit: 20_000 }]);
    await set({ chargingProfileId: 8, stackLevel: 2 }, 30_000);
    expect(await composite()).toEqual([{ startPeriod: 0, limit: 30_000 }]);
    expect(await tiny.call('ClearChargingProfile', { stackLevel: 1 })).toEqual({ status: 'Unknown' });
    charger.unplug(1);
    expect(await composite()).toEqual([{ startPeriod: 0, limit: 150_000 }]);
  });

  it('adds up over time: station maximum, default and transaction', async () => {
    const { tiny } = await charging();
    const start = new Date(Date.now() - 60_000).toISOString();
    await tiny.call('SetChargingProfile', {
      connectorId: 0,
      csChargingProfiles: txProfile(
        {
          chargingProfileId: 1,
          chargingProfilePurpose: 'ChargePointMaxProfile',
          chargingProfileKind: 'Absolute',
        },
        { startSchedule: start, chargingSchedulePeriod: steps([0, 80_000]) },
      ),
    });
    await tiny.call('SetChargingProfile', {
      connectorId: 1,
      csChargingProfiles: txProfile(
        { chargingProfileKind: 'Absolute' },
        { startSchedule: start, duration: 1_860, chargingSchedulePeriod: steps([0, 120_000], [960, 20_000]) },
      ),
    });
    const answer = await tiny.call('GetCompositeSchedule', {
      connectorId: 1,
      duration: 3_600,
      chargingRateUnit: 'W',
    });
    const { chargingSchedulePeriod: periods } = answer['chargingSchedule'] as {
      chargingSchedulePeriod: { startPeriod: number; limit: number }[];
    };
    expect(periods.map((each) => each.limit)).toEqual([80_000, 20_000, 80_000]);
    expect(periods[1]?.startPeriod).toBeGreaterThan(890);
    expect(periods[2]?.startPeriod).toBeGreaterThan(1_790);
    expect(tiny.violations).toEqual([]);
  });
});

describe('remote control on 1.6', () => {
  it('starts with a profile and stops', async () => {
    const { tiny, charger } = await charging();
    const { idTag: _, ...silent } = bus;
    await charger.plugIn(2, silent);
    expect(
      await tiny.call('RemoteStartTransaction', {
        connectorId: 2,
        idTag: 'GUEST',
        chargingProfile: txProfile(),
      }),
    ).toEqual({ status: 'Accepted' });
    await until('it charges under the profile', () => charger.view(2).powerW === 50_000);
    expect(await tiny.call('RemoteStartTransaction', { connectorId: 2, idTag: 'GUEST' })).toEqual({
      status: 'Rejected',
    });
    expect(await tiny.until('StartTransaction', 2)).toMatchObject({ connectorId: 2, idTag: 'GUEST' });
    await until('it has its id', () => charger.view(2).transactionId === 2);
    expect(await tiny.call('RemoteStopTransaction', { transactionId: 2 })).toEqual({ status: 'Accepted' });
    expect(await tiny.until('StopTransaction')).toMatchObject({ transactionId: 2, reason: 'Remote' });
    expect(charger.view(2).state).toBe('Finishing');
    charger.unplug(2);
    expect(charger.view(2).state).toBe('Available');
    expect(await tiny.call('RemoteStopTransaction', { transactionId: 2 })).toEqual({ status: 'Rejected' });
  });

  it('waits for the vehicle, and forgets the token when none comes', async () => {
    const { tiny, url } = await csms();
    const charger = charger16(url, { timeScale: 600, settings: { ConnectionTimeOut: '60' } });
    await charger.start();
    await tiny.call('RemoteStartTransaction', { idTag: 'GUEST' });
    await tiny.until('StatusNotification', 1, (each) => each['status'] === 'Preparing');
    await tiny.until(
      'StatusNotification',
      2,
      (each) => each['connectorId'] === 1 && each['status'] === 'Available',
    );
    expect(tiny.of('StartTransaction')).toEqual([]);
  });

  it('asks about the token first when it is set to', async () => {
    const { tiny, charger } = await charging();
    await tiny.call('ChangeConfiguration', { key: 'AuthorizeRemoteTxRequests', value: 'true' });
    tiny.answers['Authorize'] = ({ idTag }) => ({
      idTagInfo: { status: idTag === 'GOOD' ? 'Accepted' : 'Invalid' },
    });
    await tiny.call('RemoteStartTransaction', { connectorId: 2, idTag: 'BAD' });
    await tiny.until('Authorize', 2);
    await tiny.call('RemoteStartTransaction', { connectorId: 2, idTag: 'GOOD' });
    await until('it waits for a vehicle', () => charger.view(2).state === 'Preparing');
    await charger.plugIn(2, bus);
    expect(await tiny.until('StartTransaction', 2)).toMatchObject({ idTag: 'GOOD' });
  });

  it('takes points out of service, at once or after the transaction', async () => {
    const { tiny, charger } = await charging();
    expect(await tiny.call('ChangeAvailability', { connectorId: 0, type: 'Inoperative' })).toEqual({
      status: 'Scheduled',
    });
    await until('the free point is out', () => charger.view(2).state === 'Unavailable');
    expect(charger.view(1).state).toBe('Charging');
    charger.unplug(1);
    expect(charger.view(1).state).toBe('Unavailable');
    await tiny.call('ChangeAvailability', { connectorId: 0, type: 'Operative' });
    await until('both are back', () => charger.view(1).state === 'Available');
    expect(tiny.violations).toEqual([]);
  });

  it('keeps a point for who reserved it, until the reservation ends', async () => {
    const { tiny, url } = await csms();
    const clock = new ScaledClock({ timeScale: 6_000 });
    const charger = charger16(url, { clock });
    await charger.start();
    const reserve = (reservationId: number, minutes: number) =>
      tiny.call('ReserveNow', {
        connectorId: 1,
        expiryDate: new Date(clock.now() + minutes * 60_000).toISOString(),
        idTag: 'BUS4711',
        reservationId,
      });
    expect(await reserve(1, 600)).toEqual({ status: 'Accepted' });
    await until('reserved', () => charger.view(1).state === 'Reserved');
    expect(await reserve(2, 600)).toEqual({ status: 'Occupied' });
    expect(await charger.present(1, 'SOMEBODY')).toBe('rejected');
    expect(await tiny.call('CancelReservation', { reservationId: 1 })).toEqual({ status: 'Accepted' });
    await reserve(3, 600);
    await charger.plugIn(1, bus);
    expect(await tiny.until('StartTransaction')).toMatchObject({ reservationId: 3 });
    charger.unplug(1);
    await reserve(4, 30);
    await until('it ran out', () => charger.view(1).state === 'Available');
    expect(tiny.violations).toEqual([]);
  });

  it('unlocks, triggers, transfers, updates and diagnoses', async () => {
    const { tiny } = await charging(600);
    for (const requestedMessage of ['BootNotification', 'Heartbeat', 'MeterValues', 'StatusNotification']) {
      const before = tiny.of(requestedMessage).length;
      expect(await tiny.call('TriggerMessage', { requestedMessage })).toEqual({ status: 'Accepted' });
      await tiny.until(requestedMessage, before + 1);
    }
    expect(
      await tiny.call('ExtendedTriggerMessage', { requestedMessage: 'SignChargePointCertificate' }),
    ).toEqual({
      status: 'NotImplemented',
    });
    expect(await tiny.call('DataTransfer', { vendorId: 'nobody' })).toEqual({ status: 'UnknownVendorId' });
    await tiny.call('GetDiagnostics', { location: 'ftp://127.0.0.1/' });
    await tiny.until('DiagnosticsStatusNotification', 2);
    expect(await tiny.call('UnlockConnector', { connectorId: 1 })).toEqual({ status: 'Unlocked' });
    expect(await tiny.until('StopTransaction')).toMatchObject({ reason: 'UnlockCommand' });
    await tiny.call('UpdateFirmware', {
      location: 'ftp://127.0.0.1/',
      retrieveDate: new Date().toISOString(),
    });
    await tiny.until('FirmwareStatusNotification', 1, (each) => each['status'] === 'Installed');
    expect(tiny.of('BootNotification').length).toBe(3);
    expect(tiny.violations).toEqual([]);
  });

  it('restarts on Reset: transactions end first, profiles stay', async () => {
    const { tiny, charger } = await charging();
    await tiny.call('SetChargingProfile', {
      connectorId: 0,
      csChargingProfiles: txProfile({ chargingProfilePurpose: 'TxDefaultProfile' }),
    });
    expect(await tiny.call('Reset', { type: 'Soft' })).toEqual({ status: 'Accepted' });
    await tiny.until('BootNotification', 2);
    expect(await tiny.until('StopTransaction')).toMatchObject({ reason: 'SoftReset' });
    await until('back', () => charger.online);
    expect(await tiny.call('ClearChargingProfile', { id: 7 })).toEqual({ status: 'Accepted' });
  });
});

describe('a fault on 1.6', () => {
  it('keeps the point from charging until it is cleared; a warning does not', async () => {
    const { tiny, url } = await csms();
    const charger = charger16(url);
    await charger.start();
    charger.fault(1, { errorCode: 'OverCurrentFailure', vendorErrorCode: 'CX004' });
    await charger.plugIn(1, bus);
    expect(charger.view(1).state).toBe('Faulted');
    charger.clearFault(1);
    await tiny.until('StartTransaction');
    charger.fault(1, { errorCode: 'HighTemperature' }, { blocking: false });
    expect(
      await tiny.until('StatusNotification', 1, (each) => each['errorCode'] === 'HighTemperature'),
    ).toMatchObject({
      status: 'Charging',
    });
    expect(charger.view(1)).toMatchObject({ state: 'Charging', powerW: 150_000 });
    expect(() => charger.clearFault(2)).toThrow('has no point 2');
    expect(tiny.violations).toEqual([]);
  });

  it('does not charge a vehicle that left while the CSMS thought about its token', async () => {
    const { tiny, url } = await csms();
    const charger = charger16(url);
    await charger.start();
    tiny.answers['Authorize'] = () => {
      charger.unplug(1);
      return { idTagInfo: { status: 'Accepted' } };
    };
    await charger.plugIn(1, bus);
    expect(charger.view(1).state).toBe('Available');
  });
});

describe('configuration on 1.6', () => {
  it('tells and changes its keys, and acts by them', async () => {
    const { tiny } = await charging(600);
    const all = await tiny.call('GetConfiguration', {});
    const keys = (all['configurationKey'] as { key: string }[]).map((each) => each.key);
    expect(keys).toEqual(
      expect.arrayContaining([
        'ChargingScheduleAllowedChargingRateUnit',
        'ChargeProfileMaxStackLevel',
        'ChargingScheduleMaxPeriods',
        'MaxChargingProfilesInstalled',
        'MeterValueSampleInterval',
        'MeterValuesSampledData',
        'HeartbeatInterval',
        'NumberOfConnectors',
      ]),
    );
    const change = async (key: string, value: string) =>
      (await tiny.call('ChangeConfiguration', { key, value }))['status'];
    expect(await change('MeterValuesSampledData', 'SoC, Power.Active.Import')).toBe('Accepted');
    expect(await change('MeterValuesSampledData', 'Happiness')).toBe('Rejected');
    expect(await change('NumberOfConnectors', '9')).toBe('Rejected');
    expect(await change('MeterValueSampleInterval', 'often')).toBe('Rejected');
    expect(await change('Nonsense', '1')).toBe('NotSupported');
    expect(await change('MeterValueSampleInterval', '30')).toBe('Accepted');
    expect(await tiny.call('GetConfiguration', { key: ['MeterValuesSampledData', 'Nonsense'] })).toEqual({
      configurationKey: [
        { key: 'MeterValuesSampledData', readonly: false, value: 'Power.Active.Import,SoC' },
      ],
      unknownKey: ['Nonsense'],
    });
    const values = await tiny.until('MeterValues', 2);
    const [{ sampledValue }] = values['meterValue'] as [{ sampledValue: { measurand: string }[] }];
    expect(sampledValue.map((each) => each.measurand)).toEqual(['Power.Active.Import', 'SoC']);
    expect(tiny.violations).toEqual([]);
  });

  it('measures at clock-aligned moments, with and without a transaction', async () => {
    const { tiny } = await charging(600);
    await tiny.call('ChangeConfiguration', { key: 'MeterValueSampleInterval', value: '0' });
    await tiny.call('ChangeConfiguration', { key: 'ClockAlignedDataInterval', value: '60' });
    const idle = await tiny.until('MeterValues', 2, (each) => each['connectorId'] === 2);
    expect(idle).not.toHaveProperty('transactionId');
    const busy = await tiny.until('MeterValues', 2, (each) => each['connectorId'] === 1);
    expect(busy).toMatchObject({
      transactionId: 1,
      meterValue: [{ sampledValue: [{ context: 'Sample.Clock' }] }],
    });
    const [{ timestamp }] = busy['meterValue'] as [{ timestamp: string }];
    expect(timestamp).toMatch(/:00\.000Z$/);
    expect(tiny.violations).toEqual([]);
  });

  it('can be delivered with other limits', async () => {
    const { tiny, url } = await csms();
    const settings = {
      ChargingScheduleAllowedChargingRateUnit: 'Current',
      ChargingScheduleMaxPeriods: '1',
      Colour: 'red',
    };
    await charger16(url, { settings }).start();
    expect(await tiny.call('GetConfiguration', { key: Object.keys(settings) })).toEqual({
      configurationKey: [
        { key: 'ChargingScheduleMaxPeriods', readonly: true, value: '1' },
        { key: 'ChargingScheduleAllowedChargingRateUnit', readonly: true, value: 'Current' },
        { key: 'Colour', readonly: false, value: 'red' },
      ],
    });
    expect(
      await tiny.call('SetChargingProfile', {
        connectorId: 0,
        csChargingProfiles: txProfile({ chargingProfilePurpose: 'TxDefaultProfile' }),
      }),
    ).toEqual({ status: 'Rejected' });
  });

  it('comes back with the password the CSMS has set', async () => {
    const { tiny, url } = await csms();
    await charger16(url).start();
    await tiny.call('ChangeConfiguration', { key: 'AuthorizationKey', value: 'a-new-secret-0001' });
    await until('it has come back', () => tiny.authorizations.length === 2);
    const secrets = tiny.authorizations.map((each) => Buffer.from(each?.slice(6) ?? '', 'base64').toString());
    expect(secrets).toEqual(['CP-1:a-secret-of-16-b', 'CP-1:a-new-secret-0001']);
  });

  it.each([
    ['the bytes of a hexadecimal key', {}, 'OCA_OCTT_admin_test'],
    ['its digits, if it is odd', { hexPassword: true }, '4F43415F4F4354545F61646D696E5F74657374'],
  ])('logs in with %s', async (_, quirks, password) => {
    const { tiny, url } = await csms();
    await charger16(url, { quirks }).start();
    const value = '4F43415F4F4354545F61646D696E5F74657374';
    await tiny.call('ChangeConfiguration', { key: 'AuthorizationKey', value });
    await until('it has come back', () => tiny.authorizations.length === 2);
    expect(Buffer.from(tiny.authorizations[1]?.slice(6) ?? '', 'base64').toString()).toBe(`CP-1:${password}`);
  });
});

describe('the local list on 1.6', () => {
  it('decides while the CSMS is away', async () => {
    const { tiny, url } = await csms();
    const charger = charger16(url, { settings: { AllowOfflineTxForUnknownId: 'false' } });
    await charger.start();
    await tiny.call('SendLocalList', {
      listVersion: 3,
      updateType: 'Full',
      localAuthorizationList: [{ idTag: 'BUS4711', idTagInfo: { status: 'Accepted' } }],
    });
    expect(await tiny.call('GetLocalListVersion', {})).toEqual({ listVersion: 3 });
    expect(await tiny.call('SendLocalList', { listVersion: 3, updateType: 'Differential' })).toEqual({
      status: 'VersionMismatch',
    });
    await charger.goOffline();
    expect(await charger.present(1, 'SOMEBODY')).toBe('rejected');
    expect(await charger.present(1, 'BUS4711')).toBe('waiting');
  });
});

describe('a call the station cannot serve', () => {
  it('is answered by the error the protocol has for it', async () => {
    const { tiny } = await charging();
    await expect(tiny.call('GetVariables', {})).rejects.toThrow('NotImplemented');
    await expect(tiny.call('InstallCertificate', { certificateType: 'x', certificate: 'y' })).rejects.toThrow(
      'NotSupported',
    );
    await expect(tiny.call('UnlockConnector', {})).rejects.toThrow(/Occurr?enceConstraintViolation/);
    await expect(tiny.call('UnlockConnector', { connectorId: 'one' })).rejects.toThrow(
      'TypeConstraintViolation',
    );
    await wait(1);
  });
});
