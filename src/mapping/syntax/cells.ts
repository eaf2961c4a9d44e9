import type { Json } from '../api.js';
import type { Span } from '../diagnostics.js';
import type { Clause, Condition, InputCell, Located, OutputCell, RawCell, Scalar } from './ast.js';
import type { YamlNode } from './node.js';
import type { Reader } from './reader.js';

/** A cell as written; whether it is an input or an output is known later. */
export function readCell(reader: Reader, node: YamlNode | null, at: Span): RawCell {
  if (node?.kind === 'map') {
    const not = reader.entries(node, at, 'a cell', ['not'])[0];
    if (!not) return { at, value: null };
    return { at, value: null, not: readCell(reader, not.node, not.at) };
  }
  if (node?.kind === 'seq') {
    const items = node.items.map((item): Located<Json> & { word?: string } => {
      const itemAt = reader.span(item, at);
      const value = reader.json(item, itemAt);
      const word = wordOf(item);
      return word === undefined ? { value, at: itemAt } : { value, at: itemAt, word };
    });
    return { at, value: null, items };
  }
  const value = reader.json(node, at);
  const word = wordOf(node);
  return word === undefined ? { at, value } : { at, value, word };
}

/** The text of an unquoted scalar: only such text can be a keyword. */
function wordOf(node: YamlNode | null): string | undefined {
  if (node?.kind !== 'scalar' || typeof node.value !== 'string') return undefined;
  return node.plain ? node.value : undefined;
}

function isLiteral(value: Json): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** Reads a cell as an input. */
export function inputCell(reader: Reader, cell: RawCell, elseAllowed: boolean): InputCell | undefined {
  const { at, word } = cell;
  if (cell.not) {
    const inner = inputCell(reader, cell.not, false);
    return inner && invert(reader, inner, at);
  }
  if (cell.items) return listCell(reader, cell.items, at);
  if (word === '_') return { kind: 'any', at };
  if (word === 'absent') return { kind: 'set', not: false, values: [], absent: true, at };
  if (word === 'present') return { kind: 'set', not: true, values: [], absent: true, at };
  if (word === 'else') {
    if (elseAllowed) return { kind: 'else', at };
    reader.fail(at, '`else` is not allowed here', 'use `not …` or a list of values');
    return undefined;
  }
  if (word?.startsWith('not ')) return negation(reader, word.slice(4).trim(), at);
  if (isLiteral(cell.value))
    return { kind: 'set', not: false, values: [{ value: cell.value, at }], absent: false, at };
  reader.fail(
    at,
    'this is not an input cell',
    'a value, a list, `not …`, `absent`, `present`, `_` or `else`',
  );
  return undefined;
}

function listCell(
  reader: Reader,
  items: readonly (Located<Json> & { word?: string })[],
  at: Span,
): InputCell {
  const values: Located<Scalar>[] = [];
  let absent = false;
  for (const { value, at: itemAt, word } of items) {
    if (word === 'absent') absent = true;
    else if (word === '_' || word === 'else' || word === 'present' || word?.startsWith('not '))
      reader.fail(itemAt, `\`${word}\` cannot stand in a list`);
    else if (isLiteral(value)) values.push({ value, at: itemAt });
    else reader.fail(itemAt, 'a list of values is expected here');
  }
  if (items.length === 0) reader.fail(at, 'an empty list fits nothing');
  return { kind: 'set', not: false, values, absent, at };
}

function negation(reader: Reader, word: string, at: Span): InputCell | undefined {
  if (word === 'absent') return { kind: 'set', not: true, values: [], absent: true, at };
  if (word === '' || word === 'present' || word === '_' || word === 'else' || word.startsWith('not ')) {
    reader.fail(at, `\`not ${word}\` is not an input cell`);
    return undefined;
  }
  // `not 0` and `not true` mean the number and the boolean, as they would without `not`.
  const value: Scalar =
    word === 'true' ? true : word === 'false' ? false : /^-?\d+(\.\d+)?$/.test(word) ? Number(word) : word;
  return { kind: 'set', not: true, values: [{ value, at }], absent: false, at };
}

function invert(reader: Reader, cell: InputCell, at: Span): InputCell | undefined {
  if (cell.kind !== 'set') {
    reader.fail(at, '`not` needs a value or a list of values');
    return undefined;
  }
  return { ...cell, not: !cell.not, at };
}

/** Reads a cell as an output. */
export function outputCell(reader: Reader, cell: RawCell, inputs: number): OutputCell | undefined {
  const { at, value, word } = cell;
  if (value === null && !cell.items && !cell.not) return { kind: 'nothing', at };
  const copy = word === undefined ? null : /^=(\d+)$/.exec(word);
  if (copy) {
    const input = Number(copy[1]) - 1;
    if (input >= 0 && input < inputs) return { kind: 'copy', input, at };
    reader.fail(at, `${word} names no input: the table has ${inputs}`);
    return undefined;
  }
  if (
    word === '_' ||
    word === 'else' ||
    word === 'absent' ||
    word === 'present' ||
    word?.startsWith('not ')
  ) {
    reader.fail(at, `\`${word}\` is not an output cell`, 'a value, `=n` or `~`');
    return undefined;
  }
  if (isLiteral(value) && !cell.items && !cell.not) return { kind: 'literal', value, at };
  reader.fail(at, 'this is not an output cell', 'a value, `=n` or `~`');
  return undefined;
}

/** A condition: a path, a map of path to cell, or a list of conditions. */
export function readCondition(reader: Reader, node: YamlNode | null, at: Span, what: string): Condition {
  if (node?.kind === 'seq')
    return node.items.flatMap((item) => readCondition(reader, item, reader.span(item, at), what));
  if (node?.kind === 'map')
    return reader.entries(node, at, what).flatMap((entry) => clause(reader, entry) ?? []);
  const path = reader.pathOf(node, at, what);
  return path ? [{ path, cell: { kind: 'set', not: true, values: [], absent: true, at } }] : [];
}

function clause(
  reader: Reader,
  entry: { key: string; keyAt: Span; node: YamlNode | null; at: Span },
): Clause | undefined {
  const path = reader.path(entry.key, entry.keyAt);
  const cell = inputCell(reader, readCell(reader, entry.node, entry.at), false);
  return path && cell ? { path, cell } : undefined;
}
