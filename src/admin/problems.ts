/** RFC 9457 problem details for the admin API. */
import type { FastifyInstance } from 'fastify';
import { BridgeError, catalogue, type ErrorCode } from '../errors/index.js';

/** An error with an HTTP status; `detail` says what to do. */
export class ProblemError extends Error {
  readonly statusCode: number;
  readonly detail: string;

  constructor(statusCode: number, title: string, detail: string) {
    super(title);
    this.name = 'ProblemError';
    this.statusCode = statusCode;
    this.detail = detail;
  }
}

export function problem(statusCode: number, title: string, detail: string): ProblemError {
  return new ProblemError(statusCode, title, detail);
}

/** HTTP status of errors that are no failure of ours. */
const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  JOURNAL_NO_ENTRY: 404,
  MAP_NOT_PARKED: 404,
  MAP_REFUSED: 422,
  OCPP_BUSY: 503,
  OCPP_CALL_REFUSED: 502,
  OCPP_COMMAND_GUARDED: 409,
  OCPP_COMMAND_INVALID: 422,
  OCPP_COMMAND_KEY: 422,
  OCPP_NOT_CONNECTED: 409,
  OCPP_NO_PASSWORD: 409,
  OCPP_NO_STRANGER: 404,
  OCPP_OUTCOME_UNKNOWN: 409,
  OCPP_PASSWORD_BY_HAND: 409,
  OCPP_PASSWORD_PENDING: 409,
  OCPP_PASSWORD_REFUSED: 502,
  OCPP_PASSWORD_UNFIT: 409,
  OCPP_TIMEOUT: 504,
  OCPP_UNKNOWN_STATION: 404,
  STORE_BAD_ID: 400,
  STORE_UNAVAILABLE: 503,
};

/** Every error leaves as application/problem+json; a {@link BridgeError} carries its catalogue code. */
export function registerProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: Error & { statusCode?: number; validation?: unknown }, request, reply) => {
    if (error instanceof BridgeError) {
      const status = STATUS[error.code] ?? 500;
      const { title, fix } = catalogue[error.code];
      return reply
        .code(status)
        .type('application/problem+json')
        .send({ title, status, code: error.code, detail: `${error.message}. ${fix}`, ...error.where });
    }
    const status = error.statusCode ?? 500;
    if (status >= 500 && !(error instanceof ProblemError))
      request.log.error({ err: error }, 'admin request failed');
    const detail = error instanceof ProblemError ? error.detail : detailOf(error);
    const title =
      error instanceof ProblemError
        ? error.message
        : status >= 500
          ? 'Internal error'
          : 'The request is not right';
    return reply.code(status).type('application/problem+json').send({ title, status, detail });
  });
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .type('application/problem+json')
      .send({
        title: 'There is nothing here',
        status: 404,
        detail: `${request.method} ${request.url} is not part of the admin API; see /api/v1/openapi.json.`,
      }),
  );
}

/** ajv says that there is a property too many, and keeps its name beside that. */
function detailOf({ message, validation }: Error & { validation?: unknown }): string {
  const [issue] = (validation ?? []) as readonly {
    readonly params?: { readonly additionalProperty?: string };
  }[];
  const name = issue?.params?.additionalProperty;
  return name === undefined ? message : `${message}: ${JSON.stringify(name)}`;
}

/** The body for a request that fastify refuses before any route. */
export function badRequest(detail: string): { title: string; status: number; detail: string } {
  return { title: 'The request is not right', status: 400, detail };
}
