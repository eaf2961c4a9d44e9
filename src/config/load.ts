/** Reads a configuration file: YAML, secrets, schema, references; every fault with its line. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import type { ErrorObject } from 'ajv';
import type { Document, LineCounter } from 'yaml';
import { BridgeError, type ErrorCode } from '../errors/index.js';
import { checkReferences } from './check.js';
import { withConnectors } from './points.js';
import { suggest } from './suggest.js';
import type { Config } from './types.js';
import { configValidator } from './validator.js';

/** One fault of a configuration file. */
export interface ConfigProblem {
  readonly code: ErrorCode;
  readonly message: string;
  /** Where in the document: `['listen', 'ocpp', 'port']`. */
  readonly path: readonly (string | number)[];
  /** Point at the key, not at its value. */
  readonly atKey?: boolean;
}

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
  const lines = new (yaml().LineCounter)();
  const document = yaml().parseDocument(maskSecrets(text), { lineCounter: lines, uniqueKeys: true });
  // The first fault only: what follows a syntax error is mostly its echo.
  const [syntax] = document.errors;
  if (syntax) {
    const { line, col: column } = lines.linePos(syntax.pos[0]);
    const message =
      syntax.message.split('\n', 1)[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? syntax.message;
    throw fail([new BridgeError('CONFIG_SYNTAX', message, { file, line, column })]);
  }
  const secretProblems = resolveSecrets(document, dirname(file), env);
  const value: unknown = document.toJS();
  const problems = secretProblems.length > 0 ? secretProblems : schemaProblems(value);
  const all = problems.length > 0 ? problems : checkReferences(value as Config);
  if (all.length > 0) throw fail(all.map((problem) => locate(problem, document, lines, file)));
  const config = withConnectors(value as Config);
  const mappings = config.mappings.map((path) => (SHIPPED.test(path) ? path : resolve(dirname(file), path)));
  return { ...config, mappings };
}

function fail(errors: BridgeError[]): AggregateError {
  return new AggregateError(errors, errors.map((error) => error.explain()).join('\n'));
}

function locate(problem: ConfigProblem, document: Document, lines: LineCounter, file: string): BridgeError {
  const offset = offsetOf(document, problem.path, problem.atKey ?? false);
  const position = offset === undefined ? undefined : lines.linePos(offset);
  return new BridgeError(problem.code, problem.message, {
    file,
    ...(position ? { line: position.line, column: position.col } : {}),
  });
}

/** The place of a path in the text, or of its nearest parent that is there. */
function offsetOf(
  document: Document,
  path: readonly (string | number)[],
  atKey: boolean,
): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const part = path.slice(0, length);
    if (atKey && length === path.length && length > 0) {
      let found: number | undefined;
      const parent = document.getIn(part.slice(0, -1), true);
      yaml().visit(parent as never, {
        Pair(_, pair) {
          if (yaml().isScalar(pair.key) && pair.key.value === part.at(-1)) found ??= pair.key.range?.[0];
          return undefined;
        },
      });
      if (found !== undefined) return found;
    }
    const node = document.getIn(part, true) as { range?: [number, number, number] } | undefined;
    if (node?.range) return node.range[0];
  }
  return undefined;
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

function schemaProblems(value: unknown): ConfigProblem[] {
  const validate = configValidator();
  if (validate(value)) return [];
  const errors = validate.errors ?? [];
  const deepest = errors.filter(
    (error) => !['oneOf', 'anyOf'].includes(error.keyword) || errors.length === 1,
  );
  return dedupe(deepest.map(describe));
}

function describe(error: ErrorObject): ConfigProblem {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer);
  const shown = path.join('.') || 'the configuration';
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const known = Object.keys((error.parentSchema as { properties?: object }).properties ?? {});
      const hint = suggest(key, known);
      const names = hint ? `did you mean ${hint}?` : `known here: ${known.join(', ')}`;
      return {
        code: 'CONFIG_UNKNOWN_KEY',
        message: `${key} is not a setting of ${shown}; ${names}`,
        path: [...path, key],
        atKey: true,
      };
    }
    case 'required':
      return { code: 'CONFIG_INVALID', message: `${shown} lacks ${String(params['missingProperty'])}`, path };
    case 'enum':
    case 'const': {
      const allowed = (params['allowedValues'] as unknown[] | undefined) ?? [params['allowedValue']];
      const hint = suggest(String(error.data), allowed.map(String));
      const right = hint ? `did you mean ${hint}?` : `allowed: ${allowed.join(', ')}`;
      return { code: 'CONFIG_INVALID', message: `${shown} is ${JSON.stringify(error.data)}; ${right}`, path };
    }
    default:
      return {
        code: 'CONFIG_INVALID',
        message: `${shown} is ${shorten(error.data)}; it ${error.message}`,
        path,
      };
  }
}

function unescapePointer(part: string): string | number {
  const text = part.replaceAll('~1', '/').replaceAll('~0', '~');
  return /^\d+$/.test(text) ? Number(text) : text;
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function dedupe(problems: ConfigProblem[]): ConfigProblem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = `${problem.path.join('.')} ${problem.message}`;
    return seen.has(key) ? false : seen.add(key);
  });
}
