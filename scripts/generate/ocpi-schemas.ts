// OCPI field and enumeration tables -> one JSON Schema bundle per version (src/schemas/data/generated/ocpi-<version>.json).
// The bundle is the strict form: what we may send. `x-inbound` holds what a receiver insists on instead, `x-open` marks
// an enumeration that a receiver takes further words for.
import { readFileSync } from 'node:fs';
import type { JsonSchema } from './vdv463-schemas.js';

export const versions = ['2.1.1', '2.2.1', '2.3.0'] as const;
export type Version = (typeof versions)[number];

/** Objects that a partner may change in part; `<Class>.patch` is the body of such a change. */
const patched = ['Location', 'EVSE', 'Connector', 'Session', 'Token'];
/** 2.1.1 alone has PATCH for tariffs. */
const patchedIn211 = [...patched, 'Tariff'];

const tables = new URL('../../src/schemas/ocpi/', import.meta.url);

function rowsOf(file: string): string[][] {
  const lines = readFileSync(new URL(file, tables), 'utf8').split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .slice(1)
    .map((line) => line.split('\t'));
}

/** No control characters: OCPI's string is printable UTF-8. */
const printable = '^[^\\u0000-\\u001f\\u007f]*$';
const ascii = '^[\\x20-\\x7E]*$';
const instant = '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?';
const shaped = (maxLength: number, pattern: string): JsonSchema => ({ type: 'string', maxLength, pattern });

const fixed: Readonly<Record<string, JsonSchema>> = {
  boolean: { type: 'boolean' },
  integer: { type: 'integer' },
  number: { type: 'number' },
  any: {},
  URL: shaped(255, '^https?://'),
  DateTime: {
    ...shaped(25, `${instant}Z$`),
    format: 'date-time',
    'x-inbound': { type: 'string', pattern: `${instant}Z?$` },
  },
  weekday: { type: 'integer', minimum: 1, maximum: 7 },
  time: shaped(5, '^([0-1][0-9]|2[0-3]):[0-5][0-9]$'),
  latitude: shaped(10, '^-?[0-9]{1,2}\\.[0-9]{5,7}$'),
  longitude: shaped(11, '^-?[0-9]{1,3}\\.[0-9]{5,7}$'),
  latitude6: { ...shaped(10, '^-?[0-9]{1,2}\\.[0-9]{6}$'), 'x-inbound': { type: 'string', maxLength: 10 } },
  longitude6: { ...shaped(11, '^-?[0-9]{1,3}\\.[0-9]{6}$'), 'x-inbound': { type: 'string', maxLength: 11 } },
};

function typeOf(type: string): JsonSchema {
  const known = fixed[type];
  if (known) return structuredClone(known);
  const [, kind, digits] = /^(ci|s)(\d*)$/.exec(type) ?? [];
  if (!kind) return { $ref: `#/definitions/${type}` };
  const length = digits ? { maxLength: Number(digits) } : {};
  if (kind === 'ci') return { type: 'string', ...length, pattern: ascii };
  return { type: 'string', ...length, pattern: printable, 'x-inbound': { type: 'string', ...length } };
}

function memberOf(cell: string, unit: string): { schema: JsonSchema; required: boolean } {
  const [card = '', type = ''] = cell.split(' ');
  let schema = typeOf(type);
  if (schema['type'] === 'number') schema['x-decimals'] = unit === '.1' ? 1 : 4;
  if (unit !== '-' && unit !== '.1') schema['x-unit'] = unit;
  if (card === '*' || card === '+')
    schema = { type: 'array', items: schema, ...(card === '+' ? { minItems: 1 } : {}) };
  return { schema, required: card === '1' || card === '+' };
}

type Made = { properties: Record<string, JsonSchema>; required: string[]; oneOf: string[] };

function classesOf(version: Version): Map<string, Made> {
  const column = 2 + versions.indexOf(version);
  const classes = new Map<string, Made>();
  for (const row of rowsOf('fields.tsv')) {
    const [name = '', field = ''] = row;
    const cell = row[column] ?? '-';
    if (cell === '-') continue;
    const made = classes.get(name) ?? { properties: {}, required: [], oneOf: [] };
    classes.set(name, made);
    if (field === '*') made.oneOf.push(...cell.split(' ').slice(2));
    else {
      const { schema, required } = memberOf(cell, row[5] ?? '-');
      made.properties[field] = schema;
      if (required) made.required.push(field);
    }
  }
  return classes;
}

function enumsOf(version: Version): Record<string, JsonSchema> {
  const found: Record<string, JsonSchema> = {};
  for (const [name = '', known = '', open = '', words = ''] of rowsOf('enums.tsv')) {
    if (!known.split(' ').includes(version)) continue;
    const before = (found[name]?.['enum'] ?? []) as string[];
    found[name] = { type: 'string', enum: [...before, ...words.split(' ')] };
    if (open.split(' ').includes(version)) found[name]['x-open'] = true;
  }
  return found;
}

/** All classes and enumerations of a version, and the bodies of partial changes. */
export function ocpiBundleOf(version: Version): JsonSchema {
  const definitions: Record<string, JsonSchema> = {};
  for (const [name, { properties, required, oneOf }] of classesOf(version)) {
    const base = { type: 'object', additionalProperties: false };
    const choice = oneOf.length ? { anyOf: oneOf.map((field) => ({ required: [field] })) } : {};
    definitions[name] = { ...base, ...(required.length ? { required } : {}), ...choice, properties };
    // From 2.2.1 on every change says when it happened.
    const stamped = version === '2.1.1' ? {} : { required: ['last_updated'] };
    if ((version === '2.1.1' ? patchedIn211 : patched).includes(name))
      definitions[`${name}.patch`] = { ...base, ...stamped, properties };
  }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: `urn:depotbridge:ocpi:${version}`,
    definitions: { ...definitions, ...enumsOf(version) },
  };
}
