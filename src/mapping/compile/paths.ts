import type { Json } from '../api.js';
import type { BoundPath, SourceIr } from '../resolve/ir.js';
import type { Get } from '../run/frame.js';

/** Whether somebody has put values on the prototype of all objects: then each read asks whose value it is. */
let polluted = false;
const untouched: object = {};

/** Called at the start of each run; costs a few nanoseconds. */
export function watchPrototype(): void {
  polluted = false;
  for (const _ in untouched) polluted = true;
}

/** Keys that every object answers to: reading one always asks whose value it is. */
const inherited: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

/** Whether every object answers to a key. */
export function isInherited(key: string): boolean {
  return inherited.has(key);
}

/** Reads a key that is the object's own; `null` counts as absent. */
export function own(value: Json | undefined, key: string): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = (value as { [key: string]: Json })[key];
  if (found === undefined || found === null) return undefined;
  return polluted && !Object.hasOwn(value, key) ? undefined : found;
}

/** Whether reads must ask whose value it is, in the run that began last. */
export function prototypeChanged(): boolean {
  return polluted;
}

export function ownGuarded(value: Json | undefined, key: string): Json | undefined {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? own(value, key)
    : undefined;
}

/** A reader of steps inside a value. */
export function stepReader(steps: readonly string[]): (value: Json | undefined) => Json | undefined {
  if (steps.some((step) => inherited.has(step)))
    return (value) =>
      steps.reduce<Json | undefined>((found, step) => ownGuarded(found, step === '[0]' ? '0' : step), value);
  const [first, second, third] = steps.map((step) => (step === '[0]' ? '0' : step));
  if (first === undefined) return (value) => (value === null ? undefined : value);
  if (second === undefined) return (value) => own(value, first);
  if (third === undefined) return (value) => own(own(value, first), second);
  if (steps.length === 3) return (value) => own(own(own(value, first), second), third);
  const rest = stepReader(steps.slice(3));
  return (value) => rest(own(own(own(value, first), second), third));
}

/** Where the value of a source path lies: the object that holds it, and its key there; undefined if it needs care. */
export function pathHolder(
  path: BoundPath,
  sources: readonly SourceIr[],
): { holder: string; hold: Get; key: string } | undefined {
  const { alias, steps } = path.ref;
  const key = steps.at(-1);
  if (key === undefined || key === '[0]' || steps.some((step) => inherited.has(step))) return undefined;
  const index = sources.findIndex((source) => source.alias === alias);
  const above = steps.slice(0, -1);
  const read = stepReader(above);
  const hold: Get =
    above.length === 0 ? (frame) => frame.sources[index] : (frame) => read(frame.sources[index]);
  return { holder: [alias, ...above].join('.'), hold, key };
}

/** A reader of a source path. */
export function pathReader(path: BoundPath, sources: readonly SourceIr[]): Get {
  const index = sources.findIndex(({ alias }) => alias === path.ref.alias);
  const { steps } = path.ref;
  const [first, second] = steps;
  const careful = steps.some((step) => inherited.has(step) || step === '[0]');
  // Most paths have one step or two: those are read without a chain of closures.
  if (!careful && first !== undefined && steps.length === 1)
    return (frame) => own(frame.sources[index], first);
  if (!careful && first !== undefined && second !== undefined && steps.length === 2)
    return (frame) => own(own(frame.sources[index], first), second);
  const read = stepReader(steps);
  return (frame) => read(frame.sources[index]);
}
