import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import type { ValidateFunction } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configValidator, writeConfigValidator } from '../../src/config/validator.js';

const module = { exports: undefined as unknown as ValidateFunction & { madeOf: string } };
const text = writeConfigValidator();
compileFunction(text, ['module', 'require'])(module, createRequire(import.meta.url));
const written = module.exports;
const compiled = configValidator();

const example: unknown = parse(readFileSync('config/depot.example.yaml', 'utf8'));

/** Copies of a value in which one place is gone, of another type, or too much. */
function damaged(value: unknown): unknown[] {
  const here = [null, 7.25, 'x'.repeat(300), [], {}, true];
  if (Array.isArray(value))
    return [
      ...here,
      ...value.flatMap((item, i) => damaged(item).map((bad) => value.map((own, j) => (i === j ? bad : own)))),
    ];
  if (typeof value !== 'object' || value === null) return here;
  const beneath = Object.entries(value).flatMap(([key, item]) => {
    const { [key]: _, ...without } = value as Record<string, unknown>;
    return [without, ...damaged(item).map((bad) => ({ ...value, [key]: bad }))];
  });
  return [...here, { ...value, unheardOf: 1 }, ...beneath];
}

describe('the validator of configurations that the build writes', () => {
  it('finds what a freshly compiled one finds, and puts in the same defaults', () => {
    let refused = 0;
    for (const config of [example, ...damaged(example)]) {
      const [one, other] = [structuredClone(config), structuredClone(config)];
      const right = compiled(other);
      if (!right) refused++;
      expect(written(one)).toBe(right);
      expect(one).toEqual(other);
      expect(written.errors).toEqual(compiled.errors);
    }
    expect(compiled(structuredClone(example))).toBe(true);
    expect(refused).toBeGreaterThan(500);
  });

  it('says what it was made of', () => {
    expect(written.madeOf).toMatch(/^[0-9a-f]{64}$/);
  });
});
