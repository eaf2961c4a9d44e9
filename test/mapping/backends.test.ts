import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Json, loadFiles, loadGeneration, type Selector } from '../../src/mapping/index.js';
import { runs } from '../support/properties.js';
import { Backends, mostKeys, type Seen, spoilt } from './support/backends.js';
import { messageOf, wordsOf } from './support/inputs.js';
import { load } from './support/load.js';
import { schemaSource } from './support/schemas.js';

const loaded = loadGeneration(['mappings'], { examples: false });
if ('diagnostics' in loaded) throw new Error('the tables have errors: run depotbridge check');
const { generation } = loaded;
const { mappings, overlays } = generation.parts;
const shipped = new Backends(generation);

/** A station that an overlay is meant for. */
function stationOf({ ast }: (typeof overlays)[number]): Selector {
  const chosen = [...ast.select].map(([key, [pattern]]) => {
    const text = pattern?.value ?? '';
    return [key, /^</.test(text) ? '0.0.1' : text.replace(/^>=?/, '').replaceAll('*', '')];
  });
  return Object.fromEntries(chosen) as Selector;
}

const dice = fc.array(fc.tuple(fc.nat(10_000), fc.nat(10_000)), { minLength: 3, maxLength: 3 });

/** Random messages, as they are and spoilt, through both backends. */
function compare(backends: Backends, name: string, select: Selector | undefined, cases: number): Seen {
  const ir = backends.closures.parts.mappings.find((mapping) => mapping.name === name);
  if (!ir) throw new Error(name);
  const patches = backends.closures.parts.overlays
    .filter(({ of }) => of === name)
    .flatMap(({ tables }) => [...tables.values()]);
  const words = wordsOf(ir, patches);
  const inputs = fc.record(
    Object.fromEntries(ir.sources.map(({ alias, root }) => [alias, messageOf(root, words)])),
    { noNullPrototype: true },
  );
  const context = { identity: mostKeys, ...(select && { select }) };
  const seen: Seen = { made: 0, none: 0, failed: 0 };
  const property = fc.property(inputs, dice, (given, throws) => {
    const message = given as Record<string, Json>;
    backends.compare(name, message, context, seen);
    for (const one of throws)
      backends.compare(name, spoilt(message, one) as Record<string, Json>, context, seen);
  });
  fc.assert(property, { numRuns: runs(cases) });
  return seen;
}

describe('generated code gives what the closures give, for good and bad messages', () => {
  const total: Seen = { made: 0, none: 0, failed: 0 };
  const add = (name: string, select: Selector | undefined): void => {
    let seen = compare(shipped, name, select, 25);
    // Some messages have many ways to be refused.
    for (const cases of [150, 1_500]) if (seen.made === 0) seen = compare(shipped, name, select, cases);
    expect(seen.made).toBeGreaterThan(0);
    total.made += seen.made;
    total.none += seen.none;
    total.failed += seen.failed;
  };

  it.each(mappings.map(({ name }) => name))('%s', (name) => {
    add(name, undefined);
  });

  it.each(overlays.map((overlay) => [overlay.name, overlay.of, overlay] as const))(
    '%s on %s',
    (_, of, overlay) => {
      add(of, stationOf(overlay));
    },
  );

  it('and converts every reading to a watt-hour as exactly', () => {
    // 1.001 * 1000 is 1000.9999999999999.
    const seen: Seen = { made: 0, none: 0, failed: 0 };
    for (let wattHours = 0; wattHours < 3_000; wattHours++) {
      const sampledValue = [{ value: (wattHours / 1000).toFixed(3), unit: 'kWh' }];
      const mv = { timestamp: '2026-01-01T00:00:00Z', sampledValue };
      shipped.compare('ocpp16.sample', { mv }, { identity: mostKeys }, seen);
      const result = shipped.generated('ocpp16.sample', { mv }, { identity: mostKeys });
      expect(result).toMatchObject({ value: { energyWh: wattHours } });
    }
  });

  it('and counts the same rows', () => {
    // A property that never met a case proves nothing about it.
    expect(total.made).toBeGreaterThan(2000);
    expect(total.none).toBeGreaterThan(200);
    expect(total.failed).toBeGreaterThan(1000);
    const counts = [...shipped.mixed.rowCounts()];
    expect(counts.filter(([, count]) => count > 0).length).toBeGreaterThan(300);
    expect(counts).toEqual([...shipped.closures.rowCounts()]);
  });
});

describe('what the shipped tables do not use', () => {
  it.each(['fixtures/good.yaml', 'fixtures/every.yaml'])('%s', (file) => {
    const backends = new Backends(load(readFileSync(new URL(file, import.meta.url), 'utf8')));
    for (const name of backends.closures.names()) {
      const seen = compare(backends, name, undefined, 150);
      expect(seen.made).toBeGreaterThan(5);
    }
    expect([...backends.mixed.rowCounts()]).toEqual([...backends.closures.rowCounts()]);
  });

  it('overlays over overlays, and over a mapping that another one uses', () => {
    const backends = new Backends(
      load(readFileSync(new URL('fixtures/layers.yaml', import.meta.url), 'utf8')),
    );
    const stations = [
      undefined,
      { vendor: 'Other' },
      { vendor: 'ACME' },
      { vendor: 'acme', firmware: '2.3' },
    ];
    for (const select of stations) {
      const seen = compare(backends, 't.layers', select, 150);
      expect(seen.made).toBeGreaterThan(20);
      expect(seen.failed).toBeGreaterThan(20);
    }
    const counts = [...backends.mixed.rowCounts()];
    expect(counts).toEqual([...backends.closures.rowCounts()]);
    for (const rule of ['v.acme/a.y', 'v.acme.old/b.y', 'v.acme.item/i.x'])
      expect(counts.find(([name]) => name === rule)?.[1]).toBeGreaterThan(0);
  });

  it('more targets than one number has bits', () => {
    const keys = Array.from({ length: 70 }, (_, i) => `f${i}`);
    const properties = Object.fromEntries(keys.map((key) => [key, { type: 'string' }]));
    const schemas = schemaSource({
      'w.In': { type: 'object', properties },
      'w.Out': { type: 'object', properties },
    });
    const fields = keys.map((key) => `o.${key}: {from: m.${key}}`).join(', ');
    const text = `mapping: t.wide\nfrom: {m: w.In}\nto: {o: w.Out}\nfields: {${fields}}\n`;
    const result = loadFiles([{ name: 'wide.yaml', text }], { schemas, examples: false });
    if ('diagnostics' in result) throw new Error('the tables have errors');
    const seen = compare(new Backends(result.generation), 't.wide', undefined, 30);
    expect(seen.made).toBeGreaterThan(20);
  });
});
