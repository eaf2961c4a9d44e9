/** The intermediate form: names resolved to schema places. Checks and the compiler read nothing else. */

import type { Json } from '../api.js';
import type { Span } from '../diagnostics.js';
import type { SchemaNode } from '../schema/node.js';
import type {
  FieldAst,
  FoldAst,
  FoldRole,
  InputCell,
  Listed,
  Located,
  PathRef,
  Rounding,
  TableAst,
  TakeAst,
} from '../syntax/ast.js';
import type { WholeMapping } from './whole.js';

/** One step of a path and what the schema says there. */
export interface Link {
  readonly step: string;
  readonly node: SchemaNode;
  /** Whether it is there whenever its parent is. */
  readonly required: boolean;
}

export interface BoundPath {
  readonly ref: PathRef;
  /** The same place has the same key: alias and steps, parted by dots. */
  readonly key: string;
  readonly side: 'source' | 'target';
  readonly links: readonly Link[];
  readonly node: SchemaNode;
}

export interface SourceIr {
  readonly alias: string;
  readonly name: string;
  readonly root: SchemaNode;
  /** Set on a source that is each element of a list in another source: that alias, and the steps to the list. */
  readonly element?: { readonly of: string; readonly steps: readonly string[] };
}

export interface ClauseIr {
  readonly path: BoundPath;
  readonly cell: InputCell;
}

export interface TableIr {
  readonly ast: TableAst;
  readonly name: string;
  readonly inputs: readonly BoundPath[];
  readonly outputs: readonly BoundPath[];
  readonly only: readonly ClauseIr[];
  /** Rows without `else`. */
  readonly rows: TableAst['rows'];
}

export type SourceValueIr =
  | { readonly kind: 'from'; readonly path: BoundPath }
  | { readonly kind: 'first'; readonly paths: readonly BoundPath[] }
  | { readonly kind: 'const'; readonly value: Json; readonly at: Span }
  | {
      readonly kind: 'identity';
      readonly identity: string;
      readonly key: readonly BoundPath[];
      readonly optional: boolean;
    }
  | {
      readonly kind: 'join';
      readonly paths: readonly BoundPath[];
      readonly with: string;
      readonly places: boolean;
    }
  | { readonly kind: 'each' | 'object'; readonly path: BoundPath; readonly using: Located<string> };

/** The source paths whose values a field takes; what its conditions test is not among them. */
export function valuePaths(source: SourceValueIr): readonly BoundPath[] {
  switch (source.kind) {
    case 'const':
      return [];
    case 'from':
    case 'each':
    case 'object':
      return [source.path];
    case 'first':
    case 'join':
      return source.paths;
    case 'identity':
      return source.key;
  }
}

export interface FieldIr {
  readonly ast: FieldAst;
  readonly target: BoundPath;
  readonly source: SourceValueIr;
  readonly when: readonly ClauseIr[];
  readonly by: readonly Located<string>[];
  readonly round?: Rounding;
  readonly asIs: boolean;
}

export interface GroupIr {
  readonly target: BoundPath;
  readonly when: readonly ClauseIr[];
}

export interface TakeIr {
  readonly ast: TakeAst;
  readonly to: BoundPath;
}

export interface FoldIr {
  readonly ast: FoldAst;
  readonly over: BoundPath;
  readonly read: ReadonlyMap<FoldRole, BoundPath>;
  readonly take: readonly TakeIr[];
  readonly context?: BoundPath;
  readonly signed?: BoundPath;
}

export interface ListedIr {
  readonly path: BoundPath;
  readonly listed: Listed;
}

export interface LossIr {
  readonly target: PathRef;
  readonly reason: string;
  readonly sources: readonly BoundPath[];
}

export interface MappingIr {
  readonly whole: WholeMapping;
  readonly name: string;
  readonly sources: readonly SourceIr[];
  readonly target: { readonly alias: string; readonly name: string; readonly root: SchemaNode };
  readonly only: readonly ClauseIr[];
  readonly tables: readonly TableIr[];
  readonly fields: readonly FieldIr[];
  readonly groups: readonly GroupIr[];
  readonly fold?: FoldIr;
  readonly ignore: readonly ListedIr[];
  readonly leave: readonly ListedIr[];
  readonly lossy: readonly ListedIr[];
  readonly losses: readonly LossIr[];
}
