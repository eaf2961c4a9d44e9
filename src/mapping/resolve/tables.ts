import type { Findings, SourceText } from '../diagnostics.js';
import type {
  InputCell,
  Located,
  OutputCell,
  RawRow,
  RowAst,
  Scalar,
  TableAst,
  TablePatch,
} from '../syntax/ast.js';
import { inputCell, outputCell } from '../syntax/cells.js';
import { Reader } from '../syntax/reader.js';

/** Tells input cells from output cells once a table is complete; undefined if it is not. */
export function finishTable(table: TablePatch, findings: Findings, elseAllowed = true): TableAst | undefined {
  const { inputs, outputs } = table;
  if (!inputs?.length || !outputs?.length) {
    if (table.broken) return undefined;
    findings.add('MAP_DOCUMENT', table.at, `table ${table.name} needs \`in\` and \`out\``);
    return undefined;
  }
  if (table.rows.size === 0 && !table.broken)
    findings.add('MAP_DOCUMENT', table.at, `table ${table.name} has no rows`);
  const rows: RowAst[] = [];
  for (const row of table.rows.values()) {
    if ('removed' in row) findings.add('MAP_DOCUMENT', row.at, 'there is no such row to remove');
    else {
      const finished = finishRow(row, inputs.length, outputs.length, findings, elseAllowed);
      if (finished) rows.push(finished);
    }
  }
  return {
    name: table.name,
    at: table.at,
    inputs,
    outputs,
    only: table.only ?? [],
    rows,
    complete: rows.length === table.rows.size && !table.broken,
    elseCovers: table.elseCovers ?? new Map(),
  };
}

function finishRow(
  row: RawRow,
  inputs: number,
  outputs: number,
  findings: Findings,
  elseAllowed: boolean,
): RowAst | undefined {
  if (row.cells.length !== inputs + outputs) {
    const expected = `${inputs} for \`in\` and ${outputs} for \`out\``;
    findings.add(
      'MAP_DOCUMENT',
      row.at,
      `row ${row.id} has ${row.cells.length} cells instead of ${expected}`,
    );
    return undefined;
  }
  const file: SourceText = row.at.file;
  const reader = new Reader(file, findings);
  const read = row.cells.slice(0, inputs).map((cell) => inputCell(reader, cell, elseAllowed));
  const written = row.cells.slice(inputs).map((cell) => outputCell(reader, cell, inputs));
  if (read.includes(undefined) || written.includes(undefined)) return undefined;
  return {
    id: row.id,
    at: row.at,
    inputs: read.filter((cell) => cell !== undefined),
    outputs: written.filter((cell) => cell !== undefined),
  };
}

/** A table without the columns whose paths are not bound; what copies an input becomes nothing. */
export function withoutColumns(
  table: TableAst,
  { inputs, outputs }: { readonly inputs: readonly unknown[]; readonly outputs: readonly unknown[] },
): TableAst {
  const rows = table.rows.map((row) => ({
    ...row,
    inputs: row.inputs.filter((_, i) => inputs[i] !== undefined),
    outputs: row.outputs
      .filter((_, i) => outputs[i] !== undefined)
      .map((cell): OutputCell => (cell.kind === 'copy' ? { kind: 'nothing', at: cell.at } : cell)),
  }));
  return {
    ...table,
    inputs: table.inputs.filter((_, i) => inputs[i] !== undefined),
    outputs: table.outputs.filter((_, i) => outputs[i] !== undefined),
    rows,
    complete: false,
  };
}

/** Replaces every `else` by what it stands for: all but what the other rows name in that column. */
export function withoutElse(table: TableAst): TableAst {
  const named = table.inputs.map((_, column) => namedIn(table, column));
  const rows = table.rows.map((row) => ({
    ...row,
    inputs: row.inputs.map((cell, column): InputCell => {
      if (cell.kind !== 'else') return cell;
      const others = named[column];
      return {
        kind: 'set',
        not: true,
        values: others?.values ?? [],
        absent: others?.absent ?? false,
        at: cell.at,
      };
    }),
  }));
  return { ...table, rows };
}

function namedIn(table: TableAst, column: number): { values: Located<Scalar>[]; absent: boolean } {
  const values = new Map<Scalar, Located<Scalar>>();
  let absent = false;
  for (const row of table.rows) {
    const cell = row.inputs[column];
    if (cell?.kind !== 'set') continue;
    for (const value of cell.values) values.set(value.value, value);
    absent ||= cell.absent;
  }
  return { values: [...values.values()], absent };
}
