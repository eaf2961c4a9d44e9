import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../../src/errors/index.js';
import { mappingErrors } from '../../src/errors/mapping.js';
import { loadFiles, loadGeneration } from '../../src/mapping/index.js';
import { complaints } from './support/load.js';
import { small } from './support/schemas.js';

const good = readFileSync(new URL('fixtures/good.yaml', import.meta.url), 'utf8');

/** Name of the golden file, what is replaced, by what, and the code expected among the findings. */
const slips: readonly [name: string, from: string, to: string, code: keyof typeof mappingErrors][] = [
  ['syntax', 'only: {m.kind: not D}', 'only: {m.kind: not D', 'MAP_SYNTAX'],
  ['unknown-key', 'ignore: [m.flag', 'ignroe: [m.flag', 'MAP_DOCUMENT'],
  ['no-document', 'mapping: t.item', 'maping: t.item', 'MAP_DOCUMENT'],
  ['two-sources', '{from: m.count}', '{from: m.count, const: 3}', 'MAP_DOCUMENT'],
  ['cells-missing', '[A, _, S1, =1]', '[A, S1, =1]', 'MAP_DOCUMENT'],
  ['copy-of-nothing', '[A, _, S1, =1]', '[A, _, S1, =3]', 'MAP_DOCUMENT'],
  ['duplicate-mapping', 'mapping: t.item', 'mapping: t.good', 'MAP_DUPLICATE'],
  ['duplicate-row', 'w.alpha:', 's.a:', 'MAP_DUPLICATE'],
  ['unknown-mapping', 'using: t.item', 'using: t.itme', 'MAP_UNKNOWN'],
  ['unknown-schema', 'e: x.Env}', 'e: x.Evn}', 'MAP_SCHEMA'],
  ['source-path', '{from: m.powerW}', '{from: m.powrW}', 'MAP_PATH'],
  ['target-path', 'o.powerKw:', 'o.powerKW2:', 'MAP_PATH'],
  ['alias', '[m.at, e.at]', '[n.at, e.at]', 'MAP_PATH'],
  ['not-a-list', 'key: [e.station, m.id]', 'key: ["e.station[0]", m.id]', 'MAP_PATH'],
  ['forbidden', '{from: m.powerW}', '{from: m.constructor}', 'MAP_FORBIDDEN_KEY'],
  ['enum-input', 's.a: [A,', 's.a: [Aa,', 'MAP_ENUM'],
  ['enum-output', '[A, _, S1,', '[A, _, S4,', 'MAP_ENUM'],
  ['enum-copy', '[else, _, S3, X]', '[else, _, S3, =2]', 'MAP_ENUM'],
  ['enum-only', 'only: {m.kind: not D}', 'only: {m.kind: not E}', 'MAP_ENUM'],
  ['vocabulary', 'w.alpha: [Alpha', 'w.alpha: [Alhpa', 'MAP_VOCABULARY'],
  [
    'type-text',
    'o.text: {join: [m.text, m.word], with: /}',
    'o.text: {first: [m.text, m.word, m.count]}',
    'MAP_TYPE',
  ],
  ['type-date', 'o.at: {first: [m.at, e.at], by: utc}', 'o.at: {first: [m.at, m.text, e.at]}', 'MAP_TYPE'],
  ['type-enum', '{const: q}', '{const: 5}', 'MAP_TYPE'],
  ['transform', 'by: utc', 'by: ucs', 'MAP_TRANSFORM'],
  ['transform-type', '{from: m.count}', '{from: m.count, by: upper}', 'MAP_TRANSFORM'],
  ['unit', 'o.count: {from: m.count}', 'o.count: {from: m.powerW, round: true}', 'MAP_UNIT'],
  ['fraction', ', round: down', '', 'MAP_FRACTION'],
  ['gap', '      s.bn: [B, not M, S3, ~]\n', '', 'MAP_GAP'],
  ['overlap', 's.bm: [B, M,', 's.bm: [[A, B], M,', 'MAP_OVERLAP'],
  ['unreachable', 's.bm: [B, M,', 's.bm: [D, M,', 'MAP_UNREACHABLE'],
  ['else-count', 'else-covers: 1', 'else-covers: 2', 'MAP_ELSE_COUNT'],
  ['else-count-missing', '    else-covers: 1\n', '', 'MAP_ELSE_COUNT'],
  ['required-row', '[B, M, S2, =1]', '[B, M, ~, =1]', 'MAP_REQUIRED'],
  ['required-gone', '  o.id: {identity: point, key: [e.station, m.id]}\n', '', 'MAP_REQUIRED'],
  ['required-optional-parent', 'groups: {o.part: {when: m.part}}\n', '', 'MAP_REQUIRED'],
  ['required-source', 'key: [e.station, m.id]', 'key: [e.station, m.mode]', 'MAP_REQUIRED'],
  ['double', 'o.count: {from: m.count}', 'o.kind: {const: X}', 'MAP_DOUBLE'],
  ['unset', 'leave: [o.texts]\n', '', 'MAP_UNSET'],
  ['unread', 'ignore: [m.flag, m.texts]', 'ignore: [m.flag]', 'MAP_UNREAD'],
  ['stale-ignore', 'ignore: [m.flag,', 'ignore: [m.flag, m.part.a,', 'MAP_STALE'],
  ['stale-leave', 'leave: [o.texts]', 'leave: [o.texts, o.items]', 'MAP_STALE'],
  ['reverse', '{from: i.n}', '{first: [i.n]}', 'MAP_REVERSE'],
  ['example-differs', 'count: 3, text: t/Alpha', 'count: 4, text: t/Alpha', 'MAP_EXAMPLE'],
  ['example-invalid', 'm: {id: i, kind: D}', 'm: {id: i, kind: Z}', 'MAP_EXAMPLE'],
  [
    'example-applies',
    'm: {id: i, kind: D}',
    'm: {id: i, kind: C}, e: {station: N1, at: "2026-01-01T00:00:00Z"}',
    'MAP_EXAMPLE',
  ],
  ['unshown-row', 'in: {m: {id: i, kind: B, mode: M}', 'in: {m: {id: i, kind: B, mode: N}', 'MAP_UNSHOWN'],
  ['unshown-target', 'list: [{n: 1, name: a}]}', 'list: []}', 'MAP_UNSHOWN'],
];

describe('the checker', () => {
  it('finds nothing in what is right, and says how much it looked at', () => {
    expect(complaints(good)).toBe('');
    const { report } = loadFiles([{ name: 'good.yaml', text: good }], { schemas: small });
    expect(report).toMatchObject({ files: 1, mappings: 3, tables: 2, rows: 6, examples: 5 });
    expect(report.combinations).toBeGreaterThan(6);
    expect(report.enumValues).toBeGreaterThan(10);
    expect(report.paths).toBeGreaterThan(20);
  });

  for (const [name, from, to, code] of slips)
    it(`says what is wrong: ${name}`, async () => {
      expect(good).toContain(from);
      const text = complaints(good.replace(from, to));
      expect(text).toContain(` ${code} `);
      await expect(`${text}\n`).toMatchFileSnapshot(`diagnostics/${name}.txt`);
    });

  it('says everything at once, in the order of the file', () => {
    const text = good
      .replace('[A, _, S1,', '[Aa, _, S4,')
      .replace('m.powerW, round', 'm.powrW, round')
      .replace('Alpha, true', 'Alhpa, true');
    const result = loadFiles([{ name: 'a.yaml', text }], { schemas: small });
    if (!('diagnostics' in result)) throw new Error('no diagnostics');
    const codes = result.diagnostics.map(({ code }) => code);
    expect(codes).toEqual(expect.arrayContaining(['MAP_ENUM', 'MAP_PATH', 'MAP_VOCABULARY']));
    const lines = result.diagnostics.map(({ line }) => line);
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
  });

  it('says which folder it cannot read, and which file each fault is in', () => {
    const result = loadGeneration(['/nowhere/at/all'], { schemas: small });
    expect(result).toMatchObject({ diagnostics: [{ code: 'MAP_FILE' }] });
  });

  it('takes texts of any kind without falling over', () => {
    for (const text of [
      '',
      '~',
      '[]',
      '42',
      '---\n---\n',
      'mapping:',
      'mapping: {a: 1}',
      'overlay: x',
      'mapping: t.x\nfrom: 3\nto: []\ntables: 7',
      '\u0000',
      '&a [*a]',
      'mapping: x\nfields: &b {o: *b}',
    ])
      expect(() => complaints(text)).not.toThrow();
  });
});

describe('the codes', () => {
  it('are in the catalogue', () => {
    for (const code of Object.keys(mappingErrors)) expect(catalogue).toHaveProperty(code);
  });
});
