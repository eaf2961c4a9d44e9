import type { Findings } from '../diagnostics.js';
import type { FieldAst, Located, OutputCell, PathRef, RowAst, TableAst } from '../syntax/ast.js';
import { transforms } from '../transforms.js';
import { isWithin, pathsOf } from './extend.js';
import type { WholeMapping } from './whole.js';

/** The name of the mapping that goes the other way. */
export const reverseName = (name: string): string => `${name}.reverse`;

/** Turns a mapping round: from its target to its first source. It then passes the same checks as any other. */
export function reversed(
  whole: WholeMapping,
  all: readonly WholeMapping[],
  findings: Findings,
): WholeMapping {
  const [first] = whole.from;
  const lost = (path: PathRef): boolean => whole.lossy.some((item) => isWithin(path, item.path));
  const fields = whole.fields.flatMap((field) => reverseField(field, whole, all, lost, findings) ?? []);
  const tables = whole.tables.flatMap((table) => reverseTable(table, lost, findings) ?? []);
  return {
    name: reverseName(whole.name),
    at: whole.at,
    from: [whole.to],
    to: first ?? whole.to,
    only: [],
    tables,
    fields,
    groups: whole.reverseGroups,
    // What is not set one way is not read the other way.
    ignore: [
      ...whole.leave,
      ...whole.lossy.filter(({ path }) => path.alias === whole.to.alias),
      ...oneWay(whole, lost),
    ].map(inherited),
    leave: [
      ...whole.ignore.filter(({ path }) => path.alias === first?.alias),
      ...whole.lossy.filter(({ path }) => path.alias === first?.alias),
    ].map(inherited),
    lossy: [],
    losses: [],
    reverse: false,
    reverseGroups: [],
    examples: [],
    reverseOf: whole.name,
    own: new Set(),
  };
}

const inherited = <T extends object>(item: T): T & { inherited: true } => ({ ...item, inherited: true });

/** Targets that nothing is read from on the way back: constants, and what came from a lossy source. */
function oneWay(whole: WholeMapping, lost: (path: PathRef) => boolean): { path: PathRef }[] {
  return whole.fields.flatMap((field) =>
    field.source.kind === 'const' || pathsOf(field).some(lost) ? [{ path: field.target }] : [],
  );
}

function reverseField(
  field: FieldAst,
  whole: WholeMapping,
  all: readonly WholeMapping[],
  lost: (path: PathRef) => boolean,
  findings: Findings,
): FieldAst | undefined {
  const { source, target } = field;
  if (source.kind === 'const' || lost(target)) return undefined;
  const refuse = (message: string): undefined => {
    findings.add(
      'MAP_REVERSE',
      field.at,
      `${target.text} ${message}`,
      `list it under \`lossy\` if it does not survive`,
    );
    return undefined;
  };
  if (source.kind !== 'from' && source.kind !== 'each' && source.kind !== 'object')
    return refuse(`comes from \`${source.kind}\`, which has no reverse`);
  if (lost(source.path)) return undefined;
  if (source.path.alias !== whole.from[0]?.alias) return refuse('does not come from the first source');
  if (field.when.length > 0) return refuse('has a condition, which has no reverse');
  const by: Located<string>[] = [];
  for (const { value, at } of [...field.by].reverse()) {
    const back = transforms.get(value)?.reverse;
    if (!back) return refuse(`uses \`${value}\`, which has no reverse`);
    by.push({ value: back, at });
  }
  const base = { ...field, target: source.path, by };
  if (source.kind === 'from') return { ...base, source: { kind: 'from', path: target } };
  if (!all.find(({ name }) => name === source.using.value)?.reverse)
    return refuse(`uses ${source.using.value}, which has no reverse`);
  return {
    ...base,
    source: {
      kind: source.kind,
      path: target,
      using: { ...source.using, value: reverseName(source.using.value) },
    },
  };
}

function reverseTable(
  table: TableAst,
  lost: (path: PathRef) => boolean,
  findings: Findings,
): TableAst | undefined {
  const [input] = table.inputs;
  const [output] = table.outputs;
  if ([...table.inputs, ...table.outputs].every(lost) || (output && table.outputs.every(lost)))
    return undefined;
  if (!input || !output || table.inputs.length > 1 || table.outputs.length > 1 || table.only.length > 0) {
    findings.add(
      'MAP_REVERSE',
      table.at,
      `table ${table.name} has several inputs, outputs, or \`only\`, which has no reverse`,
    );
    return undefined;
  }
  const rows = table.rows.flatMap((row) => reverseRow(row, findings) ?? []);
  return { ...table, inputs: [output], outputs: [input], rows, elseCovers: new Map() };
}

function reverseRow(row: RowAst, findings: Findings): RowAst | undefined {
  const [input] = row.inputs;
  const [output] = row.outputs;
  const at = row.at;
  if (input?.kind === 'set' && !input.not && output) {
    const [value, second] = input.values;
    const single = Boolean(value) !== input.absent && !second;
    const back: OutputCell | undefined = value
      ? { kind: 'literal', value: value.value, at }
      : { kind: 'nothing', at };
    if (output.kind === 'literal' && single)
      return {
        id: row.id,
        at,
        inputs: [{ kind: 'set', not: false, values: [output], absent: false, at }],
        outputs: [back],
      };
    if (output.kind === 'nothing' && single && input.absent)
      return {
        id: row.id,
        at,
        inputs: [{ kind: 'set', not: false, values: [], absent: true, at }],
        outputs: [back],
      };
    if (output.kind === 'copy')
      return { id: row.id, at, inputs: [input], outputs: [{ kind: 'copy', input: 0, at }] };
  }
  findings.add('MAP_REVERSE', at, `row ${row.id} is not one value to one value, so it has no reverse`);
  return undefined;
}
