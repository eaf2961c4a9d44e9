import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Json, JsonObject } from '../../src/mapping/index.js';
import { runs } from '../support/properties.js';
import { failed, interpret, type PlainMapping } from './support/interpreter.js';
import { complaints, context, load } from './support/load.js';

const text = readFileSync(new URL('fixtures/good.yaml', import.meta.url), 'utf8');
const generation = load(text);
const plain = new Map(
  [...parseAllDocuments(text)].map((document) => {
    const mapping = document.toJS() as PlainMapping;
    return [String(mapping['mapping']), mapping] as const;
  }),
);

const instant = fc
  .integer({ min: 0, max: 9_999 })
  .map((day) => new Date(day * 86_400_000).toISOString().replace('.000Z', 'Z'));
const word = fc.constantFrom('alpha', 'Alpha', 'ALPHA', 'Beta', 'x', '');
const item = fc.record({ n: fc.integer(), name: fc.string() }, { requiredKeys: ['n'] });
const message = fc.record(
  {
    id: fc.string({ minLength: 1, maxLength: 3 }),
    kind: fc.constantFrom('A', 'B', 'C', 'D'),
    mode: fc.constantFrom('M', 'N'),
    flag: fc.boolean(),
    count: fc.integer({ min: 0, max: 100 }),
    powerW: fc.integer({ min: -100_000, max: 400_000 }),
    text: fc.string(),
    at: instant,
    word,
    part: fc.record({ a: fc.string(), b: fc.string() }, { requiredKeys: ['a'] }),
    list: fc.array(item, { maxLength: 3 }),
  },
  { requiredKeys: ['id', 'kind'] },
);

describe('the compiled closures', () => {
  it('give what a plain reading of the table gives, for any message', () => {
    const mapping = generation.mapping('t.good');
    const definition = plain.get('t.good') ?? {};
    const seen = { made: 0, none: 0, failed: 0 };
    fc.assert(
      fc.property(message, instant, (m, at) => {
        const inputs = { m: m as Json, e: { station: 'N', at } };
        const expected = interpret(definition, inputs, plain, ['m.word']);
        const result = mapping.run(inputs, context);
        if (expected === null) {
          seen.none++;
          expect(result).toBeNull();
        } else if (expected === failed || String(expected['id']).length > 12) {
          seen.failed++;
          expect(result).toMatchObject({ ok: false });
        } else {
          seen.made++;
          expect(result?.ok ? result.value : result).toEqual(expected satisfies JsonObject);
        }
      }),
      { numRuns: runs(600) },
    );
    // A property that never met a case proves nothing about it.
    expect(seen.made).toBeGreaterThan(120);
    expect(seen.none).toBeGreaterThan(40);
  });
});

describe('what is checked stays true at run time', () => {
  it('whatever passes the checks never misses a required target', () => {
    const required = fc.record({
      kind: fc.constantFrom('A', '[A, B]', 'not A', 'else', '_'),
      status: fc.constantFrom('S1', 'S2', '~'),
      other: fc.constantFrom('S3', '~'),
    });
    fc.assert(
      fc.property(required, fc.constantFrom('A', 'B', 'C', 'D'), ({ kind, status, other }, given) => {
        const table = `
mapping: t.p
from: {m: x.Msg}
to: {o: x.Out}
tables: {s: {in: [m.kind], out: [o.status], rows: {a: [${kind}, ${status}], b: [B, ${other}]}, ${kind === 'else' ? 'else-covers: 3' : ''}}}
fields: {o.id: {from: m.id}}
ignore: [m.mode, m.flag, m.count, m.powerW, m.text, m.at, m.word, m.part, m.list, m.texts]
leave: [o.kind, o.flag, o.count, o.powerKw, o.wholeKw, o.text, o.at, o.part, o.items, o.texts]
`;
        if (complaints(table, false) !== '') return;
        const result = load(table)
          .mapping('t.p')
          .run({ m: { id: 'i', kind: given } }, context);
        expect(result).toMatchObject({ ok: true });
      }),
      { numRuns: runs(100) },
    );
  });
});
