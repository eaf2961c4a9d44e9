/** Scalars as the quick reader takes them: on one line. */
import type { ScalarNode } from './node.js';
import { plainValue } from './scalars.js';

/** Thrown by the quick reader: the text is for the package. */
export const beyond = new Error('not for the quick reader');

export const newline = 10;
export const space = 32;
export const hash = 35;
export const comma = 44;
export const dash = 45;
export const colon = 58;
export const openList = 91;
export const closeList = 93;
export const openMap = 123;
export const closeMap = 125;
const quote = 34;
const apostrophe = 39;
const backslash = 92;

/** No plain scalar begins with one of these; `-` may, if no space follows. */
const indicators = new Set(Array.from('?:,[]{}#&*!|>\'"%@`', (char) => char.charCodeAt(0)));

/** Escapes that JSON has too. */
const jsonEscape = /^(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/;

/** The scalar at this place; `inside` of a flow collection, brackets and commas end it. */
export function readScalar(text: string, start: number, inside: boolean): ScalarNode {
  const char = text.charCodeAt(start);
  if (char === quote) return doubleQuoted(text, start);
  if (char === apostrophe) return singleQuoted(text, start);
  return plain(text, start, inside);
}

function doubleQuoted(text: string, start: number): ScalarNode {
  let last = start + 1;
  let escapes = false;
  for (let char = text.charCodeAt(last); char !== quote; char = text.charCodeAt(++last)) {
    if (char === newline || Number.isNaN(char)) throw beyond;
    if (char !== backslash) continue;
    if (!jsonEscape.test(text.slice(last + 1, last + 6))) throw beyond;
    escapes = true;
    last++;
  }
  const end = last + 1;
  const value = escapes ? String(JSON.parse(text.slice(start, end))) : text.slice(start + 1, last);
  return { kind: 'scalar', value, plain: false, start, end };
}

function singleQuoted(text: string, start: number): ScalarNode {
  let last = start + 1;
  for (; ; last++) {
    const char = text.charCodeAt(last);
    if (char === newline || Number.isNaN(char)) throw beyond;
    if (char !== apostrophe) continue;
    if (text.charCodeAt(last + 1) !== apostrophe) break;
    last++;
  }
  const value = text.slice(start + 1, last).replaceAll("''", "'");
  return { kind: 'scalar', value, plain: false, start, end: last + 1 };
}

function plain(text: string, start: number, inside: boolean): ScalarNode {
  const first = text.charCodeAt(start);
  if (indicators.has(first) || (first === dash && text.charCodeAt(start + 1) === space)) throw beyond;
  let end = start;
  let at = start;
  for (; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === newline) break;
    if (char === space) {
      if (text.charCodeAt(at + 1) === hash) break;
      continue;
    }
    if (char === colon && endsKey(text.charCodeAt(at + 1), inside)) break;
    if (inside && isBracket(char)) break;
    end = at + 1;
  }
  // A lone dash begins an item; spaces before a `:` are not part of a key, and in no table.
  if (end === start || (end === start + 1 && first === dash)) throw beyond;
  if (text.charCodeAt(at) === colon && at !== end) throw beyond;
  return { kind: 'scalar', value: plainValue(text.slice(start, end)), plain: true, start, end };
}

function isBracket(char: number): boolean {
  return char === comma || char === openMap || char === closeMap || char === openList || char === closeList;
}

/** Whether a `:` before this character ends a plain scalar. */
function endsKey(next: number, inside: boolean): boolean {
  return next === space || next === newline || Number.isNaN(next) || (inside && isBracket(next));
}
