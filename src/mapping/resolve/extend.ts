import { didYouMean, type Findings } from '../diagnostics.js';
import type {
  FieldAst,
  GroupAst,
  Listed,
  MappingAst,
  PathRef,
  Removable,
  Removed,
  TablePatch,
} from '../syntax/ast.js';
import { finishTable } from './tables.js';
import type { Loss, WholeMapping } from './whole.js';

/** What is merged along a chain of `extends`, base first. */
interface Merge {
  from: MappingAst['from'];
  to: MappingAst['to'];
  only: MappingAst['only'];
  fold: MappingAst['fold'];
  readonly tables: Map<string, TablePatch>;
  readonly fields: Map<string, FieldAst>;
  readonly groups: Map<string, GroupAst>;
  ignore: Listed[];
  leave: Listed[];
  lossy: Listed[];
  losses: Loss[];
  reverse: boolean;
  readonly reverseGroups: Map<string, GroupAst>;
  own: Set<string>;
}

/** Puts a mapping together with those it extends; undefined when a base is missing or circular. */
export function wholeMapping(
  ast: MappingAst,
  all: ReadonlyMap<string, MappingAst>,
  findings: Findings,
): WholeMapping | undefined {
  const chain: MappingAst[] = [];
  for (let next: MappingAst | undefined = ast; next; ) {
    if (chain.includes(next)) {
      findings.add('MAP_CYCLE', next.extends?.at ?? next.at, `${next.name} extends itself`);
      return undefined;
    }
    chain.unshift(next);
    const base: string | undefined = next.extends?.value;
    const found: MappingAst | undefined = base === undefined ? undefined : all.get(base);
    if (next.extends && !found) {
      findings.add(
        'MAP_UNKNOWN',
        next.extends.at,
        `no mapping is named ${base}`,
        didYouMean(base ?? '', all.keys()),
      );
      return undefined;
    }
    next = found;
  }
  const merged: Merge = {
    from: [],
    to: undefined,
    only: undefined,
    fold: undefined,
    tables: new Map(),
    fields: new Map(),
    groups: new Map(),
    ignore: [],
    leave: [],
    lossy: [],
    losses: [],
    reverse: false,
    reverseGroups: new Map(),
    own: new Set(),
  };
  for (const link of chain) mergeOne(merged, link, findings);
  return finish(ast, merged, findings);
}

function mergeOne(merged: Merge, link: MappingAst, findings: Findings): void {
  if (link.from.length > 0) merged.from = link.from;
  merged.to = link.to ?? merged.to;
  merged.only = link.only ?? merged.only;
  merged.fold = link.fold ?? merged.fold;
  merged.own = new Set([...link.fields.keys()]);
  if (link.fold) for (const { id } of link.fold.take) merged.own.add(id);
  for (const [key, table] of link.tables) mergeTable(merged, key, table, Boolean(link.extends), findings);
  mergeMap(merged.fields, link.fields, Boolean(link.extends), findings);
  mergeMap(merged.groups, link.groups, Boolean(link.extends), findings);
  for (const [key, group] of link.reverseGroups) merged.reverseGroups.set(key, group);
  merged.reverse = link.reverse;
  const inherit = (items: Listed[]): Listed[] => items.map((item) => ({ ...item, inherited: true }));
  merged.ignore = [...inherit(merged.ignore), ...link.ignore];
  merged.leave = [...inherit(merged.leave), ...link.leave];
  merged.lossy = [...inherit(merged.lossy), ...link.lossy];
  for (const item of link.drop) drop(merged, item, findings);
}

function isRemoval(value: object): value is Removed {
  return 'removed' in value;
}

function mergeMap<T extends object>(
  into: Map<string, T>,
  from: ReadonlyMap<string, Removable<T>>,
  extending: boolean,
  findings: Findings,
): void {
  for (const [key, value] of from) {
    if (!('removed' in value)) into.set(key, value as T);
    else if (!extending || !into.delete(key))
      findings.add('MAP_DOCUMENT', value.at, `there is no ${key} to remove`, didYouMean(key, into.keys()));
  }
}

function mergeTable(
  merged: Merge,
  key: string,
  table: Removable<TablePatch>,
  extending: boolean,
  findings: Findings,
): void {
  const base = merged.tables.get(key);
  if (isRemoval(table)) {
    if (!extending || !merged.tables.delete(key))
      findings.add(
        'MAP_DOCUMENT',
        table.at,
        `there is no table ${key} to remove`,
        didYouMean(key, merged.tables.keys()),
      );
    return;
  }
  for (const id of table.rows.keys()) merged.own.add(id);
  if (!base) {
    merged.tables.set(key, table);
    return;
  }
  const rows = new Map(base.rows);
  mergeMap(rows, table.rows, extending, findings);
  merged.tables.set(key, { ...base, ...table, rows });
}

/** Whether a path is another one, or lies beneath it. */
export function isWithin(path: PathRef, parent: PathRef): boolean {
  return path.alias === parent.alias && parent.steps.every((step, i) => path.steps[i] === step);
}

/** Every path a field reads. */
export function pathsOf(field: FieldAst): readonly PathRef[] {
  const { source } = field;
  switch (source.kind) {
    case 'from':
    case 'each':
    case 'object':
      return [source.path];
    case 'first':
    case 'join':
      return source.paths;
    case 'identity':
      return source.key;
    case 'const':
      return [];
  }
}

function drop(merged: Merge, item: Listed, findings: Findings): void {
  const sources: PathRef[] = [];
  let hits = 0;
  for (const [key, field] of merged.fields)
    if (isWithin(field.target, item.path)) {
      hits++;
      sources.push(...pathsOf(field));
      merged.fields.delete(key);
    }
  for (const [key, table] of merged.tables) {
    const kept = (table.outputs ?? []).map((output) => !isWithin(output, item.path));
    if (kept.every(Boolean)) continue;
    hits++;
    sources.push(...(table.inputs ?? []));
    dropColumns(merged, key, table, kept);
  }
  for (const [key, group] of merged.groups) if (isWithin(group.target, item.path)) merged.groups.delete(key);
  if (hits === 0)
    findings.add('MAP_STALE', item.path.at, `${item.path.text} is set by nothing, so nothing is dropped`);
  merged.losses.push({ target: item.path, reason: item.reason ?? '', sources });
}

function dropColumns(merged: Merge, key: string, table: TablePatch, kept: readonly boolean[]): void {
  if (!kept.some(Boolean)) {
    merged.tables.delete(key);
    return;
  }
  const inputs = table.inputs?.length ?? 0;
  const rows = new Map(table.rows);
  for (const [id, row] of rows)
    if (!('removed' in row))
      rows.set(id, { ...row, cells: row.cells.filter((_, i) => i < inputs || kept[i - inputs]) });
  merged.tables.set(key, { ...table, rows, outputs: (table.outputs ?? []).filter((_, i) => kept[i]) });
}

function finish(ast: MappingAst, merged: Merge, findings: Findings): WholeMapping | undefined {
  if (merged.from.length === 0) findings.add('MAP_DOCUMENT', ast.at, `${ast.name} needs \`from\``);
  if (!merged.to) findings.add('MAP_DOCUMENT', ast.at, `${ast.name} needs \`to\``);
  if (merged.from.length === 0 || !merged.to) return undefined;
  return {
    name: ast.name,
    at: ast.at,
    from: merged.from,
    to: merged.to,
    only: merged.only ?? [],
    tables: [...merged.tables.values()].flatMap((table) => finishTable(table, findings) ?? []),
    fields: [...merged.fields.values()],
    groups: [...merged.groups.values()],
    ignore: merged.ignore,
    leave: merged.leave,
    lossy: merged.lossy,
    losses: merged.losses,
    reverse: merged.reverse,
    reverseGroups: [...merged.reverseGroups.values()],
    examples: ast.examples,
    own: merged.own,
    ...(merged.fold && { fold: merged.fold }),
    ...(ast.extends && { base: ast.extends.value }),
  };
}
