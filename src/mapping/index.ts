/** The door of the mapping engine: parse → check → compile → run (docs/mapping-format.md). */
export type {
  Generation,
  IdentityResolver,
  Json,
  JsonObject,
  MapFailure,
  MapNote,
  Mapping,
  MapResult,
  Provenance,
  RunContext,
  Selector,
} from './api.js';
export type { CheckReport } from './check/context.js';
export { type Diagnostic, formatDiagnostic } from './diagnostics.js';
export type { LoadedGeneration, RowCounts } from './generation.js';
export { type LoadOptions, type LoadResult, loadFiles, loadGeneration, type TableFile } from './load.js';
export { refuseForbiddenKeys } from './overlay/repair.js';
export type { SchemaSource } from './schema/node.js';
