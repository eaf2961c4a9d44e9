import { isObject, type JsonSchema } from '../schema-space.js';

/**
 * A 1.6 schema whose instants may lack a zone: 1.6 recommends UTC without requiring a zone (§3.13), so a charger that
 * leaves it out breaks no rule. What such an instant means is for the mapping to decide. 2.x requires the zone.
 */
export function zoneOptional(schema: JsonSchema): JsonSchema {
  return relax(schema) as JsonSchema;
}

function relax(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relax);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, member]) =>
    key === 'format' && member === 'date-time' ? [key, 'local-date-time'] : [key, relax(member)],
  );
  return Object.fromEntries(entries);
}
