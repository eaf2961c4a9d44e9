import type { SchemaNode } from './node.js';

/** Why every value of `source` would not be one that `target` describes; undefined if all are. */
export function misfit(source: SchemaNode, target: SchemaNode, seen = new Set<string>()): string | undefined {
  const key = `${source.title}\n${target.title}`;
  if (seen.has(key)) return undefined;
  seen.add(key);
  if (
    source.type !== target.type &&
    !(source.type === 'integer' && target.type === 'number') &&
    target.type !== 'any'
  )
    return `${source.title} is ${source.type}, ${target.title} is ${target.type}`;
  if (source.unit !== target.unit)
    return `${source.title} is in ${source.unit}, ${target.title} in ${target.unit}`;
  if (target.enum) {
    const extra = source.enum?.find((value) => !target.enum?.includes(value));
    if (!source.enum || extra !== undefined) return `${target.title} does not know ${extra ?? 'every text'}`;
  }
  if (source.items && target.items) return misfit(source.items, target.items, seen);
  for (const [name, { node, required }] of target.properties) {
    const own = source.properties.get(name);
    if (!own && required) return `${source.title} has no ${name}`;
    if (own && required && !own.required) return `${own.node.title} is optional`;
    const reason = own && misfit(own.node, node, seen);
    if (reason) return reason;
  }
  return undefined;
}
