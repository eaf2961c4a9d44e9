import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorPage } from '../../scripts/generate/errors.js';
import { BridgeError, catalogue, type ErrorCode } from '../../src/errors/index.js';

const folder = new URL('../../src/errors/', import.meta.url);
const areas = readdirSync(folder).filter((file) => file !== 'index.ts');
const declared = areas.flatMap((file) =>
  [...readFileSync(new URL(file, folder), 'utf8').matchAll(/^ {2}([A-Z][A-Z0-9_]+): \{$/gm)].map(
    ([, code]) => code ?? '',
  ),
);

describe('the error catalogue', () => {
  it('declares every code once', () => {
    expect(declared.length).toBeGreaterThan(20);
    expect(new Set(declared).size).toBe(declared.length);
    expect(Object.keys(catalogue).sort()).toEqual([...declared].sort());
  });

  it('is the same in code and docs', () => {
    expect(readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')).toBe(errorPage());
  });

  it('says what it means and what to do, in whole sentences', () => {
    for (const [code, { title, fix }] of Object.entries(catalogue)) {
      expect(title, code).toMatch(/^[A-Z`].*[^.]$/);
      expect(fix, code).toMatch(/^[A-Z`].*\.$/);
    }
  });

  it('has no code that nothing raises', () => {
    const sources = readdirSync(new URL('../../src/', import.meta.url), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.startsWith('errors/'))
      .map((file) => readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8'))
      .join('\n');
    const unused = Object.keys(catalogue).filter((code) => !sources.includes(`'${code}'`));
    expect(unused).toEqual([]);
  });

  it('explains an error with its place and its fix', () => {
    const code: ErrorCode = 'CONFIG_INVALID';
    const error = new BridgeError(code, 'port is 99999', {
      file: 'x.yaml',
      line: 3,
      column: 7,
      station: 'N1',
    });
    expect(error.explain()).toBe(
      `x.yaml:3:7: CONFIG_INVALID: port is 99999 (station N1)\n  fix: ${catalogue.CONFIG_INVALID.fix}`,
    );
  });
});
