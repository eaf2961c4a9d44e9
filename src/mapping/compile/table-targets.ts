import type { Json } from '../api.js';
import type { BoundPath, MappingIr, TableIr } from '../resolve/ir.js';
import type { Frame, Get } from '../run/frame.js';
import type { OutputCell, RowAst } from '../syntax/ast.js';
import { adaptation } from './adapt.js';
import { conditionTest } from './conditions.js';
import type { Decision, MappingPlan, OutputPlan } from './plan.js';
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
  private readonly read: Read;
  private readonly deciders: readonly Decide[];

  constructor({ mapping, decisions, hits }: MappingPlan, read: Read) {
    this.mapping = mapping;
    this.read = read;
    this.deciders = decisions.map(({ table, partial, index, firstRule }) => {
      const only = conditionTest(table.only, read);
      return compileTable(mapping, table, index, read, only, { partial, hits, firstRule });
    });
  }

  step({ path, slot, layers }: OutputPlan): Step {
    const compiled = layers.map(({ decision, column }) => ({
      ...this.base(decision),
      cells: this.cells(decision.table, column, path),
    }));
    const get = layered(compiled, slot);
    const [only, second] = layers;
    const values = only && !second ? literals(only.decision.table, only.column) : undefined;
    return only && values
      ? { kind: 'table', ...this.base(only.decision), values, slot, get }
      : { kind: 'get', get };
  }

  private base({ index, firstRule }: Decision): { decide: Decide; firstRule: number } {
    return { decide: this.deciders[index] as Decide, firstRule };
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
