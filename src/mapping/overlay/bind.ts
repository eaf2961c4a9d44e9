import type { OverlayPatch } from '../compile/executable.js';
import { didYouMean, type Findings } from '../diagnostics.js';
import type { Binder } from '../resolve/bind.js';
import { placeKey } from '../resolve/domain.js';
import type { MappingIr, TableIr } from '../resolve/ir.js';
import { finishTable } from '../resolve/tables.js';
import type { OverlayAst, TablePatch } from '../syntax/ast.js';

/** An overlay of a mapping, its paths resolved. */
export interface BoundOverlay extends OverlayPatch {
  readonly ast: OverlayAst;
  readonly of: string;
}

/** Binds an overlay to its mapping; what does not fit goes to the findings. */
export function bindOverlay(ast: OverlayAst, mapping: MappingIr, binder: Binder): BoundOverlay {
  const { findings } = binder;
  const tables = new Map<string, TableIr>();
  for (const patch of ast.tables.values()) {
    const base = mapping.tables.find(({ name }) => name === patch.name);
    if (!base) {
      const names = mapping.tables.map(({ name }) => name);
      findings.add(
        'MAP_OVERLAY',
        patch.at,
        `${mapping.name} has no table ${patch.name}`,
        didYouMean(patch.name, names),
      );
      continue;
    }
    const bound = bindTable(patch, base, binder, findings);
    if (bound) tables.set(patch.name, bound);
  }
  const fields = [...ast.fields.values()].flatMap((field) => binder.field(field) ?? []);
  return { ast, name: ast.name, of: mapping.name, tables, fields };
}

function bindTable(
  patch: TablePatch,
  base: TableIr,
  binder: Binder,
  findings: Findings,
): TableIr | undefined {
  for (const key of ['only', 'elseCovers'] as const)
    if (patch[key])
      findings.add('MAP_OVERLAY', patch.at, `a table of an overlay has only \`in\`, \`out\` and \`rows\``);
  const whole: TablePatch = {
    inputs: base.ast.inputs,
    outputs: base.ast.outputs,
    only: base.ast.only,
    ...patch,
    elseCovers: new Map(),
  };
  const finished = finishTable(whole, findings, false);
  const bound = finished && binder.table(finished);
  if (!bound) return undefined;
  const known = base.outputs.map((path) => placeKey(path));
  for (const output of bound.outputs)
    if (!known.includes(placeKey(output)))
      findings.add(
        'MAP_OVERLAY',
        output.ref.at,
        `table ${base.name} does not set ${output.ref.text}`,
        didYouMean(output.ref.text, known),
      );
  return bound;
}
