import { createRequire } from 'node:module';
import type { Validator } from 'ocpp-rpc/lib/validator.js';
import { CallFailure } from './errors.js';
import { CallRefusal } from './link.js';
import type { Protocol } from './options.js';

// The package's main module keeps these to itself, and its type declaration names one less than there are.
const validators = createRequire(import.meta.url)(
  'ocpp-rpc/lib/standard-validators.js',
) as readonly Validator[];

/** A message that does not fit its schema. */
export interface Violation {
  readonly direction: 'sent' | 'received';
  readonly action: string;
  readonly part: 'req' | 'conf';
  readonly message: string;
  readonly code: string;
  readonly payload: unknown;
}

/**
 * Checks messages against the Open Charge Alliance's schemas as ocpp-rpc carries them. On purpose not those of
 * `src/schemas`: a slip in the product's schemas must not hide behind the same slip here.
 */
export function violationOf(
  protocol: Protocol,
  direction: 'sent' | 'received',
  action: string,
  part: 'req' | 'conf',
  payload: unknown,
): Violation | undefined {
  const validator = validators.find((candidate) => candidate.subprotocol === protocol);
  if (!validator) throw new Error(`no schemas for ${protocol}`);
  try {
    validator.validate(`urn:${action}.${part}`, payload);
    return undefined;
  } catch (error) {
    const code = (error as { rpcErrorCode?: string }).rpcErrorCode ?? 'InternalError';
    return { direction, action, part, payload, code, message: (error as Error).message };
  }
}

/** Whether the protocol has such an action at all, known to this station or not. */
export function hasAction(protocol: Protocol, action: string): boolean {
  return violationOf(protocol, 'received', action, 'req', {})?.code !== 'ProtocolError';
}

/** The CALLERROR for an action the station has no handler for (OCPP-J §4.3). */
export function unknownAction(protocol: Protocol, action: string): CallRefusal {
  return hasAction(protocol, action)
    ? new CallRefusal('NotSupported', `this station does not support ${action}`)
    : new CallRefusal('NotImplemented', `${protocol} has no ${action}`);
}

/** A received call must fit its schema. @throws CallRefusal with the code that OCPP-J asks for */
export function refusalOf(violation: Violation): CallRefusal {
  return new CallRefusal(violation.code, violation.message);
}

/** A received answer must fit its schema. */
export function failureOfAnswer(violation: Violation): CallFailure {
  return new CallFailure('malformed', violation.action, violation.message);
}
