import { createHash } from 'node:crypto';
import { BridgeError } from '../errors/index.js';
import type { Generation, Json, JsonObject, Mapping, MapResult, RunContext, Selector } from './api.js';
import { type Execute, isFailure, type Made } from './compile/executable.js';
import { type Compiled, compileMapping } from './compile/mapping.js';
import { stepReader, watchPrototype } from './compile/paths.js';
import { didYouMean } from './diagnostics.js';
import type { BoundOverlay } from './overlay/bind.js';
import { type BoundRepair, Repairs, refuseForbiddenKeys } from './overlay/repair.js';
import { applies, levelOf } from './overlay/select.js';
import type { MappingIr } from './resolve/ir.js';

/** Version of the transforms and the kernel: raised when the same table would give another output. */
export const engineVersion = 1;

/** Everything a generation is made of, checked. */
export interface GenerationParts {
  /** The documents as plain data, for the id. */
  readonly documents: Json;
  readonly schemas: Json;
  readonly mappings: readonly MappingIr[];
  readonly overlays: readonly BoundOverlay[];
  readonly repairs: readonly BoundRepair[];
}

/** How often each row decided since the generation began, by rule id. */
export type RowCounts = ReadonlyMap<string, number>;

/** A generation, with what operators ask of it. */
export interface LoadedGeneration extends Generation {
  /** Names of all mappings, in file order. */
  names(): readonly string[];
  rowCounts(): RowCounts;
  /** Names of the overlays that apply to a station, the strongest first. */
  overlaysOf(mapping: string, select: Selector | undefined): readonly string[];
  /** What it is made of, names resolved: for reports about tables, never for translating. */
  readonly parts: Pick<GenerationParts, 'mappings' | 'overlays' | 'repairs'>;
}

/** Makes the immutable whole; mappings are compiled when first run. */
export function makeGeneration(parts: GenerationParts): LoadedGeneration {
  const { documents, schemas } = parts;
  const id = createHash('sha256')
    .update(canonical([engineVersion, documents, schemas]))
    .digest('hex');
  const runners = new Map<string, Runner>();
  const executor = (name: string) => {
    const runner = runners.get(name);
    if (!runner) throw new BridgeError('MAP_UNKNOWN', `no mapping is named ${name}`);
    return runner;
  };
  for (const ir of parts.mappings) {
    const overlays = parts.overlays
      .filter(({ of }) => of === ir.name)
      .sort((a, b) => levelOf(b.ast) - levelOf(a.ast));
    runners.set(ir.name, new Runner(ir, overlays, id, executor));
  }
  const mappings = [...runners.values()].map((runner) => new LoadedMapping(runner));
  return new Loaded(id, mappings, runners, parts);
}

function repairsByMessage(repairs: readonly BoundRepair[]): ReadonlyMap<string, Repairs> {
  const byMessage = new Map<string, BoundRepair[]>();
  // The strongest first: a vendor's own repair knows more than one that is meant for everybody.
  const ordered = [...repairs].sort((a, b) => levelOf(b.overlay) - levelOf(a.overlay));
  for (const repair of ordered) {
    const { name } = repair.path.node.message;
    byMessage.set(name, [...(byMessage.get(name) ?? []), repair]);
  }
  return new Map([...byMessage].map(([name, list]) => [name, new Repairs(list)]));
}

/** JSON with sorted keys: equal content gives equal text. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`);
  return `{${entries.join(',')}}`;
}

/** One mapping and its variants, one per set of overlays that apply together. */
class Runner {
  readonly ir: MappingIr;
  readonly overlays: readonly BoundOverlay[];
  readonly sources: MappingIr['sources'];
  private readonly generation: string;
  private readonly executor: (name: string) => Runner;
  private readonly variants = new Map<string, Compiled>();
  private readonly bySelector = new WeakMap<Selector, Compiled>();
  private base: Compiled | undefined;

  constructor(
    ir: MappingIr,
    overlays: readonly BoundOverlay[],
    generation: string,
    executor: (name: string) => Runner,
  ) {
    this.ir = ir;
    this.overlays = overlays;
    this.sources = ir.sources;
    this.generation = generation;
    this.executor = executor;
  }

  readonly execute: Execute = (sources, context) => this.variant(context.select).execute(sources, context);

  compiled(): Compiled[] {
    return [...(this.base ? [this.base] : []), ...this.variants.values()];
  }

  private variant(select: Selector | undefined): Compiled {
    if (this.overlays.length === 0) return this.plain();
    const known = select && this.bySelector.get(select);
    return known ?? this.choose(select);
  }

  private plain(): Compiled {
    this.base ??= this.compile([]);
    return this.base;
  }

  private choose(select: Selector | undefined): Compiled {
    const chosen = this.overlays.filter(({ ast }) => applies(ast, select));
    if (chosen.length === 0) {
      const base = this.plain();
      if (select) this.bySelector.set(select, base);
      return base;
    }
    const key = chosen.map(({ name }) => name).join(' ');
    let variant = this.variants.get(key);
    if (!variant) {
      variant = this.compile(chosen);
      this.variants.set(key, variant);
    }
    if (select) this.bySelector.set(select, variant);
    return variant;
  }

  private compile(overlays: readonly BoundOverlay[]): Compiled {
    return compileMapping(this.ir, { generation: this.generation, overlays, executor: this.executor });
  }
}

class LoadedMapping implements Mapping {
  readonly name: string;
  readonly from: Readonly<Record<string, string>>;
  readonly target: string;
  readonly each?: { readonly alias: string; readonly of: string; readonly path: string };
  readonly runner: Runner;
  private readonly aliases: readonly string[];
  private readonly listOf: ((value: Json | undefined) => Json | undefined) | undefined;

  constructor(runner: Runner) {
    const { ir } = runner;
    this.runner = runner;
    this.name = ir.name;
    this.aliases = ir.sources.map(({ alias }) => alias);
    this.target = ir.target.name;
    this.from = Object.fromEntries(ir.sources.map(({ alias, name }) => [alias, name]));
    const source = ir.sources.find(({ element }) => element);
    if (source?.element) {
      this.each = { alias: source.alias, of: source.element.of, path: source.element.steps.join('.') };
      this.listOf = stepReader(source.element.steps);
    }
  }

  run(inputs: Readonly<Record<string, Json>>, context: RunContext): MapResult | null {
    watchPrototype();
    const sources: (Json | undefined)[] = [];
    for (const alias of this.aliases) sources.push(Object.hasOwn(inputs, alias) ? inputs[alias] : undefined);
    const outcome = this.runner.execute(sources, context);
    return outcome && this.result(outcome);
  }

  runAll(inputs: Readonly<Record<string, Json>>, context: RunContext): MapResult[] {
    const { each } = this;
    if (!each) return this.some(this.run(inputs, context));
    const list = this.listOf?.(inputs[each.of]);
    if (!Array.isArray(list)) return [];
    return list.flatMap((element) => this.some(this.run({ ...inputs, [each.alias]: element }, context)));
  }

  private some(result: MapResult | null): MapResult[] {
    return result ? [result] : [];
  }

  private result(outcome: Made | Parameters<typeof isFailure>[0]): MapResult {
    if (isFailure(outcome)) return { ok: false, error: outcome };
    const { value, provenance, notes } = outcome;
    const result = { ok: true as const, target: this.target, value, provenance };
    return notes ? { ...result, notes } : result;
  }
}

class Loaded implements LoadedGeneration {
  readonly id: string;
  readonly parts: LoadedGeneration['parts'];
  private readonly mappings: readonly LoadedMapping[];
  private readonly runners: ReadonlyMap<string, Runner>;
  private readonly repairs: ReadonlyMap<string, Repairs>;
  private readonly byMessage = new Map<string, LoadedMapping[]>();
  private readonly byName: ReadonlyMap<string, LoadedMapping>;

  constructor(
    id: string,
    mappings: readonly LoadedMapping[],
    runners: ReadonlyMap<string, Runner>,
    parts: LoadedGeneration['parts'],
  ) {
    this.id = id;
    this.parts = parts;
    this.mappings = mappings;
    this.runners = runners;
    this.repairs = repairsByMessage(parts.repairs);
    this.byName = new Map(mappings.map((mapping) => [mapping.name, mapping]));
    for (const mapping of mappings) {
      const first = mapping.runner.sources[0]?.name ?? '';
      this.byMessage.set(first, [...(this.byMessage.get(first) ?? []), mapping]);
    }
  }

  mapping(name: string): Mapping {
    const found = this.byName.get(name);
    if (found) return found;
    const hint = didYouMean(name, this.byName.keys());
    throw new BridgeError('MAP_UNKNOWN', `no mapping is named ${name}${hint ? `; ${hint}` : ''}`);
  }

  names(): readonly string[] {
    return this.mappings.map(({ name }) => name);
  }

  forMessage(message: string): readonly Mapping[] {
    return this.byMessage.get(message) ?? [];
  }

  find(source: string, target: string): Mapping | undefined {
    return this.byMessage.get(source)?.find((mapping) => mapping.target === target);
  }

  repair(message: string, payload: JsonObject, select: Selector): { payload: JsonObject; repairs: string[] } {
    refuseForbiddenKeys(payload);
    return this.repairs.get(message)?.run(payload, select) ?? { payload, repairs: [] };
  }

  overlaysOf(mapping: string, select: Selector | undefined): readonly string[] {
    const overlays = this.runners.get(mapping)?.overlays ?? [];
    return overlays.filter(({ ast }) => applies(ast, select)).map(({ name }) => name);
  }

  rowCounts(): RowCounts {
    const counts = new Map<string, number>();
    for (const runner of this.runners.values())
      for (const { book, hits } of runner.compiled())
        book.rules.forEach((rule, i) => {
          counts.set(rule, (counts.get(rule) ?? 0) + (hits[i] ?? 0));
        });
    return counts;
  }
}
