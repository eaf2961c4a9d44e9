import { createHash } from 'node:crypto';
import { BridgeError } from '../errors/index.js';
import type { Generation, Json, JsonObject, Mapping, MapResult, RunContext, Selector } from './api.js';
import { isFailure } from './compile/executable.js';
import { stepReader, watchPrototype } from './compile/paths.js';
import { didYouMean } from './diagnostics.js';
import type { BoundOverlay } from './overlay/bind.js';
import { type BoundRepair, Repairs, refuseForbiddenKeys } from './overlay/repair.js';
import { applies, levelOf } from './overlay/select.js';
import type { MappingIr } from './resolve/ir.js';
import { Runner } from './runner.js';

/** Version of the transforms and the kernel: raised when the same table would give another output. */
export const engineVersion = 2;

/** Generated code costs a millisecond that the first messages need not wait for (docs/decisions/0011). */
const usualWarmUp = 200;

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
  /**
   * The code that a mapping becomes for a station when it is used often; undefined where only closures can run it.
   * @throws BridgeError MAP_UNKNOWN if no mapping has this name.
   */
  generatedSource(mapping: string, select: Selector | undefined): string | undefined;
  /** What it is made of, names resolved: for reports about tables, never for translating. */
  readonly parts: Pick<GenerationParts, 'mappings' | 'overlays' | 'repairs'>;
}

export interface GenerationOptions {
  /** How many messages a mapping takes through closures before code is generated for it; Infinity: none is. */
  readonly generateAfter?: number;
}

/** Makes the immutable whole; mappings are compiled when first run. */
export function makeGeneration(parts: GenerationParts, options: GenerationOptions = {}): LoadedGeneration {
  const { documents, schemas } = parts;
  const id = createHash('sha256')
    .update(canonical([engineVersion, documents, schemas]))
    .digest('hex');
  const { generateAfter = usualWarmUp } = options;
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
    runners.set(ir.name, new Runner(ir, overlays, { generation: id, executor, generateAfter }));
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
    const { direct } = this.runner;
    if (direct !== undefined) {
      const made = direct(inputs, context);
      if (made !== undefined) return made;
    }
    return this.runVariant(inputs, context);
  }

  runAll(inputs: Readonly<Record<string, Json>>, context: RunContext): MapResult[] {
    const { each } = this;
    if (!each) return this.some(this.run(inputs, context));
    const list = this.listOf?.(inputs[each.of]);
    if (!Array.isArray(list)) return [];
    const own = { ...inputs };
    return list.flatMap((element) => {
      own[each.alias] = element;
      return this.some(this.run(own, context));
    });
  }

  private some(result: MapResult | null): MapResult[] {
    return result ? [result] : [];
  }

  private runVariant(inputs: Readonly<Record<string, Json>>, context: RunContext): MapResult | null {
    const variant = this.runner.variant(context.select);
    const { direct } = this.runner;
    const made = direct === undefined ? variant.generated?.run(inputs, context) : undefined;
    if (made !== undefined) return made;
    watchPrototype();
    const sources: (Json | undefined)[] = [];
    for (const alias of this.aliases) sources.push(Object.hasOwn(inputs, alias) ? inputs[alias] : undefined);
    const outcome = variant.runClosures(sources, context);
    return outcome && isFailure(outcome) ? { ok: false, error: outcome } : outcome;
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
    return this.loaded(name);
  }

  generatedSource(mapping: string, select: Selector | undefined): string | undefined {
    return this.loaded(mapping).runner.sourceFor(select)?.text;
  }

  private loaded(name: string): LoadedMapping {
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

  repair(
    message: string,
    payload: JsonObject,
    select: Selector,
    isValid = false,
  ): { payload: JsonObject; repairs: string[] } {
    refuseForbiddenKeys(payload);
    return this.repairs.get(message)?.run(payload, select, isValid) ?? { payload, repairs: [] };
  }

  overlaysOf(mapping: string, select: Selector | undefined): readonly string[] {
    const overlays = this.runners.get(mapping)?.overlays ?? [];
    return overlays.filter(({ ast }) => applies(ast, select)).map(({ name }) => name);
  }

  rowCounts(): RowCounts {
    const counts = new Map<string, number>();
    for (const runner of this.runners.values())
      for (const { book, hits } of runner.plans())
        book.rules.forEach((rule, i) => {
          counts.set(rule, (counts.get(rule) ?? 0) + (hits[i] ?? 0));
        });
    return counts;
  }
}
