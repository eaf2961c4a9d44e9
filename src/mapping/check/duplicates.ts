import type { CheckContext } from './context.js';

/** Row ids are unique in a mapping: they are the names in the lineage. */
export function checkRowIds(context: CheckContext): void {
  const { mapping, add } = context;
  const targets = new Set(mapping.fields.map(({ target }) => target.ref.steps.join('.')));
  const seen = new Map<string, string>();
  const note = (id: string, at: Parameters<typeof add>[1], where: string): void => {
    const other = seen.get(id);
    if (other !== undefined) add('MAP_DUPLICATE', at, `the id ${id} is used by ${other} too`);
    else if (targets.has(id)) add('MAP_DUPLICATE', at, `the id ${id} is the name of a target field`);
    seen.set(id, where);
  };
  for (const table of mapping.tables)
    for (const row of table.rows) note(row.id, row.at, `table ${table.name}`);
  for (const { ast } of mapping.fold?.take ?? []) note(ast.id, ast.at, 'the fold');
}
