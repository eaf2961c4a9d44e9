import { createRequire } from 'node:module';
import { createValidator } from 'ocpp-rpc';
import type { Validator } from 'ocpp-rpc/lib/validator.js';
import type { CsmsProtocol } from './options.js';

const require = createRequire(import.meta.url);

type Schema = Readonly<Record<string, unknown>> & { readonly $id: string };

// The package's main module keeps these to itself.
const validators = new Map(
  (require('ocpp-rpc/lib/standard-validators.js') as readonly Validator[]).map((each) => [
    each.subprotocol,
    each,
  ]),
);
let validator21: Validator | undefined;

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

/** The package's schemas of 2.1 bear other names than it asks for, and forbid members to what is no object. */
function with21(): Validator {
  validator21 ??= createValidator(
    'ocpp2.1',
    (require('ocpp-rpc/lib/schemas/ocpp2_1.json') as Schema[]).map((schema) => ({
      ...schema,
      $id: schema.$id.replace(/Request$/, '.req').replace(/Response$/, '.conf'),
      definitions: Object.fromEntries(
        Object.entries((schema['definitions'] ?? {}) as Record<string, Schema>).map(([name, definition]) => {
          const { additionalProperties, ...others } = definition;
          return [name, definition['type'] === 'object' ? { ...others, additionalProperties } : others];
        }),
      ),
    })),
  );
  return validator21;
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
  const validator = protocol === 'ocpp2.1' ? with21() : validators.get(protocol);
  if (!validator) throw new Error(`no schemas for ${protocol}`);
  try {
    validator.validate(`urn:${action}.${part}`, payload);
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
