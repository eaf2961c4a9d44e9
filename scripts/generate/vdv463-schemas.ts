// VDV 463 field table -> one JSON Schema bundle per dialect (src/schemas/data/vdv463-<dialect>.json).
import { dialects, type Letter, type Row, structuresOf } from './vdv463-table.js';

export type JsonSchema = { [key: string]: unknown };

const scalars: Readonly<Record<string, JsonSchema>> = {
  string: { type: 'string' },
  number: { type: 'number' },
  integer: { type: 'integer' },
  boolean: { type: 'boolean' },
  'date-time': { type: 'string', format: 'date-time' },
};

function typeOf(row: Row): JsonSchema {
  const scalar = scalars[row.type];
  if (scalar) return { ...scalar };
  if (row.type.endsWith('[]'))
    return { type: 'array', items: { $ref: `#/definitions/${row.type.slice(0, -2)}` } };
  return { $ref: `#/definitions/${row.type}` };
}

function constrain(schema: JsonSchema, row: Row, letter: Letter): void {
  for (const { letters, rule } of row.rules) {
    if (!letters.includes(letter)) continue;
    const bounds = /^(\d+)\.\.(\d+)$/.exec(rule);
    const [keyword, value] = rule.split(' ');
    if (bounds) Object.assign(schema, { minimum: Number(bounds[1]), maximum: Number(bounds[2]) });
    else if (keyword === 'minItems') schema['minItems'] = Number(value);
    else if (keyword === 'format') schema['format'] = value;
    else throw new Error(`fields.tsv:${row.line}: unknown rule "${rule}"`);
  }
}

function objectOf(rows: readonly Row[], letter: Letter): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const row of rows) {
    if (row.field === '*') continue;
    const schema = typeOf(row);
    constrain(schema, row, letter);
    const unit = row.unit[letter];
    if (unit) schema['x-unit'] = unit;
    properties[row.field] = schema;
    if (row.presence[letter] === 'R') required.push(row.field);
  }
  const open = rows.some((row) => row.type === 'open');
  return {
    type: 'object',
    ...(open ? {} : { additionalProperties: false }),
    ...(required.length ? { required } : {}),
    properties,
  };
}

/** The seven positions around every payload. */
function envelope(letter: Letter): JsonSchema {
  const presystemId = letter === 'A' ? { type: 'string', format: 'uri' } : { type: 'string' };
  return {
    type: 'array',
    minItems: 7,
    maxItems: 7,
    items: [
      { type: 'integer', enum: [1, 2, 3] },
      { type: 'string' },
      presystemId,
      { type: 'string', format: 'date-time' },
      { type: 'string', format: 'uuid' },
      { type: 'string', enum: ['BootNotification', 'ProvideChargingRequests', 'ProvideChargingInformation'] },
      { type: 'object' },
    ],
  };
}

/** All definitions of a dialect, the envelope included. */
export function bundleOf(letter: Letter): JsonSchema {
  const definitions: Record<string, JsonSchema> = { MessageStructure: envelope(letter) };
  for (const [name, rows] of structuresOf(letter)) {
    const words = rows.filter((row) => row.type === 'word').map((row) => row.field);
    definitions[name] = words.length ? { type: 'string', enum: words } : objectOf(rows, letter);
  }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: `urn:depotbridge:vdv463:${dialects[letter]}`,
    definitions,
  };
}
