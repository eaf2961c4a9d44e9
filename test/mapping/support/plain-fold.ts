/** The fold of sampled values (docs/mapping-format.md §7) in the plainest words: no memory, no shared places. */
import type { Json } from '../../../src/mapping/index.js';
import type { FoldIr } from '../../../src/mapping/resolve/ir.js';
import type { FoldRole } from '../../../src/mapping/syntax/ast.js';
import { conversion, converter, shift } from '../../../src/mapping/units.js';

type Obj = { [key: string]: Json };

/** What a fold gives, by target key. */
export type Folded = ReadonlyMap<string, Json>;

interface Kept {
  rank: number;
  readonly byPhase: Map<string, number>;
}

const decimal = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/;

export function plainFold(fold: FoldIr, samples: Json | undefined): Folded | undefined {
  if (!Array.isArray(samples)) return undefined;
  const kept = new Map<string, Kept>();
  const signed: string[] = [];
  let context: { word: string; rank: number } | undefined;
  for (const sample of samples) {
    const sent = (role: FoldRole): Json | undefined => {
      const steps = fold.read.get(role)?.ref.steps.slice(fold.over.ref.steps.length + 1);
      return steps?.reduce<Json | undefined>((value, step) => (value as Obj | undefined)?.[step], sample);
    };
    const word = (role: FoldRole): Json | undefined => sent(role) ?? fold.ast.absent.get(role)?.value;
    const value = sent('value');
    const signature = sent('signed');
    if (typeof signature === 'string') signed.push(signature);
    if (sent('format') === 'SignedData') {
      if (typeof value === 'string') signed.push(value);
      continue;
    }
    const contextRank = fold.ast.contexts.findIndex(({ value: known }) => known === word('context'));
    if (contextRank < 0) continue;
    for (const { ast, to } of fold.take) {
      const at = ast.locations.findIndex(({ value: known }) => known === word('location'));
      const phase = String(sent('phase') ?? 'total');
      if (ast.measurand.value !== word('measurand') || at < 0) continue;
      if (!/^(total|L[123](-N)?)$/.test(phase)) continue;
      const rank = at * 64 + contextRank;
      let own = kept.get(ast.id);
      if (own && (rank > own.rank || (rank === own.rank && own.byPhase.has(phase)))) continue;
      if (!own || rank < own.rank) {
        own = { rank, byPhase: new Map() };
        kept.set(ast.id, own);
      }
      const unit = String(sent('unit') ?? ast.unit.value);
      const meant = fold.ast.units.get(unit)?.value ?? (unit === ast.unit.value ? unit : undefined);
      own.byPhase.set(phase, plausible(inUnit(value, sent('multiplier'), meant, to.node.unit), to.node));
      if (!context || contextRank < context.rank)
        context = { word: String(word('context')), rank: contextRank };
    }
  }
  const given = new Map<string, Json>();
  for (const { ast, to } of fold.take) {
    const own = kept.get(ast.id);
    const value = own && combined(own.byPhase, ast.phases);
    if (value !== undefined && !Number.isNaN(value)) given.set(to.key, value);
  }
  if (given.size === 0 && signed.length === 0) return undefined;
  if (fold.context && context) given.set(fold.context.key, context.word);
  if (fold.signed && signed.length > 0) given.set(fold.signed.key, signed);
  return given;
}

/** The value if the target can be so; NaN if not. */
function plausible(value: number, target: Bounded): number {
  const low = target.bound('minimum') ?? Number.NEGATIVE_INFINITY;
  const high = target.bound('maximum') ?? Number.POSITIVE_INFINITY;
  return value >= low && value <= high ? value : Number.NaN;
}

interface Bounded {
  bound(keyword: 'minimum' | 'maximum'): number | undefined;
}

function inUnit(
  value: Json | undefined,
  power: Json | undefined,
  from: string | undefined,
  to = from,
): number {
  const rule = from === undefined || to === undefined ? undefined : conversion(from, to);
  if (rule === undefined) return Number.NaN;
  const number = typeof value === 'string' && decimal.test(value) ? Number(value) : value;
  if (typeof number !== 'number') return Number.NaN;
  const shifted = typeof power === 'number' ? shift(number, power) : number;
  const result = rule === null ? shifted : converter(rule)(shifted);
  return Number.isFinite(result) ? result : Number.NaN;
}

function combined(byPhase: ReadonlyMap<string, number>, rule: string): number | undefined {
  if (byPhase.has('total')) return byPhase.get('total');
  if (rule === 'none') return undefined;
  const values = [1, 2, 3].flatMap((n) => {
    const [line, neutral] = [byPhase.get(`L${n}`), byPhase.get(`L${n}-N`)];
    return (rule === 'mean-n' ? (neutral ?? line) : (line ?? neutral)) ?? [];
  });
  if (values.length === 0) return undefined;
  if (values.some(Number.isNaN)) return Number.NaN;
  if (rule === 'max') return Math.max(...values);
  const sum = values.reduce((total, value) => total + value, 0);
  const result = rule === 'sum' ? sum : sum / values.length;
  if (Number.isInteger(result)) return result;
  return Math.abs(result) > 1e9 ? Number(result.toPrecision(15)) : Math.round(result * 1e6) / 1e6;
}
