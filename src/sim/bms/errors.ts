/** Why an upstream system could not do what it was asked to. */
export type PresystemFailure =
  | 'upgrade-refused'
  | 'not-reachable'
  | 'boot-rejected'
  | 'boot-failed'
  | 'closed'
  | 'timeout'
  | 'not-connected'
  | 'not-expressible';

/** Raised by the simulated upstream system about its own situation; what the CMS does wrong is counted instead. */
export class PresystemError extends Error {
  readonly failure: PresystemFailure;
  /** HTTP status of a refused upgrade. */
  readonly status: number | undefined;

  constructor(failure: PresystemFailure, message: string, status?: number, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PresystemError';
    this.failure = failure;
    this.status = status;
  }
}
