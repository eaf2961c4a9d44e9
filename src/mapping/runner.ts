import type { Json, RunContext, Selector } from './api.js';
import type { Attempt, Execute, FindExecutor, Made, UsedMapping } from './compile/executable.js';
import { compileMapping } from './compile/mapping.js';
import { type MappingPlan, planMapping } from './compile/plan.js';
import { type Generated, type GeneratedSource, generateMapping, writeMapping } from './generate/index.js';
import type { BoundOverlay } from './overlay/bind.js';
import { applies } from './overlay/select.js';
import type { MappingIr } from './resolve/ir.js';

export interface RunnerOptions {
  readonly generation: string;
  readonly executor: FindExecutor;
  readonly generateAfter: number;
}

/** One mapping under one set of overlays: closures at once, generated code when it has been used a while. */
export class Variant {
  readonly plan: MappingPlan;
  /** Generated code, once there is some; undefined where closures do the work. */
  generated: Generated | undefined;
  private readonly options: RunnerOptions;
  private readonly ready: (generated: Generated | undefined) => void;
  private closures: Execute | undefined;
  private refused = false;
  private runs = 0;

  constructor(
    plan: MappingPlan,
    options: RunnerOptions,
    /** Told of the generated code. */
    ready: (generated: Generated | undefined) => void,
  ) {
    this.ready = ready;
    this.plan = plan;
    this.options = options;
  }

  readonly runClosures: Execute = (sources, context) => {
    if (this.runs++ === this.options.generateAfter) this.generate();
    this.closures ??= compileMapping(this.plan, this.options.executor);
    return this.closures(sources, context);
  };

  /** For a mapping that uses this one and runs on closures. */
  execute(sources: readonly (Json | undefined)[], context: RunContext): ReturnType<Execute> {
    const { generated } = this;
    if (generated) {
      const attempt = generated.attempt as (...values: unknown[]) => Made | null | undefined;
      const made = attempt(...sources, context);
      if (made) made.provenance.count();
      if (made !== undefined) return made;
    }
    return this.runClosures(sources, context);
  }

  /** Generated code, made now if need be; undefined where only closures can run the mapping. */
  generate(): Generated | undefined {
    if (this.generated || this.refused) return this.generated;
    this.generated = generateMapping(this.plan, this.options.executor);
    this.refused = this.generated === undefined;
    this.ready(this.generated);
    return this.generated;
  }

  source(): GeneratedSource | undefined {
    return writeMapping(this.plan, this.options.executor);
  }
}

/** One mapping and its variants, one per set of overlays that apply together. */
export class Runner implements UsedMapping {
  readonly ir: MappingIr;
  readonly overlays: readonly BoundOverlay[];
  readonly sources: MappingIr['sources'];
  private readonly options: RunnerOptions;
  private readonly variants = new Map<string, Variant>();
  private readonly bySelector = new WeakMap<Selector, Variant>();
  private base: Variant | undefined;
  /** The generated code of a mapping that no overlay changes, once there is some. */
  direct: Generated['run'] | undefined;

  constructor(ir: MappingIr, overlays: readonly BoundOverlay[], options: RunnerOptions) {
    this.ir = ir;
    this.overlays = overlays;
    this.sources = ir.sources;
    this.options = options;
  }

  readonly execute: Execute = (sources, context) => this.variant(context.select).execute(sources, context);

  get onlyClosures(): boolean {
    return this.plain().generate() === undefined;
  }

  get attempt(): Attempt | undefined {
    return this.overlays.length === 0 ? this.plain().generate()?.attempt : undefined;
  }

  attemptFor(select: Selector | undefined): Attempt {
    return this.variant(select).generate()?.attempt ?? nothing;
  }

  /** What has been made so far. */
  plans(): MappingPlan[] {
    return [...(this.base ? [this.base] : []), ...this.variants.values()].map(({ plan }) => plan);
  }

  /** The source of the code that a station's messages run on; undefined where only closures can run them. */
  sourceFor(select: Selector | undefined): GeneratedSource | undefined {
    return this.variant(select).source();
  }

  variant(select: Selector | undefined): Variant {
    if (this.overlays.length === 0) return this.plain();
    const known = select && this.bySelector.get(select);
    return known ?? this.choose(select);
  }

  private plain(): Variant {
    this.base ??= this.planned([]);
    return this.base;
  }

  private choose(select: Selector | undefined): Variant {
    const chosen = this.overlays.filter(({ ast }) => applies(ast, select));
    if (chosen.length === 0) {
      const base = this.plain();
      if (select) this.bySelector.set(select, base);
      return base;
    }
    const key = chosen.map(({ name }) => name).join(' ');
    let variant = this.variants.get(key);
    if (!variant) {
      variant = this.planned(chosen);
      this.variants.set(key, variant);
    }
    if (select) this.bySelector.set(select, variant);
    return variant;
  }

  private planned(overlays: readonly BoundOverlay[]): Variant {
    const plan = planMapping(this.ir, overlays, this.options.generation);
    return new Variant(plan, this.options, (generated) => {
      if (this.overlays.length === 0) this.direct = generated?.run;
    });
  }
}

const nothing: Attempt = () => undefined;
