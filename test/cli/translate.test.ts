/** `depotbridge translate`, `mapping new` and `mapping show`: one payload seen through the tables, the overlay it starts, the code. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newOverlay, showMapping } from '../../src/cli/mapping.js';
import { translate } from '../../src/cli/translate.js';
import { loadGeneration } from '../../src/mapping/index.js';
import { configuration, folder, MAPPINGS, output } from './support.js';

/** The tables of one protocol and the overlays for it: the whole set takes longer to check. */
const only = (space: string) =>
  configuration((text) =>
    text.replace(
      'mappings: [builtin]',
      `mappings: [${join(MAPPINGS, space)}, ${join(MAPPINGS, 'overlays', 'legrand')}]`,
    ),
  );

const payload = (value: unknown) => join(folder({ 'payload.json': JSON.stringify(value) }), 'payload.json');
const faulted = {
  connectorId: 1,
  errorCode: 'OtherError',
  status: 'Faulted',
  vendorErrorCode: 'E042',
  info: 'fan 2',
};

interface TranslateJson {
  readonly repairs: string[];
  readonly issue?: { path: string };
  readonly unread: string[];
  readonly mappings: {
    mapping: string;
    results: { ok: boolean; value?: object; rules?: string[]; notes?: object[] }[];
  }[];
}

async function translated(name: string, value: unknown, options: object = {}) {
  const { code, text } = await output(() =>
    translate(name, payload(value), { config: only('ocpp16'), format: 'json', station: 'N1', ...options }),
  );
  return { code, ...(JSON.parse(text) as TranslateJson) };
}

describe('depotbridge translate', () => {
  it('shows what a message becomes, and by which rules', async () => {
    const { code, mappings } = await translated('ocpp16.StatusNotification', faulted);
    expect(code).toBe(0);
    const fault = mappings.find(({ mapping }) => mapping === 'ocpp16.fault')?.results[0];
    expect(fault).toMatchObject({
      ok: true,
      value: { pointId: 'N1-1', vendorCode: 'E042', text: 'OtherError / E042 / fan 2' },
    });
    expect(fault?.rules).toContain('ocpp16.fault/p.other');
    expect(mappings.find(({ mapping }) => mapping === 'ocpp16.station-status')?.results).toEqual([]);
  });

  it('takes a whole OCPP-J call, and says it all in words', async () => {
    const { code, text } = await output(() =>
      translate('ocpp16.StatusNotification', payload([2, 'id', 'StatusNotification', faulted]), {
        config: only('ocpp16'),
        format: 'text',
      }),
    );
    expect(code).toBe(0);
    expect(text).toContain('ocpp16.fault → bridge.FaultReported');
    expect(text).toContain('does not apply to this payload');
  });

  it('names inputs that no rule reads, and repairs', async () => {
    const boot = { chargePointVendor: 'A', chargePointModel: 'B', meterType: 'M', iccid: '1' };
    expect((await translated('ocpp16.BootNotification', boot)).unread).toEqual(['meterType', 'iccid']);
    const broken = { connectorId: 0, errorCode: 'Error', status: 'Faulted' };
    const { code, repairs } = await translated('ocpp16.StatusNotification', broken, { vendor: 'Legrand' });
    expect({ code, repairs }).toEqual({ code: 0, repairs: ['vendor.legrand.greenup/r.error'] });
  });

  it('ends with 1 when the schema refuses the payload or an object cannot be made', async () => {
    const refused = await translated('ocpp16.StatusNotification', { ...faulted, status: 'Broken' });
    expect(refused).toMatchObject({ code: 1, issue: { path: '/status' }, mappings: [] });
    const unknown = await translated('ocpp16.StatusNotification', { ...faulted, connectorId: 9 });
    expect(unknown.code).toBe(1);
    expect(unknown.mappings[0]?.results[0]).toMatchObject({ ok: false, error: { code: 'MAP_IDENTITY' } });
  });

  it('says which readings were passed over', async () => {
    const sampledValue = [{ value: '1800' }, { value: 'many', measurand: 'SoC' }];
    const { mappings } = await translated('ocpp16.MeterValues', {
      connectorId: 1,
      meterValue: [{ timestamp: '2026-01-01T00:00:00Z', sampledValue }],
    });
    expect(JSON.stringify(mappings)).toContain('MAP_NOT_A_NUMBER');
  });

  it('says so too where none of the readings could be used', async () => {
    const sampledValue = [
      { value: 'abc', measurand: 'SoC' },
      { value: '1e23', unit: 'kWh' },
      { value: '230', measurand: 'Voltage', unit: 'W' },
    ];
    const { code, text } = await output(() =>
      translate(
        'ocpp16.MeterValues',
        payload({ connectorId: 1, meterValue: [{ timestamp: '2026-01-01T00:00:00Z', sampledValue }] }),
        { config: only('ocpp16'), format: 'text' },
      ),
    );
    expect(code).toBe(0);
    expect(text).toContain('MAP_NOT_A_NUMBER mv.sampledValue[0] SoC: "abc"');
    expect(text).toContain('MAP_IMPLAUSIBLE mv.sampledValue[1] Energy.Active.Import.Register: "1e23" kWh');
    expect(text).toContain('MAP_UNKNOWN_UNIT mv.sampledValue[2] Voltage: "230" W');
  });

  it('names everything that the schema refuses, each path once', async () => {
    const { code, text } = await output(() =>
      translate('ocpp16.StatusNotification', payload({ ...faulted, status: 'Broken', connectorId: 'one' }), {
        config: only('ocpp16'),
        format: 'text',
      }),
    );
    expect(code).toBe(1);
    expect(text).toContain('refused: /connectorId must be integer');
    expect(text).toContain('refused: /status must be one of Available');
  });

  it('refuses what is no JSON object, and mappings that are not there', async () => {
    await expect(translated('ocpp16.fautl', faulted)).rejects.toThrow('did you mean ocpp16.fault?');
    await expect(translated('ocpp16.fault', 7)).rejects.toThrow('must be a JSON object');
  });
});

describe('depotbridge mapping new', () => {
  const started = async (message: string, value: unknown, more: object = {}) => {
    const { code, text } = await output(() =>
      newOverlay({
        config: only(space(message)),
        from: payload(value),
        message,
        vendor: 'Acme',
        station: 'N1',
        ...more,
      }),
    );
    expect(code).toBe(0);
    return text;
  };
  const space = (message: string) => message.split('.')[0] ?? '';
  /** What the checker says of the shipped tables with this overlay. */
  const faults = (text: string, protocol = 'ocpp16') => {
    const path = folder({ 'new.yaml': text });
    const result = loadGeneration([join(MAPPINGS, protocol), path], { root: path });
    return 'diagnostics' in result ? result.diagnostics.map(({ code, message }) => `${code} ${message}`) : [];
  };

  it('starts with one row for the word of the vendor, and passes its checks as it is', async () => {
    const text = await started('ocpp16.StatusNotification', faulted, { model: 'DC*', firmware: '<2.4' });
    expect(text).toContain('of: ocpp16.fault');
    expect(text).toContain('x.1: ["E042", OtherChargingPointFailure]');
    expect(faults(text)).toEqual([]);
  });

  it('says which message was meant', async () => {
    await expect(translated('ocpp16.Statusnotification', faulted)).rejects.toThrow(
      'did you mean ocpp16.StatusNotification?',
    );
    await expect(translated('ocpp16.Heartbeat', {})).rejects.toThrow('no mapping reads ocpp16.Heartbeat');
    await expect(started('ocpp16.StatusNotificatoin', faulted)).rejects.toThrow(
      'did you mean ocpp16.StatusNotification?',
    );
  });

  it('says of a payload that is none what it is', async () => {
    const read = async (text: string) => {
      const file = join(folder({ 'payload.json': text }), 'payload.json');
      return output(() =>
        translate('ocpp16.StatusNotification', file, { config: only('ocpp16'), format: 'json' }),
      );
    };
    const refused = async (text: string, code: string, message: string) => {
      await expect(read(text)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    };
    await refused('', 'PAYLOAD_NOT_JSON', 'is empty');
    await refused('{"a":', 'PAYLOAD_NOT_JSON', 'is not JSON');
    await refused('[1]', 'PAYLOAD_NOT_MEANT', 'no OCPP-J call');
    await refused('[3,"1",{}]', 'PAYLOAD_NOT_MEANT', 'CALLRESULT');
    await refused('[2,"1","BootNotification",{}]', 'PAYLOAD_NOT_MEANT', 'a call of BootNotification, not of');
    expect((await read(`\ufeff${JSON.stringify(faulted)}`)).code).toBe(0);
    await expect(
      translate('ocpp16.StatusNotification', '/no/such/file', { config: only('ocpp16'), format: 'text' }),
    ).rejects.toMatchObject({ code: 'PAYLOAD_UNREADABLE' });
  });

  it('repairs what the schema refuses, and passes its checks once a person says why', async () => {
    const text = await started('ocpp16.MeterValues', {
      connectorId: 1,
      meterValue: [
        { timestamp: '2026-01-01T00:00:00', sampledValue: [{ value: 5, context: 'Now' }, { value: '7' }] },
      ],
    });
    expect(text).toContain('message: ocpp16.MeterValues');
    expect(text).toContain('becomes: {by: zone-utc}');
    expect(new Set(faults(text))).toEqual(
      new Set(['MAP_DOCUMENT `why` does not say where the deviation is documented']),
    );
    expect(faults(text.replaceAll('why: "?"', 'why: "release notes 2.4"'))).toEqual([]);
  });

  it('takes the word that is clearly meant, and leaves it to a person where none is', async () => {
    const status = await started('ocpp16.StatusNotification', { ...faulted, status: 'Fault' });
    expect(status).toContain('is: "Fault", becomes: "Faulted"');
    const unclear = await started('ocpp16.StatusNotification', { ...faulted, status: 'Broken' });
    expect(unclear).toContain('is: "Broken", becomes: "?"');
    expect(unclear).toContain('# one of Available, Preparing');
    const explained = unclear.replaceAll('why: "?"', 'why: "release notes 2.4"');
    expect(faults(explained)).toEqual(['MAP_ENUM "?" is not a value of ocpp16.StatusNotification status']);
    // Neither in the row nor in the example is a word left that nobody chose.
    const row = explained.replace('becomes: "?"', 'becomes: "Unavailable"');
    expect(faults(row)).toEqual(['MAP_EXAMPLE example "as captured": status is "Unavailable", not "?"']);
    expect(faults(row.replace('status: "?"', 'status: Unavailable'))).toEqual([]);
    const sampledValue = [{ value: '55', measurand: 'Battery.SoC' }];
    const meter = await started('ocpp16.MeterValues', {
      connectorId: 1,
      meterValue: [{ timestamp: '2026-11-20 10:00', sampledValue }],
    });
    expect(meter).toContain('is: "Battery.SoC", becomes: "SoC"');
    expect(meter).toContain('timestamp: 2026-11-20T10:00:00Z');
    expect(faults(meter.replaceAll('why: "?"', 'why: "release notes 2.4"'))).toEqual([]);
  });

  it('says of a time that it cannot mend, and does not pretend to', async () => {
    const text = await started('ocpp16.StatusNotification', { ...faulted, timestamp: 'yesterday' });
    expect(text).toContain('# Not mended: /timestamp must match format');
    expect(faults(text)).not.toEqual([]);
  });

  it('finds the element of a list that a mapping runs for', async () => {
    const event = {
      eventId: 1,
      timestamp: '2026-01-01T00:00:00Z',
      trigger: 'Alerting',
      actualValue: 'true',
      eventNotificationType: 'HardWiredNotification',
      component: { name: 'Controller', evse: { id: 1 } },
      variable: { name: 'Problem' },
      techCode: 'E042',
    };
    const text = await started('ocpp201.NotifyEvent', {
      generatedAt: '2026-01-01T00:00:00Z',
      seqNo: 0,
      eventData: [event],
    });
    expect(text).toContain('of: ocpp201.event-fault');
    expect(text).toContain('in: [ev.techCode]');
    expect(faults(text, 'ocpp201')).toEqual([]);
  });

  it('says that there is nothing to overlay', async () => {
    await expect(started('ocpp16.MeterValues', { connectorId: 0, meterValue: [] })).rejects.toMatchObject({
      code: 'PAYLOAD_UNUSED',
    });
  });

  it('says which element of a list it took', async () => {
    const element = (name: string) => ({
      ...{ eventId: 1, timestamp: '2026-01-01T00:00:00Z', trigger: 'Alerting', actualValue: 'true' },
      eventNotificationType: 'HardWiredNotification',
      component: { name: 'Controller', evse: { id: 1 } },
      variable: { name },
      techCode: 'E042',
    });
    const text = await started('ocpp201.NotifyEvent', {
      ...{ generatedAt: '2026-01-01T00:00:00Z', seqNo: 0 },
      eventData: [element('Colour'), element('Problem'), element('Problem')],
    });
    expect(text).toContain(
      '# Of 3 elements of eventData, number 2 was taken for ocpp201.event-fault. Numbers that mappings make something of, too: 3.',
    );
  });

  it('says which messages there are', async () => {
    await expect(started('ocpp16.StatusNotificatoin', faulted)).rejects.toThrow('ocpp16.StatusNotification');
  });
});

describe('depotbridge mapping show', () => {
  it('prints the code of a mapping, with the overlays that apply', async () => {
    const config = only('ocpp16');
    const plain = await output(() => showMapping('ocpp16.point-status', { config }));
    const overlaid = await output(() => showMapping('ocpp16.fault', { config, vendor: 'Acme', ocpp: '1.6' }));
    expect(plain.text).toMatch(/^\/\/ ocpp16\.point-status\n'use strict';\n/);
    expect(overlaid.text).toMatch(/^\/\/ ocpp16\.fault under chargex\.ocpp16\n'use strict';\n/);
    for (const { code, text } of [plain, overlaid]) {
      expect(code).toBe(0);
      expect(new Function('k', text)).toBeTypeOf('function');
    }
  });

  it('refuses a name that no mapping has', async () => {
    await expect(showMapping('ocpp16.fualt', { config: only('ocpp16') })).rejects.toMatchObject({
      code: 'MAP_UNKNOWN',
    });
  });
});
