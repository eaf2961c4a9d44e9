import type { Json, MapNote } from '../api.js';
import { isBeneath, placeKey } from '../resolve/domain.js';
import type { BoundPath } from '../resolve/ir.js';
import type { Frame, Get, Test } from '../run/frame.js';
import { conditionTest } from './conditions.js';
import { type Execute, executable, type FindExecutor, nestedRunner } from './executable.js';
import { compileFold, type FoldKernel } from './fold.js';
import { pathReader } from './paths.js';
import type { FieldPlan, MappingPlan, ProviderPlan, TakePlan, TargetPlan } from './plan.js';
import { fieldValue } from './sources.js';
import type { Step } from './steps.js';
import { TableTargets } from './table-targets.js';
import { compileTree } from './tree.js';

/** Compiles a planned mapping to closures. */
export function compileMapping(plan: MappingPlan, executor: FindExecutor): Execute {
  return new Compiler(plan, executor).compile();
}

class Compiler {
  private readonly plan: MappingPlan;
  private readonly executor: FindExecutor;
  private readonly tables: TableTargets;
  private readonly fold: FoldKernel | undefined;
  private readonly presence = new Map<string, Get>();

  constructor(plan: MappingPlan, executor: FindExecutor) {
    const { fold } = plan.mapping;
    this.plan = plan;
    this.executor = executor;
    this.fold = fold && compileFold(plan.mapping, fold);
    this.tables = new TableTargets(plan, this.read);
  }

  compile(): Execute {
    const { fold, plan } = this;
    const { mapping } = plan;
    const { name, target } = mapping;
    const leaves = plan.targets.map(({ path, providers }) => ({ path, leaf: this.leaf(path, providers) }));
    const groups = new Map<string, Test>();
    for (const group of mapping.groups) {
      const test = conditionTest(group.when, this.read);
      if (test) groups.set(placeKey(group.target), test);
    }
    const build = compileTree(name, target.root, target.alias, leaves, groups);
    const only = conditionTest(mapping.only, this.read);
    const tables = plan.decisions.length;
    const made = { target: target.name, book: plan.book };
    return executable(name, { build, only, tables, fold, losses: this.losses(), ...made });
  }

  private readonly read = (path: BoundPath): Get => {
    if (path.side === 'target') return (frame) => this.presence.get(placeKey(path))?.(frame);
    return pathReader(path, this.plan.mapping.sources);
  };

  private leaf(path: BoundPath, providers: TargetPlan['providers']): Step {
    const steps = providers.map((provider) => this.provider(provider));
    const [first, second] = steps;
    const step = first && !second ? first : firstValue(steps);
    this.presence.set(placeKey(path), this.grouped(path, step.get));
    return step;
  }

  /** For `when: <target>`: the value under the conditions of the groups above it. */
  private grouped(path: BoundPath, get: Get): Get {
    const above = this.plan.mapping.groups.filter(({ target }) => isBeneath(path, target));
    const test = conditionTest(
      above.flatMap(({ when }) => when),
      this.read,
    );
    return test ? (frame) => (test(frame) ? get(frame) : undefined) : get;
  }

  private provider(provider: ProviderPlan): Step {
    switch (provider.kind) {
      case 'field':
        return this.field(provider);
      case 'output':
        return this.tables.step(provider);
      case 'take':
        return this.take(provider);
    }
  }

  private field({ field, slot, rule, ruleName }: FieldPlan): Step {
    const { mapping } = this.plan;
    const aliases = mapping.sources.map(({ alias }) => alias);
    const value = fieldValue(field, {
      mapping: mapping.name,
      rule: ruleName,
      slot,
      sources: mapping.sources,
      read: this.read,
      nested: (name) => nestedRunner(name, aliases, this.executor),
    });
    const always = noted(value.get, slot, rule);
    const when = conditionTest(field.when, this.read);
    const get: Get = when ? (frame) => (when(frame) ? always(frame) : undefined) : always;
    const { plain } = value;
    return plain ? { kind: 'read', ...plain, when, slot, rule, get } : { kind: 'get', get };
  }

  private take({ of, slot, rule }: TakePlan): Step {
    const get = noted((this.fold as FoldKernel).output(of), slot, rule);
    return typeof of === 'number' ? { kind: 'fold', take: of, slot, rule, get } : { kind: 'get', get };
  }

  /** Notes a declared loss when the source had a value. */
  private losses(): ((frame: Frame) => void) | undefined {
    const watched = this.plan.mapping.losses.flatMap(({ target, reason, sources }) => {
      const note: MapNote = { code: 'MAP_LOSS', path: target.text, detail: reason };
      return sources.length > 0 ? [{ note, gets: sources.map(this.read) }] : [];
    });
    if (watched.length === 0) return undefined;
    return (frame) => {
      for (const { note, gets } of watched)
        if (gets.some((get) => get(frame) !== undefined)) frame.notes = [...(frame.notes ?? []), note];
    };
  }
}

/** A getter that notes its rule when it gives a value. */
function noted(get: Get, slot: number, rule: number): Get {
  return (frame) => {
    const found = get(frame);
    if (found !== undefined) frame.rules[slot] = rule;
    return found;
  };
}

function firstValue(steps: readonly Step[]): Step {
  const get: Get = (frame) => {
    let found: Json | undefined;
    for (const step of steps) found ??= step.get(frame);
    return found;
  };
  return { kind: 'get', get };
}
