/** Editing slips in mapping tables: what a person changes by accident, as text edits at known places. */
import { rootOf, type SchemaNode, type SchemaSource } from '../../src/mapping/schema/node.js';
import type {
  FieldAst,
  MappingAst,
  OverlayAst,
  PathRef,
  RawCell,
  TablePatch,
  TakeAst,
} from '../../src/mapping/syntax/ast.js';
import { transforms } from '../../src/mapping/transforms.js';

/** One slip: replaces a stretch of the document's text. */
export interface Edit {
  readonly operator: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What is known when slips are looked for. */
export interface Surroundings {
  readonly schemas: SchemaSource;
  readonly mappings: ReadonlyMap<string, MappingAst>;
}

const place = ({ start, end }: { start: number; end: number }) => ({ start, end });

/** Every slip in a mapping. */
export function slipsOf(ast: MappingAst, around: Surroundings): Edit[] {
  const text = ast.at.file.text;
  const edits: Edit[] = [];
  for (const table of ast.tables.values())
    if (!('removed' in table)) edits.push(...tableSlips(table, ast, around, text));
  for (const field of ast.fields.values())
    if (!('removed' in field)) edits.push(...fieldSlips(field, ast, around, text));
  for (const { path, cell } of ast.only ?? [])
    if (cell.kind === 'set')
      edits.push(
        ...valueSlips(
          'only: value to a sibling',
          path,
          cell.values.map((value) => value),
          ast,
          around,
        ),
      );
  for (const listed of [...ast.ignore, ...ast.leave])
    edits.push({
      operator: 'ignore or leave misspelt',
      ...place(listed.path.at),
      text: slip(listed.path.text),
    });
  edits.push(...foldSlips(ast, around, text));
  return edits;
}

/** Every slip in an overlay. */
export function overlaySlips(overlay: OverlayAst, ast: MappingAst | undefined, around: Surroundings): Edit[] {
  const text = overlay.at.file.text;
  const edits: Edit[] = [];
  if (ast) {
    for (const table of overlay.tables.values()) edits.push(...tableSlips(table, ast, around, text, true));
    for (const field of overlay.fields.values()) edits.push(...fieldSlips(field, ast, around, text));
  }
  for (const patterns of overlay.select.values())
    for (const pattern of patterns)
      edits.push({
        operator: 'overlay: pattern misspelt',
        ...place(pattern.at),
        text: `"${slip(pattern.value)}"`,
      });
  for (const repair of overlay.repair)
    edits.push({
      operator: 'repair: path misspelt',
      ...place(repair.path.at),
      text: `"${slip(repair.path.text)}"`,
    });
  return edits;
}

/** A word with two letters changed places, or one letter lost. */
function slip(word: string): string {
  const at = Math.max(0, word.length - 3);
  const [a = '', b = ''] = [word[at], word[at + 1]];
  return a !== b && word.length > 3 ? word.slice(0, at) + b + a + word.slice(at + 2) : word.slice(0, -1);
}

function nodeOf(path: PathRef, ast: MappingAst, around: Surroundings): SchemaNode | undefined {
  const chain: MappingAst[] = [];
  for (
    let next: MappingAst | undefined = ast;
    next;
    next = next.extends && around.mappings.get(next.extends.value)
  )
    chain.push(next);
  const names = chain.flatMap(({ from, to }) => [...from, ...(to ? [to] : [])]);
  const message = around.schemas.schemaOf(names.find(({ alias }) => alias === path.alias)?.name ?? '');
  let node = message && rootOf(message);
  for (const step of path.steps) node = step.startsWith('[') ? node?.items : node?.properties.get(step)?.node;
  return node;
}

/** Another property of the same object and type. */
function sibling(path: PathRef, ast: MappingAst, around: Surroundings): string | undefined {
  const last = path.steps.at(-1);
  const node = nodeOf(path, ast, around);
  const parent = nodeOf({ ...path, steps: path.steps.slice(0, -1) }, ast, around);
  const found = [...(parent?.properties ?? [])].find(
    ([name, { node: other }]) => name !== last && other.type === node?.type,
  );
  return found && path.text.slice(0, path.text.length - (last?.length ?? 0)) + found[0];
}

function valueSlips(
  operator: string,
  path: PathRef,
  values: readonly { value: unknown; at: { start: number; end: number } }[],
  ast: MappingAst,
  around: Surroundings,
): Edit[] {
  const node = nodeOf(path, ast, around);
  const known = node?.enum ?? node?.vocabulary ?? [];
  return values.flatMap(({ value, at }) => {
    const other = known[(known.indexOf(value as never) + 1) % known.length];
    if (other === undefined || other === value) return [];
    const negated = around && at.end - at.start > String(value).length + 3;
    return [{ operator, ...place(at), text: negated ? `not ${other}` : String(other) }];
  });
}

function tableSlips(
  table: TablePatch,
  ast: MappingAst,
  around: Surroundings,
  text: string,
  partial = false,
): Edit[] {
  const edits: Edit[] = [];
  const inherited = ast.extends && around.mappings.get(ast.extends.value)?.tables.get(table.name);
  const base = inherited && !('removed' in inherited) ? inherited : undefined;
  const inputs = table.inputs ?? base?.inputs ?? [];
  const outputs = table.outputs ?? base?.outputs ?? [];
  for (const path of table.inputs ?? []) {
    edits.push({ operator: 'table: input misspelt', ...place(path.at), text: slip(path.text) });
    const other = sibling(path, ast, around);
    if (other) edits.push({ operator: 'table: input to a sibling', ...place(path.at), text: other });
  }
  for (const row of table.rows.values()) {
    if ('removed' in row) continue;
    const close = text.indexOf(']', row.cells.at(-1)?.at.end ?? row.at.end);
    const comma = /^\s*,/.exec(text.slice(close + 1))?.[0].length ?? 0;
    edits.push({ operator: 'row deleted', start: row.at.start, end: close + 1 + comma, text: '' });
    row.cells.forEach((cell, i) => {
      const path = i < inputs.length ? inputs[i] : outputs[i - inputs.length];
      if (path) edits.push(...cellSlips(cell, path, i < inputs.length, ast, around, partial));
    });
  }
  for (const { value, at } of table.elseCovers?.values() ?? [])
    edits.push({ operator: '`else` count', ...place(at), text: String(value + 1) });
  return edits;
}

function cellSlips(
  cell: RawCell,
  path: PathRef,
  input: boolean,
  ast: MappingAst,
  around: Surroundings,
  partial: boolean,
): Edit[] {
  const side = input ? 'input' : 'output';
  const at = place(cell.at);
  const values =
    cell.items ?? (cell.value !== null && cell.word !== '_' ? [{ value: cell.value, at: cell.at }] : []);
  const edits = valueSlips(`${side}: value to a sibling`, path, values, ast, around);
  if (!input) {
    if (cell.value !== null) edits.push({ operator: 'output: to nothing', ...at, text: '~' });
    return edits;
  }
  if (cell.word === 'else' || cell.word === '_') return edits;
  edits.push({ operator: 'input: to anything', ...at, text: '_' });
  if (!partial && !cell.items) edits.push({ operator: 'input: to else', ...at, text: 'else' });
  if (cell.word?.startsWith('not '))
    edits.push({ operator: 'input: `not` dropped', ...at, text: cell.word.slice(4) });
  else if (cell.word && !cell.word.startsWith('='))
    edits.push({
      operator: 'input: `not` added',
      ...at,
      text: cell.word === 'present' ? 'absent' : `not ${cell.word}`,
    });
  return edits;
}

function fieldSlips(field: FieldAst, ast: MappingAst, around: Surroundings, text: string): Edit[] {
  const edits: Edit[] = [];
  const open = text.indexOf('{', field.at.end);
  const close = closing(text, open);
  const comma = /^\s*,/.exec(text.slice(close))?.[0].length ?? 0;
  edits.push({ operator: 'target removed', start: field.at.start, end: close + comma, text: '' });
  edits.push({ operator: 'target misspelt', ...place(field.at), text: slip(field.target.text) });
  const { source } = field;
  const paths =
    'path' in source ? [source.path] : 'paths' in source ? source.paths : 'key' in source ? source.key : [];
  for (const path of paths) {
    edits.push({ operator: 'source misspelt', ...place(path.at), text: slip(path.text) });
    const other = sibling(path, ast, around);
    if (other) edits.push({ operator: 'source to a sibling', ...place(path.at), text: other });
  }
  if (source.kind === 'const' && typeof source.value === 'string')
    edits.push(
      ...valueSlips(
        'constant to a sibling',
        field.target,
        [{ value: source.value, at: source.at }],
        ast,
        around,
      ),
    );
  for (const { value, at } of field.by) {
    const other = [...transforms.keys()].find(
      (name) => name !== value && transforms.get(name)?.out === transforms.get(value)?.out,
    );
    if (other) edits.push({ operator: 'transform swapped', ...place(at), text: other });
  }
  const body = text.slice(open, close);
  for (const option of [
    /,\s*by: [^,}\]]+(?=[,}])/,
    /,\s*round: \w+/,
    /,\s*when: (?:\{[^}]*\}|[^,}]+)/,
    /,\s*as-is: true/,
    /,\s*absent: empty/,
  ]) {
    const found = option.exec(body);
    if (found)
      edits.push({
        operator: `option dropped (${found[0].replace(/^,\s*/, '').split(':')[0]})`,
        start: open + found.index,
        end: open + found.index + found[0].length,
        text: '',
      });
  }
  return edits;
}

function closing(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === '{') depth++;
    if (text[i] === '}' && --depth === 0) return i + 1;
  }
  return text.length;
}

/** Rules of a take that are right by form and wrong by meaning: only an example can tell. */
function ruleSlips({ at, phases, unit, locations }: TakeAst, text: string): Edit[] {
  const edits: Edit[] = [];
  const start = text.indexOf(`phases: ${phases}`, at.start) + 'phases: '.length;
  const end = start + phases.length;
  for (const other of ['sum', 'max', 'mean-n'])
    if (phases !== 'none' && phases !== other)
      edits.push({ operator: 'fold: another rule for phases', start, end, text: other });
  const larger = new Map([
    ['Wh', 'kWh'],
    ['W', 'kW'],
    ['var', 'kvar'],
    ['A', 'mA'],
    ['V', 'kV'],
    ['degC', 'K'],
  ]).get(unit.value);
  if (larger) edits.push({ operator: 'fold: unit of another size', ...place(unit.at), text: larger });
  const [first, second] = locations;
  if (first && second) {
    const between = text.slice(first.at.end, second.at.start);
    edits.push({
      operator: 'fold: locations swapped',
      start: first.at.start,
      end: second.at.end,
      text: `${text.slice(second.at.start, second.at.end)}${between}${text.slice(first.at.start, first.at.end)}`,
    });
  }
  return edits;
}

function foldSlips({ fold }: MappingAst, _around: Surroundings, text: string): Edit[] {
  if (!fold) return [];
  const edits: Edit[] = [];
  const all = fold.take.map(({ measurand }) => measurand.value);
  fold.take.forEach((take, i) => {
    const { measurand, unit, to, locations } = take;
    edits.push(...ruleSlips(take, text));
    edits.push({
      operator: 'fold: measurand to a sibling',
      ...place(measurand.at),
      text: all[(i + 1) % all.length] ?? '',
    });
    edits.push({ operator: 'fold: measurand misspelt', ...place(measurand.at), text: slip(measurand.value) });
    edits.push({ operator: 'fold: unit changed', ...place(unit.at), text: unit.value === 'A' ? 'V' : 'A' });
    edits.push({ operator: 'fold: target misspelt', ...place(to.at), text: slip(to.text) });
    for (const location of locations)
      edits.push({ operator: 'fold: location misspelt', ...place(location.at), text: slip(location.value) });
  });
  for (const [word, { value, at }] of fold.units)
    if (word !== value)
      edits.push({
        operator: 'fold: unit word to another unit',
        ...place(at),
        text: value === 'Wh' ? 'kWh' : 'Wh',
      });
  for (const word of fold.ignore)
    edits.push({ operator: 'fold: ignored misspelt', ...place(word.at), text: slip(word.value) });
  return edits;
}
