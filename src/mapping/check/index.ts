import type { Findings } from '../diagnostics.js';
import { makeGeneration } from '../generation.js';
import type { Bound } from '../resolve/index.js';
import type { MappingIr } from '../resolve/ir.js';
import type { SchemaSource } from '../schema/node.js';
import type { OverlayAst } from '../syntax/ast.js';
import { type CheckReport, contextOf } from './context.js';
import { checkCoverage } from './coverage.js';
import { checkCycles, withUsers } from './cycles.js';
import { checkRowIds } from './duplicates.js';
import { ExampleCheck } from './examples.js';
import { checkFold } from './fold.js';
import { checkLiterals, checkTableLiterals } from './literals.js';
import { checkCollisions, checkOverlay, checkSelection } from './overlays.js';
import { checkRequired } from './required.js';
import { checkDouble } from './targets.js';
import { checkTypes } from './types.js';

/** What `checkAll` needs beside the tables. */
export interface CheckOptions {
  readonly findings: Findings;
  readonly report: CheckReport;
  readonly schemas: SchemaSource;
  /** Whether examples are run. */
  readonly examples: boolean;
  /** Whether some document could not be read at all. */
  readonly unparsed: boolean;
}

/** Runs every check over everything: nothing stops at the first finding. */
export function checkAll(bound: Bound, options: CheckOptions): void {
  const { findings, report } = options;
  const all = new Map(bound.mappings.map((mapping) => [mapping.name, mapping]));
  const faulty = new Set(bound.faulty);
  for (const mapping of bound.mappings) {
    const before = findings.count;
    checkMapping(mapping, all, bound, options);
    if (findings.count > before) faulty.add(mapping.name);
  }
  for (const { mapping, table } of bound.remains)
    checkTableLiterals(contextOf(mapping, all, bound.overlays, report, findings), table);
  checkSelection(bound.overlayAsts, bound.repairs, findings, report);
  checkCollisions(bound.mappings, bound.overlays, bound.repairs, findings);
  const cycles = findings.count;
  checkCycles(bound.mappings, findings);
  // Examples of mappings that use each other in a circle would never come to an end.
  if (!options.examples || findings.count > cycles) return;
  const { sound, faultyOverlays } = withoutFaultyOverlays(bound, findings);
  const generation = makeGeneration({ documents: null, schemas: null, ...sound });
  const wanted = { ...options, faulty: withUsers(faulty, bound.mappings), faultyOverlays };
  new ExampleCheck(sound, generation, wanted).run();
}

/** What an overlay with faults of its own would do means nothing: examples run without it. */
function withoutFaultyOverlays(
  bound: Bound,
  findings: Findings,
): { sound: Bound; faultyOverlays: readonly OverlayAst[] } {
  const faultyOverlays = bound.overlayAsts.filter(({ range }) => findings.touches(range));
  if (faultyOverlays.length === 0) return { sound: bound, faultyOverlays };
  const isSound = (ast: OverlayAst): boolean => !faultyOverlays.includes(ast);
  const sound = {
    ...bound,
    overlays: bound.overlays.filter(({ ast }) => isSound(ast)),
    repairs: bound.repairs.filter(({ overlay }) => isSound(overlay)),
    overlayAsts: bound.overlayAsts.filter(isSound),
  };
  return { sound, faultyOverlays };
}

function checkMapping(
  mapping: MappingIr,
  all: ReadonlyMap<string, MappingIr>,
  bound: Bound,
  options: CheckOptions,
): void {
  const { findings, report } = options;
  const context = contextOf(mapping, all, bound.overlays, report, findings);
  report.mappings++;
  for (const { target, reason } of mapping.losses)
    report.losses.push(`${mapping.name} ${target.text}: ${reason}`);
  checkRowIds(context);
  checkLiterals(context);
  checkTypes(context);
  if (mapping.fold) checkFold(context, mapping.fold);
  // Where a part could not even be read, what is missing would only be said twice.
  if (!bound.faulty.includes(mapping.name)) {
    checkDouble(context);
    checkRequired(context);
    checkCoverage(context);
  }
  for (const overlay of bound.overlays) if (overlay.of === mapping.name) checkOverlay(context, overlay);
}
