import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { schemaNames, schemaOf, validatorOf } from '../../src/schemas/index.js';
import { corrections } from '../../src/schemas/ocpp/corrections.js';

const limit = (amount: number) => ({
  connectorId: 1,
  csChargingProfiles: {
    chargingProfileId: 1,
    stackLevel: 0,
    chargingProfilePurpose: 'TxDefaultProfile',
    chargingProfileKind: 'Absolute',
    chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: amount }] },
  },
});

describe('OCPP schemas', () => {
  it('come with request and answer of every action', () => {
    for (const [space, actions] of [
      ['ocpp16', 39],
      ['ocpp201', 64],
      ['ocpp21', 91],
    ] as const) {
      const names = schemaNames(space);
      const requests = names.filter((name) => !name.endsWith('.conf'));
      expect(requests.length, space).toBe(actions);
      // NotifyPeriodicEventStream of 2.1 is sent without an answer.
      for (const name of requests)
        if (!name.endsWith('NotifyPeriodicEventStream')) expect(names).toContain(`${name}.conf`);
    }
  });

  it('are read from the package, not kept here', () => {
    const files = readdirSync(new URL('../../src/schemas', import.meta.url), {
      recursive: true,
      withFileTypes: true,
    });
    for (const file of files)
      if (file.isFile())
        expect(readFileSync(`${file.parentPath}/${file.name}`, 'utf8')).not.toMatch(/"javaType"|"urn:[A-Z]/);
  });

  it('carry units where the standard fixes them, and none where the data says', () => {
    expect(schemaOf('ocpp16.StartTransaction')?.units).toEqual({ meterStart: 'Wh' });
    expect(schemaOf('ocpp16.StopTransaction')?.units).toEqual({ meterStop: 'Wh' });
    expect(schemaOf('ocpp16.MeterValues')?.units).toEqual({});
    expect(schemaOf('ocpp201.TransactionEvent')?.units['cableMaxCurrent']).toBe('A');
    const profile = schemaOf('ocpp16.SetChargingProfile');
    expect(profile?.decimals['csChargingProfiles.chargingSchedule.chargingSchedulePeriod[].limit']).toBe(1);
    expect(profile?.units).not.toHaveProperty(
      'csChargingProfiles.chargingSchedule.chargingSchedulePeriod[].limit',
    );
    const profile201 = schemaOf('ocpp201.SetChargingProfile');
    expect(profile201?.decimals['chargingProfile.chargingSchedule[].chargingSchedulePeriod[].limit']).toBe(1);
  });

  it('know the standardised components and variables', () => {
    const vocabulary = schemaOf('ocpp201.NotifyEvent')?.vocabulary ?? {};
    expect(vocabulary['eventData[].component.name']).toContain('ConnectorPlugRetentionLock');
    expect(vocabulary['eventData[].variable.name']).toContain('AvailabilityState');
    expect(schemaOf('ocpp201.NotifyReport')?.vocabulary['reportData[].variable.name']).toContain('Problem');
    for (const words of Object.values(vocabulary)) expect(new Set(words).size).toBe(words.length);
  });

  it('take a limit of one decimal, whatever binary fractions make of it', () => {
    const check = validatorOf('ocpp16.SetChargingProfile');
    for (let tenths = 0; tenths <= 5000; tenths++)
      expect(check(limit(tenths / 10)), `${tenths / 10}`).toEqual([]);
    for (const amount of [0.05, 16.01, 22000.25]) expect(check(limit(amount))[0]?.keyword).toBe('multipleOf');
  });

  it('take both spellings of Celsius, and Hertz', () => {
    const reading = (unit: string) => ({
      connectorId: 1,
      meterValue: [{ timestamp: '2026-11-21T02:14:00Z', sampledValue: [{ value: '1', unit }] }],
    });
    const check = validatorOf('ocpp16.MeterValues');
    for (const unit of ['Celcius', 'Celsius', 'Hertz']) expect(check(reading(unit))).toEqual([]);
    expect(check(reading('Hz'))[0]?.keyword).toBe('enum');
  });

  it('take an instant without a zone from a 1.6 charger, not from a 2.x one, and never send one', () => {
    const heartbeat = { currentTime: '2026-11-21T02:14:00' };
    expect(validatorOf('ocpp16.Heartbeat.conf', 'inbound')(heartbeat)).toEqual([]);
    expect(validatorOf('ocpp16.Heartbeat.conf', 'inbound')({ currentTime: 'noon' })).toHaveLength(1);
    expect(validatorOf('ocpp16.Heartbeat.conf')(heartbeat)).toHaveLength(1);
    expect(validatorOf('ocpp201.Heartbeat.conf', 'inbound')(heartbeat)).toHaveLength(1);
  });

  it('are corrected only where declared, each time with a reason', () => {
    for (const { space, message, path, set, reason } of corrections) {
      expect(schemaOf(`${space}.${message}:${path}`)?.schema).toMatchObject(set);
      expect(reason.length).toBeGreaterThan(20);
    }
    const none = limit(1);
    none.csChargingProfiles.chargingSchedule.chargingSchedulePeriod = [];
    expect(validatorOf('ocpp16.SetChargingProfile')(none)[0]?.keyword).toBe('minItems');
  });
});
