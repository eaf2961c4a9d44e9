/** Why something that the simulated CSMS was asked to do came to nothing. */
export type CsmsFailure =
  /** A wrong option, or a station it has never seen. */
  | 'usage'
  /** The station is not connected. */
  | 'not-connected'
  /** The station answered with a CALLERROR. */
  | 'refused'
  /** No answer in time, or what was waited for did not happen. */
  | 'timeout'
  /** The connection ended before the answer. */
  | 'lost';

/** `code` and `details` are those of the CALLERROR when the station refused. */
export class CsmsError extends Error {
  override readonly name = 'CsmsError';
  readonly kind: CsmsFailure;
  readonly code: string | undefined;
  readonly details: unknown;

  constructor(kind: CsmsFailure, message: string, code?: string, details?: unknown) {
    super(message);
    this.kind = kind;
    this.code = code;
    this.details = details;
  }
}

/** A CALLERROR that the CSMS answers with; the code goes out as it stands. */
export class Refusal {
  readonly code: string;
  readonly message: string;

  constructor(code: string, message: string) {
    this.code = code;
    this.message = message;
  }
}
