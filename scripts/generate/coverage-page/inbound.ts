// Where each field and word of a received message goes, or why it goes nowhere.

import type { BoundPath, SchemaNode } from '../../../src/mapping/index.js';
import {
  conditionText,
  fieldText,
  inputText,
  type MappingIr,
  outputText,
  type RowAst,
  type TableIr,
} from '../../../src/mapping/index.js';
import { fitsCell, type Line, row } from './page.js';

/** One line per field, and one per word of an enumeration. */
export function inboundLines(mappings: readonly MappingIr[]): Line[] {
  const [first] = mappings;
  const root = first?.sources[0]?.root;
  return root ? [...root.properties].flatMap(([name, { node }]) => nodeLines(node, name, mappings)) : [];
}

function nodeLines(node: SchemaNode, path: string, mappings: readonly MappingIr[]): Line[] {
  const own = mappings.flatMap((mapping) => usesOf(mapping, path));
  const children = node.items
    ? [[`${path}[]`, node.items] as const]
    : [...node.properties].map(([name, { node: child }]) => [`${path}.${name}`, child] as const);
  const whole = mappings.every((mapping) => isWhole(mapping, path));
  if (children.length === 0 || whole) return [row(path, '', own), ...wordLines(node, path, mappings)];
  const beneath = children.flatMap(([child, childNode]) => nodeLines(childNode, child, mappings));
  return own.length > 0 ? [row(path, '', own), ...beneath] : beneath;
}

function wordLines(node: SchemaNode, path: string, mappings: readonly MappingIr[]): Line[] {
  return (node.enum ?? []).flatMap((word) => {
    const uses = mappings.flatMap((mapping) => wordUses(mapping, path, String(word)));
    return uses.length > 0 ? [row('', String(word), uses)] : [];
  });
}

/** Whether a mapping ignores this place or hands it to another with all that is beneath. */
function isWhole(mapping: MappingIr, path: string): boolean {
  return (
    mapping.ignore.some((entry) => covers(pathIn(mapping, entry.path), path)) ||
    mapping.fields.some(
      ({ source }) => 'path' in source && 'using' in source && pathIn(mapping, source.path) === path,
    )
  );
}

function usesOf(mapping: MappingIr, path: string): string[] {
  const at = (candidate: BoundPath): boolean => pathIn(mapping, candidate) === path;
  const uses: string[] = [];
  const add = (text: string): void => {
    uses.push(`${mapping.name}: ${text}`);
  };
  if (mapping.only.some((clause) => at(clause.path)))
    add(`only where ${conditionText(mapping.only.filter((clause) => at(clause.path)))}`);
  for (const field of mapping.fields) {
    const paths =
      'paths' in field.source
        ? field.source.paths
        : 'key' in field.source
          ? field.source.key
          : 'path' in field.source
            ? [field.source.path]
            : [];
    if (paths.some(at)) add(`→ ${field.target.ref.text} (${fieldText(field)})`);
  }
  for (const table of mapping.tables)
    if (table.inputs.some(at))
      add(`decides ${table.outputs.map(({ ref }) => ref.text).join(', ')} in table ${table.name}`);
  for (const [role, read] of mapping.fold?.read ?? [])
    if (at(read)) add(`read as the ${role} of a sampled value`);
  for (const { path: ignored, listed } of mapping.ignore)
    if (covers(pathIn(mapping, ignored), path)) add(listed.reason ? `ignored: ${listed.reason}` : 'ignored');
  return uses;
}

/** What a word of an enumeration comes to. */
function wordUses(mapping: MappingIr, path: string, word: string): string[] {
  const excluded = mapping.only.some(
    (clause) => pathIn(mapping, clause.path) === path && !fitsCell(clause.cell, word),
  );
  if (excluded) return [`${mapping.name}: does not apply`];
  return [
    ...mapping.tables.flatMap((table) =>
      table.rows
        .filter((candidate) => takes(mapping, table, candidate, path, word))
        .map((candidate) => `${mapping.name}/${candidate.id}: ${rowText(table, candidate, mapping, path)}`),
    ),
    ...foldUses(mapping, path, word),
  ];
}

function takes(mapping: MappingIr, table: TableIr, candidate: RowAst, path: string, word: string): boolean {
  const at = table.inputs.findIndex((input) => pathIn(mapping, input) === path);
  const cell = candidate.inputs[at];
  return cell !== undefined && fitsCell(cell, word);
}

/** The outputs of a row, with what its other columns ask for. */
function rowText(table: TableIr, candidate: RowAst, mapping: MappingIr, path: string): string {
  const others = table.inputs.flatMap((input, i) => {
    const cell = candidate.inputs[i];
    if (!cell || cell.kind === 'any' || pathIn(mapping, input) === path) return [];
    return [`${input.ref.text} ${inputText(cell)}`];
  });
  const outputs = table.outputs.map((output, i) => {
    const cell = candidate.outputs[i];
    return `${output.ref.text} ${cell ? outputText(cell) : '~'}`;
  });
  return `${outputs.join(', ')}${others.length > 0 ? ` where ${others.join(', ')}` : ''}`;
}

function foldUses(mapping: MappingIr, path: string, word: string): string[] {
  const { fold, name } = mapping;
  if (!fold) return [];
  const role = [...fold.read].find(([, read]) => pathIn(mapping, read) === path)?.[0];
  const ast = fold.ast;
  if (role === 'measurand') {
    const taken = ast.take.filter(({ measurand }) => measurand.value === word);
    if (taken.length > 0)
      return taken.map(({ id, to, phases }) => `${name}/${id}: → ${to.text}, phases ${phases}`);
    return ast.ignore.some(({ value }) => value === word)
      ? [`${name}: ignored, the model has no place for it`]
      : [];
  }
  if (role === 'unit')
    return [`${name}: ${ast.units.has(word) ? `read as ${ast.units.get(word)?.value}` : 'not used'}`];
  if (role === 'context') {
    const place = ast.contexts.findIndex(({ value }) => value === word);
    return [
      `${name}: ${place < 0 ? 'not used' : `preferred as number ${place + 1} of ${ast.contexts.length}`}`,
    ];
  }
  if (role === 'location') {
    const takers = ast.take.filter(({ locations }) => locations.some(({ value }) => value === word));
    return [
      `${name}: ${takers.length > 0 ? `for ${takers.map(({ to }) => to.text).join(', ')}` : 'passed over'}`,
    ];
  }
  return [];
}

/** The place of a bound path in the message: elements of a list that a mapping runs for lie beneath it. */
function pathIn(mapping: MappingIr, path: BoundPath): string | undefined {
  const source = mapping.sources.find(({ alias }) => alias === path.ref.alias);
  if (!source) return undefined;
  if (source.element) return join(`${source.element.steps.join('.')}[]`, path.node.path);
  return source === mapping.sources[0] ? path.node.path : undefined;
}

function join(prefix: string, path: string): string {
  return path === '' ? prefix : `${prefix}.${path}`;
}

function covers(parent: string | undefined, path: string): boolean {
  return (
    parent !== undefined &&
    (path === parent || path.startsWith(`${parent}.`) || path.startsWith(`${parent}[`))
  );
}
