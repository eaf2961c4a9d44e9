import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  issuesOf,
  isUnknownField,
  schemaNames,
  schemaOf,
  validatorOf,
  withoutUnknownFields,
} from '../../src/schemas/index.js';

const spaces = [
  ...['bridge', 'ocpp16', 'ocpp201', 'ocpp21'],
  ...['vdv463-1.0.0', 'vdv463-1.1.0', 'vdv463-draft-2025-05', 'vdv463-2.0.0'],
  ...['ocpi-2.1.1', 'ocpi-2.2.1', 'ocpi-2.3.0'],
];

/** Every `$ref` of a schema, wherever it stands. */
function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key === '$ref' ? [String(member)] : references(member),
  );
}

describe('the names of the message schemas', () => {
  it('covers every space and nothing else', () => {
    const prefixes = new Set(
      schemaNames().map((name) => spaces.find((space) => name.startsWith(`${space}.`))),
    );
    expect([...prefixes].sort()).toEqual([...spaces].sort());
    for (const space of spaces) expect(schemaNames(space).length).toBeGreaterThan(5);
    expect(schemaNames('ocpp17')).toEqual([]);
  });

  it('gives a self-contained schema for each, whose references lead somewhere', () => {
    for (const name of schemaNames()) {
      const schema = schemaOf(name)?.schema ?? {};
      const carried = { ...(schema['definitions'] as object), ...(schema['$defs'] as object) };
      for (const ref of references(schema))
        expect(carried, name).toHaveProperty([ref.split('/').pop() ?? '']);
      expect(schema, name).not.toHaveProperty('$id');
    }
  });

  it('compiles every schema in both forms', () => {
    for (const name of schemaNames())
      for (const form of ['strict', 'inbound'] as const)
        expect(validatorOf(name, form)).toBeTypeOf('function');
  });

  it('keeps a compiled validator', () => {
    expect(validatorOf('ocpp16.Heartbeat')).toBe(validatorOf('ocpp16.Heartbeat'));
    expect(validatorOf('ocpi-2.2.1.EVSE', 'inbound')).toBe(validatorOf('ocpi-2.2.1.EVSE', 'inbound'));
    expect(validatorOf('ocpi-2.2.1.EVSE', 'inbound')).not.toBe(validatorOf('ocpi-2.2.1.EVSE'));
    expect(validatorOf('ocpp201.Heartbeat', 'inbound')).toBe(validatorOf('ocpp201.Heartbeat'));
  });

  it('knows no others', () => {
    for (const name of [
      '',
      'bridge',
      'bridge.',
      'bridge.toString',
      'ocpp16.Nope',
      'vdv463-1.1.0.ErrorResponse',
    ]) {
      expect(schemaOf(name)).toBeUndefined();
      expect(() => validatorOf(name)).toThrow(RangeError);
    }
  });
});

describe('a path inside a schema', () => {
  it('leads through objects, lists and references', () => {
    expect(schemaOf('ocpp201.NotifyEvent:eventData[]')?.schema['required']).toContain('eventId');
    expect(schemaOf('ocpp16.MeterValues:meterValue[].sampledValue[].unit')?.schema['enum']).toContain('kWh');
    expect(
      schemaOf('vdv463-1.1.0.DepotInfo:chargingStationInfoList[].chargingPointInfoList')?.schema['type'],
    ).toBe('array');
    expect(validatorOf('ocpp201.NotifyEvent:eventData[].variable')({ name: 'Problem' })).toEqual([]);
  });

  it('has the annotations from there on', () => {
    const whole = schemaOf('ocpp201.NotifyEVChargingNeeds')?.units;
    const part = schemaOf('ocpp201.NotifyEVChargingNeeds:chargingNeeds.dcChargingParameters')?.units;
    expect(whole?.['chargingNeeds.dcChargingParameters.evMaxPower']).toBe('W');
    expect(part?.['evMaxPower']).toBe('W');
  });

  it('that leads nowhere gives nothing', () => {
    for (const path of [
      'nope',
      'eventData.eventId',
      'eventData[].nope',
      '',
      'eventData[][]',
      'eventData[].constructor',
    ])
      expect(schemaOf(`ocpp201.NotifyEvent:${path}`), path).toBeUndefined();
  });
});

describe('issues', () => {
  it('say what is wrong, and where', () => {
    const issues = validatorOf('ocpp16.StatusNotification')({
      connectorId: 1,
      errorCode: 'NoError',
      status: 'Busy',
    });
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatchObject({ path: '/status', keyword: 'enum' });
    expect(issues[0]?.message).toMatch(/\/status must be one of Available, Preparing/);
    expect(
      validatorOf('ocpp16.StatusNotification')({ connectorId: 1, status: 'Available' })[0]?.message,
    ).toBe('the payload lacks the required field "errorCode"');
  });

  it('tell unknown fields from other faults, and only those can be taken out', () => {
    const payload = {
      depotInfoList: [{ depotId: 'D', chargingStationInfoList: [], 'x/y~z': 1, city: 'Ulm' }],
      vendor: { a: 1 },
    };
    const name = 'vdv463-1.1.0.ProvideChargingInformationRequest';
    const issues = issuesOf(name, payload);
    expect(issues.map((issue) => issue.path).sort()).toEqual([
      '/depotInfoList/0/city',
      '/depotInfoList/0/x~1y~0z',
      '/vendor',
    ]);
    expect(issues.every(isUnknownField)).toBe(true);
    const cleaned = withoutUnknownFields(payload, issues);
    expect(validatorOf(name)(cleaned)).toEqual([]);
    expect(cleaned).toEqual({ depotInfoList: [{ depotId: 'D', chargingStationInfoList: [] }] });
    expect(payload.vendor).toEqual({ a: 1 });

    const faulty = issuesOf(name, { depotInfoList: [{ depotId: 7, chargingStationInfoList: [] }] });
    expect(faulty.some(isUnknownField)).toBe(false);
    expect(faulty[0]).toMatchObject({ path: '/depotInfoList/0/depotId', keyword: 'type' });
  });

  it('come for anything a parser can give, and the payload stays as it was', () => {
    const names = [
      'ocpp201.TransactionEvent',
      'vdv463-2.0.0.MessageStructure',
      'ocpi-2.2.1.Session',
      'bridge.MeterSampled',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.jsonValue(), (name, payload) => {
        const before = JSON.stringify(payload);
        const issues = validatorOf(name)(payload);
        expect(issues.length).toBe(issues.length ? 1 : 0);
        expect(issuesOf(name, payload).length > 0).toBe(issues.length > 0);
        expect(JSON.stringify(payload)).toBe(before);
      }),
    );
  });
});
