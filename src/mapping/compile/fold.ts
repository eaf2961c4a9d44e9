/**
 * The kernel for MeterValues: folds the sampled values of one instant into one value per quantity, as the
 * mapping's `fold` table says (docs/mapping-format.md §7). Nearly all the time of a MeterValues message is spent
 * here, so it works on flat scratch memory and allocates only what it gives away.
 */
import type { Json, MapNote } from '../api.js';
import type { FoldIr, MappingIr } from '../resolve/ir.js';
import type { Frame, Get } from '../run/frame.js';
import type { FoldRole } from '../syntax/ast.js';
import { parseDecimal } from '../transforms.js';
import { shift } from '../units.js';
import { badNumberNote, unknownNote } from './fold-notes.js';
import { isReading, Readings, type ReadingUse, type ReadingWords, wordOf } from './fold-readings.js';
import { namedWords, ownNamed } from './fold-roles.js';
import { FoldScratch } from './fold-scratch.js';
import { type FoldTake, takesOf } from './fold-takes.js';
import { pathReader, stepReader } from './paths.js';

/** Number of a take, or what a fold gives beside its takes. */
export type FoldOutput = number | 'context' | 'signed';

export interface FoldKernel {
  /** Folds into `frame.fold`; false when there is nothing to make an object of. */
  run(frame: Frame): boolean;
  /** Reads what was folded. */
  output(of: FoldOutput): Get;
}

type Reader = (value: Json | undefined) => Json | undefined;

function readerOf(fold: FoldIr, role: FoldRole): Reader {
  const path = fold.read.get(role);
  if (!path) return () => undefined;
  const steps = path.ref.steps.slice(fold.over.ref.steps.length + 1);
  return steps.length === 1 && steps[0] === role ? ownNamed[role] : stepReader(steps);
}

/** Reads the words of a sampled value; in one go where all of them lie under the names of their roles. */
function wordsReader(fold: FoldIr): (sample: Json | undefined) => ReadingWords {
  const roles = ['measurand', 'phase', 'unit', 'context', 'location', 'format'] as const;
  const [measurand, phase, unit, context, location, format] = roles.map((role) => readerOf(fold, role));
  const generic = (sample: Json | undefined): ReadingWords => ({
    measurand: wordOf(measurand?.(sample)),
    phase: wordOf(phase?.(sample)),
    unit: wordOf(unit?.(sample)),
    context: wordOf(context?.(sample)),
    location: wordOf(location?.(sample)),
    format: wordOf(format?.(sample)),
  });
  if (!roles.every((role) => readerOf(fold, role) === ownNamed[role])) return generic;
  return (sample) => namedWords(sample) ?? generic(sample);
}

/** Compiles the fold of a mapping. */
export function compileFold(mapping: MappingIr, fold: FoldIr): FoldKernel {
  const list = pathReader(fold.over, mapping.sources);
  const takes = takesOf(fold);
  const scratch = new FoldScratch(takes);
  const each = sampleFolder(fold, takes, scratch);
  const run = (frame: Frame): boolean => {
    const samples = list(frame);
    if (!Array.isArray(samples)) return false;
    scratch.clear();
    for (let i = 0; i < samples.length; i++) each(samples[i], i, frame);
    frame.fold = scratch.result();
    return frame.fold !== undefined;
  };
  return { run, output };
}

/** Puts one sampled value where it belongs. */
function sampleFolder(
  fold: FoldIr,
  takes: readonly FoldTake[],
  scratch: FoldScratch,
): (sample: Json | undefined, index: number, frame: Frame) => void {
  const value = readerOf(fold, 'value');
  const wordsOf = wordsReader(fold);
  const multiplier = readerOf(fold, 'multiplier');
  const signed = fold.read.has('signed') ? readerOf(fold, 'signed') : undefined;
  const readings = new Readings(fold, takes);
  const where = fold.over.ref.text;
  let last = readings.first;

  return (sample, index, frame) => {
    const words = wordsOf(sample);
    let reading = last.next;
    if (!isReading(reading, words)) {
      reading = readings.find(words);
      last.next = reading;
    }
    last = reading;
    const raw = value(sample);
    if (signed) keepSigned(scratch, signed(sample));
    if (reading.signedData) keepSigned(scratch, raw);
    if (reading.unknown) note(frame, unknownNote(where, index, reading.unknown, raw));
    const { uses, place } = reading;
    for (let i = 0; i < uses.length; i++) {
      const use = uses[i] as ReadingUse;
      const take = use.take.index;
      if (!scratch.wants(take, place, use.rank)) continue;
      const number = numberOf(raw, multiplier(sample), use);
      if (Number.isNaN(number)) note(frame, badNumberNote(where, index, raw, use));
      scratch.put(take, place, number, reading);
    }
  };
}

function keepSigned(scratch: FoldScratch, value: Json | undefined): void {
  if (typeof value === 'string') scratch.signed.push(value);
}

function note(frame: Frame, made: MapNote): void {
  frame.notes ??= [];
  frame.notes.push(made);
}

/** The number in the target's unit; NaN when there is none. */
function numberOf(
  value: Json | undefined,
  multiplier: Json | undefined,
  { convert, take }: ReadingUse,
): number {
  let number =
    typeof value === 'number' ? value : typeof value === 'string' ? parseDecimal(value) : undefined;
  if (number === undefined || convert === undefined) return Number.NaN;
  if (typeof multiplier === 'number' && multiplier !== 0) number = shift(number, multiplier);
  const result = convert === null ? number : convert(number);
  // Too large for a number (JSON could not tell it on), or for what is measured.
  return Number.isFinite(result) && result >= take.low && result <= take.high ? result : Number.NaN;
}

function output(of: FoldOutput): Get {
  if (of === 'context') return (frame) => frame.fold?.context;
  if (of === 'signed') return (frame) => frame.fold?.signed;
  return (frame) => {
    const value = frame.fold?.values[of];
    return value === undefined || Number.isNaN(value) ? undefined : value;
  };
}
