/** How an error of ours is told to a partner: HTTP status and OCPI status code (2.2.1 transport §4 and status codes). */
import { BridgeError, type ErrorCode } from '../errors/index.js';

interface Told {
  readonly http: number;
  readonly code: number;
}

const TOLD: Partial<Readonly<Record<ErrorCode, Told>>> = {
  OCPI_UNKNOWN_TOKEN: { http: 401, code: 2001 },
  OCPI_UNKNOWN_OBJECT: { http: 404, code: 2003 },
  OCPI_NOT_ALLOWED: { http: 405, code: 2000 },
  OCPI_NOT_JSON: { http: 400, code: 2001 },
  OCPI_INVALID: { http: 200, code: 2001 },
  OCPI_UNKNOWN_LOCATION: { http: 200, code: 2003 },
  OCPI_ADDRESS_REFUSED: { http: 200, code: 2001 },
  OCPI_PEER_UNUSABLE: { http: 200, code: 3001 },
  OCPI_NO_MUTUAL_VERSION: { http: 200, code: 3002 },
  OCPI_NO_ENDPOINT: { http: 200, code: 3003 },
};
const OUR_FAULT: Told = { http: 200, code: 3000 };

/** What a partner is told of an error; of a fault of ours only that there is one. */
export function toldOf(error: unknown): Told & { readonly message: string } {
  const told = error instanceof BridgeError ? TOLD[error.code] : undefined;
  if (told && error instanceof BridgeError) return { ...told, message: error.message };
  return { ...OUR_FAULT, message: 'the request could not be served' };
}

/** The one answer to whatever does not exist for the partner who asks: nothing can be learnt from it. */
export function unknownObject(): BridgeError {
  return new BridgeError('OCPI_UNKNOWN_OBJECT', 'unknown');
}

export function invalid(message: string): BridgeError {
  return new BridgeError('OCPI_INVALID', message);
}
