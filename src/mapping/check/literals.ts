import { didYouMean, quoteIt } from '../diagnostics.js';
import { closedValues, other } from '../resolve/domain.js';
import type { BoundPath, ClauseIr, TableIr } from '../resolve/ir.js';
import type { InputCell, Located, OutputCell, RowAst, Scalar } from '../syntax/ast.js';
import type { CheckContext } from './context.js';
import { checkTable, copiedValues } from './tables.js';

/** Every literal of a mapping is a value its path can have. */
export function checkLiterals(context: CheckContext): void {
  const { mapping } = context;
  const conditions = [
    mapping.only,
    ...mapping.fields.map(({ when }) => when),
    ...mapping.groups.map(({ when }) => when),
  ];
  for (const clauses of conditions) checkClauses(context, clauses);
  for (const table of mapping.tables) checkTableWhole(context, table, false);
}

/** The literals of a table and, if they are right, what its rows cover. `partial`: the rows of an overlay. */
export function checkTableWhole(context: CheckContext, table: TableIr, partial: boolean): void {
  const sound = checkTableLiterals(context, table);
  if (sound && table.ast.complete) checkTable(context, table, partial);
}

/** The literals of a table. Gives whether all are right. */
export function checkTableLiterals(context: CheckContext, table: TableIr): boolean {
  let sound = checkClauses(context, table.only);
  for (const row of table.ast.rows) {
    row.inputs.forEach((cell, i) => {
      const path = table.inputs[i];
      if (path && !checkInput(context, cell, path)) sound = false;
    });
    row.outputs.forEach((cell, i) => {
      const path = table.outputs[i];
      if (path) checkOutput(context, table, row, cell, path);
    });
  }
  return sound;
}

function checkClauses(context: CheckContext, clauses: readonly ClauseIr[]): boolean {
  return clauses.map(({ path, cell }) => checkInput(context, cell, path)).every(Boolean);
}

function checkInput(context: CheckContext, cell: InputCell, path: BoundPath): boolean {
  if (cell.kind !== 'set') return true;
  const seen = new Set<Scalar>();
  let sound = true;
  for (const located of cell.values) {
    if (seen.has(located.value))
      context.add('MAP_OVERLAP', located.at, `${located.value} stands twice in this cell`);
    seen.add(located.value);
    sound = checkLiteral(context, located, path) && sound;
  }
  return sound;
}

/** A literal has the path's type, is in its enum, and is spelt as its vocabulary spells it. */
export function checkLiteral(context: CheckContext, literal: Located<Scalar>, path: BoundPath): boolean {
  const { value, at } = literal;
  const { node } = path;
  context.report.enumValues++;
  const closed = closedValues(path);
  if (closed) {
    if (closed.includes(value)) return true;
    const names = closed.map(String);
    const hint = didYouMean(String(value), names) ?? `it has ${names.join(', ')}`;
    context.add('MAP_ENUM', at, `${JSON.stringify(value)} is not a value of ${node.title}`, hint);
    return false;
  }
  const expected = node.type === 'integer' ? 'number' : node.type;
  if (expected === 'object' || expected === 'array' || (expected !== 'any' && typeof value !== expected)) {
    const hint = typeof value !== 'string' && expected === 'string' ? quoteIt(at) : undefined;
    context.add('MAP_TYPE', at, `${JSON.stringify(value)} is not ${expected}, as ${node.title} is`, hint);
    return false;
  }
  if (node.type === 'integer' && !Number.isInteger(value)) {
    context.add('MAP_TYPE', at, `${value} is not a whole number, as ${node.title} is`);
    return false;
  }
  return checkWord(context, literal, path);
}

function checkWord(context: CheckContext, { value, at }: Located<Scalar>, { node }: BoundPath): boolean {
  const words = node.vocabulary;
  if (!words || words.some((word) => word.toLowerCase() === String(value).toLowerCase())) return true;
  const hint = didYouMean(String(value), words) ?? 'add it to the vocabulary of the schema if it is right';
  context.add('MAP_VOCABULARY', at, `${value} is not a known word of ${node.title}`, hint);
  return false;
}

function checkOutput(
  context: CheckContext,
  table: TableIr,
  row: RowAst,
  cell: OutputCell,
  target: BoundPath,
): void {
  if (cell.kind === 'literal') checkLiteral(context, cell, target);
  if (cell.kind !== 'copy') return;
  const input = table.inputs[cell.input];
  if (!input) return;
  const numeric = (path: BoundPath): boolean => path.node.type === 'number' || path.node.type === 'integer';
  if (input.node.type !== target.node.type && !(numeric(input) && target.node.type === 'number')) {
    context.add(
      'MAP_TYPE',
      cell.at,
      `=${cell.input + 1} is ${input.node.type}, ${target.node.title} is ${target.node.type}`,
    );
    return;
  }
  if (!target.node.enum) return;
  const bound = table.rows[table.ast.rows.indexOf(row)] ?? row;
  const wrong = copiedValues(context, table, bound, cell.input).filter(
    (value) => value === other || !target.node.enum?.includes(value as Scalar),
  );
  if (wrong.length === 0) return;
  const names = wrong.map((value) => (value === other ? 'any text' : String(value)));
  context.add(
    'MAP_ENUM',
    cell.at,
    `=${cell.input + 1} can be ${names.join(', ')}, which ${target.node.title} does not know`,
  );
}
