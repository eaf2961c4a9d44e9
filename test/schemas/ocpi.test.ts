import { describe, expect, it } from 'vitest';
import { schemaNames, schemaOf, validatorOf } from '../../src/schemas/index.js';

const token = {
  country_code: 'DE',
  party_id: 'EMS',
  uid: 'abc',
  type: 'RFID',
  contract_id: 'DE-EMS-C1',
  issuer: 'Größenwahn',
  valid: true,
  whitelist: 'NEVER',
  last_updated: '2026-11-21T02:14:00Z',
};
const strict = (version: string, name: string, payload: unknown) =>
  validatorOf(`ocpi-${version}.${name}`)(payload)[0]?.keyword;
const inbound = (version: string, name: string, payload: unknown) =>
  validatorOf(`ocpi-${version}.${name}`, 'inbound')(payload)[0]?.keyword;

describe('OCPI schemas', () => {
  it('name every object of the CPO', () => {
    const names = [
      ...[
        'Location',
        'EVSE',
        'Connector',
        'Session',
        'CDR',
        'Tariff',
        'Token',
        'Credentials',
        'Version',
        'VersionDetails',
      ],
      ...[
        'LocationReferences',
        'AuthorizationInfo',
        'StartSession',
        'StopSession',
        'ReserveNow',
        'UnlockConnector',
      ],
      ...[
        'CommandResponse',
        'ResponseEnvelope',
        'EVSE.patch',
        'Location.patch',
        'Session.patch',
        'Token.patch',
      ],
    ];
    const newer = [
      ...[
        'CancelReservation',
        'CommandResult',
        'ChargingPreferences',
        'SetChargingProfile',
        'ActiveChargingProfile',
      ],
      ...[
        'ChargingProfileResponse',
        'ChargingProfileResult',
        'ActiveChargingProfileResult',
        'ClearProfileResult',
      ],
    ];
    for (const version of ['2.1.1', '2.2.1', '2.3.0'])
      for (const name of names) expect(schemaNames(`ocpi-${version}`)).toContain(`ocpi-${version}.${name}`);
    for (const name of newer) {
      expect(schemaOf(`ocpi-2.1.1.${name}`)).toBeUndefined();
      for (const version of ['2.2.1', '2.3.0']) expect(schemaOf(`ocpi-${version}.${name}`)).toBeDefined();
    }
  });

  it('refuse to send unknown fields, and ignore them when received', () => {
    expect(strict('2.2.1', 'Token', token)).toBeUndefined();
    expect(strict('2.2.1', 'Token', { ...token, vin: 'W' })).toBe('additionalProperties');
    expect(inbound('2.2.1', 'Token', { ...token, vin: 'W' })).toBeUndefined();
  });

  it('send instants in UTC with a Z, at most 25 characters, and take the Z as optional', () => {
    const at = (last_updated: string) => ({ ...token, last_updated });
    expect(inbound('2.2.1', 'Token', at('2026-11-21T02:14:00'))).toBeUndefined();
    for (const text of [
      '2026-11-21T02:14:00',
      '2026-11-21T02:14:00+00:00',
      '2026-11-21T02:14:00.123456Z',
      '2026-02-30T00:00:00Z',
    ])
      expect(strict('2.2.1', 'Token', at(text)), text).toBeDefined();
    expect(inbound('2.2.1', 'Token', at('2026-11-21T02:14:00+00:00'))).toBe('pattern');
  });

  it('hold lengths and character sets', () => {
    expect(strict('2.2.1', 'Token', { ...token, uid: 'x'.repeat(37) })).toBe('maxLength');
    expect(strict('2.2.1', 'Token', { ...token, uid: 'ä' })).toBe('pattern');
    expect(strict('2.2.1', 'Token', { ...token, issuer: 'a\nb' })).toBe('pattern');
    expect(inbound('2.2.1', 'Token', { ...token, issuer: 'a\nb' })).toBeUndefined();
  });

  it('take further words only where an enumeration is open, and send none', () => {
    const odd = { ...token, type: 'RETINA' };
    expect(inbound('2.2.1', 'Token', odd)).toBe('enum');
    expect(inbound('2.3.0', 'Token', odd)).toBeUndefined();
    expect(strict('2.3.0', 'Token', odd)).toBe('enum');
    expect(inbound('2.1.1', 'Version', { version: '3.0', url: 'https://a.example' })).toBeUndefined();
  });

  it('let a change name what changed, with its time from 2.2.1 on', () => {
    expect(strict('2.2.1', 'EVSE.patch', { status: 'CHARGING' })).toBe('required');
    expect(
      strict('2.2.1', 'EVSE.patch', { status: 'CHARGING', last_updated: '2026-11-21T02:14:00Z' }),
    ).toBeUndefined();
    expect(strict('2.1.1', 'EVSE.patch', { status: 'CHARGING' })).toBeUndefined();
    expect(strict('2.2.1', 'EVSE.patch', { status: 'BUSY', last_updated: '2026-11-21T02:14:00Z' })).toBe(
      'enum',
    );
  });

  it('put money and coordinates in each version’s own form', () => {
    expect(strict('2.2.1', 'Price', { excl_vat: 1 })).toBeUndefined();
    expect(
      strict('2.3.0', 'Price', { before_taxes: 1, taxes: [{ name: 'VAT', amount: 0.19 }] }),
    ).toBeUndefined();
    expect(strict('2.3.0', 'Price', { excl_vat: 1 })).toBeDefined();
    expect(strict('2.1.1', 'GeoLocation', { latitude: '52.52000', longitude: '13.40500' })).toBe('pattern');
    expect(strict('2.1.1', 'GeoLocation', { latitude: '52.520000', longitude: '13.405000' })).toBeUndefined();
  });

  it('know units and decimals', () => {
    expect(schemaOf('ocpi-2.2.1.Session')?.units).toEqual({ kwh: 'kWh' });
    expect(schemaOf('ocpi-2.2.1.Session')?.decimals['kwh']).toBe(4);
    expect(schemaOf('ocpi-2.2.1.Connector')?.units).toEqual({
      max_voltage: 'V',
      max_amperage: 'A',
      max_electric_power: 'W',
    });
    expect(schemaOf('ocpi-2.1.1.Connector')?.units).toEqual({ voltage: 'V', amperage: 'A' });
    expect(
      schemaOf('ocpi-2.2.1.SetChargingProfile')?.decimals['charging_profile.charging_profile_period[].limit'],
    ).toBe(1);
  });
});
