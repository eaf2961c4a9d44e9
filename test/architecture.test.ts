/** Imports point one way, through doors; a file does one thing. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = new URL('../src/', import.meta.url);
const HERE = new URL('./', import.meta.url);

/** What each folder may import, besides itself. */
const CORE = [
  'errors',
  'documents',
  'domain',
  'schemas',
  'config',
  'store',
  'mapping',
  'identity',
  'journal',
  'depot',
];
const MAY: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  documents: ['errors'],
  domain: ['errors'],
  schemas: ['errors', 'domain'],
  config: ['errors', 'documents'],
  store: ['errors', 'domain'],
  mapping: ['errors', 'domain', 'schemas'],
  identity: ['errors', 'domain', 'config', 'mapping'],
  journal: ['errors', 'domain', 'store'],
  depot: CORE,
  charging: CORE,
  ocpp: CORE,
  vdv463: CORE,
  ocpi: CORE,
  admin: CORE,
  replay: [...CORE, 'ocpp', 'vdv463', 'ocpi'],
  explain: [...CORE, 'charging', 'ocpi', 'replay'],
  sim: ['errors', 'documents', 'schemas'],
};

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const imports = files.flatMap((file) =>
  [...readFileSync(new URL(file, SRC), 'utf8').matchAll(/from '(\.[^']+)'/g)].map(([, target]) => ({
    file,
    target: normalize(join(dirname(file), target ?? '')),
  })),
);
const folderOf = (path: string) => path.split('/')[0] ?? '';

describe('the house', () => {
  it('imports point one way', () => {
    expect(imports.length).toBeGreaterThan(100);
    const wrong = imports.filter(({ file, target }) => {
      const [from, to] = [folderOf(file), folderOf(target)];
      const allowed = MAY[from];
      return allowed !== undefined && from !== to && !allowed.includes(to);
    });
    expect(wrong).toEqual([]);
  });

  it('folders are entered by their door', () => {
    const inside = imports.filter(({ file, target }) => {
      const to = folderOf(target);
      return to in MAY && folderOf(file) !== to && to !== 'sim' && target !== `${to}/index.js`;
    });
    expect(inside).toEqual([]);
  });

  it('the domain does no I/O', () => {
    const domain = files.filter((file) => folderOf(file) === 'domain');
    for (const file of domain) {
      const nodeImports = [
        ...readFileSync(new URL(file, SRC), 'utf8').matchAll(/from '(node:[^']+|[a-z@][^']*)'/g),
      ].map(([, from]) => from);
      expect(
        nodeImports.filter((from) => from !== 'node:crypto'),
        file,
      ).toEqual([]);
    }
  });

  it('no file passes 350 lines, generated ones apart', () => {
    const long = files
      .filter((file) => !file.includes('generated') && file !== 'domain/model.ts')
      .map((file) => ({ file, lines: readFileSync(new URL(file, SRC), 'utf8').split('\n').length }))
      .filter(({ lines }) => lines > 350);
    expect(long.map(({ file }) => file).filter((file) => file !== 'domain/model.schema.ts')).toEqual([]);
  });

  it('properties run with the seed and as often as asked', () => {
    const tests = readdirSync(HERE, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /(?<!architecture\.test)\.ts$/.test(file),
    );
    const own = tests.flatMap((file) =>
      [...readFileSync(new URL(file, HERE), 'utf8').matchAll(/numRuns(?!: runs\().*|\bseed: -?\d.*/g)].map(
        ([text]) => `${file}: ${text}`,
      ),
    );
    expect(own.filter((each) => !each.startsWith('support/properties.ts'))).toEqual([]);
  });
});
