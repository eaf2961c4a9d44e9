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
export { issueText } from './check/issues.js';
export type { Need } from './check/needs.js';
export {
  countOf,
  type Diagnostic,
  didYouMean,
  Findings,
  formatDiagnostic,
  wordsNear,
} from './diagnostics.js';
export { mayGenerate } from './generate/index.js';
export type { LoadedGeneration, RowCounts } from './generation.js';
export {
  conditionText,
  type EffectiveLayer,
  type EffectiveMapping,
  type EffectiveRule,
  type EffectiveTables,
  effectiveTables,
  fieldText,
  inputText,
  leafPaths,
  outputText,
  type RulePlace,
  readPaths,
  rulePlaces,
  unreadPaths,
} from './inspect/index.js';
export { type LoadOptions, type LoadResult, loadFiles, loadGeneration, type TableFile } from './load.js';
export { refuseForbiddenKeys } from './overlay/repair.js';
export { like } from './overlay/select.js';
export type { BoundPath, FieldIr, MappingIr, TableIr } from './resolve/ir.js';
export type { SchemaNode, SchemaSource } from './schema/node.js';
export { rootOf } from './schema/node.js';
export type { InputCell, RowAst } from './syntax/ast.js';
export { repairTransforms } from './transforms.js';
