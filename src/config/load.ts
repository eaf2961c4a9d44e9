/** Reads a configuration file: YAML, secrets, schema, references; every fault with its line. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import type { Document } from 'yaml';
import { locate, type Problem, type ProblemCodes, readYaml, schemaProblems } from '../documents/index.js';
import { BridgeError } from '../errors/index.js';
import { checkReferences } from './check.js';
import { withConnectors } from './points.js';
import type { Config } from './types.js';
import { configValidator } from './validator.js';

/** One fault of a configuration file. */
export type ConfigProblem = Problem;

const WORDS: ProblemCodes = {
  invalid: 'CONFIG_INVALID',
  unknownKey: 'CONFIG_UNKNOWN_KEY',
  whole: 'the configuration',
  key: 'setting',
};

// Loaded when a configuration is: the command line imports this file for its words alone.
const require = createRequire(import.meta.url);
const yaml = (): typeof import('yaml') => require('yaml');

/**
 * Loads a configuration. Relative paths in `${file:…}` and folders under `mappings` are taken from the file's folder;
 * `store.path` from the working directory.
 *
 * @throws AggregateError of {@link BridgeError}s (CONFIG_*), all at once, each with file and line
 */
export function loadConfig(file: string, env: NodeJS.ProcessEnv = process.env): Config {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw fail([
      new BridgeError(
        'CONFIG_NOT_FOUND',
        `cannot read ${file}: ${(cause as Error).message}`,
        { file },
        { cause },
      ),
    ]);
  }
  return parseConfig(text, file, env);
}

/** Tables that ship, by name instead of by folder. */
const SHIPPED = /^(?:builtin$|preset:)/;

/** The same for a text; `file` is used for messages and as the base of `${file:…}` and `mappings`. */
export function parseConfig(text: string, file: string, env: NodeJS.ProcessEnv = process.env): Config {
  const located = readYaml(maskSecrets(text), file, 'CONFIG_SYNTAX');
  const { document } = located;
  const secretProblems = resolveSecrets(document, dirname(file), env);
  const value: unknown = document.toJS();
  const problems = secretProblems.length > 0 ? secretProblems : unfit(value);
  const all = problems.length > 0 ? problems : checkReferences(value as Config);
  if (all.length > 0) throw locate(all, located);
  const config = withConnectors(value as Config);
  const mappings = config.mappings.map((path) => (SHIPPED.test(path) ? path : resolve(dirname(file), path)));
  return { ...config, mappings };
}

function fail(errors: BridgeError[]): AggregateError {
  return new AggregateError(errors, errors.map((error) => error.explain()).join('\n'));
}

// Private-use characters stand for `{`, `:` and `}` while YAML is parsed, so that `{ key: ${file:key.pem} }` needs
// no quotes; one for one, so that lines and columns stay right.
const MASK = { '{': '\uE000', ':': '\uE001', '}': '\uE002' } as const;
const MASKED = /\$\uE000(env|file)\uE001([^\uE002]+)\uE002/g;

function maskSecrets(text: string): string {
  return text.replaceAll(
    /\$\{(env|file):([^}\n]+)\}/g,
    (_whole, kind: string, name: string) => `$${MASK['{']}${kind}${MASK[':']}${name}${MASK['}']}`,
  );
}

/** Puts in the values of `${env:NAME}` and `${file:PATH}`. */
function resolveSecrets(document: Document, folder: string, env: NodeJS.ProcessEnv): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  yaml().visit(document, {
    Scalar(key, node, parents) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes(MASK['{'])) return;
      node.value = node.value.replaceAll(MASKED, (_whole, kind: string, name: string) => {
        const found = kind === 'env' ? env[name] : readSecret(resolve(folder, name));
        if (found !== undefined) return found;
        const message = `\${${kind}:${name}} cannot be resolved`;
        problems.push({ code: 'CONFIG_SECRET', message, path: pathOf(key, parents) });
        return '';
      });
    },
  });
  return problems;
}

function readSecret(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch {
    return undefined;
  }
}

function pathOf(key: unknown, parents: readonly unknown[]): (string | number)[] {
  const path: (string | number)[] = [];
  for (const [index, parent] of parents.entries()) {
    const pair = parent as { key?: { value?: unknown }; items?: unknown[] };
    if (pair.key && typeof pair.key.value === 'string') path.push(pair.key.value);
    else if (Array.isArray(pair.items) && !('key' in ((parents[index + 1] as object) ?? {}))) {
      const next = parents[index + 1];
      const at = pair.items.indexOf(next);
      if (at >= 0) path.push(at);
    }
  }
  if (typeof key === 'number') path.push(key);
  return path;
}

function unfit(value: unknown): ConfigProblem[] {
  const validate = configValidator();
  return validate(value) ? [] : schemaProblems(validate.errors, WORDS);
}
