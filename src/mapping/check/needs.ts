/** Whether a set of tables has all that its bridge asks of it. */
import { didYouMean, type Findings, type Span } from '../diagnostics.js';
import type { MappingIr } from '../resolve/ir.js';
import type { DocumentAst } from '../syntax/ast.js';

/** A mapping by its name, or any that makes this of that. */
export type Need = { readonly mapping: string } | { readonly source: string; readonly target: string };

/** Names each need that no mapping meets. What could not be resolved has been told of, and may be what is looked for. */
export function checkNeeds(
  needs: readonly Need[],
  mappings: readonly MappingIr[],
  documents: readonly DocumentAst[],
  { at, findings }: { readonly at: Span; readonly findings: Findings },
): void {
  const bound = new Set(mappings.map(({ name }) => name));
  const declared = documents.filter((document) => document.kind === 'mapping').map(({ name }) => name);
  const open = new Set(declared.filter((name) => !bound.has(name)).map(spaceOf));
  for (const need of needs) {
    if (open.has(spaceOf('mapping' in need ? need.mapping : messageOf(need)))) continue;
    if ('mapping' in need) {
      if (!bound.has(need.mapping))
        findings.add(
          'MAP_INCOMPLETE',
          at,
          `the bridge needs the mapping ${need.mapping}, and these tables do not have it`,
          didYouMean(need.mapping, bound),
        );
      continue;
    }
    const { source, target } = need;
    if (
      !mappings.some(({ sources: [first], target: made }) => first?.name === source && made.name === target)
    )
      findings.add(
        'MAP_INCOMPLETE',
        at,
        `the bridge needs a mapping from ${source} to ${target}, and these tables have none`,
      );
  }
}

/** The side that is not the bridge's own. */
function messageOf({ source, target }: { source: string; target: string }): string {
  return source.startsWith('bridge.') ? target : source;
}

/** `ocpp16.fault`, `ocpp16.StatusNotification` → `ocpp16`. */
function spaceOf(name: string): string {
  return name.slice(0, name.lastIndexOf('.'));
}
