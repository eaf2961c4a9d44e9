import type { Json, JsonObject, MapFailure, MapNote, RunContext, Selector } from '../api.js';
import type { FieldIr, MappingIr, TableIr } from '../resolve/ir.js';
import { type Frame, fail, type Get, type Test, undecided } from '../run/frame.js';
import { CompactProvenance, type RuleBook } from '../run/provenance.js';
import type { FoldKernel } from './fold.js';

/** What an overlay changes in a mapping, bound to the mapping's schemas. */
export interface OverlayPatch {
  readonly name: string;
  readonly tables: ReadonlyMap<string, TableIr>;
  readonly fields: readonly FieldIr[];
}

/** A whole output, as it is handed out. */
export interface Made {
  readonly ok: true;
  readonly target: string;
  readonly value: JsonObject;
  readonly provenance: CompactProvenance;
  readonly notes?: readonly MapNote[];
}

/** Runs over sources in the order of `from`. null: does not apply. A failure is one with `code`. */
export type Execute = (
  sources: readonly (Json | undefined)[],
  context: RunContext,
) => Made | MapFailure | null;

/** Runs another mapping over one element or object; its failure becomes the frame's. */
export type RunNested = (frame: Frame, value: Json) => Made | null;

/**
 * What generated code does for one message: the output; null = does not apply; undefined = cannot tell, to be run by
 * the closures. Takes the sources in the order of `from`, then the context. Counts nothing.
 */
export type Attempt = (...sourcesAndContext: never[]) => Made | null | undefined;

/** A mapping that another one uses. */
export interface UsedMapping {
  readonly sources: MappingIr['sources'];
  /** Runs in the context given; compiled when first used. */
  readonly execute: Execute;
  /** Whether only closures can run it. */
  readonly onlyClosures: boolean;
  /** Generated code for any station; undefined if overlays may change the mapping. */
  readonly attempt: Attempt | undefined;
  /** Generated code for one station. */
  attemptFor(select: Selector | undefined): Attempt;
}

/** Another mapping by name. */
export type FindExecutor = (name: string) => UsedMapping;

export function isFailure(outcome: Made | MapFailure): outcome is MapFailure {
  return 'code' in outcome;
}

/** The compiled parts of a mapping. */
export interface Parts {
  /** Name of the target. */
  readonly target: string;
  readonly build: Get;
  readonly only: Test | undefined;
  readonly book: RuleBook;
  /** How many tables decide, overlays' own among them. */
  readonly tables: number;
  readonly fold: FoldKernel | undefined;
  readonly losses: ((frame: Frame) => void) | undefined;
}

/** Puts the parts together: one frame per run, the object whole or a failure. */
export function executable(mapping: string, parts: Parts): Execute {
  const { target, build, only, book, tables, fold, losses } = parts;
  const noRows = Array.from({ length: tables }, () => undecided);
  const noRules = book.targets.map(() => -1);
  return (sources, context) => {
    const frame: Frame = {
      sources,
      context,
      rows: tables === 0 ? noRows : noRows.slice(),
      rules: noRules.slice(),
      nested: undefined,
      notes: undefined,
      failure: undefined,
      fold: undefined,
    };
    if (only && !only(frame)) return null;
    if (fold && !fold.run(frame)) {
      if (frame.notes) context.passedOver?.push(...frame.notes);
      return frame.failure ?? null;
    }
    const value = build(frame) as JsonObject | undefined;
    if (frame.failure) return frame.failure;
    if (value === undefined) {
      fail(frame, mapping, 'MAP_MISSING', 'the target got no value');
      return frame.failure ?? null;
    }
    losses?.(frame);
    const provenance = CompactProvenance.of(book, frame.rules, frame.nested);
    const { notes } = frame;
    return notes ? { ok: true, target, value, provenance, notes } : { ok: true, target, value, provenance };
  };
}

/** A runner of a used mapping; found at its first run, since it may come later in the files. */
export function nestedRunner(name: string, aliases: readonly string[], find: FindExecutor): RunNested {
  let execute: Execute | undefined;
  let places: readonly number[] = [];
  return (frame, value) => {
    if (!execute) {
      const found = find(name);
      execute = found.execute;
      places = found.sources.slice(1).map(({ alias }) => aliases.indexOf(alias));
    }
    const sources: (Json | undefined)[] = [value];
    for (let i = 0; i < places.length; i++) sources.push(frame.sources[places[i] as number]);
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
