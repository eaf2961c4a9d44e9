import type { Json, MapNote } from '../api.js';
import { isBeneath, placeKey } from '../resolve/domain.js';
import type { BoundPath, FieldIr, MappingIr } from '../resolve/ir.js';
import type { Frame, Get, Test } from '../run/frame.js';
import type { RuleBook } from '../run/provenance.js';
import { conditionTest } from './conditions.js';
import {
  type Execute,
  executable,
  type FindExecutor,
  nestedRunner,
  type OverlayPatch,
} from './executable.js';
import { compileFold, type FoldKernel } from './fold.js';
import { pathReader } from './paths.js';
import { type Provider, Rules } from './rules.js';
import { fieldValue } from './sources.js';
import type { Step } from './steps.js';
import { TableTargets } from './table-targets.js';
import { compileTree, type Leaf } from './tree.js';

export interface CompileOptions {
  readonly generation: string;
  /** Overlays that apply, the strongest first. */
  readonly overlays: readonly OverlayPatch[];
  readonly executor: FindExecutor;
}

/** One mapping, compiled for one set of overlays. */
export interface Compiled {
  readonly execute: Execute;
  readonly book: RuleBook;
  /** How often each rule of the book that is a row decided. */
  readonly hits: number[];
}

/** Compiles the intermediate form to closures. */
export function compileMapping(mapping: MappingIr, options: CompileOptions): Compiled {
  return new Compiler(mapping, options).compile();
}

class Compiler {
  private readonly mapping: MappingIr;
  private readonly options: CompileOptions;
  private readonly rules: Rules;
  private readonly presence = new Map<string, Get>();

  constructor(mapping: MappingIr, options: CompileOptions) {
    this.mapping = mapping;
    this.options = options;
    this.rules = new Rules(mapping);
  }

  compile(): Compiled {
    const { mapping, rules } = this;
    const { name, target } = mapping;
    const fold = mapping.fold && compileFold(mapping, mapping.fold);
    const tables = new TableTargets(mapping, this.options.overlays, rules, this.read);
    const leaves = this.leaves(tables, fold);
    const groups = new Map<string, Test>();
    for (const group of mapping.groups) {
      const test = conditionTest(group.when, this.read);
      if (test) groups.set(placeKey(group.target), test);
    }
    const build = compileTree(name, target.root, target.alias, leaves, groups);
    const only = conditionTest(mapping.only, this.read);
    const book = rules.book(this.options.generation);
    const execute = executable(name, {
      build,
      only,
      book,
      tables: tables.count,
      fold,
      losses: this.losses(),
    });
    return { execute, book, hits: rules.hits };
  }

  private readonly read = (path: BoundPath): Get => {
    if (path.side === 'target') return (frame) => this.presence.get(placeKey(path))?.(frame);
    return pathReader(path, this.mapping.sources);
  };

  private leaves(tables: TableTargets, fold: FoldKernel | undefined): Leaf[] {
    const byPlace = new Map<string, Provider[]>();
    const providers = [
      ...this.fieldProviders(),
      ...this.mapping.tables.flatMap((table) => tables.providers(table)),
      ...this.foldProviders(fold),
    ];
    for (const provider of providers) {
      const key = placeKey(provider.path);
      byPlace.set(key, [...(byPlace.get(key) ?? []), provider]);
    }
    return [...byPlace].flatMap(([key, [first, ...rest]]) => {
      if (!first) return [];
      const step = rest.length === 0 ? first.step : firstValue([first, ...rest]);
      this.presence.set(key, this.grouped(first.path, step.get));
      return [{ path: first.path, step }];
    });
  }

  /** For `when: <target>`: the value under the conditions of the groups above it. */
  private grouped(path: BoundPath, get: Get): Get {
    const above = this.mapping.groups.filter(({ target }) => isBeneath(path, target));
    const test = conditionTest(
      above.flatMap(({ when }) => when),
      this.read,
    );
    return test ? (frame) => (test(frame) ? get(frame) : undefined) : get;
  }

  /** Fields; an overlay's take the place of the mapping's, a stronger one's that of a weaker. */
  private fieldProviders(): Provider[] {
    const { mapping, options } = this;
    const chosen = new Map<string, { owner: string; field: FieldIr }>();
    for (const { name, fields } of [...options.overlays, mapping])
      for (const field of fields) {
        const key = placeKey(field.target);
        if (!chosen.has(key)) chosen.set(key, { owner: name, field });
      }
    return [...chosen.values()].map(({ owner, field }) => this.fieldProvider(owner, field));
  }

  private fieldProvider(owner: string, field: FieldIr): Provider {
    const { mapping, rules } = this;
    const slot = rules.slotOf(field.target);
    const id = rules.targetName(field.target);
    const rule = rules.add(owner, id, readsOf(field));
    const aliases = mapping.sources.map(({ alias }) => alias);
    const value = fieldValue(field, {
      mapping: mapping.name,
      rule: `${owner}/${id}`,
      slot,
      sources: mapping.sources,
      read: this.read,
      nested: (name) => nestedRunner(name, aliases, this.options.executor),
    });
    const noted = rules.noted(value.get, slot, rule);
    const when = conditionTest(field.when, this.read);
    const get: Get = when ? (frame) => (when(frame) ? noted(frame) : undefined) : noted;
    const { plain } = value;
    return {
      path: field.target,
      step: plain ? { kind: 'read', ...plain, when, slot, rule, get } : { kind: 'get', get },
    };
  }

  private foldProviders(fold: FoldKernel | undefined): Provider[] {
    const reads = this.mapping.fold ? [this.mapping.fold.over] : [];
    return (fold?.outputs ?? []).map(({ path, id, get: value, take }) => {
      const rule = this.rules.add(this.mapping.name, id, reads);
      const slot = this.rules.slotOf(path);
      const get = this.rules.noted(value, slot, rule);
      return {
        path,
        step: take === undefined ? { kind: 'get', get } : { kind: 'fold', take, slot, rule, get },
      };
    });
  }

  /** Notes a declared loss when the source had a value. */
  private losses(): ((frame: Frame) => void) | undefined {
    const watched = this.mapping.losses.flatMap(({ target, reason, sources }) => {
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

function firstValue(providers: readonly Provider[]): Step {
  const get: Get = (frame) => {
    let found: Json | undefined;
    for (const { step } of providers) found ??= step.get(frame);
    return found;
  };
  return { kind: 'get', get };
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
