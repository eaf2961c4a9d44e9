/** What a validator finds, in words for whoever wrote the file. */
import type { ErrorObject } from 'ajv';
import type { ErrorCode } from '../errors/index.js';
import { suggest } from './suggest.js';

/** One fault of a file. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  /** Where in the document: `['listen', 'ocpp', 'port']`. */
  readonly path: readonly (string | number)[];
  /** Point at the key, not at its value. */
  readonly atKey?: boolean;
}

/** How a kind of file calls its faults and its parts. */
export interface ProblemCodes {
  readonly invalid: ErrorCode;
  readonly unknownKey: ErrorCode;
  /** The file as a whole: `the configuration`. */
  readonly whole: string;
  /** What a key is: `setting`. */
  readonly key: string;
}

/** Follow other errors and say nothing of their own. */
const ECHOES = ['oneOf', 'anyOf', 'if'];

/**
 * Every fault once. The validator must run with `allErrors` and `verbose`. A schema's `title` says what fits its
 * `pattern`.
 */
export function schemaProblems(
  errors: readonly ErrorObject[] | null | undefined,
  codes: ProblemCodes,
): Problem[] {
  const all = errors ?? [];
  const deepest = all.filter((error) => !ECHOES.includes(error.keyword) || all.length === 1);
  return dedupe(deepest.map((error) => describe(error, codes)));
}

function describe(error: ErrorObject, codes: ProblemCodes): Problem {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer);
  const shown = path.join('.') || codes.whole;
  const params = error.params as Record<string, unknown>;
  const invalid = (message: string): Problem => ({ code: codes.invalid, message, path });
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const known = Object.keys((error.parentSchema as { properties?: object }).properties ?? {});
      const hint = suggest(key, known);
      const names = hint ? `did you mean ${hint}?` : `known here: ${known.join(', ')}`;
      const message = `${key} is not a ${codes.key} of ${shown}; ${names}`;
      return { code: codes.unknownKey, message, path: [...path, key], atKey: true };
    }
    case 'required':
      return invalid(`${shown} lacks ${String(params['missingProperty'])}`);
    case 'enum':
    case 'const': {
      const allowed = (params['allowedValues'] as unknown[] | undefined) ?? [params['allowedValue']];
      return invalid(`${shown} is ${JSON.stringify(error.data)}; ${right(error.data, allowed)}`);
    }
    case 'discriminator':
      return chosen(error, codes, path);
    case 'pattern': {
      const { title } = error.parentSchema as { title?: string };
      return invalid(
        `${shown} is ${shorten(error.data)}; it must be ${title ?? `like ${params['pattern']}`}`,
      );
    }
    default:
      return invalid(`${shown} is ${shorten(error.data)}; it ${error.message}`);
  }
}

/** The word that says which of several shapes an object has is absent or wrong. */
function chosen(error: ErrorObject, { invalid: code }: ProblemCodes, path: (string | number)[]): Problem {
  const { tag, tagValue } = error.params as { tag: string; tagValue: unknown };
  const { oneOf = [] } = error.parentSchema as {
    oneOf?: { properties: Record<string, { const?: unknown }> }[];
  };
  const allowed = oneOf.map(({ properties }) => properties[tag]?.const);
  const shown = [...path, tag].join('.');
  if (tagValue === undefined)
    return { code, message: `${path.join('.')} lacks ${tag}; allowed: ${allowed.join(', ')}`, path };
  return {
    code,
    message: `${shown} is ${JSON.stringify(tagValue)}; ${right(tagValue, allowed)}`,
    path: [...path, tag],
  };
}

function right(value: unknown, allowed: readonly unknown[]): string {
  const hint = suggest(String(value), allowed.map(String));
  return hint ? `did you mean ${hint}?` : `allowed: ${allowed.join(', ')}`;
}

function unescapePointer(part: string): string | number {
  const text = part.replaceAll('~1', '/').replaceAll('~0', '~');
  return /^\d+$/.test(text) ? Number(text) : text;
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function dedupe(problems: Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = `${problem.path.join('.')} ${problem.message}`;
    return seen.has(key) ? false : seen.add(key);
  });
}
