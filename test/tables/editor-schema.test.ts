/** What editors check mapping files with: every file that ships passes, slips are seen, words complete. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const schema = JSON.parse(readFileSync(file('config/mapping.schema.json'), 'utf8')) as object;
const validate = new Ajv({ strict: false }).compile(schema);

const documents = ['mappings', 'config/presets'].flatMap((folder) =>
  readdirSync(file(folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) =>
      parseAllDocuments(readFileSync(join(file(folder), name), 'utf8')).map((document) => ({
        name,
        value: (document as { toJS(): unknown }).toJS(),
      })),
    ),
);
const faults = (value: unknown) =>
  validate(value) ? [] : (validate.errors ?? []).map(({ instancePath }) => instancePath);

const select = { vendor: 'A' };
const fault = (tables: object) => ({ overlay: 'a.b', of: 'ocpp16.fault', select, tables });
const row = (inputs: string[], cells: unknown[]) => ({
  in: inputs,
  out: ['f.pointFaultCode'],
  rows: { x: cells },
});
const repair = (r: object) => ({
  overlay: 'a.b',
  message: 'ocpp16.StatusNotification',
  select,
  repair: { r },
});

describe('the JSON Schema for editors', () => {
  it('takes every document that ships', () => {
    expect(documents.length).toBeGreaterThan(100);
    for (const { name, value } of documents) expect(faults(value), name).toEqual([]);
  });

  it.each([
    ['an unknown key', { overlay: 'a.b', of: 'ocpp16.fault', select, slect: {} }],
    [
      'a path the message lacks',
      { overlay: 'a.b', of: 'ocpp16.fault', select, tables: { point: { in: ['msg.vendrErrorCode'] } } },
    ],
    [
      'a target the mapping lacks',
      { overlay: 'a.b', of: 'ocpp16.fault', select, fields: { 'f.txt': { from: 'msg.info' } } },
    ],
    [
      'a repair that leads nowhere',
      {
        overlay: 'a.b',
        message: 'ocpp16.StatusNotification',
        select,
        repair: { r: { at: 'msg.eror', is: 1, becomes: 2, why: 'x' } },
      },
    ],
    [
      'a repair without a reason',
      {
        overlay: 'a.b',
        message: 'ocpp16.StatusNotification',
        select,
        repair: { r: { at: 'msg.info', is: 1, becomes: 2 } },
      },
    ],
    ['a message nobody knows', { overlay: 'a.b', message: 'ocpp16.Staus', select }],
    [
      'a transform nobody knows',
      { overlay: 'a.b', of: 'ocpp16.fault', select, fields: { 'f.text': { from: 'msg.info', by: 'trim' } } },
    ],
    [
      'a word that is none, in a row',
      fault({ point: row(['msg.vendorErrorCode'], ['E042', 'UsageFailur']) }),
    ],
    ['a word that no input has', fault({ point: row(['msg.errorCode'], ['GroundFailur', 'UsageFailure']) })],
    [
      'such a word in the second column, in a list, or after `not`',
      fault({ point: row(['msg.vendorErrorCode', 'msg.errorCode'], ['E', ['NoErrr'], 'UsageFailure']) }),
    ],
    [
      'a word after `not` that no input has',
      fault({ point: row(['msg.errorCode'], ['not GroundFailur', 'UsageFailure']) }),
    ],
    [
      'a word in a row of the columns of the table',
      fault({ point: { rows: { x: ['GroundFailur', '_', 'UsageFailure'] } } }),
    ],
    ['a table the mapping lacks', fault({ pint: row(['msg.vendorErrorCode'], ['E042', 'UsageFailure']) })],
    ['a mapping nobody knows', { overlay: 'a.b', of: 'ocpp16.fautl', select }],
    [
      'a repair to a word that is none',
      repair({ at: 'msg.errorCode', is: 'Error', becomes: 'OtherErr', why: 'x' }),
    ],
    [
      'a repair of a mapping that leads nowhere',
      {
        overlay: 'a.b',
        of: 'ocpp16.fault',
        select,
        repair: { r: { at: 'msg.eror', is: 1, becomes: 2, why: 'x' } },
      },
    ],
    ['a missing selection', { overlay: 'a.b', of: 'ocpp16.fault' }],
    ['an empty selection', { overlay: 'a.b', of: 'ocpp16.fault', select: {} }],
    ['a selection beside a profile', { overlay: 'a.b', of: 'ocpp16.fault', select, profile: true }],
    ['a number in a selection', { overlay: 'a.b', of: 'ocpp16.fault', select: { firmware: 2.4 } }],
    [
      'both a mapping and a message',
      { overlay: 'a.b', of: 'ocpp16.fault', message: 'ocpp16.StatusNotification', select },
    ],
    [
      'tables of a message',
      { overlay: 'a.b', message: 'ocpp16.StatusNotification', select, tables: { point: { rows: {} } } },
    ],
  ])('sees %s', (_, value) => {
    expect(faults(value)).not.toEqual([]);
  });

  it.each([
    ['codes of a vendor', fault({ point: row(['msg.vendorErrorCode'], ['E042', 'UsageFailure']) })],
    [
      'all kinds of cells',
      fault({
        point: {
          in: ['msg.errorCode', 'msg.status'],
          out: ['f.pointFaultCode'],
          rows: {
            a: [['GroundFailure', 'NoError'], 'not Faulted', null],
            b: [{ not: ['NoError'] }, '_', 'UsageFailure'],
            c: ['absent', 'present', 'UsageFailure'],
          },
        },
      }),
    ],
    ['overlays of mappings of the operator', { overlay: 'a.b', of: 'site.fault', select }],
    ['a profile', { overlay: 'a.b', of: 'ocpp16.fault', profile: true }],
    ['repairs', repair({ at: 'msg.errorCode', is: 'Error', becomes: 'OtherError', why: 'x' })],
    ['repairs by transform', repair({ at: 'msg.errorCode', is: 'x', becomes: { copy: 'info' }, why: 'x' })],
    ['removals', repair({ at: 'msg.errorCode', is: 'x', becomes: null, why: 'x' })],
  ])('takes %s', (_, value) => {
    expect(faults(value)).toEqual([]);
  });

  it('offers the words of both sides in rows', () => {
    const text = JSON.stringify(schema);
    expect(text).toContain('GroundFailure');
    expect(text).toContain('OtherChargingPointFailure');
    expect(text).toContain('msg.meterValue[].sampledValue[].unit');
  });
});
