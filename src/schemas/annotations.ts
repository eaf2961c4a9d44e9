import { isObject, type JsonSchema, resolve } from './schema-space.js';

/** What stands beside a schema, by path (`chargingPointInfoList[].presentPower`). */
export interface Annotations {
  readonly units: Record<string, string>;
  readonly decimals: Record<string, number>;
  readonly vocabulary: Record<string, readonly string[]>;
}

/** Schemas nested deeper than this are recursive in practice; no message of ours comes near. */
const deepest = 24;

/** Collects `x-unit`, `x-decimals` and `x-words` of every path that a schema reaches. */
export function annotationsOf(root: JsonSchema): Annotations {
  const found: Annotations = { units: {}, decimals: {}, vocabulary: {} };
  const visit = (schema: JsonSchema, path: string, depth: number): void => {
    const target = resolve(schema, root);
    note(target, path, found);
    if (target !== schema) note(schema, path, found);
    if (depth === deepest) return;
    if (isObject(target['properties']))
      for (const [name, child] of Object.entries(target['properties']))
        visit(child as JsonSchema, path === '' ? name : `${path}.${name}`, depth + 1);
    if (isObject(target['items'])) visit(target['items'], `${path}[]`, depth + 1);
  };
  visit(root, '', 0);
  return found;
}

function note(schema: JsonSchema, path: string, found: Annotations): void {
  const { 'x-unit': unit, 'x-decimals': decimals, 'x-words': words } = schema;
  if (typeof unit === 'string') found.units[path] = unit;
  if (typeof decimals === 'number') found.decimals[path] = decimals;
  if (Array.isArray(words)) found.vocabulary[path] = words.map(String);
}

/** The schema at a path (`eventData[].component`) inside a root, made to stand alone by the caller. */
export function schemaAt(root: JsonSchema, path: string): JsonSchema | undefined {
  let current: unknown = root;
  for (const step of path.split('.')) {
    const [, name = '', lists = ''] = /^([^[\]]+)((?:\[\])*)$/.exec(step) ?? [];
    if (!isObject(current)) return undefined;
    const { properties } = resolve(current, root);
    current = isObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
    for (let i = 0; i < lists.length; i += 2) {
      if (!isObject(current)) return undefined;
      current = resolve(current, root)['items'];
    }
  }
  return isObject(current) ? current : undefined;
}
