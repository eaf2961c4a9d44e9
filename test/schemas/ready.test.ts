import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { type Json, loadGeneration } from '../../src/mapping/index.js';
import { formats } from '../../src/schemas/formats.js';
import { schemaOf } from '../../src/schemas/index.js';
import { keyOf, type Made, readyValidator, writeReady } from '../../src/schemas/ready.js';
import { compile, telling } from '../../src/schemas/validator.js';

const loaded = loadGeneration(['mappings']);
if (!('generation' in loaded)) throw new Error('the shipped tables have faults');

/** Payloads of the shipped examples, by schema name. */
const payloads = new Map<string, Json[]>();
const add = (name: string, payload: Json | undefined): void => {
  if (payload !== undefined) payloads.set(name, [...(payloads.get(name) ?? []), payload]);
};
for (const { whole, sources, target } of loaded.generation.parts.mappings)
  for (const { inputs, output } of whole.examples) {
    for (const { alias, name } of sources) add(name, inputs[alias]);
    add(target.name, output);
  }

/** Every copy of a value in which one place is gone, of another type, or too much. */
function damaged(value: Json): Json[] {
  const here: Json[] = [null, 7.25, 'x'.repeat(600), [], {}, true];
  if (Array.isArray(value))
    return [
      ...here,
      ...value.flatMap((item, i) => damaged(item).map((bad) => value.map((own, j) => (i === j ? bad : own)))),
    ];
  if (typeof value !== 'object' || value === null) return here;
  const beneath = Object.entries(value).flatMap(([key, item]) => {
    const { [key]: _, ...without } = value;
    return [without, ...damaged(item).map((bad) => ({ ...value, [key]: bad }))];
  });
  return [...here, { ...value, unheardOf: 1 }, ...beneath];
}

const schemaNamed = (name: string) => schemaOf(name)?.schema ?? {};

/** The written module, as `require` would run it. */
function run(text: string): ReturnType<Made> {
  const module = { exports: undefined as unknown as Made };
  compileFunction(text, ['module', 'require'])(module, createRequire(import.meta.url));
  return module.exports(formats);
}

describe('validators that the build writes', () => {
  const names = [...payloads.keys()];
  const ready = run(writeReady(names.map(schemaNamed)));

  it('find what freshly compiled ones find, in the same words', () => {
    let refused = 0;
    let passed = 0;
    for (const [name, given] of payloads) {
      const own = ready[keyOf(schemaNamed(name))];
      if (!own) throw new Error(`none for ${name}`);
      const [written, compiled] = [telling(own), compile(schemaNamed(name))];
      for (const payload of given.slice(0, 3).flatMap((each) => [each, ...damaged(each)])) {
        const issues = compiled(payload);
        if (issues.length > 0) refused++;
        else passed++;
        expect(written(payload), `${name} ${JSON.stringify(payload)}`).toEqual(issues);
      }
    }
    expect(names.length).toBeGreaterThan(80);
    expect(refused).toBeGreaterThan(10_000);
    expect(passed).toBeGreaterThan(1000);
  });

  it('are found only for the very schema they were made of', () => {
    const schema = schemaNamed('ocpp16.StatusNotification');
    expect(ready).toHaveProperty(keyOf(structuredClone(schema)));
    expect(ready).not.toHaveProperty(keyOf({ ...schema, maxProperties: 3 }));
  });

  it('do not exist in development', () => {
    expect(readyValidator(schemaNamed('ocpp16.StatusNotification'))).toBeUndefined();
  });

  it('spare a built process the compiler', () => {
    const check = `
      import { createRequire } from 'node:module';
      import { loadGeneration } from './dist/mapping/index.js';
      import { validatorOf } from './dist/schemas/index.js';
      const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('/ajv/dist/core'));
      const sound = 'generation' in loadGeneration(['mappings']);
      const before = loaded();
      validatorOf('ocpp16.UnlockConnector.conf');
      console.log(JSON.stringify([sound, before, loaded()]));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', check], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual([true, false, true]);
  });
});
