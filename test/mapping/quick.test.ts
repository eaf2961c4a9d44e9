import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { YamlNode } from '../../src/mapping/syntax/node.js';
import { readQuickly } from '../../src/mapping/syntax/quick.js';
import { readYaml } from '../../src/mapping/syntax/yaml.js';
import { runs } from '../support/properties.js';

const texts = ['mappings', 'config/presets'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ name: join(folder, name), text: readFileSync(join(folder, name), 'utf8') })),
);

/** The same with the end of what takes several lines at the end of its first: nobody looks further. */
function clipped(node: YamlNode | null, text: string): unknown {
  if (node === null || node.kind === 'scalar' || node.kind === 'alias') return node;
  const { kind, start } = node;
  const line = text.indexOf('\n', start) + 1 || text.length;
  const items: unknown[] =
    node.kind === 'seq'
      ? node.items.map((item) => clipped(item, text))
      : node.items.map(({ key, value }) => [clipped(key, text), clipped(value, text)]);
  return { kind, start, end: Math.min(node.end, line), items };
}

/** Whether the quick reader took a text; what it takes, it takes as the package does. */
function agrees(text: string): boolean {
  const quick = readQuickly(text);
  if (!quick) return false;
  const documents = readYaml(text);
  expect(
    documents.flatMap(({ errors }) => errors),
    text,
  ).toEqual([]);
  expect(
    quick.map((node) => clipped(node, text)),
    text,
  ).toEqual(documents.map(({ node }) => clipped(node, text)));
  return true;
}

/** A text with a slip in it. */
function damage(text: string, at: number, what: number, put: string): string {
  const place = at % (text.length + 1);
  const line = text.lastIndexOf('\n', place - 1) + 1;
  const next = text.indexOf('\n', place) + 1 || text.length;
  switch (what % 6) {
    case 0:
      return text.slice(0, place) + put + text.slice(place);
    case 1:
      return text.slice(0, place) + put + text.slice(place + 1);
    case 2:
      return text.slice(0, place) + text.slice(place + 1 + (at % 3));
    case 3:
      return text.slice(0, line) + text.slice(next);
    case 4:
      return `${text.slice(0, line)} ${text.slice(line)}`;
    default:
      return text.slice(0, line) + text.slice(line).replace(/^ +/, (spaces) => spaces.slice(1 + (at % 2)));
  }
}

const snippets = [
  ...Array.from(' \n:,-#{}[]"\'~|>&*!%@?\\.\t0eax=`<+'),
  ...[
    ' #',
    ': ',
    '- ',
    '\n\n',
    '\n  ',
    '---\n',
    '...\n',
    '\\n',
    '\\x41',
    '\\u00e9',
    "''",
    'null',
    '<<',
    '&a ',
    '*a',
  ],
  ...[
    '0x1F',
    '0o17',
    '1e3',
    '.5',
    '-.inf',
    '.nan',
    '007',
    'True',
    'é',
    '😀',
    '\u00a0',
    '\ufeff',
    '? ',
    ' :',
    '!!str ',
  ],
];

const slip = fc.tuple(fc.nat(), fc.nat(5), fc.constantFrom(...snippets));

describe('the quick reader of tables', () => {
  it('reads every shipped table', () => {
    expect(texts.length).toBeGreaterThan(40);
    expect(texts.filter(({ text }) => !agrees(text)).map(({ name }) => name)).toEqual([]);
  });

  it('takes a damaged text as the package does, or not at all', () => {
    const pieces = texts.flatMap(({ text }) => text.split(/^---\n/m)).map((text) => text.slice(0, 1500));
    let taken = 0;
    fc.assert(
      fc.property(fc.nat(pieces.length - 1), fc.array(slip, { minLength: 1, maxLength: 3 }), (i, slips) => {
        const text = slips.reduce((now, [at, what, put]) => damage(now, at, what, put), pieces[i] ?? '');
        if (agrees(text)) taken++;
      }),
      { numRuns: runs(1500) },
    );
    expect(taken).toBeGreaterThan(150);
  });

  it('takes a handful of odd lines as the package does, or not at all', () => {
    const sound = ['word', '1', '"x"', "'y'", '{a: 1, b: [2]}', '[x, y]', '~', '-3', '[]', '{a: {b: c}}'];
    const begin = fc.constantFrom(
      'key: ',
      'key:',
      'other: ',
      'third: ',
      'k.l[0]: ',
      '"q": ',
      '- ',
      '- key: ',
      '',
    );
    const part = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...sound) }, fc.constantFrom(...snippets));
    const line = fc
      .tuple(fc.constantFrom(0, 2, 2, 2, 4, 4, 6, 3), begin, fc.array(part, { maxLength: 3 }))
      .map(([indent, head, parts]) => ' '.repeat(indent) + head + parts.join(''));
    let taken = 0;
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
        if (agrees(`mapping: x\nfields:\n${lines.join('\n')}`)) taken++;
      }),
      { numRuns: runs(6000) },
    );
    expect(taken).toBeGreaterThan(200);
  });

  it.each([
    ['a: 1\nb: -2.50\nc: 0x1F\nd: 0o17\ne: .5\nf: 1e3\ng: -.inf\nh: 007\ni: 0.\nj: +3\nk: 1_000\n'],
    ['a: ~\nb: null\nc: Null\nd: true\ne: False\nf: yes\ng: ~x\n1: x\ntrue: y\n~: z\n'],
    ['a: "x \\" \\\\ \\u00e9 \\/ \\t"\n"b c": \'it\'\'s\'\n\'d\': "#"\n'],
    ['# first\n\n---   # doc\na: [] # list\nb: {} # map\n# end\n---\nc: [ 1 , 2, ]\n'],
    ['a:\n- 1\n- b: 2\n  c: 3\n\n  # between\n- {d: 4}\ne:\n  -   f: 5\n      g: 6\n'],
    ['a: {b: [1,\n   2, # two\n   # three\n   {c: d}],\n  e: "f", g: h i  }\n'],
    ['a: b # c\nd: e#f\ng: h:i\nj: http://k/l?m=n&o\np: <2.4\nq: =1\nr: ">=1.0"\ns: a,b\n'],
    ['a: x  \nb:   y\nc: -z\nd: [-1, -z, a-b, a b]\ne: 1 2\n'],
  ])('reads %j', (text) => {
    expect(agrees(text)).toBe(true);
  });

  it.each([
    ['a: |\n  text\n'],
    ['a: b\n  c\n'],
    ['a: "b\n  c"\n'],
    ['a: &x 1\nb: *x\n'],
    ['a: !!str 1\n'],
    ['a: 1\na: 2\n'],
    ['a:\n'],
    ['a: {b}\n'],
    ['a: [b: c]\n'],
    ['a: b: c\n'],
    ['- a\n'],
    [' a: b\n'],
    ['a: b\n...\n'],
    ['%YAML 1.2\n---\na: b\n'],
    ['a:\tb\n'],
    ['a: b\r\n'],
    ['a: {b: c\n'],
    ['a: {\nb: c}\n'],
    ['? a\n: b\n'],
    [''],
    ['# nothing\n'],
    [`a: ${'['.repeat(100_000)}`],
  ])('leaves %j to the package', (text) => {
    expect(readQuickly(text)).toBeUndefined();
  });
});
