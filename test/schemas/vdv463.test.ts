import { describe, expect, it } from 'vitest';
import { schemaNames, schemaOf, validatorOf } from '../../src/schemas/index.js';

const dialects = ['1.0.0', '1.1.0', 'draft-2025-05', '2.0.0'] as const;
type Dialect = (typeof dialects)[number];
type Node = Record<string, unknown>;

const ok = (dialect: Dialect, definition: string, payload: unknown) => {
  const name = `vdv463-${dialect}.${definition}`;
  return schemaOf(name) !== undefined && validatorOf(name)(payload).length === 0;
};
const accepting = (definition: string, payload: unknown) =>
  dialects.filter((dialect) => ok(dialect, definition, payload));

/** Every path that a schema describes, lists included. */
function paths(root: Node, schema: Node, path = ''): string[] {
  const name = typeof schema['$ref'] === 'string' ? (schema['$ref'].split('/').pop() ?? '') : undefined;
  const target = name ? ((root['definitions'] as Record<string, Node>)[name] ?? {}) : schema;
  const own = path === '' ? [] : [path];
  if (target['items'])
    return [...own, ...paths(root, target['items'] as Node, `${path}[]`).filter((p) => p !== `${path}[]`)];
  const members = Object.entries((target['properties'] ?? {}) as Record<string, Node>);
  return [
    ...own,
    ...members.flatMap(([key, child]) => paths(root, child, path === '' ? key : `${path}.${key}`)),
  ];
}

const request = {
  vehicleId: 'V',
  chargingRequestId: 'urn:r:1',
  chargingRequestData: { minTargetSoc: 50, maxTargetSoc: 80 },
};

describe('VDV 463 schemas', () => {
  it('hold the 145 fields of all dialects together', () => {
    const messages = [
      ...['BootNotificationRequest', 'BootNotificationResponse', 'ProvideChargingRequestsRequest'],
      ...['ProvideChargingInformationRequest', 'ErrorResponse'],
    ];
    const fields = new Set<string>();
    for (const dialect of dialects)
      for (const message of messages) {
        const schema = schemaOf(`vdv463-${dialect}.${message}`)?.schema;
        if (schema) for (const path of paths(schema, schema)) fields.add(`${message} ${path}`);
      }
    expect(fields.size).toBe(145);
  });

  it('address every structure by the name of the standard', () => {
    const names = [
      'ChargingPointInfo',
      'ChargingRequest',
      'ChargingProcessInfo',
      'ScheduledChargingProcess',
      'ChargingStationInfo',
    ];
    names.push('DepotInfo', 'VehicleInfo', 'ChargingPredictionData', 'MessageStructure');
    for (const dialect of dialects)
      for (const name of names)
        expect(schemaNames(`vdv463-${dialect}`)).toContain(`vdv463-${dialect}.${name}`);
    expect(schemaOf('vdv463-2.0.0.ErrorResponse')).toBeDefined();
    expect(schemaOf('vdv463-1.1.0.ErrorResponse')).toBeUndefined();
  });

  it('drop chargingInstruction in 2.0.0', () => {
    const withInstruction = { ...request, chargingInstruction: 'Terminate' };
    expect(accepting('ChargingRequest', withInstruction)).toEqual(['1.0.0', '1.1.0', 'draft-2025-05']);
  });

  it('bound the state of charge from 1.1.0 on', () => {
    const over = { ...request, chargingRequestData: { minTargetSoc: 50, maxTargetSoc: 101 } };
    expect(accepting('ChargingRequest', over)).toEqual(['1.0.0']);
  });

  it('forbid empty lists in 1.0.0 alone', () => {
    expect(accepting('ProvideChargingRequestsRequest', { chargingRequestList: [] })).toEqual(
      dialects.slice(1),
    );
    expect(accepting('ProvideChargingInformationRequest', { depotInfoList: [] })).toEqual(dialects.slice(1));
  });

  it('ask for a URI in 1.0.0 when sending, never when receiving', () => {
    const plain = { ...request, chargingRequestId: 'R1' };
    expect(accepting('ChargingRequest', plain)).toEqual(dialects.slice(1));
    expect(validatorOf('vdv463-1.0.0.ChargingRequest', 'inbound')(plain)).toEqual([]);
    expect(validatorOf('vdv463-1.0.0.ChargingRequest', 'inbound')({ ...plain, extra: 1 })).toHaveLength(1);
  });

  it('require a forecast in 1.0.0, a status in 2.0.0, nothing between', () => {
    expect(accepting('ChargingPredictionData', {})).toEqual(['1.1.0', 'draft-2025-05']);
    expect(accepting('ChargingPredictionData', { chargingPredictionDataStatus: 'Ongoing' })).toEqual([
      '2.0.0',
    ]);
  });

  it('leave the departure forecast open in 1.1.0 and the draft, and nothing else', () => {
    const forecast = { predictedDepartureTimeSoc: 80, predictedTime: '2026-11-21T04:00:00Z', vendor: 1 };
    expect(accepting('ChargingPredictionDataDepartureTime', forecast)).toEqual(['1.1.0', 'draft-2025-05']);
    expect(accepting('VehicleStatusInfo', { vendor: 1 })).toEqual([]);
    expect(accepting('ProvideChargingRequestsResponse', { vendor: 1 })).toEqual([]);
  });

  it('count preconditioning energy in kWh before 2.0.0, in Wh from it on', () => {
    const unit = (dialect: Dialect) =>
      schemaOf(`vdv463-${dialect}.PreconditioningInfo`)?.units['hvBatteryChargingEnergy'];
    expect(dialects.map(unit)).toEqual(['kWh', 'kWh', 'kWh', 'Wh']);
  });

  it('put units beside the paths of what encloses them', () => {
    const units = schemaOf('vdv463-1.1.0.ChargingPointInfo')?.units;
    expect(units).toMatchObject({
      presentPower: 'kW',
      energyMeterReading: 'Wh',
      'chargingProcessInfo.electricData.reactivePower': 'kvar',
      'vehicleInfo.tractionBatteryInfo.temperature': 'degC',
    });
  });

  it('check the seven positions of the envelope', () => {
    const frame = (id: string) => [
      1,
      'BMS',
      'urn:p:1',
      '2026-11-21T02:14:00Z',
      id,
      'BootNotification',
      { presystem: 'BMS' },
    ];
    const uuid = '2f1c7a0e-5f6b-4a0b-9d2e-6f4f0f3b7c11';
    expect(accepting('MessageStructure', frame(uuid))).toEqual([...dialects]);
    expect(accepting('MessageStructure', frame('7'))).toEqual([]);
    expect(accepting('MessageStructure', frame(uuid).slice(0, 6))).toEqual([]);
    expect(accepting('MessageStructure', [...frame(uuid), 1])).toEqual([]);
  });
});
