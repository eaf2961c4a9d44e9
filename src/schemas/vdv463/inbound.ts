import { type JsonSchema, rewrite } from '../schema-space.js';

/**
 * A schema without `format: uri`. Only 1.0.0 asks for it, and no system in the field writes its identifiers that
 * way, so a receiver must not insist.
 */
export function withoutUri(schema: JsonSchema): JsonSchema {
  return rewrite(schema, (node) => {
    if (node['format'] !== 'uri') return node;
    const { format: _, ...rest } = node;
    return rest;
  });
}
