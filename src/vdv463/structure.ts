/** Limits on the shape of a frame, whatever it says: size, depth and forbidden keys. */
import type { ErrorCode } from '../errors/index.js';

/** Levels of arrays and objects, the envelope being the first. */
export const MAX_DEPTH = 32;

/** Characters of a frame that are read at most. */
export const MAX_FRAME_BYTES = 4 * 1024 * 1024;

/** Elements of one list at most: charging requests, in practice. */
export const MAX_ELEMENTS = 5_000;

/** Values of a frame at most: so many charging requests with all that can be said of them. */
export const MAX_VALUES = 60_000;

/** Members of one object at most; the richest of VDV 463 has fewer than twenty. */
export const MAX_MEMBERS = 1_000;

const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];

/**
 * Whether a frame has too many values to be read: reading them, and more so checking them, would hold up everybody else.
 * Counted on the text, at a small part of what reading costs.
 */
export function sizeFault(text: string): { code: ErrorCode; message: string } | undefined {
  // A value and its comma are two characters at least.
  if (text.length < 2 * MAX_VALUES) return undefined;
  let commas = 0;
  let isText = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (isText) {
      if (character === BACKSLASH) at++;
      else if (character === QUOTE) isText = false;
    } else if (character === QUOTE) isText = true;
    else if (character === COMMA) commas++;
  }
  if (commas < MAX_VALUES) return undefined;
  return { code: 'VDV463_TOO_LARGE', message: `more than ${MAX_VALUES} values` };
}

/** What is wrong with the shape of a parsed frame; walks without recursion, so that depth cannot exhaust the stack. */
export function structureFault(parsed: unknown): { code: ErrorCode; message: string } | undefined {
  const waiting: { value: unknown; depth: number }[] = [{ value: parsed, depth: 1 }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value, depth } = next;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > MAX_DEPTH) {
      return { code: 'VDV463_TOO_DEEP', message: `nested deeper than ${MAX_DEPTH} levels` };
    }
    const keys = Object.keys(value);
    const [most, what] = Array.isArray(value)
      ? [MAX_ELEMENTS, `a list has more than ${MAX_ELEMENTS} elements`]
      : [MAX_MEMBERS, `an object has more than ${MAX_MEMBERS} members`];
    if (keys.length > most) return { code: 'VDV463_TOO_LARGE', message: what };
    for (const key of keys) {
      if (FORBIDDEN.has(key)) {
        return { code: 'VDV463_FORBIDDEN_KEY', message: `the key ${JSON.stringify(key)} is not accepted` };
      }
      const member = (value as Record<string, unknown>)[key];
      if (typeof member === 'object') waiting.push({ value: member, depth: depth + 1 });
    }
  }
  return undefined;
}
