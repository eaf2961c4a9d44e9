/** Limits on the shape of a frame, whatever it says: depth and forbidden keys. */
import type { ErrorCode } from '../errors/index.js';

/** Levels of arrays and objects, the envelope being the first. */
export const MAX_DEPTH = 32;

/** Characters of a frame that are read at most. */
export const MAX_FRAME_BYTES = 4 * 1024 * 1024;

const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** What is wrong with the shape of a parsed frame; walks without recursion, so that depth cannot exhaust the stack. */
export function structureFault(parsed: unknown): { code: ErrorCode; message: string } | undefined {
  const waiting: { value: unknown; depth: number }[] = [{ value: parsed, depth: 1 }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value, depth } = next;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > MAX_DEPTH) {
      return { code: 'VDV463_TOO_DEEP', message: `nested deeper than ${MAX_DEPTH} levels` };
    }
    for (const key of Object.keys(value)) {
      if (FORBIDDEN.has(key)) {
        return { code: 'VDV463_FORBIDDEN_KEY', message: `the key ${JSON.stringify(key)} is not accepted` };
      }
      waiting.push({ value: (value as Record<string, unknown>)[key], depth: depth + 1 });
    }
  }
  return undefined;
}
