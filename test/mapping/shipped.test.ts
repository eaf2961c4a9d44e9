import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Json, type JsonObject, loadGeneration, type Selector } from '../../src/mapping/index.js';
import { validatorOf } from '../../src/schemas/index.js';
import { runs } from '../support/properties.js';
import { messageOf, wordsOf } from './support/inputs.js';
import { identity } from './support/load.js';
import { type PlainWorld, plainRun, Refused } from './support/plain.js';

const loaded = loadGeneration(['mappings'], { examples: false });
if ('diagnostics' in loaded) throw new Error('the tables have errors: run depotbridge check');
const { generation } = loaded;
const { mappings, overlays } = generation.parts;
const byName = new Map(mappings.map((mapping) => [mapping.name, mapping]));

function worldOf(select: Selector | undefined): PlainWorld {
  const applying = new Map(mappings.map(({ name }) => [name, generation.overlaysOf(name, select)]));
  return {
    mappings: byName,
    resolve: identity.resolve,
    overlays: (of) =>
      applying.get(of)?.flatMap((name) => overlays.find((o) => o.name === name && o.of === of) ?? []) ?? [],
  };
}

/** A station that an overlay is meant for. */
function stationOf({ ast }: (typeof overlays)[number]): Selector {
  const chosen = [...ast.select].map(([key, [pattern]]) => {
    const text = pattern?.value ?? '';
    return [key, /^</.test(text) ? '0.0.1' : text.replace(/^>=?/, '').replaceAll('*', '')];
  });
  return Object.fromEntries(chosen) as Selector;
}

/** Compares the engine with the plain reading on random inputs; how often an object was made. */
function compare(name: string, select: Selector | undefined, cases: number): number {
  const ir = byName.get(name);
  if (!ir) throw new Error(name);
  const world = worldOf(select);
  const patches = world.overlays(name).flatMap(({ tables }) => [...tables.values()]);
  const words = wordsOf(ir, patches);
  const inputs = fc.record(
    Object.fromEntries(ir.sources.map(({ alias, root }) => [alias, messageOf(root, words)])),
    { noNullPrototype: true },
  );
  const mapping = generation.mapping(name);
  const context = { identity, ...(select && { select }) };
  let made = 0;
  const property = fc.property(inputs, (given) => {
    const input = given as Record<string, Json>;
    const before = JSON.stringify(input);
    const result = mapping.run(input, context);
    expect(JSON.stringify(input)).toBe(before);
    let expected: Json | 'refused';
    try {
      expected = plainRun(ir, input, world);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      expected = 'refused';
    }
    if (result?.ok) made++;
    expect(result === null ? null : result.ok ? result.value : 'refused').toEqual(expected);
  });
  fc.assert(property, { numRuns: runs(cases) });
  return made;
}

describe('each shipped mapping, compiled, gives what a plain reading of it gives', () => {
  it.each(mappings.map(({ name }) => name))('%s', (name) => {
    expect(compare(name, undefined, 150) || compare(name, undefined, 1_500)).toBeGreaterThan(0);
  });

  it.each(overlays.map((overlay) => [overlay.name, overlay.of, overlay] as const))(
    '%s on %s',
    (name, of, overlay) => {
      const select = stationOf(overlay);
      expect(generation.overlaysOf(of, select)).toContain(name);
      expect(compare(of, select, 150) || compare(of, select, 1_500)).toBeGreaterThan(0);
    },
  );
});

describe('repairs of what does not fit the schema find nothing in what does', () => {
  const { repairs } = generation.parts;
  const repaired = [...new Set(repairs.map(({ path }) => path.node.message.name))];
  const selectors = overlays.map(stationOf);
  it.each(repaired)('%s', (message) => {
    const reader = mappings.find(({ sources }) => sources[0]?.name === message);
    const root = reader?.sources[0]?.root;
    if (!reader || !root) throw new Error(message);
    const isValid = (payload: unknown) => validatorOf(message)(payload).length === 0;
    let valid = 0;
    const property = fc.property(
      messageOf(root, wordsOf(reader, [])),
      fc.constantFrom(...selectors),
      (given, select) => {
        const payload = given as JsonObject;
        if (!isValid(payload)) return;
        valid++;
        expect(generation.repair(message, payload, select, true)).toEqual(
          generation.repair(message, payload, select),
        );
      },
    );
    fc.assert(property, { numRuns: runs(400) });
    expect(valid).toBeGreaterThan(0);
  });
});
