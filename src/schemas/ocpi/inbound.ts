import { isObject, type JsonSchema } from '../schema-space.js';

/**
 * A schema as a receiver applies it: unknown fields are ignored (2.3.0 forbids rejecting them, and so do we in all
 * versions), open enumerations take further words, and forms that only a sender must keep are not asked for.
 */
export function receiving(schema: JsonSchema): JsonSchema {
  return relax(schema) as JsonSchema;
}

function relax(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relax);
  if (!isObject(value)) return value;
  if (isObject(value['x-inbound'])) return value['x-inbound'];
  const { additionalProperties: closed, ...rest } = value;
  if (closed !== undefined && closed !== false) rest['additionalProperties'] = closed;
  if (rest['x-open'] === true) delete rest['enum'];
  return Object.fromEntries(Object.entries(rest).map(([key, member]) => [key, relax(member)]));
}
