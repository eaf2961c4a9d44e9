/** Every action that a station may send has an answer that fits; what does not fit is refused and noted. */
import { describe, expect, it } from 'vitest';
import type { CsmsProtocol } from '../../../src/sim/csms/index.js';
import { smallest } from './smallest.js';
import { csms, Raw } from './support.js';

const common = ['Authorize', 'BootNotification', 'DataTransfer', 'FirmwareStatusNotification', 'Heartbeat'];
const secure = ['LogStatusNotification', 'SecurityEventNotification', 'SignCertificate'];
const since201 = [
  ...['ClearedChargingLimit', 'Get15118EVCertificate', 'GetCertificateStatus', 'NotifyChargingLimit'],
  ...['NotifyCustomerInformation', 'NotifyDisplayMessages', 'NotifyEVChargingNeeds'],
  ...['NotifyEVChargingSchedule', 'NotifyEvent', 'NotifyMonitoringReport', 'NotifyReport'],
  ...['PublishFirmwareStatusNotification', 'ReportChargingProfiles', 'ReservationStatusUpdate'],
  'TransactionEvent',
];
const readings = ['MeterValues', 'StatusNotification'];
const actions: Readonly<Record<CsmsProtocol, readonly string[]>> = {
  'ocpp1.6': [
    ...common,
    ...secure,
    ...readings,
    ...['DiagnosticsStatusNotification', 'SignedFirmwareStatusNotification'],
    ...['StartTransaction', 'StopTransaction'],
  ],
  'ocpp2.0.1': [...common, ...secure, ...readings, ...since201],
  // What is new in it, and what changed most: the other answers are those of 2.0.1.
  'ocpp2.1': [
    ...['Authorize', 'NotifyEVChargingNeeds', 'NotifyEvent', 'TransactionEvent'],
    ...['BatterySwap', 'ClosePeriodicEventStream', 'GetCertificateChainStatus', 'NotifyDERAlarm'],
    ...['NotifyDERStartStop', 'NotifyPriorityCharging', 'NotifySettlement', 'OpenPeriodicEventStream'],
    ...['PullDynamicScheduleUpdate', 'ReportDERControl', 'VatNumberValidation'],
  ],
};

describe.each(Object.entries(actions))('%s', (protocol, all) => {
  it('has an answer to all that a station may send', async () => {
    const simulator = await csms();
    const raw = await new Raw(`${simulator.url}/CP-1`, protocol).open();
    const space = protocol.replaceAll('.', '');
    for (const action of all) {
      const answer = await raw.ask(action, action, smallest(`${space}.${action}`));
      expect(answer, action).toMatchObject([3, action, {}]);
    }
    expect(simulator.violations).toEqual([]);
  });
});

describe('what does not fit', () => {
  it.each([
    ['ocpp1.6', 'Authorize', {}, 'OccurenceConstraintViolation'],
    ['ocpp2.0.1', 'Authorize', {}, 'OccurrenceConstraintViolation'],
    ['ocpp1.6', 'Authorize', { idTag: 'x'.repeat(21) }, 'FormationViolation'],
    ['ocpp2.1', 'Heartbeat', { idTag: 1 }, 'PropertyConstraintViolation'],
    ['ocpp1.6', 'Heartbeat', null, 'TypeConstraintViolation'],
    ['ocpp1.6', 'Dance', {}, 'NotImplemented'],
    ['ocpp1.6', 'Reset', { type: 'Hard' }, 'NotSupported'],
  ])('on %s, %s %j, is refused with %s', async (protocol, action, payload, code) => {
    const simulator = await csms();
    const raw = await new Raw(`${simulator.url}/CP-1`, protocol).open();
    expect(await raw.ask('1', action, payload)).toEqual([4, '1', code, expect.any(String), {}]);
    expect(simulator.violations.length).toBe(action === 'Reset' ? 0 : 1);
    expect(await raw.ask('2', 'Heartbeat')).toMatchObject([3, '2', {}]);
  });

  it('is noted when it is no message, or no answer that anybody waits for', async () => {
    const simulator = await csms();
    const raw = await new Raw(`${simulator.url}/CP-1`, 'ocpp2.1').open();
    raw.say('nonsense');
    raw.say([3, 'nobody', {}]);
    raw.say([6, 'a-send', 'NotifyPeriodicEventStream', {}]);
    expect(await raw.ask('1', 'Heartbeat')).toMatchObject([3, '1', {}]);
    expect(simulator.violations.map(({ message }) => message)).toEqual([
      expect.stringContaining('JSON'),
      'nobody waits for this answer',
    ]);
    // A SEND gets no answer.
    expect(raw.heard.filter((frame) => frame.includes('a-send'))).toEqual([]);
  });
});

describe('BootNotification', () => {
  const boot = { chargingStation: { vendorName: 'V', model: 'M' }, reason: 'PowerUp' };

  it.each(['Pending', 'Rejected'] as const)(
    'is answered with %s as long as it is told to',
    async (status) => {
      const simulator = await csms({ boot: { status, intervalSeconds: 7 } });
      const raw = await new Raw(`${simulator.url}/CP-1`, 'ocpp2.0.1').open();
      expect(await raw.ask('1', 'BootNotification', boot)).toMatchObject([3, '1', { status, interval: 7 }]);
      expect(await raw.ask('2', 'Heartbeat')).toEqual([4, '2', 'SecurityError', expect.any(String), {}]);
      simulator.boot = {};
      expect(await raw.ask('3', 'BootNotification', boot)).toMatchObject([3, '3', { status: 'Accepted' }]);
      expect(await raw.ask('4', 'Heartbeat')).toMatchObject([3, '4', {}]);
    },
  );
});

it('lets only tokens charge that it knows', async () => {
  const simulator = await csms({ tokens: ['KNOWN'] });
  const raw = await new Raw(`${simulator.url}/CP-1`).open();
  const status = async (idTag: string) => {
    const [, , answer] = await raw.ask(idTag, 'Authorize', { idTag });
    return (answer as { idTagInfo: { status: string } }).idTagInfo.status;
  };
  expect(await status('KNOWN')).toBe('Accepted');
  expect(await status('OTHER')).toBe('Invalid');
});

it('gives answers of one’s own, and notes those that do not fit', async () => {
  const simulator = await csms({ answers: { Heartbeat: { currentTime: '2020-01-01T00:00:00Z' } } });
  const raw = await new Raw(`${simulator.url}/CP-1`).open();
  expect(await raw.ask('1', 'Heartbeat')).toEqual([3, '1', { currentTime: '2020-01-01T00:00:00Z' }]);
  simulator.answers = { Heartbeat: ({ messageId }, usual) => ({ ...usual, messageId }) };
  expect(await raw.ask('2', 'Heartbeat')).toMatchObject([3, '2', { messageId: '2' }]);
  expect(simulator.violations).toMatchObject([{ direction: 'sent', action: 'Heartbeat' }]);
});
