/** A charge detail record as it is kept: made once, never changed, sent until the partner has it. */
import type { CdrView, Instant, Source } from '../domain/index.js';

export interface CdrRecord {
  readonly view: CdrView;
  readonly sources: Readonly<Record<string, Source>>;
  readonly createdAt: Instant;
  /** The numbers it stands for: others need a correction. */
  readonly numbers: string;
  /** `posting`: sent, and nobody knows whether it was taken. */
  readonly state: 'made' | 'posting' | 'taken';
  /** Where the partner keeps it, as it said. */
  readonly location?: string;
  /** The CDR that the partner must have before this one. */
  readonly after?: string;
}
