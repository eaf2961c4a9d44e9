/** Random messages made from a schema and the words that tables look for. */
import fc from 'fast-check';
import type { Json, MappingIr } from '../../../src/mapping/index.js';
import type { SchemaNode } from '../../../src/mapping/schema/node.js';
import type { InputCell } from '../../../src/mapping/syntax/ast.js';

/** Words that cells of tables and conditions name, by schema place: random text would seldom hit one. */
export function wordsOf(
  mapping: MappingIr,
  patches: readonly MappingIr['tables'][number][],
): Map<string, Json[]> {
  const words = new Map<string, Json[]>();
  const add = (node: SchemaNode, cell: InputCell | undefined): void => {
    if (cell?.kind !== 'set') return;
    const key = `${node.message.name} ${node.path}`;
    words.set(key, [...(words.get(key) ?? []), ...cell.values.map(({ value }) => value)]);
  };
  const clauses = [
    ...mapping.only,
    ...mapping.groups.flatMap(({ when }) => when),
    ...mapping.fields.flatMap(({ when }) => when),
    ...mapping.tables.flatMap(({ only }) => only),
  ];
  for (const { path, cell } of clauses) add(path.node, cell);
  for (const { inputs, rows } of [...mapping.tables, ...patches])
    inputs.forEach((path, i) => {
      for (const row of rows) add(path.node, row.inputs[i]);
    });
  return words;
}

const instants = ['2026-01-01T00:00:00Z', '2026-02-28T23:59:59.5Z', '2024-02-29T12:00:00+02:00'];
const instant = fc.constantFrom(...instants);
const usual = ['x', ' y ', '12', '-0.5', '230.10', '1e3', '1,5', 'A0B1', 'äöü', '7'];
const thousandths = fc.integer({ min: -2_000, max: 2_000_000 });
const text = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom<Json>(...usual) },
  // Most decimals are no binary fractions: only they show how a number was rounded.
  { weight: 5, arbitrary: thousandths.map((n) => (n / 1000).toFixed(3)) },
  { weight: 1, arbitrary: fc.constantFrom<Json>('', 'word'.repeat(16), 'VID:a0:b1') },
);
const number = fc.oneof(fc.integer({ min: -2, max: 100 }), fc.integer({ min: 0, max: 500_000 }));

/** A value that fits a schema's types, names and words; bounds are met where that is easy. */
export function messageOf(
  node: SchemaNode,
  words: ReadonlyMap<string, Json[]>,
  depth = 0,
): fc.Arbitrary<Json> {
  const known = words.get(`${node.message.name} ${node.path}`) ?? [];
  const wanted = known.filter((word) => typeof word === (node.type === 'integer' ? 'number' : node.type));
  const plain = plainValue(node, words, depth);
  if (node.enum || wanted.length === 0) return plain;
  return fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom<Json>(...wanted) },
    { weight: 1, arbitrary: plain },
  );
}

function plainValue(node: SchemaNode, words: ReadonlyMap<string, Json[]>, depth: number): fc.Arbitrary<Json> {
  if (node.enum) return fc.constantFrom<Json>(...node.enum);
  switch (node.type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return number;
    case 'number':
      return fc.oneof(
        number,
        number.map((n) => n / 8),
        thousandths.map((n) => n / 1000),
      );
    case 'string':
      if (node.format === 'date-time') return instant;
      return node.vocabulary ? fc.constantFrom<Json>(...node.vocabulary, 'Other') : text;
    case 'array':
      if (!node.items || depth > 5) return fc.constant([]);
      return fc.array(messageOf(node.items, words, depth + 1), { maxLength: 4 });
    case 'object': {
      const shape: Record<string, fc.Arbitrary<Json>> = {};
      const required: string[] = [];
      for (const [name, property] of node.properties) {
        if (depth > 5 && !property.required) continue;
        shape[name] = messageOf(property.node, words, depth + 1);
        if (property.required) required.push(name);
      }
      return fc.record(shape, { requiredKeys: required, noNullPrototype: true }) as fc.Arbitrary<Json>;
    }
    case 'any':
      return text;
  }
}
