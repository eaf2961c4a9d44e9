/** What a payload may not be, whatever its schema says: too deep, or with keys that reach for prototypes. */

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** Why a parsed JSON value is refused, or undefined. `maxDepth` counts arrays and objects inside each other. */
export function flawOf(value: unknown, maxDepth: number): string | undefined {
  return typeof value === 'object' && value !== null ? flawIn(value, maxDepth) : undefined;
}

/** No lists of keys or entries are made on the way: this is asked of every object of every frame. */
function flawIn(value: object, maxDepth: number): string | undefined {
  if (maxDepth === 0) return 'the payload is nested too deeply';
  if (Array.isArray(value)) {
    for (const item of value) {
      const flaw = typeof item === 'object' && item !== null ? flawIn(item, maxDepth - 1) : undefined;
      if (flaw) return flaw;
    }
    return undefined;
  }
  const holder = value as Readonly<Record<string, unknown>>;
  for (const key in holder) {
    if (FORBIDDEN.has(key)) return 'the payload has a key that is never allowed';
    const item = holder[key];
    const flaw = typeof item === 'object' && item !== null ? flawIn(item, maxDepth - 1) : undefined;
    if (flaw) return flaw;
  }
  return undefined;
}
