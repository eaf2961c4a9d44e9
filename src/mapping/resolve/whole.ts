import type { Span } from '../diagnostics.js';
import type {
  Condition,
  ExampleAst,
  FieldAst,
  FoldAst,
  GroupAst,
  Listed,
  PathRef,
  SchemaNameAst,
  TableAst,
} from '../syntax/ast.js';

/** A value that the source had and this version of the target cannot carry. */
export interface Loss {
  readonly target: PathRef;
  readonly reason: string;
  /** The source paths that would have gone there. */
  readonly sources: readonly PathRef[];
}

/** A mapping with everything that `extends` brings in, still by names. */
export interface WholeMapping {
  readonly name: string;
  readonly at: Span;
  readonly from: readonly SchemaNameAst[];
  readonly to: SchemaNameAst;
  readonly only: Condition;
  readonly tables: readonly TableAst[];
  readonly fields: readonly FieldAst[];
  readonly groups: readonly GroupAst[];
  readonly fold?: FoldAst;
  readonly ignore: readonly Listed[];
  readonly leave: readonly Listed[];
  readonly lossy: readonly Listed[];
  readonly losses: readonly Loss[];
  readonly reverse: boolean;
  readonly reverseGroups: readonly GroupAst[];
  readonly examples: readonly ExampleAst[];
  /** The mapping this one extends. */
  readonly base?: string;
  /** Set on a mapping that was made by turning another round. */
  readonly reverseOf?: string;
  /** Row ids and target texts that this mapping itself wrote (all of them without `extends`). */
  readonly own: ReadonlySet<string>;
}
