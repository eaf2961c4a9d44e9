/** Why the simulated partner could not do what it was asked to. */
export type EmspFailure =
  | 'not-started'
  | 'not-registered'
  | 'no-mutual-version'
  | 'no-endpoint'
  | 'http'
  | 'ocpi'
  | 'unreadable'
  | 'timeout';

/** Raised by the simulated partner about its own situation; what the CPO does wrong is counted as well. */
export class EmspError extends Error {
  readonly failure: EmspFailure;
  /** HTTP status of the answer, if there was one. */
  readonly httpStatus: number | undefined;
  /** OCPI status code of the answer, if it could be read. */
  readonly statusCode: number | undefined;

  constructor(
    failure: EmspFailure,
    message: string,
    answer: { readonly httpStatus?: number; readonly statusCode?: number | undefined } = {},
  ) {
    super(message);
    this.name = 'EmspError';
    this.failure = failure;
    this.httpStatus = answer.httpStatus;
    this.statusCode = answer.statusCode;
  }
}
