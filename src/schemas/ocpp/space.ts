/**
 * The OCPP schemas, read at run time from the installed package ocpp-rpc, which ships them for its own use. Nothing
 * of them is kept here. Their `$id`s are removed: a current ajv refuses `urn:X.req`, and names are ours anyway.
 */
import { createRequire } from 'node:module';
import { schemaAt } from '../annotations.js';
import { definitionsOf, isObject, type JsonSchema, type SchemaSpace } from '../schema-space.js';
import type { AnnotationTable } from './annotations.js';
import { corrections } from './corrections.js';

const require = createRequire(import.meta.url);

/** `urn:Authorize.req` and `urn:AuthorizeRequest` → Authorize; `.conf` and `Response` → Authorize.conf. */
function nameOf(id: string): string {
  const bare = id.replace(/^urn:/, '');
  if (bare.endsWith('.req')) return bare.slice(0, -4);
  if (bare.endsWith('.conf')) return bare;
  if (bare.endsWith('Response')) return `${bare.slice(0, -'Response'.length)}.conf`;
  return bare.endsWith('Request') ? bare.slice(0, -'Request'.length) : bare;
}

/** Keywords that check nothing where they stand, or that a current ajv refuses. */
const idle = ['$id', 'additionalItems', 'javaType', 'comment'];

/** A copy of a shipped schema without idle keywords; fields of those names stay. */
function tidy(schema: JsonSchema): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (idle.includes(key)) continue;
    const named = key === 'properties' || key === 'definitions';
    if (named && isObject(value))
      copy[key] = Object.fromEntries(
        Object.entries(value).map(([name, child]) => [name, tidy(child as JsonSchema)]),
      );
    else copy[key] = isObject(value) ? tidy(value) : structuredClone(value);
  }
  return copy;
}

function correct(space: string, message: string, root: JsonSchema): void {
  for (const correction of corrections) {
    if (correction.space !== space || correction.message !== message) continue;
    const target = schemaAt(root, correction.path);
    if (!target)
      throw new Error(`the correction of ${space}.${message} at ${correction.path} finds nothing there`);
    Object.assign(target, correction.set);
  }
}

function annotate(name: string, root: JsonSchema, table: AnnotationTable): void {
  const note = (owner: string, schema: JsonSchema): void => {
    for (const [path, { unit, decimals, words }] of Object.entries(table[owner] ?? {})) {
      const target = schemaAt({ ...root, ...schema }, path);
      if (!target) continue;
      if (unit !== undefined) Object.assign(target, { 'x-unit': unit });
      if (decimals !== undefined) Object.assign(target, { 'x-decimals': decimals });
      if (words !== undefined) Object.assign(target, { 'x-words': words });
    }
  };
  note(name, root);
  for (const [definition, schema] of Object.entries(definitionsOf(root))) note(definition, schema);
}

/**
 * The messages of one OCPP version: `X` is the request, `X.conf` the answer.
 *
 * @param space the space's name, for its corrections
 * @param file the schema file of ocpp-rpc, `ocpp1_6`
 */
export function ocppSpace(space: string, file: string, table: AnnotationTable): SchemaSpace {
  const shipped: readonly unknown[] = require(`ocpp-rpc/lib/schemas/${file}.json`);
  const sources = new Map<string, JsonSchema>();
  for (const schema of shipped) if (isObject(schema)) sources.set(nameOf(String(schema['$id'])), schema);
  return {
    names: [...sources.keys()],
    schema(name) {
      const source = sources.get(name);
      if (!source) return undefined;
      const body = tidy(source);
      correct(space, name, body);
      annotate(name, body, table);
      return body;
    },
  };
}
