import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { literal } from '../../src/mapping/generate/text.js';
import {
  type FieldIr,
  type Json,
  loadFiles,
  loadGeneration,
  type MappingIr,
} from '../../src/mapping/index.js';
import { runs } from '../support/properties.js';
import { Backends, type Seen } from './support/backends.js';
import { context, env, identity, load, made } from './support/load.js';
import { schemaSource } from './support/schemas.js';

/** Texts that end a literal, a comment or a line somewhere, or reach for a prototype. */
const hostile = [
  '"',
  "'",
  '`',
  '\\',
  '\\"',
  "']; globalThis.pwned = 1; //",
  '"]; globalThis.pwned = 1; //',
  '`${globalThis.pwned = 1}`',
  '${globalThis.pwned = 1}',
  '*/ globalThis.pwned = 1 /*',
  '\n globalThis.pwned = 1 //',
  '\r',
  '\u2028globalThis.pwned = 1//',
  '\u2029',
  '\0',
  '\ud800',
  '</script>',
  '__proto__',
  'constructor',
  'toString',
];

const pwned = (): unknown => (globalThis as Record<string, unknown>)['pwned'];
const seen = (): Seen => ({ made: 0, none: 0, failed: 0 });

describe('a literal', () => {
  it('means the value it was made from, whatever that is', () => {
    const text = fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary' }), fc.string());
    const value = fc.oneof(text, fc.double(), fc.boolean(), fc.array(text), fc.constant(null));
    fc.assert(
      fc.property(value, (given) => {
        const source = literal(given as Json);
        expect(source).not.toMatch(/[\n\r\u2028\u2029]/);
        expect(new Function(`return ${source};`)()).toEqual(given);
      }),
      { numRuns: runs(2000) },
    );
    expect(pwned()).toBeUndefined();
  });
});

/** One mapping that has hostile texts wherever a table takes text. */
function hostileTables(): Backends {
  const words = hostile.filter((word) => word !== '\ud800');
  const schema = {
    type: 'object',
    properties: {
      kind: { enum: words },
      text: { type: 'string' },
      word: { type: 'string', 'x-words': words },
    },
  };
  const out = {
    type: 'object',
    properties: {
      ...schema.properties,
      joined: { type: 'string' },
      id: { type: 'string' },
      fixed: { type: 'string' },
    },
  };
  const quoted = words.map((word) => JSON.stringify(word));
  const text = `
mapping: t.hostile
from: {m: h.In}
to: {o: h.Out}
only: {m.text: {not: [${quoted.join(', ')}]}}
tables:
  kind:
    in: [m.kind]
    out: [o.kind]
    rows:
${quoted.map((word, i) => `      r.${i}: [${word}, ${quoted[(i + 1) % quoted.length]}]`).join('\n')}
      r.none: [absent, ${quoted[0]}]
  word:
    in: [m.word]
    out: [o.word]
    rows:
      w.one: [[${quoted.slice(0, 3).join(', ')}], ${quoted[3]}]
      w.else: [else, ${quoted[4]}]
fields:
  o.joined: {join: [m.text, m.word], with: ${JSON.stringify(words.join(''))}}
  o.fixed: {const: ${JSON.stringify(words.join(' '))}}
  o.text: {from: m.text, when: {m.kind: {not: [${quoted.slice(0, 12).join(', ')}]}}}
  o.id: {identity: ${JSON.stringify(words.slice(0, 12).join(''))}, key: [m.kind, m.text], unknown: absent}
`;
  const schemas = schemaSource({ 'h.In': schema, 'h.Out': out });
  const result = loadFiles([{ name: 'hostile.yaml', text }], { schemas, examples: false });
  if ('diagnostics' in result)
    throw new Error(JSON.stringify(result.diagnostics.map(({ message }) => message)));
  return new Backends(result.generation);
}

describe('tables cannot put code into what is generated from them', () => {
  it('by their words', () => {
    const backends = hostileTables();
    const counted = seen();
    for (const kind of [...hostile, undefined])
      for (const text of [...hostile, 'x', undefined])
        for (const word of [...hostile.slice(0, 8), undefined])
          backends.compare(
            't.hostile',
            { m: { ...(kind && { kind }), ...(text && { text }), ...(word && { word }) } },
            { identity },
            counted,
          );
    expect(counted.made).toBeGreaterThan(100);
    expect(counted.none).toBeGreaterThan(100);
    expect(pwned()).toBeUndefined();
  });

  it('by their paths, even where no path syntax stood before them', () => {
    const { parts } = load(mappingOfOneField);
    for (const key of hostile) {
      const mappings = parts.mappings.map((mapping) => renamed(mapping, key));
      const backends = new Backends({ ...load(mappingOfOneField), parts: { ...parts, mappings } });
      const counted = seen();
      const message = JSON.parse(`{${JSON.stringify(key)}: "value", "id": "i", "kind": "A"}`) as Json;
      for (const m of [message, { id: 'i', kind: 'A' }, {}, null])
        backends.compare('t.one', { m, e: env }, context, counted);
      expect(counted.made).toBeGreaterThan(0);
    }
    expect(pwned()).toBeUndefined();
    expect(({} as Record<string, unknown>)['value']).toBeUndefined();
  });

  it('since there is nothing in the text but literals and words of our own', () => {
    const loaded = loadGeneration(['mappings'], { examples: false });
    if ('diagnostics' in loaded) throw new Error('the tables have errors: run depotbridge check');
    const { generation } = loaded;
    const shipped = new Backends(generation);
    const sources = generation.names().map((name) => shipped.source(name) ?? '');
    expect(sources.filter(Boolean).length).toBe(generation.names().length);
    for (const source of [...sources, hostileTables().source('t.hostile') ?? '']) {
      const bare = source
        .replace(/"(?:[^"\\\n]|\\.)*"/g, '')
        .replace(/'(?:string|number|object|use strict|)'/g, '');
      expect(bare).toMatch(/^[\w\s.,;:?!=<>|&()[\]{}+*/-]*$/);
      const words = new Set(bare.match(/[A-Za-z_]\w*/g));
      expect([...words].filter((word) => !ownWords.test(word))).toEqual([]);
    }
  });
});

const ownWords = new RegExp(
  `^(?:${[
    // Numbered names, the arguments, and the variables of the fold.
    '[a-z]\\d*|Shape\\d+|inputs|made|row|notes|lineage|reading|next|best|word|signed|sample|uses|use|take|at|bit|any',
    'function|attempt|run|return|const|let|if|else|for|continue|switch|case|default|break|new|this|typeof|undefined|null',
    'true|false|NaN|Infinity|Object|Array|Number|String|Math|prototype|getPrototypeOf|hasOwn|isArray|isFinite|isInteger',
    'floor|round|push|join|toLowerCase|length|get|has|identity|resolve|select|attemptFor|ok|target|value|provenance',
    'rows|count|find|measurand|phase|unit|context|location|format|signedData|unknown|rank|index|place|scales|multiply',
    'divide|convert|low|high|contextRank|contextWord|1e9|e9',
  ].join('|')})$`,
);

const mappingOfOneField = `
mapping: t.one
from: {m: x.Msg, e: x.Env}
to: {o: x.Out}
tables: {status: {in: [m.kind], out: [o.status], rows: {k.any: [_, S1]}}}
fields: {o.id: {from: m.id}, o.text: {from: m.text}}
ignore: [m.mode, m.flag, m.count, m.powerW, m.at, m.word, m.part, m.list, m.texts, e.station, e.at]
leave: [o.kind, o.flag, o.count, o.powerKw, o.wholeKw, o.at, o.part, o.items, o.texts]
`;

/** The mapping with its field for `text` reading another key and, unless that is a prototype's, writing it. */
function renamed(mapping: MappingIr, key: string): MappingIr {
  const inherited = key in {};
  const rename = ({ source, target, ...rest }: FieldIr): FieldIr => {
    if (source.kind !== 'from' || target.key !== 'o.text') return { ...rest, source, target };
    const from = { ...source.path, key: `m.${key}`, ref: { ...source.path.ref, steps: [key] } };
    const link = target.links[0];
    if (!link) throw new Error('no link');
    const to = {
      ...target,
      key: `o.${key}`,
      ref: { ...target.ref, steps: [key] },
      links: [{ ...link, step: key }],
    };
    return { ...rest, source: { kind: 'from', path: from }, target: inherited ? target : to };
  };
  return { ...mapping, fields: mapping.fields.map(rename) };
}

describe('a process that may not make code from text', () => {
  it('runs its tables on closures, and says so once', () => {
    const script = fileURLToPath(new URL('support/no-codegen.ts', import.meta.url));
    const flags = ['--disallow-code-generation-from-strings', '--import', 'tsx'];
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, script], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(stderr.match(/tables run on closures/g)).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({
      mayGenerate: false,
      result: { ok: true, value: { id: 'point:N1/i', status: 'S2', items: [{ no: 1 }] } },
    });
  });
});

describe('a mapping that has become generated code', () => {
  const text = readFileSync(new URL('fixtures/good.yaml', import.meta.url), 'utf8');
  const message = { id: 'i', kind: 'A', at: '2026-01-01T00:00:00Z', text: 't' };

  it('gives the same from the first message to the last, and counts each once', () => {
    const generation = load(text);
    const run = (): Json => made(generation.mapping('t.good').run({ m: message, e: env }, context));
    const first = run();
    for (let i = 0; i < 999; i++) expect(run()).toEqual(first);
    expect(generation.rowCounts().get('t.good/s.a')).toBe(1000);
  });

  it('counts a message that fails as the closures do, also what was made for it before', () => {
    const backends = new Backends(load(text));
    const list = [{ n: 1 }, { n: 'two' }];
    for (let i = 0; i < 5; i++)
      backends.compare('t.good', { m: { ...message, list }, e: env }, context, seen());
    expect([...backends.mixed.rowCounts()]).toEqual([...backends.closures.rowCounts()]);
  });

  it('does not read what somebody put on the prototype of all objects, seen or hidden', () => {
    const backends = new Backends(load(text));
    const bare = { id: 'i', kind: 'B' };
    const run = (): Json => made(backends.mixed.mapping('t.good').run({ m: bare, e: env }, context));
    const clean = run();
    expect(run()).toEqual(clean);
    for (const enumerable of [true, false]) {
      const given: unknown[] = [];
      const value = { value: 'x', enumerable, writable: true, configurable: true };
      Object.defineProperty(Object.prototype, 'at', value);
      try {
        given.push(backends.generated('t.good', { m: bare, e: env }, context));
        if (enumerable) given.push(run());
      } finally {
        delete (Object.prototype as Record<string, unknown>)['at'];
      }
      expect(given).toEqual(enumerable ? [undefined, clean] : [undefined]);
    }
    expect(run()).toEqual(clean);
  });

  it('takes its inputs by their own names', () => {
    const backends = new Backends(load(text));
    const inputs = Object.create({ m: message, e: env }) as Record<string, Json>;
    backends.compare('t.good', inputs, context, seen());
    backends.compare('t.good', { m: message }, context, seen());
  });
});
