/** What a payload may not be, whatever its schema says: too deep, or with keys that reach for prototypes. */

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** Why a parsed JSON value is refused, or undefined. `maxDepth` counts arrays and objects inside each other. */
export function flawOf(value: unknown, maxDepth: number): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (maxDepth === 0) return 'the payload is nested too deeply';
  if (Array.isArray(value)) {
    for (const item of value) {
      const flaw = flawOf(item, maxDepth - 1);
      if (flaw) return flaw;
    }
    return undefined;
  }
  for (const [key, item] of Object.entries(value)) {
    if (FORBIDDEN.has(key)) return 'the payload has a key that is never allowed';
    const flaw = flawOf(item, maxDepth - 1);
    if (flaw) return flaw;
  }
  return undefined;
}
