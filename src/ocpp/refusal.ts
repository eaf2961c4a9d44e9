/** CALLERRORs: their codes differ between 1.6 and 2.x, and one is misspelt in 1.6 for good. */
import type { ValidationIssue } from '../schemas/index.js';
import type { OcppProtocol } from './protocol.js';

/** A reason to answer with a CALLERROR, before it is put in the words of a version. */
export type RefusalKind =
  | 'NotImplemented'
  | 'NotSupported'
  | 'InternalError'
  | 'SecurityError'
  | 'GenericError'
  | 'Format'
  | 'Property'
  | 'Occurrence'
  | 'Type'
  | 'Framework'
  | 'MessageType';

/** Codes of OCPP-J 1.6 §4.2.3 and its errata: a 1.6 peer never meets a code that only 2.x has. */
const CODES_16: Readonly<Record<RefusalKind, string>> = {
  NotImplemented: 'NotImplemented',
  NotSupported: 'NotSupported',
  InternalError: 'InternalError',
  SecurityError: 'SecurityError',
  GenericError: 'GenericError',
  Format: 'FormationViolation',
  Property: 'PropertyConstraintViolation',
  // The misspelling is the standard's; the errata keep it.
  Occurrence: 'OccurenceConstraintViolation',
  Type: 'TypeConstraintViolation',
  Framework: 'FormationViolation',
  MessageType: 'NotSupported',
};

/** Codes of OCPP-J 2.0.1 §4.3. */
const CODES_2X: Readonly<Record<RefusalKind, string>> = {
  ...CODES_16,
  Format: 'FormatViolation',
  Occurrence: 'OccurrenceConstraintViolation',
  Framework: 'RpcFrameworkError',
  MessageType: 'MessageTypeNotSupported',
};

export function errorCode(protocol: OcppProtocol, kind: RefusalKind): string {
  return (protocol === 'ocpp1.6' ? CODES_16 : CODES_2X)[kind];
}

/** A call that is answered with a CALLERROR. The message goes to the peer: it never holds what the peer sent. */
export class CallRefusal extends Error {
  override readonly name = 'CallRefusal';
  readonly kind: RefusalKind;

  constructor(kind: RefusalKind, message: string) {
    super(message.slice(0, 255));
    this.kind = kind;
  }
}

const BY_KEYWORD: Readonly<Record<string, RefusalKind>> = {
  type: 'Type',
  required: 'Occurrence',
  additionalProperties: 'Occurrence',
  minItems: 'Occurrence',
  maxItems: 'Occurrence',
  enum: 'Property',
  format: 'Property',
  maxLength: 'Property',
  minLength: 'Property',
  maximum: 'Property',
  minimum: 'Property',
  multipleOf: 'Property',
};

/** The refusal that a payload earns which does not fit its schema. */
export function refusalOf(issue: ValidationIssue): CallRefusal {
  return new CallRefusal(BY_KEYWORD[issue.keyword] ?? 'Format', issue.message);
}
