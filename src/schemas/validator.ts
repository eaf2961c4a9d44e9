import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { isDateTime, isLocalDateTime } from './date-time.js';
import type { ValidationIssue, Validator } from './registry.js';
import type { JsonSchema } from './schema-space.js';

const noIssues: readonly ValidationIssue[] = Object.freeze([]);

/** Keywords of ours that annotate and check nothing. */
const annotations = ['x-unit', 'x-decimals', 'x-words', 'x-open', 'x-inbound'];

function ajvWith(allErrors: boolean): Ajv {
  const ajv = new Ajv({
    // An unknown keyword or format throws, so that a slip in a schema cannot switch a check off.
    strictSchema: true,
    strictTypes: false,
    strictTuples: false,
    allErrors,
    validateSchema: false,
    addUsedSchema: false,
    // 0.3 is a multiple of 0.1 to everybody but a floating-point division.
    multipleOfPrecision: 6,
    formats: {
      'date-time': isDateTime,
      'local-date-time': isLocalDateTime,
      uri: fullFormats.uri,
      uuid: fullFormats.uuid,
    },
  });
  return ajv.addVocabulary(annotations);
}

let fast: Ajv | undefined;
let thorough: Ajv | undefined;

/** Compiles a schema. `allIssues` reports every issue instead of the first: for explaining, not for traffic. */
export function compile(schema: JsonSchema, allIssues = false): Validator {
  fast ??= ajvWith(false);
  if (allIssues) thorough ??= ajvWith(true);
  const validate: ValidateFunction = (allIssues && thorough ? thorough : fast).compile({ ...schema });
  return (payload) => (validate(payload) ? noIssues : (validate.errors ?? []).map(issueOf));
}

/** JSON pointer escaping of one step. */
const escaped = (step: string) => step.replaceAll('~', '~0').replaceAll('/', '~1');

function issueOf({ instancePath, keyword, params, message = '' }: ErrorObject): ValidationIssue {
  const where = instancePath === '' ? 'the payload' : instancePath;
  const facts = params as Record<string, unknown>;
  if (keyword === 'additionalProperties') {
    const name = String(facts['additionalProperty']);
    return {
      path: `${instancePath}/${escaped(name)}`,
      keyword,
      message: `${where} must not have a field "${name}"`,
    };
  }
  if (keyword === 'required')
    return {
      path: instancePath,
      keyword,
      message: `${where} lacks the required field "${facts['missingProperty']}"`,
    };
  if (keyword === 'enum') {
    const words = (facts['allowedValues'] as unknown[]).map(String);
    return { path: instancePath, keyword, message: `${where} must be one of ${words.join(', ')}` };
  }
  return { path: instancePath, keyword, message: `${where} ${message}` };
}
