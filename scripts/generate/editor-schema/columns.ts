// What cells of rows and values of repairs can be, where their path is an enumeration.
import { type MappingIr, rootOf, type SchemaNode, type TableIr } from '../../../src/mapping/index.js';
import { schemaOf } from '../../../src/schemas/index.js';
import { enumsOf, type Places } from './places.js';

type Schema = Readonly<Record<string, unknown>>;

/** More inputs than this few tables have; cells of those are left to `depotbridge check`. */
const MOST_INPUTS = 3;

const anything = (count: number): Schema[] => Array.from({ length: count }, () => ({}));
// biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
const then = (condition: Schema, consequence: Schema): Schema => ({ if: condition, then: consequence });
/** The cell at a place of every row. */
const cellAt = (index: number, cell: Schema): Schema => ({
  properties: { rows: { additionalProperties: { items: [...anything(index), cell] } } },
});
const pathAt = (key: 'in' | 'out', index: number, path: string): Schema => ({
  required: [key],
  properties: { [key]: { items: [...anything(index), { const: path }], minItems: index + 1 } },
});
const inputs = (count: number): Schema => ({
  required: ['in'],
  properties: { in: { minItems: count, maxItems: count } },
});
const without = (key: string): Schema => ({ not: { required: [key] } });
const both = (...conditions: Schema[]): Schema => ({ allOf: conditions });

export class Columns {
  readonly #places: Places;

  constructor(places: Places) {
    this.#places = places;
  }

  /** Rows of any table, by the paths of a station's message that its `in` names: that is what overlays are written for. */
  inputsOf({ sources }: MappingIr): Schema[] {
    const worded = sources.filter(
      ({ alias, name, root }) => name.startsWith('ocpp') && enumsOf(root, alias, '[0]').length > 0,
    );
    return worded.map(({ alias, root }) =>
      this.#places.define(`columns ${alias} ${root.title}`, () => ({
        allOf: enumsOf(root, alias, '[0]').flatMap(([path, words]) =>
          Array.from({ length: MOST_INPUTS }, (_, i) =>
            then(pathAt('in', i, path), cellAt(i, this.#input(words))),
          ),
        ),
      })),
    );
  }

  /** Rows of one table: what it sets, and the inputs it has where an overlay names none. */
  ofTable(table: TableIr): Schema[] {
    const own = table.inputs.length;
    const counts = Array.from({ length: MOST_INPUTS }, (_, i) => i + 1);
    const places = [
      { before: own, when: without('in') },
      ...counts.map((before) => ({ before, when: inputs(before) })),
    ];
    const outputs = table.outputs.flatMap(({ ref, node }, j) => {
      const cell = node.enum && this.#output(node);
      if (!cell) return [];
      // A table that sets one thing is given nothing else to set.
      if (table.outputs.length === 1)
        return places.map(({ before, when }) => then(when, cellAt(before, cell)));
      return places.flatMap(({ before, when }) => [
        then(both(when, without('out')), cellAt(before + j, cell)),
        ...table.outputs.map((_, at) =>
          then(both(when, pathAt('out', at, ref.text)), cellAt(before + at, cell)),
        ),
      ]);
    });
    const given = table.inputs.flatMap(({ node }, i) =>
      node.enum ? [then(without('in'), cellAt(i, this.#input(textsOf(node))))] : [],
    );
    return [...outputs, ...given];
  }

  /** Repairs of a message, by the path that `at` names. */
  repairsOf(message: string): Schema {
    const schema = schemaOf(message);
    const enums = schema ? enumsOf(rootOf(schema), 'msg', '[]') : [];
    const values = enums.map(([path, words]) =>
      then(
        { required: ['at'], properties: { at: { const: path } } },
        { properties: { becomes: { anyOf: [{ enum: [...words, null] }, { type: 'object' }] } } },
      ),
    );
    return this.#places.define(`repairs ${message}`, () => ({
      properties: { at: this.#places.repairable(message) },
      ...(values.length > 0 ? { allOf: values } : {}),
    }));
  }

  #input(words: readonly string[]): Schema {
    return this.#places.define(`input ${words.join(' ')}`, () => {
      const list = { type: 'array', minItems: 1, items: { enum: [...words, 'absent'] } };
      const keywords = ['_', 'absent', 'present', 'else', 'not absent'];
      return {
        anyOf: [
          { enum: [...words, ...keywords, ...words.map((word) => `not ${word}`)] },
          list,
          { type: 'object', properties: { not: { anyOf: [{ enum: words }, list] } }, required: ['not'] },
        ],
      };
    });
  }

  #output(node: SchemaNode): Schema {
    const words = textsOf(node);
    const copies = Array.from({ length: 9 }, (_, i) => `=${i + 1}`);
    return this.#places.define(`output ${words.join(' ')}`, () => ({ enum: [...words, ...copies, null] }));
  }
}

function textsOf(node: SchemaNode): string[] {
  return (node.enum ?? []).map(String);
}
