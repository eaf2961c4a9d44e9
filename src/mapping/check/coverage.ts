import { isBeneath, placeKey } from '../resolve/domain.js';
import { type BoundPath, type ClauseIr, type MappingIr, type SourceIr, valuePaths } from '../resolve/ir.js';
import type { SchemaNode } from '../schema/node.js';
import type { CheckContext } from './context.js';
import { assignmentsOf } from './targets.js';

/** Nothing is forgotten: each source field is read or ignored, each optional target set or left. */
export function checkCoverage(context: CheckContext): void {
  const reads = readsOf(context.mapping);
  checkUnread(context, reads);
  checkUnset(context);
  checkStale(context, reads);
}

/** A source path that is read; `whole` = with all that is beneath it, `test` = only whether it is there. */
interface Read {
  readonly path: BoundPath;
  readonly whole: boolean;
  readonly test: boolean;
}

/** Every source path a mapping reads. */
function readsOf(mapping: MappingIr): Read[] {
  const clauses = (list: readonly ClauseIr[]): Read[] =>
    list.map(({ path, cell }) => {
      const test = path.node.type === 'object' || path.node.type === 'array';
      // What must be absent has nothing beneath it to read.
      return { path, test, whole: test && cell.kind === 'set' && !cell.not };
    });
  const leaf = (path: BoundPath): Read => ({ path, whole: false, test: false });
  const whole = (path: BoundPath): Read => ({ path, whole: true, test: false });
  const { fold } = mapping;
  const conditions = [
    ...clauses(mapping.only),
    ...mapping.groups.flatMap(({ when }) => clauses(when)),
    ...mapping.tables.flatMap(({ only }) => clauses(only)),
    ...mapping.fields.flatMap(({ when }) => clauses(when)),
  ].filter(({ path }) => path.side === 'source');
  return [
    ...conditions,
    ...mapping.tables.flatMap(({ inputs }) => inputs.map(leaf)),
    ...(fold ? [...fold.read.values()].map(leaf) : []),
    ...mapping.fields.flatMap(({ source }) => valuePaths(source).map(whole)),
    ...mapping.losses.flatMap(({ sources }) => sources.map(whole)),
  ];
}

function checkUnread(context: CheckContext, reads: readonly Read[]): void {
  const { mapping, add } = context;
  const read = new Map(reads.map(({ path, whole }) => [placeKey(path), whole]));
  const wholes = reads.filter(({ whole }) => whole).map(({ path }) => placeKey(path));
  const ignored = mapping.ignore.map(({ path }) => placeKey(path));
  const elements = mapping.sources.flatMap(({ element }) =>
    element ? [[element.of, ...element.steps].join('.')] : [],
  );
  const covered = [...wholes, ...ignored, ...elements];
  const missing: string[] = [];
  const visit = (node: SchemaNode, key: string): void => {
    context.report.paths++;
    if (covered.some((place) => key === place || key.startsWith(`${place}.`))) return;
    const beneath = [...read.keys(), ...covered].some((place) => place.startsWith(`${key}.`));
    if (!beneath) {
      if (!read.has(key) || node.type === 'object' || node.type === 'array') missing.push(key);
      return;
    }
    if (node.items)
      for (const step of ['[]', '[0]'])
        visitItem(node.items, `${key}.${step}`, visit, [...read.keys(), ...covered]);
    for (const [name, property] of node.properties) visit(property.node, `${key}.${name}`);
  };
  for (const source of mapping.sources) visitSource(source, visit, ignored);
  if (missing.length > 0) {
    const shown = missing.map((key) => key.replaceAll('.[', '['));
    add('MAP_UNREAD', mapping.whole.at, `neither read nor ignored: ${shown.join(', ')}`);
  }
}

function visitItem(
  node: SchemaNode,
  key: string,
  visit: (node: SchemaNode, key: string) => void,
  known: readonly string[],
): void {
  if (known.some((place) => place === key || place.startsWith(`${key}.`))) visit(node, key);
}

function visitSource(
  source: SourceIr,
  visit: (node: SchemaNode, key: string) => void,
  ignored: readonly string[],
): void {
  if (ignored.includes(source.alias)) return;
  for (const [name, property] of source.root.properties) visit(property.node, `${source.alias}.${name}`);
}

function checkUnset(context: CheckContext): void {
  const { mapping, add } = context;
  const set = assignmentsOf(mapping).map((assignment) => ({
    key: placeKey(assignment.path),
    whole: !(assignment.by.kind === 'field' && assignment.by.field.source.kind === 'const'),
  }));
  const left = [...mapping.leave, ...mapping.lossy].map(({ path }) => placeKey(path));
  const lost = mapping.losses.map(({ target }) => [target.alias, ...target.steps].join('.'));
  const known = [...left, ...lost];
  const missing: string[] = [];
  const visit = (node: SchemaNode, key: string, required: boolean): void => {
    context.report.paths++;
    if (known.some((place) => key === place || key.startsWith(`${place}.`))) return;
    if (set.some((one) => one.whole && one.key === key)) return;
    const beneath = set.some((one) => one.key.startsWith(`${key}.`)) || set.some((one) => one.key === key);
    const leftBeneath = known.some((place) => place.startsWith(`${key}.`));
    if (!beneath && !leftBeneath) {
      if (!required) missing.push(key);
      return;
    }
    if (node.items && set.some((one) => one.key.startsWith(`${key}.[0]`)))
      visit(node.items, `${key}.[0]`, true);
    for (const [name, property] of node.properties) visit(property.node, `${key}.${name}`, property.required);
  };
  for (const [name, { node, required }] of mapping.target.root.properties)
    visit(node, `${mapping.target.alias}.${name}`, required);
  if (missing.length > 0)
    add(
      'MAP_UNSET',
      mapping.whole.at,
      `neither set nor left: ${missing.map((key) => key.replaceAll('.[', '[')).join(', ')}`,
    );
}

/** Entries that are used after all. Those taken over from a base are simply passed over. */
function checkStale(context: CheckContext, reads: readonly Read[]): void {
  const { mapping, add } = context;
  for (const { path, listed } of mapping.ignore) {
    const used = reads.find((read) => !read.test && isBeneath(read.path, path));
    if (used && !listed.inherited)
      add('MAP_STALE', path.ref.at, `${path.ref.text} is ignored, but ${used.path.ref.text} is read`);
  }
  const assigned = assignmentsOf(mapping);
  for (const { path, listed } of mapping.leave) {
    const used = assigned.find((assignment) => isBeneath(assignment.path, path));
    if (used && !listed.inherited)
      add('MAP_STALE', path.ref.at, `${path.ref.text} is left, but ${used.path.ref.text} is set`);
  }
}
