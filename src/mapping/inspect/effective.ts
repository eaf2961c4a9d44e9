/** The rows in force for one station: overlays over base, what is shadowed marked. */
import type { Selector } from '../api.js';
import type { LoadedGeneration } from '../generation.js';
import type { BoundOverlay } from '../overlay/bind.js';
import { applies, levelOf, levels } from '../overlay/select.js';
import { fits, placeKey, possible, tableClauses } from '../resolve/domain.js';
import type { BoundPath, MappingIr, TableIr } from '../resolve/ir.js';
import type { InputCell, RowAst } from '../syntax/ast.js';
import { actionText, conditionText, fieldText, inputText, outputText, testText } from './words.js';

/** Whether a stronger rule decides instead: always, or for some inputs. */
export type Shadow = 'whole' | 'part';

export interface EffectiveRule {
  /** `<mapping or overlay>/<rule>`. */
  readonly rule: string;
  /** The rule in words: `Faulted, _ → UsageFailure`. */
  readonly text: string;
  readonly shadow?: Shadow;
  /** The rules that decide instead, the strongest first. */
  readonly by?: readonly string[];
}

/** One layer of a table: the rows of one overlay, or of the mapping itself. */
export interface EffectiveLayer {
  readonly owner: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly rows: readonly EffectiveRule[];
}

export interface EffectiveMapping {
  readonly name: string;
  readonly from: string;
  readonly target: string;
  readonly only?: string;
  readonly tables: readonly {
    readonly name: string;
    readonly only?: string;
    /** The strongest first, the mapping's own last. */
    readonly layers: readonly EffectiveLayer[];
  }[];
  readonly fields: readonly EffectiveRule[];
}

export interface EffectiveRepair {
  readonly rule: string;
  readonly message: string;
  readonly text: string;
  readonly why: string;
}

export interface EffectiveTables {
  /** Overlays that apply, with their level, the strongest first. */
  readonly overlays: readonly { readonly name: string; readonly level: string }[];
  /** In the order in which they run. */
  readonly repairs: readonly EffectiveRepair[];
  readonly mappings: readonly EffectiveMapping[];
}

/** What the tables come to for a station that tells these things of itself. */
export function effectiveTables(generation: LoadedGeneration, select: Selector): EffectiveTables {
  const { mappings, overlays, repairs } = generation.parts;
  const chosen = overlays
    .filter(({ ast }) => applies(ast, select))
    .sort((a, b) => levelOf(b.ast) - levelOf(a.ast));
  const mending = repairs.filter(({ overlay }) => applies(overlay, select));
  const named = new Map(
    [...chosen.map(({ ast }) => ast), ...mending.map(({ overlay }) => overlay)].map((ast) => [ast.name, ast]),
  );
  return {
    overlays: [...named.values()]
      .sort((a, b) => levelOf(b) - levelOf(a))
      .map((ast) => ({ name: ast.name, level: levels[levelOf(ast)] ?? 'profile' })),
    repairs: mending.map(({ overlay, ast, path }) => ({
      rule: `${overlay.name}/${ast.id}`,
      message: path.node.message.name,
      text: `${path.ref.text} ${testText(ast.is)}${besides(ast.siblings)} → ${actionText(ast.becomes)}`,
      why: ast.why,
    })),
    mappings: mappings.map((mapping) =>
      effectiveMapping(
        mapping,
        chosen.filter(({ of }) => of === mapping.name),
      ),
    ),
  };
}

function besides(siblings: readonly { readonly key: string; readonly cell: InputCell }[]): string {
  if (siblings.length === 0) return '';
  return ` if ${siblings.map(({ key, cell }) => `${key} ${inputText(cell)}`).join(', ')}`;
}

function effectiveMapping(mapping: MappingIr, overlays: readonly BoundOverlay[]): EffectiveMapping {
  return {
    name: mapping.name,
    from: mapping.sources[0]?.name ?? '',
    target: mapping.target.name,
    ...(mapping.only.length > 0 ? { only: conditionText(mapping.only) } : {}),
    tables: mapping.tables.map((table) => ({
      name: table.name,
      ...(table.only.length > 0 ? { only: conditionText(table.only) } : {}),
      layers: layersOf(mapping, table, overlays),
    })),
    fields: fieldsOf(mapping, overlays),
  };
}

interface Layer {
  readonly owner: string;
  readonly table: TableIr;
}

function layersOf(mapping: MappingIr, base: TableIr, overlays: readonly BoundOverlay[]): EffectiveLayer[] {
  const layers: Layer[] = [
    ...overlays.flatMap(({ name, tables }) => {
      const table = tables.get(base.name);
      return table ? [{ owner: name, table }] : [];
    }),
    { owner: mapping.name, table: base },
  ];
  return layers.map(({ owner, table }, i) => ({
    owner,
    inputs: table.inputs.map(({ ref }) => ref.text),
    outputs: table.outputs.map(({ ref }) => ref.text),
    rows: table.rows.map((row) => ({
      rule: `${owner}/${row.id}`,
      text: `${row.inputs.map(inputText).join(', ')} → ${row.outputs.map(outputText).join(', ')}`,
      ...shadowOf(mapping, { table, row }, layers.slice(0, i)),
    })),
  }));
}

interface Placed {
  readonly table: TableIr;
  readonly row: RowAst;
}

function shadowOf(
  mapping: MappingIr,
  weaker: Placed,
  stronger: readonly Layer[],
): Pick<EffectiveRule, 'shadow' | 'by'> {
  const by: string[] = [];
  let whole = false;
  for (const { owner, table } of stronger)
    for (const row of table.rows) {
      const cover = coverOf(mapping, weaker, { table, row });
      if (!cover) continue;
      by.push(`${owner}/${row.id}`);
      whole ||= cover === 'whole';
    }
  return by.length === 0 ? {} : { shadow: whole ? 'whole' : 'part', by };
}

/** How much of a row's inputs a stronger row takes, for the outputs that both set. */
function coverOf(mapping: MappingIr, weaker: Placed, stronger: Placed): Shadow | undefined {
  const set = new Set(stronger.table.outputs.map((path) => placeKey(path)));
  const shared = weaker.table.outputs.filter((path) => set.has(placeKey(path)));
  if (shared.length === 0) return undefined;
  let whole = shared.length === weaker.table.outputs.length;
  for (const [i, path] of stronger.table.inputs.entries()) {
    const strong = stronger.row.inputs[i];
    const weak = cellAt(weaker, path);
    const clauses = tableClauses(mapping, weaker.table);
    const values = possible(path, [strong, weak].filter(isCell), clauses).filter(
      (value) => !weak || fits(weak, value, path),
    );
    const taken = values.filter((value) => !strong || fits(strong, value, path));
    if (taken.length === 0) return undefined;
    whole &&= taken.length === values.length;
  }
  return whole ? 'whole' : 'part';
}

function cellAt({ table, row }: Placed, path: BoundPath): InputCell | undefined {
  const at = table.inputs.findIndex((candidate) => placeKey(candidate) === placeKey(path));
  return row.inputs[at];
}

function isCell(cell: InputCell | undefined): cell is InputCell {
  return cell !== undefined;
}

function fieldsOf(mapping: MappingIr, overlays: readonly BoundOverlay[]): EffectiveRule[] {
  const decided = new Map<string, string>();
  const layers = [
    ...overlays.map(({ name, fields }) => ({ owner: name, fields })),
    { owner: mapping.name, fields: mapping.fields },
  ];
  return layers.flatMap(({ owner, fields }) =>
    fields.map((field): EffectiveRule => {
      const key = placeKey(field.target);
      const rule = `${owner}/${key.slice(mapping.target.alias.length + 1)}`;
      const stronger = decided.get(key);
      if (!stronger) decided.set(key, rule);
      const text = `${field.target.ref.text} ← ${fieldText(field)}`;
      return stronger ? { rule, text, shadow: 'whole', by: [stronger] } : { rule, text };
    }),
  );
}
