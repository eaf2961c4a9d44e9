// Reads the field table of VDV 463 (src/schemas/vdv463/fields.tsv): every output about VDV 463 starts here.
import { readFileSync } from 'node:fs';

/** The dialects with the letter that the table's constraints use for them. */
export const dialects = { A: '1.0.0', B: '1.1.0', S: 'draft-2025-05', C: '2.0.0' } as const;
export type Letter = keyof typeof dialects;
export const letters = Object.keys(dialects) as Letter[];

type Presence = 'R' | 'o' | '-';

/** One row of the table. */
export interface Row {
  readonly structure: string;
  readonly field: string;
  readonly type: string;
  readonly unit: Partial<Record<Letter, string>>;
  readonly presence: Record<Letter, Presence>;
  readonly rules: readonly { readonly letters: string; readonly rule: string }[];
  readonly line: number;
}

const file = new URL('../../src/schemas/vdv463/fields.tsv', import.meta.url);

function unitOf(cell: string): Row['unit'] {
  const unit: Partial<Record<Letter, string>> = {};
  if (cell === '-') return unit;
  for (const part of cell.split(' ')) {
    const [left = '', right] = part.split(':');
    for (const letter of letters) {
      if (right === undefined) unit[letter] ??= left;
      else if (left.includes(letter)) unit[letter] = right;
    }
  }
  return unit;
}

function rulesOf(cell: string): Row['rules'] {
  if (cell === '-') return [];
  return cell.split('; ').map((part) => {
    const [left = '', rule = ''] = part.split(':');
    return { letters: left, rule };
  });
}

function rowOf(text: string, line: number): Row {
  const cells = text.split('\t');
  const [structure = '', field = '', type = '', unit = '', a, b, s, c, constraint = ''] = cells;
  const bad = [a, b, s, c].find((cell) => cell !== 'R' && cell !== 'o' && cell !== '-');
  if (cells.length !== 9 || bad !== undefined)
    throw new Error(`fields.tsv:${line}: expected nine cells with R, o or - as presence, got "${text}"`);
  const presence = { A: a, B: b, S: s, C: c } as Row['presence'];
  return { structure, field, type, unit: unitOf(unit), presence, rules: rulesOf(constraint), line };
}

/** Every row in file order. @throws Error naming the line that cannot be read */
export function readTable(): Row[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  const rows: Row[] = [];
  lines.forEach((text, index) => {
    if (text !== '' && !text.startsWith('#') && !text.startsWith('structure\t'))
      rows.push(rowOf(text, index + 1));
  });
  return rows;
}

/** The rows by structure, in file order, of one dialect. */
export function structuresOf(letter: Letter): Map<string, Row[]> {
  const structures = new Map<string, Row[]>();
  for (const row of readTable()) {
    if (row.presence[letter] === '-') continue;
    const rows = structures.get(row.structure);
    if (rows) rows.push(row);
    else structures.set(row.structure, [row]);
  }
  return structures;
}
