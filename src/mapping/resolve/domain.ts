/** Which values can stand at a source path, as far as cells can tell them apart. */
import type { InputCell, Scalar } from '../syntax/ast.js';
import type { BoundPath, ClauseIr, MappingIr, TableIr } from './ir.js';

/** A value that no cell names (open paths only), and no value at all. */
export const other: unique symbol = Symbol('other');
export const none: unique symbol = Symbol('none');
export type Abstract = Scalar | typeof other | typeof none;

/** Words of a vocabulary are compared without regard to case. */
export function ignoresCase(path: BoundPath): boolean {
  return path.node.vocabulary !== undefined;
}

export function normal(value: Scalar, path: BoundPath): Scalar {
  return typeof value === 'string' && ignoresCase(path) ? value.toLowerCase() : value;
}

/** Whether a cell (without `else`) takes a value. */
export function fits(cell: InputCell, value: Abstract, path: BoundPath): boolean {
  if (cell.kind !== 'set') return true;
  const inside =
    value === none
      ? cell.absent
      : value !== other &&
        cell.values.some((candidate) => normal(candidate.value, path) === normal(value, path));
  return inside !== cell.not;
}

/** All values a schema allows at a closed path; undefined for open text and numbers. */
export function closedValues(path: BoundPath): readonly Scalar[] | undefined {
  if (path.node.enum) return path.node.enum;
  return path.node.type === 'boolean' ? [true, false] : undefined;
}

/** The key under which two paths are the same place. */
export function placeKey(path: BoundPath, length = path.links.length): string {
  if (length === path.links.length) return path.key;
  return [path.ref.alias, ...path.ref.steps.slice(0, length)].join('.');
}

/** Prefixes of a path that may be missing though their parent is there. */
export function optionalPrefixes(path: BoundPath): string[] {
  return path.links.flatMap((link, i) => (link.required ? [] : [placeKey(path, i + 1)]));
}

/** Places that are certain under conditions which do not take absence. */
export function certainPlaces(clauses: readonly ClauseIr[]): Set<string> {
  const certain = new Set<string>();
  for (const { path, cell } of clauses)
    if (!fits(cell, none, path)) for (let i = 1; i <= path.links.length; i++) certain.add(placeKey(path, i));
  return certain;
}

/** Whether a path can be absent under the conditions given. */
export function canBeAbsent(path: BoundPath, clauses: readonly ClauseIr[]): boolean {
  const certain = certainPlaces(clauses);
  if (!optionalPrefixes(path).some((place) => !certain.has(place))) return false;
  const key = placeKey(path);
  return clauses.every((clause) => placeKey(clause.path) !== key || fits(clause.cell, none, path));
}

/** Values that can stand at a path under conditions: named ones, `other`, `none`. */
export function possible(
  path: BoundPath,
  cells: readonly InputCell[],
  clauses: readonly ClauseIr[],
): Abstract[] {
  const key = placeKey(path);
  const same = clauses.filter((clause) => placeKey(clause.path) === key).map(({ cell }) => cell);
  const closed = closedValues(path);
  const values: Abstract[] = closed ? [...closed] : [...namedIn([...cells, ...same], path), other];
  if (canBeAbsent(path, clauses)) values.push(none);
  return values.filter((value) => same.every((cell) => fits(cell, value, path)));
}

function namedIn(cells: readonly InputCell[], path: BoundPath): Scalar[] {
  const values = new Map<Scalar, Scalar>();
  for (const cell of cells)
    if (cell.kind === 'set') for (const { value } of cell.values) values.set(normal(value, path), value);
  return [...values.values()];
}

/** Values that no cell of a column tells apart. */
export interface ValueClass {
  readonly members: readonly Abstract[];
  /** Per row: whether its cell takes these values. */
  readonly taken: readonly boolean[];
}

/** The classes of one input column of a table. */
export function classesOf(
  path: BoundPath,
  cells: readonly InputCell[],
  clauses: readonly ClauseIr[],
): ValueClass[] {
  const classes = new Map<string, { members: Abstract[]; taken: boolean[] }>();
  for (const value of possible(path, cells, clauses)) {
    const taken = cells.map((cell) => fits(cell, value, path));
    const signature = taken.map(Number).join('');
    const known = classes.get(signature);
    if (known) known.members.push(value);
    else classes.set(signature, { members: [value], taken });
  }
  return [...classes.values()];
}

/** Conditions under which a table is evaluated at all. */
export function tableClauses(mapping: MappingIr, table: TableIr): ClauseIr[] {
  const groups = mapping.groups.filter((group) =>
    table.outputs.every((output) => isBeneath(output, group.target)),
  );
  return [...mapping.only, ...table.only, ...groups.flatMap((group) => group.when)];
}

/** Whether a path is another one or lies beneath it. */
export function isBeneath(path: BoundPath, parent: BoundPath): boolean {
  return (
    path.ref.alias === parent.ref.alias && parent.ref.steps.every((step, i) => path.ref.steps[i] === step)
  );
}

/** How an abstract value is called in a message. */
export function nameOf(value: Abstract): string {
  return value === none ? 'absent' : value === other ? 'any other value' : String(value);
}
