import { type JsonSchema, rewrite } from '../schema-space.js';

/**
 * A 1.6 schema whose instants may lack a zone: 1.6 recommends UTC without requiring a zone (§3.13), so a charger that
 * leaves it out breaks no rule. What such an instant means is for the mapping to decide. 2.x requires the zone.
 */
export function zoneOptional(schema: JsonSchema): JsonSchema {
  return rewrite(schema, (node) =>
    node['format'] === 'date-time' ? { ...node, format: 'local-date-time' } : node,
  );
}
