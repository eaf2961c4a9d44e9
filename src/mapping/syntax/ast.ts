/** What the files say, with positions, before any name is looked up. */
import type { Json } from '../api.js';
import type { Span } from '../diagnostics.js';

export type Scalar = string | number | boolean;

/** A value and where it stands. */
export interface Located<T> {
  readonly value: T;
  readonly at: Span;
}

/** `alias.key.key`; a step is a key, `[0]` (first element) or `[]` (every element). */
export interface PathRef {
  readonly text: string;
  readonly alias: string;
  readonly steps: readonly string[];
  readonly at: Span;
}

/** An input cell: a set of values, absence among them or not, or all but that set. */
export type InputCell =
  | { readonly kind: 'any' | 'else'; readonly at: Span }
  | {
      readonly kind: 'set';
      readonly not: boolean;
      readonly values: readonly Located<Scalar>[];
      readonly absent: boolean;
      readonly at: Span;
    };

export type OutputCell =
  | { readonly kind: 'nothing'; readonly at: Span }
  | { readonly kind: 'literal'; readonly value: Scalar; readonly at: Span }
  /** `=n`: the n-th input, from 0 here. */
  | { readonly kind: 'copy'; readonly input: number; readonly at: Span };

/** One part of a condition; all parts must hold. */
export interface Clause {
  readonly path: PathRef;
  readonly cell: InputCell;
}
export type Condition = readonly Clause[];

export interface RowAst {
  readonly id: string;
  readonly at: Span;
  readonly inputs: readonly InputCell[];
  readonly outputs: readonly OutputCell[];
}

export interface TableAst {
  readonly name: string;
  readonly at: Span;
  readonly inputs: readonly PathRef[];
  readonly outputs: readonly PathRef[];
  readonly only: Condition;
  readonly rows: readonly RowAst[];
  /** Whether all rows could be read: else nothing is said of what is missing. */
  readonly complete: boolean;
  /** By column (path text, or `''` for a bare number). */
  readonly elseCovers: ReadonlyMap<string, Located<number>>;
}

export type SourceAst =
  | { readonly kind: 'from'; readonly path: PathRef }
  | { readonly kind: 'first'; readonly paths: readonly PathRef[] }
  | { readonly kind: 'const'; readonly value: Json; readonly at: Span }
  | {
      readonly kind: 'identity';
      readonly identity: string;
      readonly key: readonly PathRef[];
      /** Whether an unknown identity leaves the target unset instead of failing. */
      readonly optional: boolean;
    }
  | {
      readonly kind: 'join';
      readonly paths: readonly PathRef[];
      readonly with: string;
      readonly places: boolean;
    }
  | { readonly kind: 'each' | 'object'; readonly path: PathRef; readonly using: Located<string> };

export type Rounding = 'half' | 'down' | 'up';

export interface FieldAst {
  readonly target: PathRef;
  readonly source: SourceAst;
  readonly when: Condition;
  readonly by: readonly Located<string>[];
  readonly round?: Rounding;
  readonly asIs: boolean;
  readonly at: Span;
}

export interface GroupAst {
  readonly target: PathRef;
  readonly when: Condition;
}

export type PhaseRule = 'none' | 'sum' | 'max' | 'mean-n';

export interface TakeAst {
  readonly id: string;
  readonly at: Span;
  readonly to: PathRef;
  readonly measurand: Located<string>;
  readonly phases: PhaseRule;
  readonly unit: Located<string>;
  readonly locations: readonly Located<string>[];
}

export type FoldRole =
  | 'value'
  | 'measurand'
  | 'phase'
  | 'unit'
  | 'multiplier'
  | 'context'
  | 'location'
  | 'format'
  | 'signed';

export interface FoldAst {
  readonly at: Span;
  readonly over: PathRef;
  /** Steps inside one sampled value. */
  readonly read: ReadonlyMap<FoldRole, PathRef>;
  readonly absent: ReadonlyMap<FoldRole, Located<string>>;
  readonly units: ReadonlyMap<string, Located<string>>;
  readonly contexts: readonly Located<string>[];
  readonly take: readonly TakeAst[];
  readonly context?: PathRef;
  readonly signed?: PathRef;
  readonly ignore: readonly Located<string>[];
}

export interface ExampleAst {
  readonly name: string;
  readonly at: Span;
  readonly inputs: Readonly<Record<string, Json>>;
  /** Where an input, or a part of it by JSON pointer, stands; the nearest part that is there. */
  readonly inputAt: (alias: string, pointer: string) => Span;
  /** The output; null = does not apply; undefined = it must fail. */
  readonly output?: Json;
  readonly outputAt: Span;
  readonly fails?: string;
  readonly identity: ReadonlyMap<string, string | null>;
  readonly select: Readonly<Record<string, string>>;
}

/** A path with the reason why it is listed, if one is given. */
export interface Listed {
  readonly path: PathRef;
  readonly reason?: string;
  /** Taken over from the mapping that this one extends. */
  readonly inherited?: boolean;
}

export interface SchemaNameAst {
  readonly alias: string;
  readonly name: string;
  readonly at: Span;
}

/** A key that an extending mapping removes. */
export interface Removed {
  readonly removed: true;
  readonly at: Span;
}
export type Removable<T> = T | Removed;

export interface MappingAst {
  readonly kind: 'mapping';
  readonly name: string;
  readonly at: Span;
  /** The whole document. */
  readonly range: Span;
  readonly extends?: Located<string>;
  readonly from: readonly SchemaNameAst[];
  readonly to?: SchemaNameAst;
  readonly only?: Condition;
  readonly tables: ReadonlyMap<string, Removable<TablePatch>>;
  readonly fields: ReadonlyMap<string, Removable<FieldAst>>;
  readonly groups: ReadonlyMap<string, Removable<GroupAst>>;
  readonly fold?: FoldAst;
  readonly ignore: readonly Listed[];
  readonly leave: readonly Listed[];
  readonly lossy: readonly Listed[];
  readonly drop: readonly Listed[];
  readonly reverse: boolean;
  readonly reverseGroups: ReadonlyMap<string, GroupAst>;
  readonly examples: readonly ExampleAst[];
}

/** A table as written: complete, or (with `extends`) only what differs. */
export interface TablePatch {
  readonly name: string;
  readonly at: Span;
  readonly inputs?: readonly PathRef[];
  readonly outputs?: readonly PathRef[];
  readonly only?: Condition;
  readonly rows: ReadonlyMap<string, Removable<RawRow>>;
  readonly elseCovers?: ReadonlyMap<string, Located<number>>;
  /** Set if a part of it could not be read: nothing is said then of what is missing. */
  readonly broken?: boolean;
}

/** A row whose cells are not yet told apart: how many are inputs is known once the table is complete. */
export interface RawRow {
  readonly id: string;
  readonly at: Span;
  readonly cells: readonly RawCell[];
}

/** A cell, readable as input or as output. */
export interface RawCell {
  readonly at: Span;
  /** The plain text of an unquoted scalar; undefined for lists, maps and quoted text. */
  readonly word?: string;
  readonly value: Json;
  readonly items?: readonly (Located<Json> & { readonly word?: string })[];
  /** The content of `{not: …}`. */
  readonly not?: RawCell;
}

export type Pattern = Located<string>;

export interface RepairAst {
  readonly id: string;
  readonly at: Span;
  readonly path: PathRef;
  readonly is: RepairTest;
  readonly siblings: readonly { readonly key: string; readonly cell: InputCell }[];
  readonly becomes: RepairAction;
  readonly why: string;
}
export type RepairTest =
  | { readonly kind: 'values'; readonly values: readonly Json[] }
  | { readonly kind: 'absent' | 'present' | 'unknown' }
  | { readonly kind: 'type'; readonly type: string }
  | { readonly kind: 'longer'; readonly than: number }
  | { readonly kind: 'like'; readonly pattern: string };
export type RepairAction =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'remove' }
  | { readonly kind: 'by'; readonly transform: Located<string> }
  | { readonly kind: 'copy'; readonly sibling: string };

export const selectKeys = ['peerVersion', 'vendor', 'model', 'firmware', 'site', 'station'] as const;
export type SelectKey = (typeof selectKeys)[number];

export interface OverlayAst {
  readonly kind: 'overlay';
  readonly name: string;
  readonly at: Span;
  /** The whole document. */
  readonly range: Span;
  readonly of?: Located<string>;
  readonly message?: Located<string>;
  readonly profile: boolean;
  readonly select: ReadonlyMap<SelectKey, readonly Pattern[]>;
  readonly repair: readonly RepairAst[];
  readonly tables: ReadonlyMap<string, TablePatch>;
  readonly fields: ReadonlyMap<string, FieldAst>;
  readonly examples: readonly ExampleAst[];
}

export type DocumentAst = MappingAst | OverlayAst;
