/** Comparing what an example gives with what it says. */
import type { Json, JsonObject } from '../api.js';

/** How two values differ, as sentences. */
export function differences(expected: Json, given: Json, path: string): string[] {
  const at = path || 'the whole';
  if (Array.isArray(expected) && Array.isArray(given)) {
    if (expected.length !== given.length)
      return [`${at} has ${given.length} elements, not ${expected.length}`];
    return expected.flatMap((item, i) => differences(item, given[i] ?? null, `${path}[${i}]`));
  }
  if (isObject(expected) && isObject(given)) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(given)])];
    return keys.flatMap((key) => {
      const child = path ? `${path}.${key}` : key;
      if (!Object.hasOwn(given, key))
        return [`${child} is missing: ${JSON.stringify(expected[key])} is expected`];
      if (!Object.hasOwn(expected, key))
        return [`${child} is ${JSON.stringify(given[key])}, which is not expected`];
      return differences(expected[key] ?? null, given[key] ?? null, child);
    });
  }
  return expected === given ? [] : [`${at} is ${JSON.stringify(given)}, not ${JSON.stringify(expected)}`];
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A copy without the paths given. */
export function without(value: Json, paths: readonly (readonly string[])[]): Json {
  if (!isObject(value)) return value;
  const copy: JsonObject = {};
  for (const [key, child] of Object.entries(value)) {
    const beneath = paths.filter(([first]) => first === key).map(([, ...rest]) => rest);
    if (beneath.some((rest) => rest.length === 0)) continue;
    copy[key] = without(child, beneath);
  }
  return copy;
}
