import type { Json } from '../api.js';
import { classesOf, ignoresCase, none, normal, other, tableClauses } from '../resolve/domain.js';
import type { BoundPath, ClauseIr, MappingIr, TableIr } from '../resolve/ir.js';
import { type Frame, fail, type Get, noRow, type Test, undecided } from '../run/frame.js';
import type { InputCell } from '../syntax/ast.js';

/** Class numbers of one column, by value. */
export interface Column {
  readonly byValue: ReadonlyMap<Json, number>;
  readonly other: number;
  readonly none: number;
  readonly folded: boolean;
  readonly size: number;
  readonly classes: readonly (readonly boolean[])[];
}

interface ReadColumn extends Column {
  readonly get: Get;
}

const outside = -1;

export interface TableIndex {
  readonly columns: readonly Column[];
  /** Row number per combination of classes, the last column's fastest; -1 where no row fits. */
  readonly index: Int16Array;
}

/** Found once per table: both backends and all variants of a mapping use the same. */
const indexes = new WeakMap<MappingIr, Map<TableIr, TableIndex>>();

/** The classes of each column of a table, and the row for each combination of them. */
export function tableIndex(mapping: MappingIr, table: TableIr): TableIndex {
  const known = indexes.get(mapping) ?? new Map<TableIr, TableIndex>();
  indexes.set(mapping, known);
  const found = known.get(table) ?? indexOf(mapping, table);
  known.set(table, found);
  return found;
}

function indexOf(mapping: MappingIr, table: TableIr): TableIndex {
  const clauses = tableClauses(mapping, table);
  const columns = table.inputs.map((path, i) =>
    column(
      path,
      table.rows.flatMap((row) => row.inputs[i] ?? []),
      clauses,
    ),
  );
  return { columns, index: buildIndex(columns, table.rows.length) };
}

function column(path: BoundPath, cells: readonly InputCell[], clauses: readonly ClauseIr[]): Column {
  const classes = classesOf(path, cells, clauses);
  const byValue = new Map<Json, number>();
  let otherClass = outside;
  let noneClass = outside;
  classes.forEach(({ members }, index) => {
    for (const member of members) {
      if (member === other) otherClass = index;
      else if (member === none) noneClass = index;
      else byValue.set(normal(member, path), index);
    }
  });
  const taken = classes.map((valueClass) => valueClass.taken);
  return {
    byValue,
    other: otherClass,
    none: noneClass,
    folded: ignoresCase(path),
    size: classes.length,
    classes: taken,
  };
}

function classOf(column: ReadColumn, frame: Frame): number {
  const value = column.get(frame);
  if (value === undefined) return column.none;
  const found = column.byValue.get(column.folded && typeof value === 'string' ? value.toLowerCase() : value);
  return found ?? column.other;
}

/** Decides the row of a table; where none fits, the object fails (or with `partial` nothing happens). */
export type Decide = (frame: Frame) => number;

/** Compiles a table to an index over the classes of its columns. */
export function compileTable(
  mapping: MappingIr,
  table: TableIr,
  slot: number,
  read: (path: BoundPath) => Get,
  only: Test | undefined,
  options: { partial: boolean; hits: Float64Array; firstRule: number },
): Decide {
  const { columns: plain, index } = tableIndex(mapping, table);
  const columns = plain.map((column, i) => ({ ...column, get: read(table.inputs[i] as BoundPath) }));
  const decide = decider(columns, index);
  const { hits, firstRule, partial } = options;
  return (frame) => {
    const known = frame.rows[slot];
    if (known !== undefined && known !== undecided) return known;
    let row = noRow;
    if (only === undefined || only(frame)) {
      row = decide(frame);
      if (row >= 0) hits[firstRule + row] = (hits[firstRule + row] ?? 0) + 1;
      else if (!partial) noRowFits(frame, mapping, table, columns);
    }
    frame.rows[slot] = row;
    return row;
  };
}

function decider(columns: readonly ReadColumn[], index: Int16Array): Decide {
  const [first, second] = columns;
  if (first && columns.length === 1)
    return (frame) => {
      const at = classOf(first, frame);
      return at < 0 ? noRow : (index[at] ?? noRow);
    };
  if (first && second && columns.length === 2) {
    const { size } = second;
    return (frame) => {
      const a = classOf(first, frame);
      const b = classOf(second, frame);
      return a < 0 || b < 0 ? noRow : (index[a * size + b] ?? noRow);
    };
  }
  return (frame) => {
    let at = 0;
    for (const column of columns) {
      const found = classOf(column, frame);
      if (found < 0) return noRow;
      at = at * column.size + found;
    }
    return index[at] ?? noRow;
  };
}

/** Row number per combination of classes; -1 where no row fits. */
function buildIndex(columns: readonly Column[], rows: number): Int16Array {
  const total = columns.reduce((product, { size }) => product * size, 1);
  const index = new Int16Array(total).fill(noRow);
  for (let at = 0; at < total; at++) {
    let rest = at;
    const combination: (readonly boolean[])[] = [];
    for (let i = columns.length - 1; i >= 0; i--) {
      const { size, classes } = columns[i] as Column;
      combination.push(classes[rest % size] ?? []);
      rest = Math.floor(rest / size);
    }
    for (let row = 0; row < rows && index[at] === noRow; row++)
      if (combination.every((taken) => taken[row])) index[at] = row;
  }
  return index;
}

function noRowFits(frame: Frame, mapping: MappingIr, table: TableIr, columns: readonly ReadColumn[]): void {
  const seen = table.inputs.map(
    (path, i) => `${path.ref.text} ${JSON.stringify(columns[i]?.get(frame) ?? null)}`,
  );
  const path = table.outputs[0]?.ref.text ?? '';
  fail(frame, mapping.name, 'MAP_NO_ROW', `no row of table ${table.name} fits ${seen.join(', ')}`, {
    rule: `${mapping.name}/${table.name}`,
    path,
  });
}
