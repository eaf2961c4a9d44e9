import type { Findings } from '../diagnostics.js';
import type { Bound } from '../resolve/index.js';
import type { SchemaSource } from '../schema/node.js';
import { type CheckReport, contextOf } from './context.js';
import { checkLiterals } from './literals.js';
import { checkTable } from './tables.js';
import { checkDouble } from './targets.js';

/** What `checkAll` needs beside the tables. */
export interface CheckOptions {
  readonly findings: Findings;
  readonly report: CheckReport;
  readonly schemas: SchemaSource;
  /** Whether examples are run. */
  readonly examples: boolean;
}

/** Runs every static check over everything. */
export function checkAll(bound: Bound, options: CheckOptions): void {
  const { findings, report } = options;
  const all = new Map(bound.mappings.map((mapping) => [mapping.name, mapping]));
  for (const mapping of bound.mappings) {
    const context = contextOf(mapping, all, bound.overlays, report, findings);
    report.mappings++;
    checkLiterals(context);
    for (const table of mapping.tables) checkTable(context, table);
    checkDouble(context);
  }
}
