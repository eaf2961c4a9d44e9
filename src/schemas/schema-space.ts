/** A JSON Schema object, as data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * All messages and definitions of one protocol and dialect. A schema it gives is self-contained draft-07;
 * units stand in it as `x-unit`, declared decimals as `x-decimals`, known words of free text as `x-words`.
 */
export interface SchemaSpace {
  readonly names: readonly string[];
  /** The schema of a definition, or undefined. Built on first use. */
  schema(definition: string): JsonSchema | undefined;
  /** Turns a schema of this space into what a receiver insists on; absent = the schema itself. */
  inbound?(schema: JsonSchema): JsonSchema;
}

/** A plain object (not an array), narrowed. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const pointer = /^#\/(?:definitions|\$defs)\/(.+)$/;

/** The definitions a root schema carries, under either key. */
export function definitionsOf(root: JsonSchema): Readonly<Record<string, JsonSchema>> {
  const found = root['definitions'] ?? root['$defs'];
  return isObject(found) ? (found as Record<string, JsonSchema>) : {};
}

/** Follows a `$ref` into the root's definitions, as often as needed; other schemas come back as they are. */
export function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let current = schema;
  while (typeof current['$ref'] === 'string') {
    const name = pointer.exec(current['$ref'])?.[1] ?? '';
    const target = definitionsOf(root)[name];
    if (!target) throw new Error(`schema reference ${current['$ref']} leads nowhere`);
    current = target;
  }
  return current;
}

/** Names of the definitions that a schema reaches, directly or through others. */
function reachable(schema: unknown, root: JsonSchema, found = new Set<string>()): Set<string> {
  if (Array.isArray(schema)) for (const item of schema) reachable(item, root, found);
  if (!isObject(schema)) return found;
  for (const [key, value] of Object.entries(schema)) {
    if (key === '$ref' && typeof value === 'string') {
      const name = pointer.exec(value)?.[1] ?? '';
      if (found.has(name)) continue;
      found.add(name);
      reachable(definitionsOf(root)[name], root, found);
    } else reachable(value, root, found);
  }
  return found;
}

/** A schema found inside a root, made self-contained: it takes along the definitions it reaches, no others. */
export function selfContained(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const { definitions: _1, $defs: _2, ...body } = resolve(schema, root);
  const names = reachable(body, root);
  if (names.size === 0) return body;
  const all = definitionsOf(root);
  const kept = Object.fromEntries([...names].map((name) => [name, all[name]]));
  return { ...body, [root['$defs'] ? '$defs' : 'definitions']: kept };
}

/** A space over one bundle of definitions; every definition is a name. */
export function bundleSpace(bundle: JsonSchema): SchemaSpace {
  const definitions = definitionsOf(bundle);
  return {
    names: Object.keys(definitions),
    schema: (name) =>
      Object.hasOwn(definitions, name) ? selfContained(definitions[name] ?? {}, bundle) : undefined,
  };
}

/** A copy of a schema in which `edit` has changed every object of it, outermost first. */
export function rewrite(schema: JsonSchema, edit: (node: JsonSchema) => JsonSchema): JsonSchema {
  const inside = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inside);
    return isObject(value) ? rewrite(value, edit) : value;
  };
  return Object.fromEntries(Object.entries(edit(schema)).map(([key, member]) => [key, inside(member)]));
}
