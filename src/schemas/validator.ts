import type { ErrorObject, ValidateFunction } from 'ajv';
import { Compiler } from './compiler.js';
import { readyValidator } from './ready.js';
import type { ValidationIssue, Validator } from './registry.js';
import type { JsonSchema } from './schema-space.js';

const noIssues: readonly ValidationIssue[] = Object.freeze([]);

let fast: Compiler | undefined;
let thorough: Compiler | undefined;

/** A compiler that is kept. The optimiser takes a third of the time of compiling, and V8 does its work again. */
function compiler(allIssues: boolean): Compiler {
  if (allIssues) thorough ??= new Compiler(true, { optimize: false });
  else fast ??= new Compiler(false, { optimize: false });
  return (allIssues ? thorough : fast) as Compiler;
}

/** Compiles a schema. `allIssues` reports every issue instead of the first: for explaining, not for traffic. */
export function compile(schema: JsonSchema, allIssues = false): Validator {
  return telling((allIssues ? undefined : readyValidator(schema)) ?? compiler(allIssues).compile(schema));
}

/** What a compiled schema finds, in our words. */
export function telling(validate: ValidateFunction): Validator {
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
