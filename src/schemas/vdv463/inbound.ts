import { isObject, type JsonSchema } from '../schema-space.js';

/**
 * A schema without `format: uri`. Only 1.0.0 asks for it, and no system in the field writes its identifiers that
 * way, so a receiver must not insist.
 */
export function withoutUri(schema: JsonSchema): JsonSchema {
  return strip(schema) as JsonSchema;
}

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key, member]) => !(key === 'format' && member === 'uri'));
  return Object.fromEntries(kept.map(([key, member]) => [key, strip(member)]));
}
