/** Where each rule stands, what it says, and the comment of its author: what an explanation quotes. */
import type { Span } from '../diagnostics.js';
import type { LoadedGeneration } from '../generation.js';
import { placeKey } from '../resolve/domain.js';
import { type BoundPath, type FieldIr, type MappingIr, type TableIr, valuePaths } from '../resolve/ir.js';
import type { InputCell } from '../syntax/ast.js';
import { actionText, fieldText, inputText, outputText, testText } from './words.js';

export interface RulePlace {
  /** `<mapping or overlay>/<rule>`, as lineage names it. */
  readonly rule: string;
  /** The mapping that it belongs to; absent for repairs, which belong to a message. */
  readonly mapping?: string;
  readonly file: string;
  readonly line: number;
  /** The rule in words: `Faulted, _ → UsageFailure`. */
  readonly text: string;
  /** The comment beside it, or right above it. */
  readonly reason?: string;
  /** What it looks at, by path with alias; `cell` for a row of a table. */
  readonly inputs: readonly { readonly path: string; readonly cell?: InputCell }[];
}

/** All rules of a generation by their id. */
export function rulePlaces({ parts }: LoadedGeneration): ReadonlyMap<string, RulePlace> {
  const places = new Map<string, RulePlace>();
  const add = (rule: string, at: Span, facts: Pick<RulePlace, 'text' | 'inputs' | 'mapping'>) => {
    if (places.has(rule)) return;
    const { reason, ...place } = placeOf(at);
    // What stands above a whole mapping is its title.
    const isRow = rule.includes('/');
    places.set(rule, { rule, ...facts, ...place, ...(reason && isRow ? { reason } : {}) });
  };
  for (const mapping of parts.mappings) addMapping(mapping, add);
  for (const { name, of, tables, fields, ast } of parts.overlays) {
    for (const table of tables.values()) addTable(name, of, table, add);
    for (const field of fields) addField(name, of, field, targetOf(field, field.target.ref.alias), add);
    add(name, ast.at, { text: `overlay of ${of}`, inputs: [], mapping: of });
  }
  for (const { overlay, ast, path } of parts.repairs) {
    const text = `${path.ref.text} ${testText(ast.is)} → ${actionText(ast.becomes)}, because ${ast.why}`;
    add(`${overlay.name}/${ast.id}`, ast.at, { text, inputs: [] });
  }
  return places;
}

type Add = (rule: string, at: Span, facts: Pick<RulePlace, 'text' | 'inputs' | 'mapping'>) => void;

function addMapping(mapping: MappingIr, add: Add): void {
  const { name, tables, fields, fold, whole, target } = mapping;
  for (const table of tables) addTable(name, name, table, add);
  for (const field of fields) addField(name, name, field, targetOf(field, target.alias), add);
  for (const { ast, to } of fold?.take ?? []) {
    const text = `${to.ref.text} ← ${ast.measurand.value}`;
    add(`${name}/${ast.id}`, ast.at, { text, mapping: name, inputs: [] });
  }
  add(name, whole.at, {
    text: `${mapping.sources[0]?.name ?? ''} → ${target.name}`,
    mapping: name,
    inputs: [],
  });
}

function addTable(owner: string, mapping: string, { inputs, rows }: TableIr, add: Add): void {
  for (const row of rows) {
    const text = `${row.inputs.map(inputText).join(', ')} → ${row.outputs.map(outputText).join(', ')}`;
    add(`${owner}/${row.id}`, row.at, {
      ...{ text, mapping },
      inputs: inputs.map((path, i) => {
        const cell = row.inputs[i];
        return { path: shown(path), ...(cell ? { cell } : {}) };
      }),
    });
  }
}

function addField(owner: string, mapping: string, field: FieldIr, id: string, add: Add): void {
  add(`${owner}/${id}`, field.ast.at, {
    ...{ text: `${field.target.ref.text} ← ${fieldText(field)}`, mapping },
    inputs: valuePaths(field.source).map((path) => ({ path: shown(path) })),
  });
}

function targetOf({ target }: FieldIr, alias: string): string {
  return shown(target).slice(alias.length + 1);
}

function shown(path: BoundPath): string {
  return placeKey(path).replaceAll('.[0]', '[0]');
}

function placeOf({ file, start }: Span): Pick<RulePlace, 'file' | 'line' | 'reason'> {
  const { line } = file.position(start);
  const lines = file.text.split('\n');
  const reason = besideOf(lines[line - 1] ?? '') ?? aboveOf(lines, line - 1);
  return { file: file.name, line, ...(reason ? { reason } : {}) };
}

/** The comment at the end of a line; a `#` inside of quotes begins none. */
function besideOf(line: string): string | undefined {
  for (let at = line.indexOf(' #'); at >= 0; at = line.indexOf(' #', at + 1)) {
    const before = line.slice(0, at);
    const isOutside = before.trim() !== '' && (before.match(/(?<!\\)"/g)?.length ?? 0) % 2 === 0;
    if (isOutside) return line.slice(at + 2).trim() || undefined;
  }
  return undefined;
}

/** The lines of comment that end right above a line. */
function aboveOf(lines: readonly string[], index: number): string | undefined {
  const found: string[] = [];
  for (let at = index - 1; at >= 0 && /^\s*#/.test(lines[at] ?? ''); at -= 1)
    found.unshift((lines[at] ?? '').replace(/^\s*#\s?/, '').trim());
  return found.join(' ').trim() || undefined;
}
