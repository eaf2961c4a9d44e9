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

describe('the JSON Schema for editors', () => {
  it('takes every document that ships', () => {
    expect(documents.length).toBeGreaterThan(100);
    for (const { name, value } of documents) expect(faults(value), name).toEqual([]);
  });

  it.each([
    ['an unknown key', { overlay: 'a.b', of: 'ocpp16.fault', slect: {} }],
    [
      'a path the message lacks',
      { overlay: 'a.b', of: 'ocpp16.fault', tables: { point: { in: ['msg.vendrErrorCode'] } } },
    ],
    [
      'a target the mapping lacks',
      { overlay: 'a.b', of: 'ocpp16.fault', fields: { 'f.txt': { from: 'msg.info' } } },
    ],
    [
      'a repair that leads nowhere',
      {
        overlay: 'a.b',
        message: 'ocpp16.StatusNotification',
        repair: { r: { at: 'msg.eror', is: 1, becomes: 2, why: 'x' } },
      },
    ],
    [
      'a repair without a reason',
      {
        overlay: 'a.b',
        message: 'ocpp16.StatusNotification',
        repair: { r: { at: 'msg.info', is: 1, becomes: 2 } },
      },
    ],
    ['a message nobody knows', { overlay: 'a.b', message: 'ocpp16.Staus' }],
    [
      'a transform nobody knows',
      { overlay: 'a.b', of: 'ocpp16.fault', fields: { 'f.text': { from: 'msg.info', by: 'trim' } } },
    ],
  ])('sees %s', (_, value) => {
    expect(faults(value)).not.toEqual([]);
  });

  it('offers the words of both sides in rows', () => {
    const text = JSON.stringify(schema);
    expect(text).toContain('GroundFailure');
    expect(text).toContain('OtherChargingPointFailure');
    expect(text).toContain('msg.meterValue[].sampledValue[].unit');
  });
});
