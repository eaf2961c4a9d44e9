import { isObject, type JsonSchema, rewrite } from '../schema-space.js';

/**
 * A schema as a receiver applies it: unknown fields are ignored (2.3.0 forbids rejecting them, and so do we in all
 * versions), open enumerations take further words, and forms that only a sender must keep are not asked for.
 */
export function receiving(schema: JsonSchema): JsonSchema {
  return rewrite(schema, (node) => {
    if (isObject(node['x-inbound'])) return node['x-inbound'];
    const rest: Record<string, unknown> = { ...node };
    if (rest['additionalProperties'] === false) delete rest['additionalProperties'];
    if (rest['x-open'] === true) delete rest['enum'];
    return rest;
  });
}
