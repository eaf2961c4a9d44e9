// Lines of the page.
import type { InputCell } from '../../../src/mapping/index.js';

/** Field, word, where it goes. */
export type Line = string;

export function row(field: string, word: string, uses: readonly string[]): Line {
  const where = uses.length > 0 ? [...new Set(uses)].map(escaped).join('<br>') : '**nothing reads it**';
  return `| ${code(field)} | ${code(word)} | ${where} |`;
}

function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Whether a cell takes a word. */
export function fitsCell(cell: InputCell, word: string): boolean {
  if (cell.kind !== 'set') return true;
  return cell.values.some(({ value }) => String(value) === word) !== cell.not;
}
