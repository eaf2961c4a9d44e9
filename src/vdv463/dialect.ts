/** What differs between the dialects of VDV 463 beside fields and values, which tables translate. */
import type { UpstreamConfig } from '../config/index.js';

export type Dialect = UpstreamConfig['dialect'];

export interface DialectProfile {
  readonly dialect: Dialect;
  /** Space of schemas and prefix of mappings: `vdv463-1.1.0`. */
  readonly space: string;
  /** What the bridge agrees to speak, the highest first (rule 2). */
  readonly subprotocols: readonly string[];
  /** Omission ends a running request (rules 25, 26). */
  readonly omissionEndsRunning: boolean;
  /** The member that carries the text of an err; 1.x has no schema for it, but its envelope asks for an object. */
  readonly errorMember: 'message' | 'errorMessage';
  /** Identifiers must be URIs in what we send. */
  readonly uriIdentifiers: boolean;
}

const V1 = 'v1.463.vdv.de';
const V2 = 'v2.463.vdv.de';

/** The profile of a dialect. */
export function profileOf(dialect: Dialect): DialectProfile {
  const second = dialect === '2.0.0';
  return {
    dialect,
    space: `vdv463-${dialect}`,
    subprotocols: second ? [V2, V1] : [V1],
    omissionEndsRunning: second,
    errorMember: second ? 'errorMessage' : 'message',
    uriIdentifiers: dialect === '1.0.0',
  };
}
