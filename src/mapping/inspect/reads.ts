/** Which places of a message some rule reads. */
import type { Json } from '../api.js';
import type { LoadedGeneration } from '../generation.js';
import { type BoundPath, type FieldIr, type MappingIr, valuePaths } from '../resolve/ir.js';

/** Schema paths of one message, `meterValue[].sampledValue[].value`, that its mappings or their overlays read. */
export function readPaths(generation: LoadedGeneration, message: string): ReadonlySet<string> {
  const { mappings, overlays } = generation.parts;
  const byName = new Map(mappings.map((mapping) => [mapping.name, mapping]));
  const found = new Set<string>();
  const visit = (mapping: MappingIr, prefixes: ReadonlyMap<string, string>): void => {
    const add = (path: BoundPath): void => {
      const prefix = prefixes.get(path.ref.alias);
      if (prefix !== undefined) found.add(joined(prefix, path.node.path));
    };
    const patches = overlays.filter(({ of }) => of === mapping.name);
    const fields = [...mapping.fields, ...patches.flatMap((patch) => patch.fields)];
    const tables = [...mapping.tables, ...patches.flatMap((patch) => [...patch.tables.values()])];
    for (const { path } of [
      ...mapping.only,
      ...mapping.groups.flatMap(({ when }) => when),
      ...tables.flatMap(({ only }) => only),
      ...fields.flatMap(({ when }) => when),
    ])
      if (path.side === 'source') add(path);
    for (const table of tables) table.inputs.forEach(add);
    for (const path of mapping.fold?.read.values() ?? []) add(path);
    for (const field of fields) {
      const used = nestedIn(field, byName);
      if (used) visit(used.mapping, nestedPrefixes(used, mapping, prefixes));
      else valuePaths(field.source).forEach(add);
    }
  };
  for (const mapping of mappings) {
    const prefixes = prefixesOf(mapping, message);
    if (prefixes.size > 0) visit(mapping, prefixes);
  }
  return found;
}

/** Paths of the values in a payload, `meterValue[].timestamp`, each once: what a message brought. */
export function leafPaths(value: Json, path = '', found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const item of value) leafPaths(item, `${path}[]`, found);
  else if (typeof value === 'object' && value !== null)
    for (const [key, child] of Object.entries(value)) leafPaths(child, joined(path, key), found);
  else found.add(path);
  return found;
}

/** Values of a payload that no rule reads; an array or object read as a whole covers what is beneath it. */
export function unreadPaths(payload: Json, reads: ReadonlySet<string>): string[] {
  return [...leafPaths(payload)].filter((path) => {
    for (const read of reads)
      if (path === read || path.startsWith(`${read}.`) || path.startsWith(`${read}[`)) return false;
    return true;
  });
}

function joined(prefix: string, path: string): string {
  if (prefix === '' || path === '') return prefix + path;
  return `${prefix}.${path}`;
}

/** Where the sources of a mapping lie in the message: the message itself, or the elements of a list in it. */
function prefixesOf(mapping: MappingIr, message: string): Map<string, string> {
  const prefixes = new Map<string, string>();
  for (const { alias, name, element } of mapping.sources) {
    if (name === message) prefixes.set(alias, '');
    else if (element && name.startsWith(`${message}:`)) prefixes.set(alias, name.slice(message.length + 1));
  }
  return mapping.sources[0]?.name === message ? prefixes : new Map();
}

interface Nested {
  readonly mapping: MappingIr;
  readonly path: BoundPath;
  readonly each: boolean;
}

function nestedIn({ source }: FieldIr, byName: ReadonlyMap<string, MappingIr>): Nested | undefined {
  if (source.kind !== 'each' && source.kind !== 'object') return undefined;
  const mapping = byName.get(source.using.value);
  return mapping && { mapping, path: source.path, each: source.kind === 'each' };
}

function nestedPrefixes(
  { mapping, path, each }: Nested,
  outer: MappingIr,
  prefixes: ReadonlyMap<string, string>,
): Map<string, string> {
  const inner = new Map<string, string>();
  const [first, ...rest] = mapping.sources;
  const above = prefixes.get(path.ref.alias);
  if (first && above !== undefined)
    inner.set(first.alias, `${joined(above, path.node.path)}${each ? '[]' : ''}`);
  for (const { alias } of rest) {
    const known = outer.sources.some((source) => source.alias === alias) ? prefixes.get(alias) : undefined;
    if (known !== undefined) inner.set(alias, known);
  }
  return inner;
}
