import { schemaOf } from '../../../src/schemas/index.js';

type Schema = Readonly<Record<string, unknown>>;

/** The smallest payload that a schema allows: what it requires, with the first word of every enumeration. */
export function smallest(name: string): Record<string, unknown> {
  const schema = schemaOf(name)?.schema;
  if (!schema) throw new Error(`no schema ${name}`);
  return valueFor(schema, schema) as Record<string, unknown>;
}

function valueFor(schema: Schema, root: Schema): unknown {
  const { $ref, type, enum: words, format, minimum = 0, minItems = 0 } = schema;
  if (typeof $ref === 'string') {
    const path = $ref.slice(2).split('/');
    return valueFor(
      path.reduce<Schema>((at, key) => at[key] as Schema, root),
      root,
    );
  }
  if (Array.isArray(words)) return words[0];
  if (type === 'string') return format === 'date-time' ? '2026-01-01T00:00:00Z' : 'x';
  if (type === 'integer' || type === 'number') return minimum;
  if (type === 'boolean') return false;
  if (type === 'array') {
    return Array.from({ length: Math.max(1, Number(minItems)) }, () =>
      valueFor(schema['items'] as Schema, root),
    );
  }
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  const required = (schema['required'] ?? []) as string[];
  return Object.fromEntries(required.map((key) => [key, valueFor(properties[key] ?? {}, root)]));
}
