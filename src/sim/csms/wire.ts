import { createRequire } from 'node:module';
import type { Validator } from 'ocpp-rpc/lib/validator.js';
import type { CsmsProtocol } from './options.js';

// The package's main module keeps these to itself, and its type declaration names one less than there are.
const validators = createRequire(import.meta.url)(
  'ocpp-rpc/lib/standard-validators.js',
) as readonly Validator[];

/** A message of a station, or one of ours, that does not fit its schema or is no message at all. */
export interface CsmsViolation {
  readonly identity: string;
  readonly direction: 'received' | 'sent';
  /** Undefined: a frame that is no message, or an answer that nobody waits for. */
  readonly action: string | undefined;
  readonly message: string;
  /** The payload, or the frame. */
  readonly what: unknown;
}

/** What is wrong with a payload: the code of the CALLERROR it earns, and why. */
export interface Misfit {
  readonly code: string;
  readonly message: string;
}

/** The package's own schemas of 2.1 bear other names than it asks for. */
function schemaId(protocol: CsmsProtocol, action: string, part: 'req' | 'conf'): string {
  if (protocol !== 'ocpp2.1') return `urn:${action}.${part}`;
  return `urn:${action}${part === 'req' ? 'Request' : 'Response'}`;
}

/**
 * Checks a payload against the Open Charge Alliance's schemas as ocpp-rpc carries them: on purpose not those of
 * `src/schemas`, behind which a slip of the product could hide.
 */
export function misfitOf(
  protocol: CsmsProtocol,
  action: string,
  part: 'req' | 'conf',
  payload: unknown,
): Misfit | undefined {
  const validator = validators.find(({ subprotocol }) => subprotocol === protocol);
  if (!validator) throw new Error(`no schemas for ${protocol}`);
  try {
    validator.validate(schemaId(protocol, action, part), payload);
    return undefined;
  } catch (error) {
    const { rpcErrorCode: code = 'InternalError', message } = error as Error & { rpcErrorCode?: string };
    // The package's word for an action that the protocol does not have.
    if (code === 'ProtocolError') return { code: 'NotImplemented', message: `${protocol} has no ${action}` };
    return { code: ownCode(protocol, code), message };
  }
}

/** OCPP-J 1.6 has another word for a wrong form, and its errata §5 keep a misspelling that 2.x does not have. */
function ownCode(protocol: CsmsProtocol, code: string): string {
  if (protocol === 'ocpp1.6') return code === 'FormatViolation' ? 'FormationViolation' : code;
  return code === 'OccurenceConstraintViolation' ? 'OccurrenceConstraintViolation' : code;
}

const FINE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{4,}/;

/** The first timestamp with more than three digits after the point, anywhere in a payload. */
export function fineTimestampIn(payload: unknown): string | undefined {
  if (typeof payload === 'string') return FINE.test(payload) ? payload : undefined;
  if (payload === null || typeof payload !== 'object') return undefined;
  for (const value of Object.values(payload)) {
    const found = fineTimestampIn(value);
    if (found !== undefined) return found;
  }
  return undefined;
}
