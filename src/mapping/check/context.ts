import type { ErrorCode } from '../../errors/index.js';
import type { Findings, Span } from '../diagnostics.js';
import type { BoundOverlay } from '../overlay/bind.js';
import type { MappingIr } from '../resolve/ir.js';

/** How much the checker looked at; a check that looked at nothing proves nothing. */
export interface CheckReport {
  files: number;
  mappings: number;
  overlays: number;
  tables: number;
  rows: number;
  combinations: number;
  paths: number;
  enumValues: number;
  fields: number;
  examples: number;
  repairs: number;
  /** Declared losses: `mapping target: reason`. */
  losses: string[];
  /** A part of a set, of which it was not asked whether it has all that a bridge needs. */
  part: boolean;
}

export function newReport(): CheckReport {
  return {
    files: 0,
    mappings: 0,
    overlays: 0,
    tables: 0,
    rows: 0,
    combinations: 0,
    paths: 0,
    enumValues: 0,
    fields: 0,
    examples: 0,
    repairs: 0,
    losses: [],
    part: false,
  };
}

/** What every check gets. */
export interface CheckContext {
  readonly mapping: MappingIr;
  /** All mappings by name, for `using`. */
  readonly all: ReadonlyMap<string, MappingIr>;
  readonly overlays: readonly BoundOverlay[];
  readonly report: CheckReport;
  /** Adds a finding; says in which mapping when the place was written for another (extends, reverse). */
  readonly add: (code: ErrorCode, at: Span, message: string, suggestion?: string) => void;
}

export function contextOf(
  mapping: MappingIr,
  all: ReadonlyMap<string, MappingIr>,
  overlays: readonly BoundOverlay[],
  report: CheckReport,
  findings: Findings,
): CheckContext {
  const { base, reverseOf, name, at: own } = mapping.whole;
  const add: CheckContext['add'] = (code, at, message, suggestion) => {
    const named = (base || reverseOf) && at !== own ? `${message} (in ${name})` : message;
    findings.add(code, at, named, suggestion);
  };
  return { mapping, all, overlays, report, add };
}
