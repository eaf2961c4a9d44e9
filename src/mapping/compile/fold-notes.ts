/** What is told of a sampled value that was not used: which one, what it measures, what was sent. */
import type { Json, MapNote } from '../api.js';
import { parseDecimal } from '../transforms.js';
import type { Reading, ReadingUse } from './fold-readings.js';

const mostText = 80;

/** A measurand or context that the table does not know. */
export function unknownNote(
  where: string,
  index: number,
  { code, word, measurand }: NonNullable<Reading['unknown']>,
  value: Json | undefined,
): MapNote {
  const context = code === 'MAP_UNKNOWN_CONTEXT' ? ` in context ${word}` : '';
  return noteOf(where, index, code, measurand, `${sent(value)}${context}`);
}

/** A value that is no number, has a unit that does not fit, or cannot be. */
export function badNumberNote(
  where: string,
  index: number,
  value: Json | undefined,
  { convert, unit, take }: ReadingUse,
): MapNote {
  const number =
    typeof value === 'number' ? value : typeof value === 'string' ? parseDecimal(value) : undefined;
  const told = (code: MapNote['code'], detail: string): MapNote =>
    noteOf(where, index, code, take.measurand, detail);
  if (number === undefined) return told('MAP_NOT_A_NUMBER', sent(value));
  return told(convert === undefined ? 'MAP_UNKNOWN_UNIT' : 'MAP_IMPLAUSIBLE', `${sent(value)} ${unit}`);
}

function sent(value: Json | undefined): string {
  return JSON.stringify(value ?? null).slice(0, mostText);
}

function noteOf(
  where: string,
  index: number,
  code: MapNote['code'],
  measurand: string,
  detail: string,
): MapNote {
  return {
    code,
    path: `${where}[${index}]`,
    measurand: measurand.slice(0, mostText),
    detail: detail.slice(0, mostText),
  };
}
