import type { Json } from '../api.js';
import { placeKey } from '../resolve/domain.js';
import type { BoundPath, MappingIr, TableIr } from '../resolve/ir.js';
import type { Frame, Get } from '../run/frame.js';
import type { OutputCell, RowAst } from '../syntax/ast.js';
import { adaptation } from './adapt.js';
import { conditionTest } from './conditions.js';
import type { OverlayPatch } from './executable.js';
import type { Provider, Rules } from './rules.js';
import type { Step } from './steps.js';
import { compileTable, type Decide } from './tables.js';

/** One table that may decide a target: the base's, or an overlay's. */
interface Layer {
  readonly decide: Decide;
  readonly firstRule: number;
  readonly cells: readonly Get[];
}

type Read = (path: BoundPath) => Get;

/** Compiles the tables of a mapping, with what overlays put before them. */
export class TableTargets {
  private readonly mapping: MappingIr;
  private readonly overlays: readonly OverlayPatch[];
  private readonly rules: Rules;
  private readonly read: Read;
  private decisions = 0;

  constructor(mapping: MappingIr, overlays: readonly OverlayPatch[], rules: Rules, read: Read) {
    this.mapping = mapping;
    this.overlays = overlays;
    this.rules = rules;
    this.read = read;
  }

  /** How many tables decide, overlays' own among them. */
  get count(): number {
    return this.decisions;
  }

  providers(table: TableIr): Provider[] {
    const base = this.decide(this.mapping.name, table, false);
    const over = this.overlays.flatMap(({ name, tables }) => {
      const patch = tables.get(table.name);
      return patch ? [{ patch, ...this.decide(name, patch, true) }] : [];
    });
    return table.outputs.map((path, i) => {
      const layers: Layer[] = over.flatMap(({ patch, decide, firstRule }) => {
        const at = patch.outputs.findIndex((output) => placeKey(output) === placeKey(path));
        return at < 0 ? [] : [{ decide, firstRule, cells: this.cells(patch, at, path) }];
      });
      layers.push({ ...base, cells: this.cells(table, i, path) });
      const slot = this.rules.slotOf(path);
      const get = layered(layers, slot);
      const values = literals(table, i);
      const plain = over.length === 0 && values;
      const step: Step = plain ? { kind: 'table', ...base, values, slot, get } : { kind: 'get', get };
      return { path, step };
    });
  }

  private decide(owner: string, table: TableIr, partial: boolean): { decide: Decide; firstRule: number } {
    const firstRule = this.rules.count;
    for (const row of table.rows) this.rules.add(owner, row.id, table.inputs);
    const only = conditionTest(table.only, this.read);
    const options = { partial, hits: this.rules.hits, firstRule };
    return {
      decide: compileTable(this.mapping, table, this.decisions++, this.read, only, options),
      firstRule,
    };
  }

  private cells(table: TableIr, column: number, target: BoundPath): Get[] {
    return table.rows.map((row) => this.cell(row, row.outputs[column], table, target));
  }

  private cell(row: RowAst, cell: OutputCell | undefined, table: TableIr, target: BoundPath): Get {
    const { name } = this.mapping;
    if (cell?.kind === 'literal') {
      const { value } = cell;
      return () => value;
    }
    const path = cell?.kind === 'copy' ? table.inputs[cell.input] : undefined;
    if (!path) return () => undefined;
    const get = this.read(path);
    const spec = { mapping: name, rule: `${name}/${row.id}`, path: target.ref.text, by: [], asIs: false };
    const adapt = adaptation(path.node, target.node, spec);
    return (frame) => {
      const value = get(frame);
      return value === undefined ? undefined : adapt(value, frame);
    };
  }
}

/** What each row gives for an output, if all give literals or nothing. */
function literals(table: TableIr, column: number): (Json | undefined)[] | undefined {
  const cells = table.rows.map((row) => row.outputs[column]);
  if (cells.some((cell) => cell?.kind === 'copy')) return undefined;
  return cells.map((cell) => (cell?.kind === 'literal' ? cell.value : undefined));
}

/** The first layer that has a fitting row decides, be it that nothing is set. */
function layered(layers: readonly Layer[], slot: number): Get {
  const give = (frame: Frame, layer: Layer, row: number): Json | undefined => {
    const value = layer.cells[row]?.(frame);
    if (value !== undefined) frame.rules[slot] = layer.firstRule + row;
    return value;
  };
  const [only, second] = layers;
  if (only && !second)
    return (frame) => {
      const row = only.decide(frame);
      return row < 0 ? undefined : give(frame, only, row);
    };
  return (frame) => {
    for (const layer of layers) {
      const row = layer.decide(frame);
      if (row >= 0) return give(frame, layer, row);
    }
    return undefined;
  };
}
