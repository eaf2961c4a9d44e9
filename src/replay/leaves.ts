/** Values by path, where elements of lists go by their own ids: what two payloads can be compared by. */
import type { Json } from '../mapping/index.js';

export interface NamedLeaf {
  readonly value: Json;
  /** As rules name it: `depotInfoList[0].name`. */
  readonly path: string;
}

/** What an element of a list is known by, the first that it has. */
const IDS = [
  ...['chargingPointId', 'chargingStationId', 'chargingRequestId', 'depotId'],
  ...['pointId', 'stationId', 'uid', 'id'],
] as const;

/** Scalars by readable path: `depotInfoList[depot-nord].chargingStationInfoList[N1].chargingStationStatus`. */
export function leavesOf(value: unknown): Map<string, NamedLeaf> {
  const found = new Map<string, NamedLeaf>();
  visit(value, '', '', found);
  return found;
}

function visit(value: unknown, name: string, path: string, found: Map<string, NamedLeaf>): void {
  if (Array.isArray(value)) {
    const seen = new Set<string>();
    for (const [index, item] of value.entries()) {
      const id = idOf(item) ?? String(index);
      const key = seen.has(id) ? `${id}#${index}` : id;
      seen.add(key);
      visit(item, `${name}[${key}]`, `${path}[${index}]`, found);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value))
      visit(item, name ? `${name}.${key}` : key, path ? `${path}.${key}` : key, found);
  } else if (value !== undefined) found.set(name, { value: value as Json, path });
}

function idOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  for (const key of IDS) {
    const id = (item as Readonly<Record<string, unknown>>)[key];
    if (typeof id === 'string') return id;
  }
  return undefined;
}

/** Paths at which two sets of leaves differ, with the leaf of each; undefined: it has none there. */
export function* differingLeaves(
  left: ReadonlyMap<string, NamedLeaf>,
  right: ReadonlyMap<string, NamedLeaf>,
): Generator<readonly [path: string, left: NamedLeaf | undefined, right: NamedLeaf | undefined]> {
  for (const [path, leaf] of left)
    if (right.get(path)?.value !== leaf.value) yield [path, leaf, right.get(path)];
  for (const [path, leaf] of right) if (!left.has(path)) yield [path, undefined, leaf];
}
