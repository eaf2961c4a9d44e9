import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { isDateTime, isLocalDateTime } from './date-time.js';
import type { ValidationIssue, Validator } from './registry.js';
import type { JsonSchema } from './schema-space.js';
import { SharedDefinitions } from './shared-definitions.js';

const noIssues: readonly ValidationIssue[] = Object.freeze([]);

/** Keywords of ours that annotate and check nothing. */
const annotations = ['x-unit', 'x-decimals', 'x-words', 'x-open', 'x-inbound'];

type Compile = (schema: JsonSchema) => ValidateFunction;

function compiler(allErrors: boolean): Compile {
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
    // The optimiser takes a third of the time of compiling, and V8 does its work again.
    code: { optimize: false },
    // Small definitions are written out where they are used; larger ones are functions that all messages share.
    inlineRefs: 6,
    formats: {
      'date-time': isDateTime,
      'local-date-time': isLocalDateTime,
      uri: fullFormats.uri,
      uuid: fullFormats.uuid,
    },
  });
  ajv.addVocabulary(annotations);
  const shared = new SharedDefinitions((definition, id) => ajv.addSchema(definition, id));
  return (schema) => ajv.getSchema(shared.idOf(schema)) ?? ajv.compile({ ...schema });
}

let fast: Compile | undefined;
let thorough: Compile | undefined;

/** Compiles a schema. `allIssues` reports every issue instead of the first: for explaining, not for traffic. */
export function compile(schema: JsonSchema, allIssues = false): Validator {
  fast ??= compiler(false);
  if (allIssues) thorough ??= compiler(true);
  const validate = (allIssues && thorough ? thorough : fast)(schema);
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
