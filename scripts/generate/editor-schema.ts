// config/mapping.schema.json: what an editor needs to complete and check mapping files while they are typed. It knows
// keys, names of messages and mappings, and the paths and words of every mapping that ships; `depotbridge check` proves
// the rest.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { IDENTITY_KINDS } from '../../src/identity/index.js';
import { type LoadedGeneration, loadGeneration } from '../../src/mapping/index.js';
import { repairWords, transforms } from '../../src/mapping/transforms.js';
import { schemaNames } from '../../src/schemas/index.js';
import { Columns } from './editor-schema/columns.js';
import { Places } from './editor-schema/places.js';

type Schema = Readonly<Record<string, unknown>>;

const ref = (name: string): Schema => ({ $ref: `#/definitions/${name}` });
const text: Schema = { type: 'string', minLength: 1 };
const open = (words: readonly string[]): Schema => ({ anyOf: [{ enum: words }, text] });
const mapOf = (values: Schema, more: Schema = {}): Schema => ({
  type: 'object',
  additionalProperties: values,
  ...more,
});
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const oneOrList = (items: Schema): Schema => ({ anyOf: [items, listOf(items)] });
const object = (properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});
const either = (...schemas: Schema[]): Schema => ({ anyOf: schemas });
const allOf = (rules: readonly Schema[]): Schema => (rules.length > 0 ? { allOf: rules } : {});
const nothing: Schema = { type: 'null' };

/** The schema as it must stand in config/. */
export function editorSchema(): Schema {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const result = loadGeneration([`${root}mappings`], { examples: false, root });
  if ('diagnostics' in result)
    throw new Error(`the tables have ${result.diagnostics.length} faults: run depotbridge check`);
  const places = new Places();
  const columns = new Columns(places);
  const rules = [...mappingRules(result.generation, places, columns), ...messageRules(columns)];
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Mapping file of Depotbridge',
    description: 'One document: a mapping or an overlay (docs/mapping-format.md).',
    oneOf: [ref('mapping'), ref('overlay')],
    allOf: rules,
    definitions: { ...shapes(result.generation.names()), ...places.definitions() },
  };
}

/** The keys of the format. */
function shapes(names: readonly string[]): Record<string, Schema> {
  const messages = schemaNames();
  const mapping = { type: 'string', pattern: '^[a-z0-9.-]+$' };
  const sources = mapOf({ anyOf: [{ enum: messages }, { type: 'string', pattern: '^[^:]+:.+' }] });
  const listing = either(listOf(text), mapOf(text));
  const table = object({
    in: listOf(text),
    out: listOf(text),
    only: ref('condition'),
    rows: mapOf(either(listOf({}), nothing)),
    'else-covers': either({ type: 'integer' }, mapOf({ type: 'integer' })),
  });
  return {
    condition: either(text, listOf(text), mapOf({})),
    table,
    transform: { enum: [...transforms.keys()] },
    field: fieldShape(names),
    example: object(
      {
        name: text,
        in: { type: 'object' },
        out: {},
        fails: text,
        identity: mapOf({ type: ['string', 'null'] }),
        select: ref('station'),
      },
      ['name', 'in'],
    ),
    station: object(Object.fromEntries(SELECT.map((key) => [key, { type: 'string' }]))),
    select: { ...object(Object.fromEntries(SELECT.map((key) => [key, oneOrList(text)]))), minProperties: 1 },
    repair: repairShape(),
    mapping: object(
      {
        mapping,
        extends: open(names),
        from: sources,
        to: sources,
        only: ref('condition'),
        tables: mapOf(either(ref('table'), nothing)),
        fields: mapOf(either(ref('field'), nothing)),
        fold: { type: 'object' },
        groups: mapOf(either(object({ when: ref('condition'), and: ref('condition') }), nothing)),
        ignore: listing,
        leave: listing,
        lossy: listing,
        drop: mapOf(text),
        reverse: { type: 'boolean' },
        'reverse-groups': mapOf(object({ when: ref('condition'), and: ref('condition') })),
        examples: listOf(ref('example')),
      },
      ['mapping'],
    ),
    overlay: {
      ...object(
        {
          overlay: mapping,
          of: shippedOrOwn(names),
          message: { enum: messages },
          select: ref('select'),
          profile: { const: true },
          repair: mapOf(ref('repair')),
          tables: mapOf(ref('table')),
          fields: mapOf(ref('field')),
          examples: listOf(ref('example')),
        },
        ['overlay'],
      ),
      // Either of each pair; a message has no tables or fields.
      allOf: [
        { oneOf: [{ required: ['of'] }, { required: ['message'] }] },
        { oneOf: [{ required: ['select'] }, { required: ['profile'] }] },
        { not: { required: ['message', 'tables'] } },
        { not: { required: ['message', 'fields'] } },
      ],
    },
  };
}

/** The name of a mapping: one that ships, or one of the operator's, which is not named as if it did. */
function shippedOrOwn(names: readonly string[]): Schema {
  const spaces = [...new Set(names.map((name) => name.slice(0, name.lastIndexOf('.'))))];
  const escaped = spaces.map((space) => space.replaceAll('.', '\\.'));
  return either({ enum: names }, { type: 'string', pattern: `^(?!(?:${escaped.join('|')})\\.)` });
}

const SELECT = ['peerVersion', 'vendor', 'model', 'firmware', 'site', 'station'];

function fieldShape(names: readonly string[]): Schema {
  return object({
    from: text,
    first: listOf(text),
    const: {},
    join: listOf(text),
    with: { type: 'string' },
    absent: { const: 'empty' },
    identity: { enum: Object.keys(IDENTITY_KINDS) },
    key: listOf(text),
    unknown: { const: 'absent' },
    each: text,
    object: text,
    using: open(names),
    when: ref('condition'),
    by: oneOrList(ref('transform')),
    round: { enum: [true, 'down', 'up'] },
    'as-is': { type: 'boolean' },
  });
}

function repairShape(): Schema {
  const by = object({ by: { enum: [...repairWords] } }, ['by']);
  return object(
    { at: text, is: {}, if: mapOf({}), becomes: either(by, object({ copy: text }, ['copy']), {}), why: text },
    ['at', 'is', 'becomes', 'why'],
  );
}

/** For each mapping that ships: the tables, paths and words that it and overlays of it can name. */
function mappingRules({ parts: { mappings } }: LoadedGeneration, places: Places, columns: Columns): Schema[] {
  const messages = new Set(stationMessages());
  return mappings
    .filter(({ whole }) => !whole.reverseOf)
    .flatMap((mapping) => {
      const { name, whole, sources, target, tables } = mapping;
      const inputs = sources.map(({ alias, root }) => places.paths(alias, root));
      const output = places.paths(target.alias, target.root);
      const words = either(
        ...[...sources.map(({ root }) => places.words(root)), places.words(target.root)],
        {},
      );
      const rows = mapOf(either(listOf(words), nothing));
      const shape = { properties: { in: listOf(either(...inputs)), out: listOf(output), rows } };
      const named = {
        required: [] as string[],
        properties: Object.fromEntries(tables.map((table) => [table.name, shape])),
      };
      const isOverlay = { required: ['of'], properties: { of: { const: name } } };
      const isMapping = { required: ['mapping'], properties: { mapping: { const: name } } };
      // A version that extends another removes targets that it does not have.
      const strict = whole.base === undefined ? [isOverlay, isMapping] : [isOverlay];
      const ofColumns = Object.fromEntries(
        tables.map((table) => [table.name, allOf(columns.ofTable(table))]),
      );
      const known =
        tables.length === 0
          ? { maxProperties: 0 }
          : { propertyNames: { enum: tables.map((table) => table.name) } };
      const [first] = sources;
      const repairs = first && messages.has(first.name) && first.alias === 'msg';
      const overlaid = {
        tables: known,
        ...(repairs ? { repair: { additionalProperties: columns.repairsOf(first.name) } } : {}),
      };
      const exact = {
        allOf: [{ additionalProperties: allOf(columns.inputsOf(mapping)) }, { properties: ofColumns }],
      };
      const rowsOf = tables.length === 0 ? [] : [exact];
      return [
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        { if: isOverlay, then: { properties: overlaid } },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        ...rowsOf.map((rows) => ({ if: { anyOf: strict }, then: { properties: { tables: rows } } })),
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        { if: { anyOf: [isOverlay, isMapping] }, then: { properties: { tables: named } } },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        { if: { anyOf: strict }, then: { properties: { fields: { propertyNames: output } } } },
      ];
    });
}

/** For each message of stations: what a repair can name. */
function messageRules(columns: Columns): Schema[] {
  return stationMessages().map((name) => ({
    if: { required: ['message'], properties: { message: { const: name } } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { properties: { repair: { additionalProperties: columns.repairsOf(name) } } },
  }));
}

function stationMessages(): string[] {
  return ['ocpp16', 'ocpp201']
    .flatMap((space) => schemaNames(space))
    .filter((name) => !name.endsWith('.conf'));
}

export function generateEditorSchema(): void {
  const file = new URL('../../config/mapping.schema.json', import.meta.url);
  writeFileSync(file, written(editorSchema()));
}

/** A line for each rule and definition: there are many, and differences should show which changed. */
function written(schema: Schema): string {
  const lines = (value: unknown): string => {
    if (Array.isArray(value)) return `[\n  ${value.map((item) => JSON.stringify(item)).join(',\n  ')}\n ]`;
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    const entries = Object.entries(value).map(
      ([key, item]) => `${JSON.stringify(key)}: ${JSON.stringify(item)}`,
    );
    return `{\n  ${entries.join(',\n  ')}\n }`;
  };
  const parts = Object.entries(schema).map(([key, value]) => `${JSON.stringify(key)}: ${lines(value)}`);
  return `{\n ${parts.join(',\n ')}\n}\n`;
}
