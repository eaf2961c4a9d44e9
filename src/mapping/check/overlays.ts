import { didYouMean, type Findings, type Span } from '../diagnostics.js';
import type { BoundOverlay } from '../overlay/bind.js';
import type { BoundRepair } from '../overlay/repair.js';
import { canOverlap, isPattern, levelOf } from '../overlay/select.js';
import { fits, placeKey, possible } from '../resolve/domain.js';
import type { MappingIr, TableIr } from '../resolve/ir.js';
import type { OverlayAst, RowAst } from '../syntax/ast.js';
import { repairWords } from '../transforms.js';
import type { CheckContext, CheckReport } from './context.js';
import { checkTableWhole } from './literals.js';
import { assignmentsOf } from './targets.js';
import { checkField } from './types.js';

/** What an overlay changes fits its mapping. */
export function checkOverlay(context: CheckContext, overlay: BoundOverlay): void {
  for (const table of overlay.tables.values()) {
    checkTableWhole(context, table, true);
  }
  const set = assignmentsOf(context.mapping);
  for (const field of overlay.fields) {
    checkField(context, field);
    const key = placeKey(field.target);
    const owner = set.find((assignment) => placeKey(assignment.path) === key);
    if (owner && owner.by.kind !== 'field')
      context.add(
        'MAP_OVERLAY',
        field.ast.at,
        `${field.target.ref.text} is set by a ${owner.by.kind}, not a field`,
        'give rows to that table instead',
      );
  }
}

/** Selection and repairs of every overlay. */
export function checkSelection(
  overlays: readonly OverlayAst[],
  repairs: readonly BoundRepair[],
  findings: Findings,
  report: CheckReport,
): void {
  for (const overlay of overlays) {
    report.overlays++;
    for (const [key, patterns] of overlay.select)
      for (const { value, at } of patterns)
        if (!isPattern(value, key))
          findings.add(
            'MAP_OVERLAY',
            at,
            `${value} is not a pattern for ${key}`,
            'text with *, or for versions <2.4, >=1.0 <2.0',
          );
        else if (!canOverlap(value.trim(), value.trim()))
          findings.add('MAP_OVERLAY', at, `no version is ${value}`, 'a list takes any of its patterns');
  }
  for (const { ast, path } of repairs) {
    report.repairs++;
    const { becomes } = ast;
    if (becomes.kind === 'by' && !repairWords.includes(becomes.transform.value))
      findings.add(
        'MAP_TRANSFORM',
        becomes.transform.at,
        `there is no transform ${becomes.transform.value}`,
        didYouMean(becomes.transform.value, repairWords) ?? `known: ${repairWords.join(', ')}`,
      );
    if (
      becomes.kind === 'value' &&
      path.node.enum &&
      !path.node.enum.some((value) => value === becomes.value)
    )
      findings.add(
        'MAP_ENUM',
        ast.at,
        `${JSON.stringify(becomes.value)} is not a value of ${path.node.title}`,
        didYouMean(String(becomes.value), path.node.enum.map(String)),
      );
  }
}

/** Two overlays of one level that can apply together must not decide the same cell. */
export function checkCollisions(
  mappings: readonly MappingIr[],
  overlays: readonly BoundOverlay[],
  repairs: readonly BoundRepair[],
  findings: Findings,
): void {
  overlays.forEach((one, i) => {
    for (const another of overlays.slice(0, i)) {
      if (one.of !== another.of || !together(one.ast, another.ast)) continue;
      const mapping = mappings.find(({ name }) => name === one.of);
      if (mapping) collide(mapping, one, another, findings);
    }
  });
  repairs.forEach((one, i) => {
    for (const another of repairs.slice(0, i)) {
      if (one.overlay === another.overlay || placeKey(one.path) !== placeKey(another.path)) continue;
      if (
        one.path.node.message.name !== another.path.node.message.name ||
        !together(one.overlay, another.overlay)
      )
        continue;
      if (JSON.stringify(one.ast.is) === JSON.stringify(another.ast.is))
        findings.add(
          'MAP_COLLISION',
          one.ast.at,
          `${told(one.overlay)} and ${told(another.overlay, another.ast.at)} repair the same value on one level`,
          wayOut,
        );
    }
  });
}

const wayOut =
  'narrow one `select`, make one more specific (model, firmware, site or station wins over vendor), or take the row out of one';

/** An overlay by its name, where it stands if told, and what it selects. */
function told({ name, select, profile }: OverlayAst, at?: Span): string {
  const parts = [...select].map(
    ([key, patterns]) => `${key}: ${patterns.map(({ value }) => value).join(' | ')}`,
  );
  const place = at ? `${at.file.name}:${at.file.position(at.start).line}, ` : '';
  return `${name} (${place}${profile ? 'profile' : `select {${parts.join(', ')}}`})`;
}

/** Same level, and some station can be selected by both. */
function together(one: OverlayAst, another: OverlayAst): boolean {
  if (levelOf(one) !== levelOf(another)) return false;
  for (const [key, patterns] of one.select) {
    const others = another.select.get(key);
    if (others && !patterns.some((a) => others.some((b) => canOverlap(a.value.trim(), b.value.trim()))))
      return false;
  }
  return true;
}

function collide(mapping: MappingIr, one: BoundOverlay, another: BoundOverlay, findings: Findings): void {
  for (const field of one.fields)
    if (another.fields.some((other) => placeKey(other.target) === placeKey(field.target)))
      findings.add(
        'MAP_COLLISION',
        field.ast.at,
        `${told(one.ast)} and ${told(another.ast, another.ast.at)} both set ${field.target.ref.text} on one level`,
        wayOut,
      );
  for (const table of one.tables.values()) {
    const counterpart = another.tables.get(table.name);
    if (!counterpart || !shareOutput(table, counterpart)) continue;
    for (const row of table.rows)
      for (const other of counterpart.rows)
        if (bothFit(mapping, table, row, counterpart, other))
          findings.add(
            'MAP_COLLISION',
            row.at,
            `row ${row.id} of ${told(one.ast)} and row ${other.id} of ${told(another.ast, other.at)} decide the same cell on one level`,
            wayOut,
          );
  }
}

function shareOutput(one: TableIr, another: TableIr): boolean {
  return one.outputs.some((path) => another.outputs.some((other) => placeKey(path) === placeKey(other)));
}

/** Whether some input fits both rows; columns that only one of them has do not part them. */
function bothFit(
  mapping: MappingIr,
  table: TableIr,
  row: RowAst,
  counterpart: TableIr,
  other: RowAst,
): boolean {
  return table.inputs.every((path, i) => {
    const at = counterpart.inputs.findIndex((candidate) => placeKey(candidate) === placeKey(path));
    const [cell, cell2] = [row.inputs[i], other.inputs[at]];
    if (!cell || !cell2) return true;
    return possible(path, [cell, cell2], mapping.only).some(
      (value) => fits(cell, value, path) && fits(cell2, value, path),
    );
  });
}
