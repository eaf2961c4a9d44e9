/** Payloads of presystems against the schema of their dialect, strictly or with what `lenient` forgives. */
import type { ErrorCode } from '../errors/index.js';
import {
  issuesOf,
  isUnknownField,
  type ValidationIssue,
  validatorOf,
  withoutUnknownFields,
} from '../schemas/index.js';
import type { DialectProfile } from './dialect.js';

/** Deviations of one message that are forgiven at most: each is counted and logged. */
const MOST_FORGIVEN = 10_000;

export type ReadPayload =
  | { readonly ok: true; readonly payload: unknown; readonly forgiven: readonly ErrorCode[] }
  | { readonly ok: false; readonly message: string };

/** Checks the payload of a request; a payload that is not ok must not be acted on at all (rule 28). */
export function readPayload(
  profile: DialectProfile,
  action: string,
  payload: unknown,
  lenient: boolean,
): ReadPayload {
  const schema = `${profile.space}.${action}Request`;
  const issues = validatorOf(schema, 'inbound')(payload);
  if (issues.length === 0) return { ok: true, payload, forgiven: [] };
  if (!lenient) return refused(action, issues);
  return forgive(schema, action, payload);
}

function refused(action: string, issues: readonly ValidationIssue[]): ReadPayload {
  const [first] = issues;
  return { ok: false, message: `${action}: ${first?.message ?? 'the payload does not fit its schema'}` };
}

function forgive(schema: string, action: string, payload: unknown): ReadPayload {
  const forgiven: ErrorCode[] = [];
  const isRequests = action === 'ProvideChargingRequests';
  const left = isRequests && isEmptyObject(payload);
  const whole = left ? { chargingRequestList: [] } : payload;
  const issues = issuesOf(schema, whole, 'inbound');
  const unknown = issues.filter(isForgivableField);
  const empty = issues.filter(isEmptyList);
  const rest = issues.filter((issue) => !isForgivableField(issue) && !isEmptyList(issue));
  if (rest.length > 0) return refused(action, rest);
  if (unknown.length > MOST_FORGIVEN)
    return { ok: false, message: `${action}: more than ${MOST_FORGIVEN} fields are unknown` };
  if (left || empty.length > 0) forgiven.push('VDV463_LENIENT_EMPTY_LIST');
  for (const _ of unknown) forgiven.push('VDV463_LENIENT_UNKNOWN_FIELD');
  return { ok: true, payload: withoutUnknownFields(whole, unknown), forgiven };
}

/** Taking chargingInstruction off would turn a Terminate of a confused 2.0 presystem into an order. */
function isForgivableField(issue: ValidationIssue): boolean {
  return isUnknownField(issue) && !issue.path.endsWith('/chargingInstruction');
}

function isEmptyList({ path, keyword }: ValidationIssue): boolean {
  return path === '/chargingRequestList' && keyword === 'minItems';
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}
