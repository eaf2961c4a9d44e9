/** What both backends make of a mapping and the overlays that apply: who sets which target, and the number of each rule. */
import { placeKey } from '../resolve/domain.js';
import { type BoundPath, type FieldIr, type MappingIr, type TableIr, valuePaths } from '../resolve/ir.js';
import type { RuleBook } from '../run/provenance.js';
import type { OverlayPatch } from './executable.js';
import { Rules } from './rules.js';

/** The field that sets a target; a stronger overlay's has taken the place of the others. */
export interface FieldPlan {
  readonly kind: 'field';
  readonly path: BoundPath;
  readonly slot: number;
  readonly field: FieldIr;
  readonly rule: number;
  readonly ruleName: string;
}

/** A table that decides a row: the mapping's own, or what an overlay puts before it. */
export interface Decision {
  readonly index: number;
  readonly table: TableIr;
  /** An overlay's: where no row fits, the next one decides. */
  readonly partial: boolean;
  readonly firstRule: number;
}

/** One output of a table. The first layer that has a fitting row decides, be it that nothing is set. */
export interface OutputPlan {
  readonly kind: 'output';
  readonly path: BoundPath;
  readonly slot: number;
  readonly layers: readonly { readonly decision: Decision; readonly column: number }[];
}

/** Something the fold of sampled values gives. */
export interface TakePlan {
  readonly kind: 'take';
  readonly path: BoundPath;
  readonly slot: number;
  readonly rule: number;
  /** Number of the take, or which of its companions. */
  readonly of: number | 'context' | 'signed';
}

export type ProviderPlan = FieldPlan | OutputPlan | TakePlan;

/** Everything that can set one target, in the order in which it is asked. */
export interface TargetPlan {
  readonly path: BoundPath;
  readonly providers: readonly ProviderPlan[];
}

export interface MappingPlan {
  readonly mapping: MappingIr;
  readonly targets: readonly TargetPlan[];
  readonly decisions: readonly Decision[];
  readonly book: RuleBook;
  /** How often each rule of the book that is a row decided; both backends count here. */
  readonly hits: Float64Array;
}

/** Plans a mapping; `overlays` are those that apply, the strongest first. */
export function planMapping(
  mapping: MappingIr,
  overlays: readonly OverlayPatch[],
  generation: string,
): MappingPlan {
  const rules = new Rules(mapping);
  const decisions: Decision[] = [];
  const providers: ProviderPlan[] = [
    ...fieldPlans(mapping, overlays, rules),
    ...mapping.tables.flatMap((table) => outputPlans(mapping, table, overlays, rules, decisions)),
    ...takePlans(mapping, rules),
  ];
  const byPlace = new Map<string, { path: BoundPath; providers: ProviderPlan[] }>();
  for (const provider of providers) {
    const key = placeKey(provider.path);
    const known = byPlace.get(key);
    if (known) known.providers.push(provider);
    else byPlace.set(key, { path: provider.path, providers: [provider] });
  }
  const hits = new Float64Array(rules.count);
  return { mapping, targets: [...byPlace.values()], decisions, book: rules.book(generation), hits };
}

function fieldPlans(mapping: MappingIr, overlays: readonly OverlayPatch[], rules: Rules): FieldPlan[] {
  const chosen = new Map<string, { owner: string; field: FieldIr }>();
  for (const { name, fields } of [...overlays, mapping])
    for (const field of fields) {
      const key = placeKey(field.target);
      if (!chosen.has(key)) chosen.set(key, { owner: name, field });
    }
  return [...chosen.values()].map(({ owner, field }) => {
    const slot = rules.slotOf(field.target);
    const id = rules.targetName(field.target);
    const rule = rules.add(owner, id, valuePaths(field.source));
    return { kind: 'field', path: field.target, slot, field, rule, ruleName: `${owner}/${id}` };
  });
}

function outputPlans(
  mapping: MappingIr,
  table: TableIr,
  overlays: readonly OverlayPatch[],
  rules: Rules,
  decisions: Decision[],
): OutputPlan[] {
  const decide = (owner: string, decided: TableIr, partial: boolean): Decision => {
    const firstRule = rules.count;
    for (const row of decided.rows) rules.add(owner, row.id, decided.inputs);
    const decision = { index: decisions.length, table: decided, partial, firstRule };
    decisions.push(decision);
    return decision;
  };
  const base = decide(mapping.name, table, false);
  const over = overlays.flatMap(({ name, tables }) => {
    const patch = tables.get(table.name);
    return patch ? [decide(name, patch, true)] : [];
  });
  return table.outputs.map((path, i) => {
    const layers = over.flatMap((decision) => {
      const column = decision.table.outputs.findIndex((output) => placeKey(output) === placeKey(path));
      return column < 0 ? [] : [{ decision, column }];
    });
    layers.push({ decision: base, column: i });
    return { kind: 'output', path, slot: rules.slotOf(path), layers };
  });
}

function takePlans({ name, fold }: MappingIr, rules: Rules): TakePlan[] {
  if (!fold) return [];
  const plan = (path: BoundPath, id: string, of: TakePlan['of']): TakePlan => {
    const rule = rules.add(name, id, [fold.over]);
    return { kind: 'take', path, slot: rules.slotOf(path), rule, of };
  };
  const plans = fold.take.map(({ ast, to }, take) => plan(to, ast.id, take));
  if (fold.context) plans.push(plan(fold.context, 'context', 'context'));
  if (fold.signed) plans.push(plan(fold.signed, 'signed', 'signed'));
  return plans;
}
