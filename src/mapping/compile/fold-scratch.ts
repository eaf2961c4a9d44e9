import type { Json } from '../api.js';
import type { FoldResult } from '../run/frame.js';
import type { PhaseRule } from '../syntax/ast.js';
import type { FoldTake } from './fold-takes.js';

/** Places of the phases in a take's stretch of memory: total, L1–L3, L1-N–L3-N. Others are not used. */
export const phasePlaces: ReadonlyMap<Json, number> = new Map([
  ['L1', 1],
  ['L2', 2],
  ['L3', 3],
  ['L1-N', 4],
  ['L2-N', 5],
  ['L3-N', 6],
]);
/** Places per take. */
export const places = 7;
/** A rank that any reading beats. */
export const worst = 0x7fff_ffff;

/** Values per take and phase, of the best context and location seen so far. One run uses it at a time. */
export class FoldScratch {
  signed: string[] = [];
  private readonly takes: readonly FoldTake[];
  private readonly values: Float64Array;
  /** Bit per place: whether it holds a value. */
  private readonly held: Uint8Array;
  private readonly ranks: Int32Array;
  private context: Json | undefined;
  /** One NaN per take, to copy. */
  private readonly nothing: readonly number[];
  private contextRank = worst;

  constructor(takes: readonly FoldTake[]) {
    this.takes = takes;
    this.values = new Float64Array(takes.length * places);
    this.held = new Uint8Array(takes.length);
    this.ranks = new Int32Array(takes.length);
    this.nothing = takes.map(() => Number.NaN);
  }

  clear(): void {
    // A loop: these arrays are too short for `fill` to be worth its call.
    for (let i = 0; i < this.takes.length; i++) {
      this.held[i] = 0;
      this.ranks[i] = worst;
    }
    this.context = undefined;
    this.contextRank = worst;
    if (this.signed.length > 0) this.signed = [];
  }

  /** Whether a reading of this rank counts; a better one puts aside what was there. The first of equals counts. */
  wants(take: number, place: number, rank: number): boolean {
    const best = this.ranks[take] ?? worst;
    if (rank > best) return false;
    if (rank < best) {
      this.ranks[take] = rank;
      this.held[take] = 0;
      return true;
    }
    return ((this.held[take] ?? 0) & (1 << place)) === 0;
  }

  put(take: number, place: number, value: number, reading: { contextRank: number; contextWord: Json }): void {
    this.values[take * places + place] = value;
    this.held[take] = (this.held[take] ?? 0) | (1 << place);
    if (reading.contextRank < this.contextRank) {
      this.contextRank = reading.contextRank;
      this.context = reading.contextWord;
    }
  }

  /** What was folded; undefined if nothing was. */
  result(): FoldResult | undefined {
    let any = this.signed.length > 0;
    const values = this.nothing.slice();
    for (let i = 0; i < values.length; i++) {
      if (this.held[i] === 0) continue;
      const { phases } = this.takes[i] as FoldTake;
      const value = combine(this.values, i * places, this.held[i] ?? 0, phases);
      if (Number.isNaN(value)) continue;
      any = true;
      values[i] = value;
    }
    if (!any) return undefined;
    const context = typeof this.context === 'string' ? this.context : undefined;
    return { values, context, signed: this.signed.length > 0 ? this.signed : undefined };
  }
}

/**
 * One value of the phases of a take: the total, or what the rule makes of L1–L3. A bad reading (NaN) spoils what it is
 * part of: a sum that lacks a phase would be a lie. NaN = no value. `base` is where the take's values begin, `held` has
 * a bit per place that holds one.
 */
export function combine(values: Float64Array, base: number, held: number, rule: PhaseRule): number {
  if (held & 1) return values[base] ?? Number.NaN;
  if (rule === 'none') return Number.NaN;
  let count = 0;
  let sum = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let phase = 1; phase <= 3; phase++) {
    // L1 and L1-N stand in for each other; the mean is one of voltages against N.
    const wanted = rule === 'mean-n' ? phase + 3 : phase;
    const stand = rule === 'mean-n' ? phase : phase + 3;
    const place = held & (1 << wanted) ? wanted : held & (1 << stand) ? stand : 0;
    if (place === 0) continue;
    const value = values[base + place] ?? Number.NaN;
    count++;
    sum += value;
    if (value > most) most = value;
  }
  if (count === 0 || Number.isNaN(sum)) return Number.NaN;
  if (rule === 'max') return most;
  return withoutNoise(rule === 'sum' ? sum : sum / count);
}

/** Sums of decimals carry binary noise far below any meter's resolution. */
function withoutNoise(value: number): number {
  if (Number.isInteger(value)) return value;
  return Math.abs(value) > 1e9 ? Number(value.toPrecision(15)) : Math.round(value * 1e6) / 1e6;
}
