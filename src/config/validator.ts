/** What checks a configuration against its schema: written out by the build, compiled in development. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { CodeOptions, ValidateFunction } from 'ajv';
import { configSchema } from './config.schema.js';

const require = createRequire(import.meta.url);

/** Beside the compiled code only. */
export const readyConfigFile = fileURLToPath(new URL('./ready-validator.cjs', import.meta.url));

const options = { allErrors: true, useDefaults: true, strict: true, allowUnionTypes: true, verbose: true };

/** What a validator was made of: one that was written for another schema is not used. */
const madeOf = (): string =>
  createHash('sha256')
    .update(JSON.stringify([options, configSchema]))
    .digest('hex');

/** Loads the compiler when it is needed: every command passes by here, and few get that far. */
function engine(code: CodeOptions) {
  const { Ajv } = require('ajv') as typeof import('ajv');
  return new Ajv({ ...options, code });
}

/** The text of a CommonJS module with the validator and what it was made of. */
export function writeConfigValidator(): string {
  const { default: standalone } =
    require('ajv/dist/standalone/index.js') as typeof import('ajv/dist/standalone/index.js');
  const ajv = engine({ source: true });
  return `${standalone(ajv, ajv.compile(configSchema))}\nmodule.exports.madeOf = '${madeOf()}';\n`;
}

let known: ValidateFunction | undefined;

/** The validator; it puts in defaults. */
export function configValidator(): ValidateFunction {
  known ??= readyValidator() ?? engine({}).compile(configSchema);
  return known;
}

function readyValidator(): ValidateFunction | undefined {
  if (!existsSync(readyConfigFile)) return undefined;
  const ready = require(readyConfigFile) as ValidateFunction & { readonly madeOf: string };
  return ready.madeOf === madeOf() ? ready : undefined;
}
