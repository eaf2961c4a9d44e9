/**
 * The kernel for MeterValues: folds the sampled values of one instant into one value per quantity, as the
 * mapping's `fold` table says (docs/mapping-format.md §7).
 */
import type { Json, MapNote } from '../api.js';
import type { BoundPath, FoldIr, MappingIr, TakeIr } from '../resolve/ir.js';
import type { FoldResult, Frame, Get } from '../run/frame.js';
import type { FoldRole, PhaseRule } from '../syntax/ast.js';
import { parseDecimal } from '../transforms.js';
import { conversion, converter, shift } from '../units.js';
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

/** Places of the phases in a take's accumulator: total, L1–L3, L1-N–L3-N. Others are not used. */
const phasePlaces: ReadonlyMap<Json, number> = new Map([
  ['L1', 1],
  ['L2', 2],
  ['L3', 3],
  ['L1-N', 4],
  ['L2-N', 5],
  ['L3-N', 6],
]);
const places = 7;

/** A take, ready to run. */
interface Take {
  readonly index: number;
  readonly phases: PhaseRule;
  readonly locations: ReadonlyMap<Json, number>;
  /** Converter by unit word; undefined = the unit does not fit. */
  readonly converters: ReadonlyMap<string, (value: number) => number>;
  readonly defaultUnit: string;
}

type Reader = (value: Json | undefined) => Json | undefined;

/** Readers of one sampled value. */
type Readers = Readonly<Record<FoldRole, Reader>>;

const nothing: Reader = () => undefined;

function readersOf(fold: FoldIr): Readers {
  const base = fold.over.ref.steps.length + 1;
  const reader = (role: FoldRole): Reader => {
    const path = fold.read.get(role);
    return path ? stepReader(path.ref.steps.slice(base)) : nothing;
  };
  return {
    value: reader('value'),
    measurand: reader('measurand'),
    phase: reader('phase'),
    unit: reader('unit'),
    multiplier: reader('multiplier'),
    context: reader('context'),
    location: reader('location'),
    format: reader('format'),
    signed: reader('signed'),
  };
}

function takeOf({ ast, to }: TakeIr, index: number, fold: FoldIr): Take {
  const converters = new Map<string, (value: number) => number>();
  for (const [word, { value: unit }] of [...fold.ast.units, [ast.unit.value, ast.unit] as const]) {
    const rule = conversion(fold.ast.units.get(word)?.value ?? unit, to.node.unit ?? unit);
    if (rule !== undefined) converters.set(word, rule === null ? (value) => value : converter(rule));
  }
  const locations = new Map<Json, number>(ast.locations.map(({ value }, rank) => [value, rank]));
  return { index, phases: ast.phases, locations, converters, defaultUnit: ast.unit.value };
}

/** Compiles the fold of a mapping. */
export function compileFold(mapping: MappingIr, fold: FoldIr): FoldKernel {
  const read = readersOf(fold);
  const list = pathReader(fold.over, mapping.sources);
  const takes = fold.take.map((take, index) => takeOf(take, index, fold));
  const byMeasurand = new Map<Json, Take[]>();
  fold.take.forEach(({ ast }, i) => {
    const take = takes[i];
    if (take) byMeasurand.set(ast.measurand.value, [...(byMeasurand.get(ast.measurand.value) ?? []), take]);
  });
  const ignored = new Set<Json>(fold.ast.ignore.map(({ value }) => value));
  const contexts = new Map<Json, number>(fold.ast.contexts.map(({ value }, rank) => [value, rank]));
  const fallback = (role: FoldRole): string | undefined => fold.ast.absent.get(role)?.value;
  const defaults = {
    measurand: fallback('measurand'),
    context: fallback('context'),
    location: fallback('location'),
    format: fallback('format'),
  };
  const where = fold.over.ref.text;

  const run = (frame: Frame): boolean => {
    const samples = list(frame);
    if (!Array.isArray(samples)) return false;
    const state = new FoldState(takes.length);
    for (const sample of samples) {
      const measurand = read.measurand(sample) ?? defaults.measurand;
      const value = read.value(sample);
      const signed = read.signed(sample);
      if (typeof signed === 'string') state.signed.push(signed);
      if ((read.format(sample) ?? defaults.format) === 'SignedData') {
        if (typeof value === 'string') state.signed.push(value);
        continue;
      }
      const wanted = byMeasurand.get(measurand ?? null);
      if (!wanted) {
        if (!ignored.has(measurand ?? null)) note(frame, 'MAP_UNKNOWN_MEASURAND', where, String(measurand));
        continue;
      }
      const contextWord = read.context(sample) ?? defaults.context;
      const context = contexts.get(contextWord ?? null);
      if (context === undefined) {
        note(frame, 'MAP_UNKNOWN_CONTEXT', where, String(contextWord));
        continue;
      }
      const phase = read.phase(sample);
      const place = phase === undefined ? 0 : phasePlaces.get(phase);
      if (place === undefined) continue;
      const location = read.location(sample) ?? defaults.location;
      for (const take of wanted) {
        const rank = take.locations.get(location ?? null);
        if (rank === undefined) continue;
        const number = numberOf(value, read.multiplier(sample), read.unit(sample), take, frame, where);
        state.put(take.index, place, rank * 64 + context, number, contextWord);
      }
    }
    frame.fold = state.result(takes);
    return frame.fold !== undefined;
  };
  return { run, outputs: outputsOf(fold) };
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
  take: Take,
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
  if (convert) return convert(number);
  note(frame, 'MAP_UNKNOWN_UNIT', where, unit);
  return Number.NaN;
}

/** Values per take and phase, of the best context and location seen so far. */
class FoldState {
  readonly signed: string[] = [];
  private readonly values: (number | undefined)[];
  private readonly ranks: number[];
  private context: string | undefined;
  private contextRank = Number.POSITIVE_INFINITY;

  constructor(takes: number) {
    this.values = new Array<number | undefined>(takes * places).fill(undefined);
    this.ranks = new Array<number>(takes).fill(Number.POSITIVE_INFINITY);
  }

  put(take: number, place: number, rank: number, value: number, context: Json | undefined): void {
    const best = this.ranks[take] ?? Number.POSITIVE_INFINITY;
    if (rank > best) return;
    if (rank < best) {
      this.ranks[take] = rank;
      for (let i = take * places; i < (take + 1) * places; i++) this.values[i] = undefined;
    }
    // The first of several equal readings counts.
    this.values[take * places + place] ??= value;
    const contextRank = rank % 64;
    if (contextRank < this.contextRank) {
      this.contextRank = contextRank;
      this.context = typeof context === 'string' ? context : undefined;
    }
  }

  result(takes: readonly Take[]): FoldResult | undefined {
    let any = this.signed.length > 0;
    const values = takes.map(({ index, phases }) => {
      const value = combine(this.values.slice(index * places, (index + 1) * places), phases);
      any ||= value !== undefined;
      return value;
    });
    return any ? { values, context: this.context, signed: this.signed } : undefined;
  }
}

/** One value of the phases: the total, or what the rule makes of L1–L3. A bad reading (NaN) spoils what it is part of. */
function combine(values: readonly (number | undefined)[], rule: PhaseRule): number | undefined {
  const [total] = values;
  if (total !== undefined) return Number.isNaN(total) ? undefined : total;
  if (rule === 'none') return undefined;
  const phases: number[] = [];
  for (let i = 1; i <= 3; i++) {
    const [line, neutral] = rule === 'mean-n' ? [values[i + 3], values[i]] : [values[i], values[i + 3]];
    const value = line ?? neutral;
    if (value !== undefined) phases.push(value);
  }
  if (phases.length === 0 || phases.some(Number.isNaN)) return undefined;
  if (rule === 'max') return Math.max(...phases);
  const sum = phases.reduce((a, b) => a + b, 0);
  return withoutNoise(rule === 'sum' ? sum : sum / phases.length);
}

/** Sums of decimals carry binary noise far below any meter's resolution. */
function withoutNoise(value: number): number {
  return Number.isInteger(value) || Math.abs(value) > 1e9 ? value : Math.round(value * 1e6) / 1e6;
}

function outputsOf(fold: FoldIr): FoldOutput[] {
  const outputs: FoldOutput[] = fold.take.map(({ ast, to }, index) => ({
    path: to,
    id: ast.id,
    get: (frame) => frame.fold?.values[index],
  }));
  if (fold.context) outputs.push({ path: fold.context, id: 'context', get: (frame) => frame.fold?.context });
  if (fold.signed)
    outputs.push({
      path: fold.signed,
      id: 'signed',
      get: (frame) => (frame.fold && frame.fold.signed.length > 0 ? [...frame.fold.signed] : undefined),
    });
  return outputs;
}
