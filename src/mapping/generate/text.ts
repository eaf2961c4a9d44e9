import type { Json } from '../api.js';

/**
 * Source text that means a value of a table. Every word of a table that reaches generated code passes here: as a JSON
 * literal, in which nothing can end the text or begin code, and with the two line ends that old parsers take for one.
 */
export function literal(value: Json | undefined): string {
  if (value === undefined) return 'undefined';
  if (typeof value === 'number') return numeral(value);
  return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

/** A number as source text; JSON has no infinities and no negative zero. */
export function numeral(value: number): string {
  if (Object.is(value, -0)) return '-0';
  if (Number.isFinite(value)) return JSON.stringify(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

/** Reads or sets a key of the object in a generated variable. */
export function member(holder: string, key: string): string {
  return `${holder}[${literal(key)}]`;
}
