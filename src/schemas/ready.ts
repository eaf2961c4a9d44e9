/**
 * Validators that the build wrote out as code (`scripts/ready-validators.mjs`), for the messages that shipped tables
 * name: compiling them is most of what the first check of a process would wait for. They are found by what they were
 * made of, so a schema that is not exactly the one the build saw is compiled as if there were none.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { ValidateFunction } from 'ajv';
import { Compiler, meaning } from './compiler.js';
import { formats } from './formats.js';
import type { JsonSchema } from './schema-space.js';

const require = createRequire(import.meta.url);

/** Beside the compiled code only: in development there is none, and every validator is compiled when first used. */
export const readyFile = fileURLToPath(new URL('./ready-validators.cjs', import.meta.url));

/** Validators by the key of their schema. */
export type Ready = Readonly<Record<string, ValidateFunction>>;

/** What the written module exports. */
export type Made = (known: typeof formats) => Ready;

/** The same for schemas that are the same to the letter, read with the same options. */
export const keyOf = (schema: JsonSchema): string =>
  createHash('sha256')
    .update(JSON.stringify([meaning, schema]))
    .digest('hex');

/** The text of a CommonJS module that gives the validators of these schemas; they stop at the first issue. */
export function writeReady(schemas: readonly JsonSchema[]): string {
  const { default: standalone } =
    require('ajv/dist/standalone/index.js') as typeof import('ajv/dist/standalone/index.js');
  const { _ } = require('ajv') as typeof import('ajv');
  const compiler = new Compiler(false, { source: true, formats: _`formats` });
  const ids = Object.fromEntries(schemas.map((schema) => [keyOf(schema), compiler.idOf(schema)]));
  const code = standalone(compiler.ajv, ids);
  return `module.exports = (function (formats) { const exports = {}; ${code}\nreturn exports; });\n`;
}

let ready: Ready | undefined;

/** The validator of a schema if the build made it. */
export function readyValidator(schema: JsonSchema): ValidateFunction | undefined {
  ready ??= existsSync(readyFile) ? (require(readyFile) as Made)(formats) : {};
  const key = Object.keys(ready).length > 0 ? keyOf(schema) : '';
  return Object.hasOwn(ready, key) ? ready[key] : undefined;
}
