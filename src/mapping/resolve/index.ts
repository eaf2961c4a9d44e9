import { didYouMean, type Findings, type Span } from '../diagnostics.js';
import { type BoundOverlay, bindOverlay } from '../overlay/bind.js';
import type { BoundRepair } from '../overlay/repair.js';
import type { SchemaSource } from '../schema/node.js';
import type { DocumentAst, Located, MappingAst, OverlayAst } from '../syntax/ast.js';
import { Binder } from './bind.js';
import { wholeMapping } from './extend.js';
import type { MappingIr, TableIr } from './ir.js';
import { reversed } from './reverse.js';
import type { WholeMapping } from './whole.js';

/** All documents, names resolved. */
export interface Bound {
  readonly mappings: readonly MappingIr[];
  readonly overlays: readonly BoundOverlay[];
  readonly repairs: readonly BoundRepair[];
  readonly overlayAsts: readonly OverlayAst[];
  /** Names of mappings of which a part could not be resolved. */
  readonly faulty: readonly string[];
  /** What is left of tables that could not be bound as a whole, with their mapping. */
  readonly remains: readonly { readonly mapping: MappingIr; readonly table: TableIr }[];
  /** Whether every document and every mapping that another names is there. */
  readonly complete: boolean;
}

/** Resolves `extends`, makes the reverse mappings, and binds every path to its schema. */
export function bindAll(documents: readonly DocumentAst[], schemas: SchemaSource, findings: Findings): Bound {
  const asts = uniqueMappings(documents, findings);
  const wholes = [...asts.values()].flatMap((ast) => {
    const whole = wholeMapping(ast, asts, findings);
    return whole ? [whole] : [];
  });
  const binders = new Map<string, { binder: Binder; ir: MappingIr }>();
  const faulty: string[] = [];
  const bind = (whole: WholeMapping): boolean => {
    const before = findings.count;
    const binder = Binder.of(whole, schemas, findings);
    if (binder) binders.set(whole.name, { binder, ir: binder.mapping() });
    const sound = findings.count === before && !isTouched(whole.name, asts, findings);
    if (!sound) faulty.push(whole.name);
    return sound;
  };
  // What is wrong one way would only be said once more of the way back.
  for (const whole of wholes) if (bind(whole) && whole.reverse) bind(reversed(whole, wholes, findings));
  const complete = wholes.every(
    ({ name, fields }) =>
      binders.has(name) &&
      fields.every(({ source }) => !('using' in source) || binders.has(source.using.value)),
  );
  const overlayAsts = documents.filter((document) => document.kind === 'overlay');
  const overlays: BoundOverlay[] = [];
  const repairs: BoundRepair[] = [];
  const names = new Set<string>();
  for (const ast of overlayAsts) {
    if (names.has(ast.name)) findings.add('MAP_DUPLICATE', ast.at, `another overlay is named ${ast.name}`);
    names.add(ast.name);
    const of = ast.of && binders.get(ast.of.value);
    if (ast.of && !of && !asts.has(ast.of.value))
      unknownMapping(ast, ast.of, { asts, overlayAsts, findings });
    if (ast.message && ast.repair.length === 0) Binder.forMessage(messageOf(ast.message), schemas, findings);
    if (of) overlays.push(bindOverlay(ast, of.ir, of.binder));
    repairs.push(...bindRepairs(ast, of?.ir, schemas, findings));
  }
  return {
    mappings: [...binders.values()].map(({ ir }) => ir),
    overlays,
    repairs,
    overlayAsts,
    faulty,
    remains: [...binders.values()].flatMap(({ binder, ir }) =>
      binder.remains.map((table) => ({ mapping: ir, table })),
    ),
    complete,
  };
}

/** Says that the mapping which an overlay is for is not there. */
function unknownMapping(
  ast: OverlayAst,
  { value, at }: Located<string>,
  {
    asts,
    overlayAsts,
    findings,
  }: {
    asts: ReadonlyMap<string, MappingAst>;
    overlayAsts: readonly OverlayAst[];
    findings: Findings;
  },
): void {
  const overlay = overlayAsts.find(({ name }) => name === value);
  const itself = overlay?.name === ast.name ? 'this overlay itself' : 'an overlay';
  const mapping = overlay?.of && asts.has(overlay.of.value) ? overlay.of.value : undefined;
  const alone =
    asts.size === 0 ? 'these files hold no mapping: check them together with those that do' : undefined;
  findings.add(
    'MAP_UNKNOWN',
    at,
    overlay ? `${value} is ${itself}, and \`of\` names a mapping` : `no mapping is named ${value}`,
    overlay
      ? mapping && `did you mean ${mapping}?`
      : (didYouMean(value, asts.keys()) ?? alone ?? '`depotbridge check --list` names them all'),
  );
}

function messageOf({ value, at }: Located<string>): { alias: string; name: string; at: Span } {
  return { alias: 'msg', name: value, at };
}

/** Whether the reader found fault with a mapping or one that it extends. */
function isTouched(name: string, asts: ReadonlyMap<string, MappingAst>, findings: Findings): boolean {
  const ast = asts.get(name);
  if (!ast) return false;
  return (
    findings.touches(ast.range) || (ast.extends !== undefined && isTouched(ast.extends.value, asts, findings))
  );
}

function uniqueMappings(documents: readonly DocumentAst[], findings: Findings): Map<string, MappingAst> {
  const found = new Map<string, MappingAst>();
  for (const document of documents) {
    if (document.kind !== 'mapping') continue;
    if (found.has(document.name))
      findings.add('MAP_DUPLICATE', document.at, `another mapping is named ${document.name}`);
    else found.set(document.name, document);
  }
  return found;
}

function bindRepairs(
  ast: OverlayAst,
  ir: MappingIr | undefined,
  schemas: SchemaSource,
  findings: Findings,
): BoundRepair[] {
  if (ast.repair.length === 0) return [];
  const first = ir?.whole.from[0];
  const from = ast.message ? messageOf(ast.message) : first;
  if (!from) return [];
  if (from.name.includes(':')) {
    findings.add(
      'MAP_OVERLAY',
      ast.at,
      `repairs work on messages, and ${from.name} is a part of one`,
      'use `message: <name>`',
    );
    return [];
  }
  const binder = Binder.forMessage(from, schemas, findings);
  return ast.repair.flatMap((repair) => {
    const path = binder?.path(repair.path, 'source');
    return path ? [{ overlay: ast, ast: repair, path }] : [];
  });
}
