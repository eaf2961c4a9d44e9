/** A mistake in using the simulator: a wrong option, an unknown point, a step that cannot be done now. */
export class SimulatorError extends Error {
  override readonly name = 'SimulatorError';
}

/** Why a call of the station got no answer it can use. */
export type CallFailureKind =
  /** The CSMS answered with a CALLERROR. */
  | 'refused'
  /** No answer in time. */
  | 'timeout'
  /** The connection went away before the answer, or was not there. */
  | 'lost'
  /** An answer came that does not fit its schema. */
  | 'malformed';

/** A call of the station that failed. `code` is the CALLERROR's code when it was refused. */
export class CallFailure extends Error {
  override readonly name = 'CallFailure';
  readonly kind: CallFailureKind;
  readonly action: string;
  readonly code: string | undefined;

  constructor(kind: CallFailureKind, action: string, message: string, code?: string) {
    super(`${action} ${kind}: ${message}`);
    this.kind = kind;
    this.action = action;
    this.code = code;
  }
}
