/** Everything a station may send is answered, with an answer that fits its schema, and journalled. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { issuesOf, schemaOf, validatorOf } from '../../src/schemas/index.js';
import { OcppHarness, shippedTables, until } from './harness.js';
import { type Dialled, dial } from './raw.js';

type Schema = {
  type?: string;
  enum?: unknown[];
  format?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minItems?: number;
  $ref?: string;
  definitions?: Record<string, Schema>;
};

/** The least payload that fits a schema. */
function leastOf(schema: Schema, root: Schema = schema): unknown {
  if (schema.$ref) return leastOf(root.definitions?.[schema.$ref.split('/').at(-1) ?? ''] ?? {}, root);
  if (schema.enum) return schema.enum[0];
  if (schema.type === 'string') return schema.format === 'date-time' ? new Date().toISOString() : 'x';
  if (schema.type === 'integer' || schema.type === 'number') return 1;
  if (schema.type === 'boolean') return false;
  if (schema.type === 'array')
    return Array.from({ length: schema.minItems ?? 0 }, () => leastOf(schema.items ?? {}, root));
  const required = schema.required ?? [];
  return Object.fromEntries(required.map((key) => [key, leastOf(schema.properties?.[key] ?? {}, root)]));
}

/** What stations send: OCPP 1.6 §4, security white paper; OCPP 2.0.1 part 2. */
const sent = {
  'ocpp1.6': `Authorize BootNotification DataTransfer DiagnosticsStatusNotification FirmwareStatusNotification
    Heartbeat LogStatusNotification MeterValues SecurityEventNotification SignCertificate
    SignedFirmwareStatusNotification StartTransaction StatusNotification StopTransaction`,
  'ocpp2.0.1': `Authorize BootNotification ClearedChargingLimit DataTransfer FirmwareStatusNotification
    Get15118EVCertificate GetCertificateStatus Heartbeat LogStatusNotification MeterValues NotifyChargingLimit
    NotifyCustomerInformation NotifyDisplayMessages NotifyEVChargingNeeds NotifyEVChargingSchedule NotifyEvent
    NotifyMonitoringReport NotifyReport PublishFirmwareStatusNotification ReportChargingProfiles
    ReservationStatusUpdate SecurityEventNotification SignCertificate StatusNotification TransactionEvent`,
} as const;
const spaces = { 'ocpp1.6': 'ocpp16', 'ocpp2.0.1': 'ocpp201' } as const;

/** What only a CSMS sends. */
const notSent = {
  'ocpp1.6': 'RemoteStartTransaction SetChargingProfile UpdateFirmware CertificateSigned',
  'ocpp2.0.1': 'RequestStartTransaction SetVariables GetBaseReport CostUpdated',
} as const;

describe.each(['ocpp1.6', 'ocpp2.0.1'] as const)('%s', (protocol) => {
  let harness: OcppHarness;
  let station: Dialled;
  beforeAll(async () => {
    harness = await OcppHarness.start({ options: { metering: null } });
    station = await (protocol === 'ocpp1.6'
      ? dial(harness.port)
      : dial(harness.port, { identity: 'CP-N3', password: 'cp-n3-secret-0003', protocols: [protocol] }));
  });
  afterAll(async () => {
    await station.end();
    await harness.remove();
  });

  it.each(sent[protocol].split(/\s+/))('%s', async (action) => {
    const name = `${spaces[protocol]}.${action}`;
    const payload = leastOf(schemaOf(name)?.schema as Schema);
    expect(issuesOf(name, payload)).toEqual([]);
    const [kind, id, answer] = await station.ask([2, `id-${action}`, action, payload]);
    expect([kind, id]).toEqual([3, `id-${action}`]);
    expect(validatorOf(`${name}.conf`)(answer)).toEqual([]);
    const [call, reply] = await harness.journal({ action });
    expect(call).toMatchObject({
      direction: 'in',
      raw: JSON.stringify([2, `id-${action}`, action, payload]),
    });
    expect(reply).toMatchObject({ direction: 'out', messageId: `id-${action}`, causes: [call?.id] });
  });

  it.each(notSent[protocol].split(' '))('%s is not for stations to send', async (action) => {
    const payload = leastOf(schemaOf(`${spaces[protocol]}.${action}`)?.schema as Schema);
    expect((await station.ask([2, 'n', action, payload])).slice(0, 3)).toEqual([4, 'n', 'NotSupported']);
  });
});

it('a defect of the bridge while it answers is told in the log, and the station is told to send again', async () => {
  let isBroken = false;
  const broken = new Proxy(shippedTables(), {
    get(target, name) {
      if (isBroken && name === 'repair') throw new TypeError('nobody foresaw this');
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const tables = () => broken;
  const harness = await OcppHarness.start({ tables });
  onTestFinished(() => harness.remove());
  const station = await dial(harness.port, { identity: 'CP-N1', password: 'cp-n1-secret-0001' });
  onTestFinished(() => station.end());
  isBroken = true;
  const answer = await station.ask([2, 'x', 'Heartbeat', {}]);
  isBroken = false;
  expect(answer.slice(0, 3)).toEqual([4, 'x', 'InternalError']);
  expect(JSON.stringify(answer)).not.toContain('foresaw');
  expect(harness.log.filter(({ level }) => level === 50)).toEqual([
    expect.objectContaining({
      stationId: 'N1',
      action: 'Heartbeat',
      err: expect.objectContaining({ message: 'nobody foresaw this' }),
    }),
  ]);
  expect((await station.ask([2, 'y', 'Heartbeat', {}]))[0]).toBe(3);
});

it('a station that does not let itself be surveyed is told of in a line without a stack', async () => {
  const harness = await OcppHarness.start({ options: { bootWaitMs: 10 } });
  onTestFinished(() => harness.remove());
  const station = await dial(harness.port, { identity: 'CP-N1', password: 'cp-n1-secret-0001' });
  station.socket.on('message', (data) => {
    const [kind] = JSON.parse(String(data)) as [number];
    if (kind === 2) void station.end();
  });
  const line = await until(
    () => harness.log.find(({ msg }) => msg === 'a station could not be surveyed'),
    'the line',
  );
  expect(line).toMatchObject({ stationId: 'N1', code: 'OCPP_OUTCOME_UNKNOWN', reason: expect.any(String) });
  expect(line).not.toHaveProperty('err');
});
