import {
  type Abstract,
  classesOf,
  closedValues,
  fits,
  nameOf,
  none,
  other,
  possible,
  tableClauses,
  type ValueClass,
} from '../resolve/domain.js';
import type { ClauseIr, TableIr } from '../resolve/ir.js';
import type { InputCell, RowAst } from '../syntax/ast.js';
import type { CheckContext } from './context.js';

/** More combinations than this are not gone through. */
export const mostCombinations = 200_000;

/** Totality, overlap, unreachable rows, `else` counts of one table. Gives the reachable rows. */
export function checkTable(context: CheckContext, table: TableIr, partial = false): Set<RowAst> {
  const clauses = tableClauses(context.mapping, table);
  context.report.tables++;
  context.report.rows += table.rows.length;
  checkElse(context, table, clauses);
  const columns = table.inputs.map((path, i) =>
    classesOf(
      path,
      table.rows.flatMap((row) => row.inputs[i] ?? []),
      clauses,
    ),
  );
  const total = columns.reduce((product, classes) => product * classes.length, 1);
  if (total > mostCombinations) {
    context.add('MAP_TOO_COMPLEX', table.ast.at, `table ${table.name} has ${total} combinations of inputs`);
    return new Set(table.rows);
  }
  return walk(context, table, columns, total, partial);
}

function walk(
  context: CheckContext,
  table: TableIr,
  columns: readonly ValueClass[][],
  total: number,
  partial: boolean,
): Set<RowAst> {
  const reached = new Set<RowAst>();
  const gaps: ValueClass[][] = [];
  const overlaps = new Map<string, [RowAst, RowAst, ValueClass[]]>();
  for (let at = 0; at < total; at++) {
    const combination = combinationAt(columns, at);
    const rows = table.rows.filter((_, row) => combination.every(({ taken }) => taken[row]));
    const [first, second] = rows;
    if (!first) gaps.push(combination);
    else if (second) overlaps.set(`${first.id} ${second.id}`, [first, second, combination]);
    for (const row of rows) reached.add(row);
  }
  context.report.combinations += total;
  if (gaps[0] && !partial) {
    const shown = gaps.slice(0, 3).map((gap) => describe(table, gap));
    const more = gaps.length > 3 ? ` and ${gaps.length - 3} more` : '';
    context.add('MAP_GAP', table.ast.at, `table ${table.name} has no row for ${shown.join('; ')}${more}`);
  }
  for (const [first, second, combination] of overlaps.values())
    context.add(
      'MAP_OVERLAP',
      second.at,
      `row ${second.id} and row ${first.id} both fit ${describe(table, combination)}`,
    );
  for (const row of table.rows)
    if (!reached.has(row))
      context.add('MAP_UNREACHABLE', row.at, `row ${row.id} can never fit${whyNever(table, row, columns)}`);
  return reached;
}

export function combinationAt(columns: readonly (readonly ValueClass[])[], at: number): ValueClass[] {
  const combination: ValueClass[] = [];
  let rest = at;
  for (const classes of [...columns].reverse()) {
    const found = classes[rest % classes.length];
    if (found) combination.unshift(found);
    rest = Math.floor(rest / classes.length);
  }
  return combination;
}

function describe(table: TableIr, combination: readonly ValueClass[]): string {
  return table.inputs
    .map((path, i) => {
      const members = combination[i]?.members ?? [];
      const more = members.length > 2 ? ` (+${members.length - 1})` : '';
      const names = members.length > 2 ? members.slice(0, 1) : members;
      return `${path.ref.text} ${names.map(nameOf).join('|')}${more}`;
    })
    .join(', ');
}

function whyNever(table: TableIr, row: RowAst, columns: readonly ValueClass[][]): string {
  const at = table.rows.indexOf(row);
  const column = columns.findIndex((classes) => !classes.some(({ taken }) => taken[at]));
  const path = table.inputs[column];
  return path ? `: ${path.ref.text} is never ${cellText(row.inputs[column])} here` : '';
}

function cellText(cell: InputCell | undefined): string {
  if (cell?.kind !== 'set') return 'anything';
  const names = [...cell.values.map(({ value }) => String(value)), ...(cell.absent ? ['absent'] : [])];
  return `${cell.not ? 'other than ' : ''}${names.join(' or ')}`;
}

function checkElse(context: CheckContext, table: TableIr, clauses: readonly ClauseIr[]): void {
  const columns = table.inputs.flatMap((path, i) => {
    const at = table.ast.rows.find((row) => row.inputs[i]?.kind === 'else')?.inputs[i]?.at;
    return at ? [{ path, i, at }] : [];
  });
  const { elseCovers } = table.ast;
  const used = new Set<string>();
  for (const { path, i, at } of columns) {
    const bare = columns.length === 1 ? elseCovers.get('') : undefined;
    const declared = elseCovers.get(path.ref.text) ?? bare;
    if (declared) used.add(elseCovers.has(path.ref.text) ? path.ref.text : '');
    const cells = table.rows.flatMap((row) => row.inputs[i] ?? []);
    // An open path is closed where `only` admits nothing but named values.
    if (!closedValues(path) && possible(path, cells, clauses).includes(other)) {
      if (declared)
        context.add('MAP_ELSE_COUNT', declared.at, `${path.ref.text} is open: \`else\` has no count there`);
      continue;
    }
    const elseRow = table.ast.rows.findIndex((row) => row.inputs[i]?.kind === 'else');
    const cell = table.rows[elseRow]?.inputs[i];
    const covered = cell ? possible(path, cells, clauses).filter((value) => fits(cell, value, path)) : [];
    if (!declared && !closedValues(path)) continue;
    if (!declared)
      context.add(
        'MAP_ELSE_COUNT',
        at,
        `\`else\` needs \`else-covers: ${covered.length}\``,
        listText(covered),
      );
    else if (declared.value !== covered.length)
      context.add(
        'MAP_ELSE_COUNT',
        declared.at,
        `\`else\` stands for ${covered.length} ${covered.length === 1 ? 'value' : 'values'}, not ${declared.value}`,
        listText(covered),
      );
  }
  for (const [key, { at }] of elseCovers)
    if (!used.has(key)) context.add('MAP_ELSE_COUNT', at, '`else-covers` names no column with `else`');
}

function listText(values: readonly Abstract[]): string {
  return `it stands for ${values.map(nameOf).join(', ') || 'nothing'}`;
}

/** Values that `=n` copies in a row: those of the input that the row takes. */
export function copiedValues(context: CheckContext, table: TableIr, row: RowAst, input: number): Abstract[] {
  const path = table.inputs[input];
  const cell = row.inputs[input];
  if (!path || !cell) return [];
  const cells = table.rows.flatMap((each) => each.inputs[input] ?? []);
  return possible(path, cells, tableClauses(context.mapping, table)).filter(
    (value) => fits(cell, value, path) && value !== none,
  );
}
