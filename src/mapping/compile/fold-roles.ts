import type { Json } from '../api.js';
import type { FoldRole } from '../syntax/ast.js';
import { type ReadingWords, wordOf } from './fold-readings.js';
import { ownGuarded, prototypeChanged } from './paths.js';

type Named = { readonly [role in FoldRole]?: Json };

/** Whether a value can be read by a key written out. */
function readable(sample: Json | undefined): sample is Named & { [key: string]: Json } {
  return typeof sample === 'object' && sample !== null && !prototypeChanged();
}

type Reader = (sample: Json | undefined) => Json | undefined;

/**
 * Readers of sampled values whose keys are called as the roles are, which most of OCPP's are. Each has its key written
 * out: V8 then remembers where it lies, which it does not for a key held in a variable.
 */
export const ownNamed: Readonly<Record<FoldRole, Reader>> = {
  value: (s) => (readable(s) ? (s.value ?? undefined) : ownGuarded(s, 'value')),
  measurand: (s) => (readable(s) ? (s.measurand ?? undefined) : ownGuarded(s, 'measurand')),
  phase: (s) => (readable(s) ? (s.phase ?? undefined) : ownGuarded(s, 'phase')),
  unit: (s) => (readable(s) ? (s.unit ?? undefined) : ownGuarded(s, 'unit')),
  multiplier: (s) => (readable(s) ? (s.multiplier ?? undefined) : ownGuarded(s, 'multiplier')),
  context: (s) => (readable(s) ? (s.context ?? undefined) : ownGuarded(s, 'context')),
  location: (s) => (readable(s) ? (s.location ?? undefined) : ownGuarded(s, 'location')),
  format: (s) => (readable(s) ? (s.format ?? undefined) : ownGuarded(s, 'format')),
  signed: (s) => (readable(s) ? (s.signed ?? undefined) : ownGuarded(s, 'signed')),
};

/** The words of a sampled value whose keys are called as the roles are; undefined where each read needs care. */
export function namedWords(s: Json | undefined): ReadingWords | undefined {
  if (!readable(s)) return undefined;
  return {
    measurand: wordOf(s.measurand),
    phase: wordOf(s.phase),
    unit: wordOf(s.unit),
    context: wordOf(s.context),
    location: wordOf(s.location),
    format: wordOf(s.format),
  };
}
