/**
 * The mapping format once more, read straight from the YAML and written for reading: no types, no checks, no
 * compilation. What it gives, the engine must give. Covers tables, fields, groups and `each`.
 */
import type { Json, JsonObject } from '../../../src/mapping/index.js';

type Any = { [key: string]: Json };
const failed = Symbol('failed');
type Outcome = JsonObject | null | typeof failed;

/** A mapping document as YAML gives it. */
export type PlainMapping = Any;

function read(inputs: Any, path: string): Json | undefined {
  let value: Json | undefined = inputs;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    value = Object.hasOwn(value, step) ? value[step] : undefined;
    if (value === null) return undefined;
  }
  return value;
}

const same = (a: Json | undefined, b: Json, word: boolean): boolean =>
  word && typeof a === 'string' && typeof b === 'string' ? a.toLowerCase() === b.toLowerCase() : a === b;

function fits(cell: Json, value: Json | undefined, word: boolean, others: readonly Json[]): boolean {
  if (cell === '_') return true;
  if (cell === 'absent') return value === undefined;
  if (cell === 'present') return value !== undefined;
  if (cell === 'else')
    return !others.some((other) => other !== 'else' && other !== '_' && named(other, value, word));
  if (typeof cell === 'string' && cell.startsWith('not ')) return !fits(cell.slice(4), value, word, []);
  if (Array.isArray(cell)) return cell.some((item) => fits(item, value, word, []));
  return same(value, cell, word);
}

/** Whether a cell speaks of a value, be it to refuse it. */
function named(cell: Json, value: Json | undefined, word: boolean): boolean {
  return fits(typeof cell === 'string' && cell.startsWith('not ') ? cell.slice(4) : cell, value, word, []);
}

function holds(condition: Json | undefined, inputs: Any): boolean {
  if (condition === undefined) return true;
  if (typeof condition === 'string') return read(inputs, condition) !== undefined;
  return Object.entries(condition as Any).every(([path, cell]) => fits(cell, read(inputs, path), false, []));
}

function table(
  definition: Any,
  inputs: Any,
  words: readonly string[],
  set: (path: string, value: Json) => void,
): boolean {
  const [columns, outputs] = [definition['in'] as string[], definition['out'] as string[]];
  const rows = Object.values(definition['rows'] as Any) as Json[][];
  const found = rows.find((row) =>
    columns.every((path, i) =>
      fits(
        row[i] ?? null,
        read(inputs, path),
        words.includes(path),
        rows.map((other) => other[i] ?? null),
      ),
    ),
  );
  if (!found) return false;
  outputs.forEach((path, i) => {
    const cell = found[columns.length + i];
    const copied =
      typeof cell === 'string' && cell.startsWith('=')
        ? read(inputs, columns[Number(cell.slice(1)) - 1] ?? '')
        : cell;
    if (copied !== null && copied !== undefined) set(path, copied);
  });
  return true;
}

function source(
  field: Any,
  inputs: Any,
  all: ReadonlyMap<string, PlainMapping>,
): Json | undefined | typeof failed {
  const paths = (key: string): (Json | undefined)[] =>
    (field[key] as string[]).map((path) => read(inputs, path));
  if ('const' in field) return field['const'];
  if ('from' in field) return read(inputs, String(field['from']));
  if ('first' in field) return paths('first').find((value) => value !== undefined);
  if ('identity' in field)
    return paths('key').includes(undefined) ? undefined : `${field['identity']}:${paths('key').join('/')}`;
  if ('join' in field) {
    const parts = paths('join').filter((value) => value !== undefined);
    return parts.length === 0 ? undefined : parts.join(String(field['with']));
  }
  const used = all.get(String(field['using']));
  const list = read(inputs, String(field['each']));
  if (!used || !Array.isArray(list)) return undefined;
  const alias = Object.keys(used['from'] as Any)[0] ?? '';
  const made = list.map((item) => interpret(used, { ...inputs, [alias]: item }, all, []));
  return made.includes(failed) ? failed : (made.filter((item) => item !== null) as Json[]);
}

function number(value: number, field: Any, target: string): number {
  const kilo = /kw$/i.test(target) ? value / 1000 : value;
  if (field['round'] === 'down') return Math.floor(kilo);
  return target.endsWith('powerKw')
    ? Number(((Math.sign(kilo) * Math.round(Number(`${Math.abs(kilo)}e3`))) / 1000).toFixed(3))
    : kilo;
}

function put(output: JsonObject, path: string, value: Json): void {
  const steps = path.split('.').slice(1);
  let holder = output;
  for (const step of steps.slice(0, -1)) {
    holder[step] ??= {};
    holder = holder[step] as JsonObject;
  }
  holder[steps.at(-1) ?? ''] = value;
}

/** Runs a mapping; `words` are its paths with a vocabulary. */
export function interpret(
  mapping: PlainMapping,
  inputs: Any,
  all: ReadonlyMap<string, PlainMapping>,
  words: readonly string[],
): Outcome {
  if (!holds(mapping['only'], inputs)) return null;
  const output: JsonObject = {};
  const groups = Object.entries((mapping['groups'] ?? {}) as Any);
  const set = (path: string, value: Json): void => {
    const open = groups.every(
      ([above, group]) => !path.startsWith(`${above}.`) || holds((group as Any)['when'], inputs),
    );
    if (open) put(output, path, value);
  };
  for (const definition of Object.values((mapping['tables'] ?? {}) as Any))
    if (!table(definition as Any, inputs, words, set)) return failed;
  for (const [target, definition] of Object.entries((mapping['fields'] ?? {}) as Any)) {
    const value = source(definition as Any, inputs, all);
    if (value === failed) return failed;
    if (value !== undefined)
      set(target, typeof value === 'number' ? number(value, definition as Any, target) : value);
  }
  return output;
}

export { failed };
