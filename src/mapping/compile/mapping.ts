import type { Json, JsonObject, MapFailure, MapNote, RunContext } from '../api.js';
import { placeKey } from '../resolve/domain.js';
import type { BoundPath, FieldIr, MappingIr, TableIr } from '../resolve/ir.js';
import { type Frame, fail, type Get, type Test, undecided } from '../run/frame.js';
import { CompactProvenance, type RuleBook } from '../run/provenance.js';
import type { OutputCell } from '../syntax/ast.js';
import { adaptation } from './adapt.js';
import { conditionTest } from './conditions.js';
import { compileFold, type FoldKernel } from './fold.js';
import { pathReader } from './paths.js';
import { fieldValue } from './sources.js';
import { compileTable, type Decide } from './tables.js';
import { compileTree, type Leaf } from './tree.js';

/** What an overlay changes in a mapping, bound to the mapping's schemas. */
export interface OverlayPatch {
  readonly name: string;
  readonly tables: ReadonlyMap<string, TableIr>;
  readonly fields: readonly FieldIr[];
}

/** A whole output. */
export interface Made {
  readonly value: JsonObject;
  readonly provenance: CompactProvenance;
  readonly notes: MapNote[] | undefined;
}

/** Runs over sources in the order of `from`. null: does not apply. A failure is one with `code`. */
export type Execute = (
  sources: readonly (Json | undefined)[],
  context: RunContext,
) => Made | MapFailure | null;

/** Runs another mapping over one element or object; its failure becomes the frame's. */
export type RunNested = (frame: Frame, value: Json) => Made | null;

export interface CompileOptions {
  readonly generation: string;
  /** Overlays that apply, the strongest first. */
  readonly overlays: readonly OverlayPatch[];
  /** Another mapping by name, run in the context given; compiled when first used. */
  readonly executor: (name: string) => { execute: Execute; sources: MappingIr['sources'] };
}

/** One mapping, compiled for one set of overlays. */
export interface Compiled {
  readonly execute: Execute;
  readonly book: RuleBook;
  /** How often each rule of the book that is a row decided. */
  readonly hits: number[];
}

export function isFailure(outcome: Made | MapFailure): outcome is MapFailure {
  return 'code' in outcome;
}

/** Compiles the intermediate form to closures. */
export function compileMapping(mapping: MappingIr, options: CompileOptions): Compiled {
  return new Compiler(mapping, options).compile();
}

/** A way to make a target: `rule` is fixed for a field, and the row's for a table. */
interface Provider {
  readonly path: BoundPath;
  readonly get: Get;
}

class Compiler {
  private readonly mapping: MappingIr;
  private readonly options: CompileOptions;
  private readonly rules: string[] = [];
  private readonly reads: (readonly string[])[] = [];
  private readonly targets: string[] = [];
  private readonly hits: number[] = [];
  private tables = 0;
  private readonly presence = new Map<string, Get>();
  private fold: FoldKernel | undefined;

  constructor(mapping: MappingIr, options: CompileOptions) {
    this.mapping = mapping;
    this.options = options;
  }

  compile(): Compiled {
    const { mapping, options } = this;
    if (mapping.fold) this.fold = compileFold(mapping, mapping.fold);
    const leaves = this.leaves();
    const groups = new Map<string, Test>();
    for (const group of mapping.groups) {
      const test = conditionTest(group.when, this.read);
      if (test) groups.set(placeKey(group.target), test);
    }
    const build = compileTree(mapping.name, mapping.target.root, mapping.target.alias, leaves, groups);
    const book: RuleBook = {
      generation: options.generation,
      targets: this.targets,
      rules: this.rules,
      reads: this.reads,
      first: mapping.sources[0]?.alias ?? '',
    };
    const only = conditionTest(mapping.only, this.read);
    const execute = executor(mapping, {
      build,
      only,
      book,
      tables: this.tables,
      fold: this.fold,
      losses: this.losses(),
    });
    return { execute, book, hits: this.hits };
  }

  private readonly read = (path: BoundPath): Get => {
    if (path.side === 'target') return (frame) => this.presence.get(placeKey(path))?.(frame);
    return pathReader(path, this.mapping.sources);
  };

  private slotOf(path: BoundPath): number {
    const text = placeKey(path)
      .slice(this.mapping.target.alias.length + 1)
      .replaceAll('.[0]', '[0]');
    const known = this.targets.indexOf(text);
    return known >= 0 ? known : this.targets.push(text) - 1;
  }

  private rule(owner: string, id: string, reads: readonly BoundPath[]): number {
    this.hits.push(0);
    this.reads.push(reads.map((path) => placeKey(path).replaceAll('.[0]', '[0]')));
    return this.rules.push(`${owner}/${id}`) - 1;
  }

  private leaves(): Leaf[] {
    const byPlace = new Map<string, Provider[]>();
    const add = (provider: Provider): void => {
      const key = placeKey(provider.path);
      byPlace.set(key, [...(byPlace.get(key) ?? []), provider]);
    };
    const replaced = new Set<string>();
    for (const { name, fields } of this.options.overlays)
      for (const field of fields) {
        const key = placeKey(field.target);
        if (replaced.has(key)) continue;
        replaced.add(key);
        add(this.fieldProvider(name, field));
      }
    for (const field of this.mapping.fields)
      if (!replaced.has(placeKey(field.target))) add(this.fieldProvider(this.mapping.name, field));
    for (const table of this.mapping.tables) for (const provider of this.tableProviders(table)) add(provider);
    for (const provider of this.foldProviders()) add(provider);
    return [...byPlace].flatMap(([key, providers]) => {
      const [first, ...rest] = providers;
      if (!first) return [];
      const get =
        rest.length === 0
          ? first.get
          : (frame: Frame) =>
              providers.reduce<Json | undefined>((found, next) => found ?? next.get(frame), undefined);
      this.presence.set(key, this.grouped(first.path, get));
      return [{ path: first.path, get }];
    });
  }

  /** For `when: <target>`: the value under the conditions of the groups above it. */
  private grouped(path: BoundPath, get: Get): Get {
    const above = this.mapping.groups.filter(({ target }) =>
      target.ref.steps.every((step, i) => path.ref.steps[i] === step),
    );
    const test = conditionTest(
      above.flatMap(({ when }) => when),
      this.read,
    );
    return test ? (frame) => (test(frame) ? get(frame) : undefined) : get;
  }

  private fieldProvider(owner: string, field: FieldIr): Provider {
    const slot = this.slotOf(field.target);
    const id = this.targets[slot] ?? '';
    const rule = this.rule(owner, id, readsOf(field));
    const value = fieldValue(field, {
      mapping: this.mapping.name,
      rule: `${owner}/${id}`,
      slot,
      read: this.read,
      nested: (name) => this.nested(name),
    });
    const when = conditionTest(field.when, this.read);
    const get: Get = (frame) => {
      const found = value(frame);
      if (found !== undefined) frame.rules[slot] = rule;
      return found;
    };
    return { path: field.target, get: when ? (frame) => (when(frame) ? get(frame) : undefined) : get };
  }

  /** Resolved at the first run: used mappings may come later in the files. */
  private nested(name: string): RunNested {
    const aliases = this.mapping.sources.map(({ alias }) => alias);
    let execute: Execute | undefined;
    let places: readonly number[] = [];
    return (frame, value) => {
      if (!execute) {
        const found = this.options.executor(name);
        execute = found.execute;
        places = found.sources.slice(1).map(({ alias }) => aliases.indexOf(alias));
      }
      const sources = places.length === 0 ? [value] : [value, ...places.map((place) => frame.sources[place])];
      const outcome = execute(sources, frame.context);
      if (outcome === null) return null;
      if (isFailure(outcome)) {
        frame.failure ??= outcome;
        return null;
      }
      if (outcome.notes) frame.notes = [...(frame.notes ?? []), ...outcome.notes];
      return outcome;
    };
  }

  private tableProviders(table: TableIr): Provider[] {
    const base = this.decide(this.mapping.name, table, false);
    const over = this.options.overlays.flatMap(({ name, tables }) => {
      const patch = tables.get(table.name);
      return patch ? [{ patch, ...this.decide(name, patch, true) }] : [];
    });
    return table.outputs.map((path, i) => {
      const slot = this.slotOf(path);
      const layers = over.flatMap(({ patch, decide, firstRule }) => {
        const at = patch.outputs.findIndex((output) => placeKey(output) === placeKey(path));
        return at < 0 ? [] : [{ decide, firstRule, cells: this.cells(patch, at, path) }];
      });
      layers.push({ ...base, cells: this.cells(table, i, path) });
      const [first] = layers;
      const one = (frame: Frame, layer: NonNullable<typeof first>, row: number): Json | undefined => {
        const value = layer.cells[row]?.(frame);
        if (value !== undefined) frame.rules[slot] = layer.firstRule + row;
        return value;
      };
      if (first && layers.length === 1)
        return {
          path,
          get: (frame) => {
            const row = first.decide(frame);
            return row < 0 ? undefined : one(frame, first, row);
          },
        };
      return {
        path,
        get: (frame) => {
          for (const layer of layers) {
            const row = layer.decide(frame);
            if (row >= 0) return one(frame, layer, row);
          }
          return undefined;
        },
      };
    });
  }

  private decide(owner: string, table: TableIr, partial: boolean): { decide: Decide; firstRule: number } {
    const firstRule = this.rules.length;
    for (const row of table.rows) this.rule(owner, row.id, table.inputs);
    const only = conditionTest(table.only, this.read);
    const slot = this.tables++;
    const options = { partial, hits: this.hits, firstRule };
    return { decide: compileTable(this.mapping, table, slot, this.read, only, options), firstRule };
  }

  private cells(table: TableIr, column: number, target: BoundPath): Get[] {
    return table.rows.map((row): Get => {
      const cell: OutputCell | undefined = row.outputs[column];
      if (!cell || cell.kind === 'nothing') return () => undefined;
      if (cell.kind === 'literal') {
        const { value } = cell;
        return () => value;
      }
      const path = table.inputs[cell.input];
      if (!path) return () => undefined;
      const get = this.read(path);
      const rule = `${this.mapping.name}/${row.id}`;
      const adapt = adaptation(path.node, target.node, {
        mapping: this.mapping.name,
        rule,
        path: target.ref.text,
        by: [],
        asIs: false,
      });
      return (frame) => {
        const value = get(frame);
        return value === undefined ? undefined : adapt(value, frame);
      };
    });
  }

  private foldProviders(): Provider[] {
    const { fold } = this;
    if (!fold) return [];
    return fold.outputs.map(({ path, id, get }) => {
      const slot = this.slotOf(path);
      const rule = this.rule(this.mapping.name, id, this.mapping.fold ? [this.mapping.fold.over] : []);
      return {
        path,
        get: (frame) => {
          const value = get(frame);
          if (value !== undefined) frame.rules[slot] = rule;
          return value;
        },
      };
    });
  }

  /** Notes a declared loss when the source had a value. */
  private losses(): ((frame: Frame) => void) | undefined {
    const watched = this.mapping.losses.flatMap(({ target, reason, sources }) => {
      const gets = sources.map(this.read);
      return gets.length > 0
        ? [{ note: { code: 'MAP_LOSS', path: target.text, detail: reason } satisfies MapNote, gets }]
        : [];
    });
    if (watched.length === 0) return undefined;
    return (frame) => {
      for (const { note, gets } of watched)
        if (gets.some((get) => get(frame) !== undefined)) frame.notes = [...(frame.notes ?? []), note];
    };
  }
}

/** What a field reads for its value; conditions decide whether, not what. */
function readsOf({ source }: FieldIr): readonly BoundPath[] {
  switch (source.kind) {
    case 'const':
      return [];
    case 'identity':
      return source.key;
    case 'first':
    case 'join':
      return source.paths;
    default:
      return [source.path];
  }
}

interface Parts {
  readonly build: Get;
  readonly only: Test | undefined;
  readonly book: RuleBook;
  readonly tables: number;
  readonly fold: FoldKernel | undefined;
  readonly losses: ((frame: Frame) => void) | undefined;
}

function executor(mapping: MappingIr, parts: Parts): Execute {
  const { build, only, book, tables, fold, losses } = parts;
  const noRows = new Array<number>(tables).fill(undecided);
  const noRules = new Array<number>(book.targets.length).fill(-1);
  return (sources, context) => {
    const frame: Frame = {
      sources,
      context,
      rows: noRows.slice(),
      rules: noRules.slice(),
      nested: undefined,
      notes: undefined,
      failure: undefined,
      fold: undefined,
    };
    if (only && !only(frame)) return null;
    if (fold && !fold.run(frame)) return frame.failure ?? null;
    const value = build(frame) as JsonObject | undefined;
    if (frame.failure) return frame.failure;
    if (value === undefined) {
      fail(frame, mapping.name, 'MAP_MISSING', 'the target got no value');
      return frame.failure ?? null;
    }
    losses?.(frame);
    return { value, provenance: new CompactProvenance(book, frame.rules, frame.nested), notes: frame.notes };
  };
}
