import { createRequire } from 'node:module';
import type { Ajv, CodeOptions, Options, ValidateFunction } from 'ajv';
import { formats } from './formats.js';
import type { JsonSchema } from './schema-space.js';
import { SharedDefinitions } from './shared-definitions.js';

const require = createRequire(import.meta.url);

/** Keywords of ours that annotate and check nothing. */
const annotations = ['x-unit', 'x-decimals', 'x-words', 'x-open', 'x-inbound'];

/** What a schema means, beside its text: validators made with other options are other validators. */
export const meaning = {
  // An unknown keyword or format throws, so that a slip in a schema cannot switch a check off.
  strictSchema: true,
  strictTypes: false,
  strictTuples: false,
  // 0.3 is a multiple of 0.1 to everybody but a floating-point division.
  multipleOfPrecision: 6,
} as const satisfies Options;

/** Turns schemas into validators; definitions that they share are compiled once. */
export class Compiler {
  readonly ajv: Ajv;
  private readonly shared: SharedDefinitions;

  constructor(allErrors: boolean, code: CodeOptions) {
    // Loaded when first needed: a process whose validators were all made by the build does without.
    const { Ajv: Engine } = require('ajv') as typeof import('ajv');
    this.ajv = new Engine({
      ...meaning,
      allErrors,
      code,
      validateSchema: false,
      addUsedSchema: false,
      // Small definitions are written out where they are used; larger ones are functions that all messages share.
      inlineRefs: 6,
      formats,
    });
    this.ajv.addVocabulary(annotations);
    this.shared = new SharedDefinitions((definition, id) => this.ajv.addSchema(definition, id));
  }

  /** The id under which ajv keeps a schema. */
  idOf(schema: JsonSchema): string {
    return this.shared.idOf(schema);
  }

  compile(schema: JsonSchema): ValidateFunction {
    return this.ajv.getSchema(this.idOf(schema)) ?? this.ajv.compile({ ...schema });
  }
}
