/**
 * The kernel for MeterValues: folds the sampled values of one instant into one value per quantity, as the
 * mapping's `fold` table says (docs/mapping-format.md §7). Nearly all the time of a MeterValues message is spent
 * here, so it works on flat scratch memory and allocates only what it gives away.
 */
import type { Json, MapNote } from '../api.js';
import type { BoundPath, FoldIr, MappingIr } from '../resolve/ir.js';
import type { Frame, Get } from '../run/frame.js';
import type { FoldRole } from '../syntax/ast.js';
import { parseDecimal } from '../transforms.js';
import { shift } from '../units.js';
import { FoldScratch, phasePlaces } from './fold-scratch.js';
import { byMeasurand, type FoldTake, takesOf } from './fold-takes.js';
import { pathReader, stepReader } from './paths.js';

export interface FoldOutput {
  readonly path: BoundPath;
  readonly id: string;
  readonly get: Get;
}

export interface FoldKernel {
  /** Folds into `frame.fold`; false when there is nothing to make an object of. */
  run(frame: Frame): boolean;
  readonly outputs: readonly FoldOutput[];
}

type Reader = (value: Json | undefined) => Json | undefined;

function readerOf(fold: FoldIr, role: FoldRole): Reader | undefined {
  const path = fold.read.get(role);
  return path && stepReader(path.ref.steps.slice(fold.over.ref.steps.length + 1));
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
    for (let i = 0; i < samples.length; i++) each(samples[i], frame);
    frame.fold = scratch.result();
    return frame.fold !== undefined;
  };
  return { run, outputs: outputsOf(fold) };
}

/** Puts one sampled value where it belongs. */
function sampleFolder(
  fold: FoldIr,
  takes: readonly FoldTake[],
  scratch: FoldScratch,
): (sample: Json | undefined, frame: Frame) => void {
  const [value, measurand, phase, unit] = (['value', 'measurand', 'phase', 'unit'] as const).map((role) =>
    readerOf(fold, role),
  );
  const [multiplier, context, location] = (['multiplier', 'context', 'location'] as const).map((role) =>
    readerOf(fold, role),
  );
  const format = readerOf(fold, 'format');
  const signed = readerOf(fold, 'signed');
  const fallback = (role: FoldRole): string => fold.ast.absent.get(role)?.value ?? '';
  const defaults = {
    measurand: fallback('measurand'),
    context: fallback('context'),
    location: fallback('location'),
  };
  const wanted = byMeasurand(takes);
  const ignored = new Set<Json>(fold.ast.ignore.map((word) => word.value));
  const contexts = new Map<Json, number>(fold.ast.contexts.map((word, rank) => [word.value, rank]));
  const where = fold.over.ref.text;

  return (sample, frame) => {
    const raw = value?.(sample);
    if (signed) keepSigned(scratch, signed(sample));
    if (format?.(sample) === 'SignedData') {
      keepSigned(scratch, raw);
      return;
    }
    const word = measurand?.(sample) ?? defaults.measurand;
    const list = wanted.get(word);
    if (list === undefined) {
      if (!ignored.has(word)) note(frame, 'MAP_UNKNOWN_MEASURAND', where, String(word));
      return;
    }
    const contextWord = context?.(sample) ?? defaults.context;
    const rank = contexts.get(contextWord);
    if (rank === undefined) {
      note(frame, 'MAP_UNKNOWN_CONTEXT', where, String(contextWord));
      return;
    }
    const phaseWord = phase?.(sample);
    const place = phaseWord === undefined ? 0 : phasePlaces.get(phaseWord);
    if (place === undefined) return;
    const at = location?.(sample) ?? defaults.location;
    for (let i = 0; i < list.length; i++) {
      const take = list[i] as FoldTake;
      const locationRank = take.locations.get(at);
      if (locationRank === undefined || !scratch.wants(take.index, place, locationRank * 64 + rank)) continue;
      const number = numberOf(raw, multiplier?.(sample), unit?.(sample), take, frame, where);
      scratch.put(take.index, place, number, rank, contextWord);
    }
  };
}

function keepSigned(scratch: FoldScratch, value: Json | undefined): void {
  if (typeof value === 'string') scratch.signed.push(value);
}

function note(frame: Frame, code: MapNote['code'], path: string, detail: string): void {
  frame.notes ??= [];
  frame.notes.push({ code, path, detail });
}

/** The number in the target's unit; NaN (and a note) when there is none. */
function numberOf(
  value: Json | undefined,
  multiplier: Json | undefined,
  unitWord: Json | undefined,
  take: FoldTake,
  frame: Frame,
  where: string,
): number {
  let number =
    typeof value === 'number' ? value : typeof value === 'string' ? parseDecimal(value) : undefined;
  if (number === undefined) {
    note(frame, 'MAP_NOT_A_NUMBER', where, JSON.stringify(value ?? null).slice(0, 80));
    return Number.NaN;
  }
  if (typeof multiplier === 'number' && multiplier !== 0) number = shift(number, multiplier);
  const unit = typeof unitWord === 'string' ? unitWord : take.defaultUnit;
  const convert = take.converters.get(unit);
  if (convert === undefined) {
    note(frame, 'MAP_UNKNOWN_UNIT', where, unit);
    return Number.NaN;
  }
  const result = convert === null ? number : convert(number);
  if (Number.isFinite(result)) return result;
  // Too large for a number, or made so by its multiplier or unit: JSON could not tell it on.
  note(frame, 'MAP_NOT_A_NUMBER', where, `${JSON.stringify(value)} ${unit}`.slice(0, 80));
  return Number.NaN;
}

function outputsOf(fold: FoldIr): FoldOutput[] {
  const outputs: FoldOutput[] = fold.take.map(({ ast, to }, index) => ({
    path: to,
    id: ast.id,
    get: (frame) => frame.fold?.values[index],
  }));
  if (fold.context) outputs.push({ path: fold.context, id: 'context', get: (frame) => frame.fold?.context });
  if (fold.signed) outputs.push({ path: fold.signed, id: 'signed', get: (frame) => frame.fold?.signed });
  return outputs;
}
