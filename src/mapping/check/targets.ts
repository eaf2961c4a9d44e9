import type { Span } from '../diagnostics.js';
import { type Abstract, fits, isBeneath, none, placeKey, possible } from '../resolve/domain.js';
import type { BoundPath, ClauseIr, FieldIr, MappingIr, TableIr } from '../resolve/ir.js';
import type { CheckContext } from './context.js';

/** One thing that sets a target. */
export interface Assignment {
  readonly path: BoundPath;
  readonly at: Span;
  readonly by:
    | { readonly kind: 'field'; readonly field: FieldIr }
    | { readonly kind: 'table'; readonly table: TableIr; readonly column: number }
    | { readonly kind: 'fold'; readonly id: string };
}

/** Everything that sets a target in a mapping. */
export function assignmentsOf(mapping: MappingIr): Assignment[] {
  const { fold } = mapping;
  return [
    ...mapping.fields.map(
      (field): Assignment => ({ path: field.target, at: field.ast.at, by: { kind: 'field', field } }),
    ),
    ...mapping.tables.flatMap((table) =>
      table.outputs.map(
        (path, column): Assignment => ({ path, at: path.ref.at, by: { kind: 'table', table, column } }),
      ),
    ),
    ...(fold?.take ?? []).map(
      ({ to, ast }): Assignment => ({ path: to, at: ast.at, by: { kind: 'fold', id: ast.id } }),
    ),
    ...(fold?.context
      ? [{ path: fold.context, at: fold.context.ref.at, by: { kind: 'fold' as const, id: 'context' } }]
      : []),
    ...(fold?.signed
      ? [{ path: fold.signed, at: fold.signed.ref.at, by: { kind: 'fold' as const, id: 'signed' } }]
      : []),
  ];
}

/** No target is set twice, unless by tables whose `only` exclude each other. */
export function checkDouble(context: CheckContext): void {
  const assignments = assignmentsOf(context.mapping);
  assignments.forEach((one, i) => {
    for (const another of assignments.slice(0, i)) {
      const same = placeKey(one.path) === placeKey(another.path);
      if (same && !exclude(one, another))
        context.add('MAP_DOUBLE', one.at, `${one.path.ref.text} is set twice`);
      else if (!same && clash(one, another))
        context.add(
          'MAP_DOUBLE',
          one.at,
          `${one.path.ref.text} is set, and so is ${another.path.ref.text} as a whole`,
        );
    }
  });
}

/** One sets a whole object of which the other sets a part; an empty `{const: {}}` only makes the object. */
function clash(one: Assignment, another: Assignment): boolean {
  const [outer, inner] = one.path.links.length < another.path.links.length ? [one, another] : [another, one];
  return (
    isBeneath(inner.path, outer.path) &&
    !(outer.by.kind === 'field' && outer.by.field.source.kind === 'const')
  );
}

function exclude(one: Assignment, another: Assignment): boolean {
  if (one.by.kind !== 'table' || another.by.kind !== 'table') return false;
  const others: readonly ClauseIr[] = another.by.table.only;
  return one.by.table.only.some((clause) =>
    others.some((counterpart) => {
      if (placeKey(clause.path) !== placeKey(counterpart.path)) return false;
      const values: Abstract[] = [...possible(clause.path, [clause.cell, counterpart.cell], []), none];
      return !values.some(
        (value) => fits(clause.cell, value, clause.path) && fits(counterpart.cell, value, counterpart.path),
      );
    }),
  );
}
