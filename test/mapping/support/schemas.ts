import { Ajv } from 'ajv';
import type { SchemaSource } from '../../../src/mapping/index.js';
import { formats } from '../../../src/schemas/formats.js';

export type Schema = Record<string, unknown>;
const text = { type: 'string' };
const instant = { type: 'string', format: 'date-time' };
const object = (required: string[], properties: Schema): Schema => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});
const number = (unit: string, more: Schema = {}): Schema => ({ type: 'number', 'x-unit': unit, ...more });

const item = object(['n'], { n: { type: 'integer' }, name: text });

/** A small world of messages: tests of the engine do not depend on any protocol. */
export const schemas: Record<string, Schema> = {
  'x.Msg': object(['id', 'kind'], {
    id: text,
    kind: { enum: ['A', 'B', 'C', 'D'] },
    mode: { enum: ['M', 'N'] },
    flag: { type: 'boolean' },
    count: { type: 'integer' },
    powerW: number('W'),
    text,
    at: instant,
    word: { type: 'string', 'x-words': ['Alpha', 'Beta', 'Gamma'] },
    part: object(['a'], { a: text, b: text }),
    list: { type: 'array', items: item },
    texts: { type: 'array', items: text },
  }),
  'x.Env': object(['station', 'at'], { station: text, at: instant }),
  'x.Item': item,
  'x.Out': object(['id', 'status'], {
    id: { type: 'string', minLength: 1, maxLength: 12 },
    status: { enum: ['S1', 'S2', 'S3'] },
    kind: { enum: ['A', 'B', 'C', 'X'] },
    flag: { type: 'boolean' },
    count: { type: 'integer', minimum: 0, maximum: 100 },
    powerKw: number('kW', { 'x-decimals': 3 }),
    wholeKw: { type: 'integer', 'x-unit': 'kW' },
    text,
    at: instant,
    part: object(['p', 'q'], { p: text, q: text, r: text }),
    items: { type: 'array', items: object(['no'], { no: { type: 'integer' }, label: text }) },
    texts: { type: 'array', items: text },
  }),
  'x.OutItem': object(['no'], { no: { type: 'integer' }, label: text }),
  'x.Meter': object(['at', 'values'], {
    at: instant,
    values: {
      type: 'array',
      items: object(['value'], {
        value: { type: ['string', 'number'] },
        what: { enum: ['Energy', 'Power', 'Current', 'Voltage', 'SoC', 'Temperature', 'Factor'] },
        phase: { enum: ['L1', 'L2', 'L3', 'N', 'L1-N', 'L2-N', 'L3-N', 'L1-L2'] },
        unit: { enum: ['Wh', 'kWh', 'W', 'kW', 'A', 'V', 'Percent', 'Celsius', 'K'] },
        multiplier: { type: 'integer' },
        context: { enum: ['Periodic', 'Begin', 'End'] },
        location: { enum: ['Outlet', 'Inlet', 'EV'] },
        format: { enum: ['Raw', 'SignedData'] },
        signature: text,
      }),
    },
  }),
  'x.Sample': object(['at'], {
    at: instant,
    context: text,
    energyWh: number('Wh'),
    powerW: number('W'),
    currentA: number('A'),
    voltageV: number('V'),
    socPct: number('%'),
    temperatureDegC: number('degC'),
    signed: { type: 'array', items: text },
  }),
};

const ajv = new Ajv({ strict: false, formats });

function annotations(
  schema: Schema,
  key: string,
  path = '',
  found: Record<string, unknown> = {},
): Record<string, unknown> {
  if (schema[key] !== undefined) found[path] = schema[key];
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  for (const [name, child] of Object.entries(properties))
    annotations(child, key, path ? `${path}.${name}` : name, found);
  if (schema['items']) annotations(schema['items'] as Schema, key, `${path}[]`, found);
  return found;
}

/** `schemaOf` and its companions over the small world. */
export function schemaSource(world: Record<string, Schema> = schemas): SchemaSource {
  const messages = new Map(
    Object.entries(world).map(([name, schema]) => [
      name,
      {
        name,
        schema,
        units: annotations(schema, 'x-unit') as Record<string, string>,
        decimals: annotations(schema, 'x-decimals') as Record<string, number>,
        vocabulary: annotations(schema, 'x-words') as Record<string, string[]>,
      },
    ]),
  );
  const elements = messages.get('x.Msg');
  if (elements)
    messages.set('x.Msg:list[]', {
      ...elements,
      name: 'x.Msg:list[]',
      schema: item,
      units: {},
      decimals: {},
      vocabulary: {},
    });
  return {
    schemaOf: (name) => messages.get(name),
    schemaNames: () => [...messages.keys()],
    validatorOf: (name) => {
      const validate = ajv.compile(messages.get(name)?.schema ?? false);
      return (payload) =>
        validate(payload)
          ? []
          : (validate.errors ?? []).map(({ instancePath, keyword, message }) => ({
              path: instancePath,
              keyword,
              message: message ?? '',
            }));
    },
  };
}

export const small = schemaSource();
