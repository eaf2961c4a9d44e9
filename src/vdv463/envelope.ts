/** The seven positions of a VDV 463 message: reading, writing, and what can be saved of a broken one. */
import type { ErrorCode } from '../errors/index.js';
import { issuesOf, type ValidationIssue, validatorOf } from '../schemas/index.js';
import type { DialectProfile } from './dialect.js';
import { sizeFault, structureFault } from './structure.js';

/** Position 0. */
export const REQ = 1;
export const CONF = 2;
export const ERR = 3;
export type MessageType = typeof REQ | typeof CONF | typeof ERR;

export interface Envelope {
  readonly type: MessageType;
  readonly source: string;
  readonly presystemId: string;
  readonly timestamp: string;
  readonly messageId: string;
  readonly action: string;
  readonly payload: unknown;
}

/** What an err must echo (rule 9). */
export type Echo = Pick<Envelope, 'presystemId' | 'messageId' | 'action'>;

export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
}

/**
 * A frame as read. With a `fault` it is not to be acted on: if `echo` is there it was a request that can be
 * answered with an err; `fatal` means that nothing could be saved of it (rule 15).
 */
export type ReadFrame =
  | { readonly ok: true; readonly envelope: Envelope; readonly forgiven: readonly ErrorCode[] }
  | { readonly ok: false; readonly fault: Fault; readonly echo?: Echo; readonly fatal: boolean };

export interface ReadOptions {
  readonly profile: DialectProfile;
  readonly lenient: boolean;
  /** Whose connection it is: tells swapped names. */
  readonly presystemId: string;
}

const NAMES = ['type', 'source', 'presystemId', 'timestamp', 'messageId', 'action', 'payload'] as const;
const TYPES: ReadonlySet<unknown> = new Set([REQ, CONF, ERR]);

/** Reads a frame. Forgives only with `lenient`, and says what. */
export function readFrame(text: string, options: ReadOptions): ReadFrame {
  const size = sizeFault(text);
  if (size) return faulty(size.code, size.message, salvageText(text));
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    return faulty('VDV463_ENVELOPE', `not JSON: ${(cause as Error).message}`, salvageText(text));
  }
  const forgiven: ErrorCode[] = [];
  const positions = options.lenient ? asPositions(parsed, forgiven) : parsed;
  const structure = structureFault(parsed);
  if (structure) return faulty(structure.code, structure.message, salvage(positions));
  const problem = envelopeFault(positions, options, forgiven);
  if (problem) return faulty(problem.code, problem.message, salvage(positions));
  return { ok: true, envelope: named(positions as unknown[], options, forgiven), forgiven };
}

/** The bytes of a message of ours. */
export function writeFrame(type: MessageType, echo: Echo, payload: unknown, now: Date): string {
  return JSON.stringify([
    type,
    'CMS',
    echo.presystemId,
    now.toISOString(),
    echo.messageId,
    echo.action,
    payload,
  ]);
}

/** The payload of an err in the dialect's shape. */
export function errorPayload(profile: DialectProfile, text: string): Record<string, string> {
  return { [profile.errorMember]: text };
}

/** The text of an err in whatever shape a presystem gave it (§3: four are seen in the field). */
export function errorText(payload: unknown): string {
  if (typeof payload === 'string') return payload;
  if (payload !== null && typeof payload === 'object') {
    const { errorMessage, message, errorDescription, errorCode } = payload as Record<string, unknown>;
    for (const text of [errorMessage, message, errorDescription, errorCode]) {
      if (typeof text === 'string') return text;
    }
  }
  return JSON.stringify(payload) ?? '';
}

function faulty(code: ErrorCode, message: string, saved: Saved): ReadFrame {
  const { echo, type } = saved;
  if (!echo) return { ok: false, fault: { code, message }, fatal: type === undefined };
  // An err is owed to a request; to a broken answer nothing can be said.
  if (type === CONF || type === ERR) return { ok: false, fault: { code, message }, fatal: false };
  return { ok: false, fault: { code, message }, echo, fatal: false };
}

interface Saved {
  readonly type?: unknown;
  readonly echo?: Echo;
}

function salvage(parsed: unknown): Saved {
  const found = Array.isArray(parsed) ? parsed : NAMES.map((name) => own(parsed, name));
  const [type, , presystemId, , messageId, action] = found as unknown[];
  const known = TYPES.has(type) ? { type } : {};
  if (typeof messageId !== 'string' || typeof action !== 'string') return known;
  return { ...known, echo: { presystemId: String(presystemId ?? ''), messageId, action } };
}

const HEAD =
  /^\s*\[\s*([123])\s*,\s*"[^"\\]*"\s*,\s*"([^"\\]*)"\s*,\s*"[^"\\]*"\s*,\s*"([^"\\]*)"\s*,\s*"([^"\\]*)"/;

/** The head of a frame that is not JSON as a whole, usually because its end is missing. */
function salvageText(text: string): Saved {
  const [, type, presystemId, messageId, action] = HEAD.exec(text) ?? [];
  if (presystemId === undefined || messageId === undefined || action === undefined) return {};
  return { type: Number(type), echo: { presystemId, messageId, action } };
}

function own(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

/** Named members as positions, if all seven are there. */
function asPositions(parsed: unknown, forgiven: ErrorCode[]): unknown {
  if (Array.isArray(parsed) || !NAMES.every((name) => own(parsed, name) !== undefined)) return parsed;
  forgiven.push('VDV463_LENIENT_OBJECT_ENVELOPE');
  return NAMES.map((name) => own(parsed, name));
}

/** Why this is no envelope; what is forgiven is noted instead. */
function envelopeFault(positions: unknown, options: ReadOptions, forgiven: ErrorCode[]): Fault | undefined {
  const schema = `${options.profile.space}.MessageStructure`;
  if (validatorOf(schema, 'inbound')(positions).length === 0) return undefined;
  const type = Array.isArray(positions) ? positions[0] : undefined;
  const issues = issuesOf(schema, positions, 'inbound').filter((issue) => !isTolerated(issue, type));
  const grave = options.lenient ? issues.filter(({ path }) => path !== '/3' && path !== '/4') : issues;
  const minor = issues.filter((issue) => !grave.includes(issue));
  const worst = grave[0] ?? minor.find(({ keyword }) => keyword !== 'format');
  if (!worst) {
    if (minor.length > 0) forgiven.push('VDV463_LENIENT_ENVELOPE');
    return undefined;
  }
  if (worst.path === '/5' && worst.keyword === 'enum') {
    return {
      code: 'VDV463_UNKNOWN_ACTION',
      message: `the action ${JSON.stringify((positions as unknown[])[5])} is unknown`,
    };
  }
  return { code: 'VDV463_ENVELOPE', message: worst.message };
}

/** An err may carry any value and any action: it echoes what it answers, and its payload has no common shape. */
function isTolerated(issue: ValidationIssue, type: unknown): boolean {
  const atPayload = issue.path === '/6';
  if (type === ERR) return atPayload || (issue.path === '/5' && issue.keyword === 'enum');
  return false;
}

function named(positions: unknown[], options: ReadOptions, forgiven: ErrorCode[]): Envelope {
  const [type, first, second, timestamp, messageId, action, payload] = positions;
  const swapped = options.lenient && second !== options.presystemId && first === options.presystemId;
  if (swapped) forgiven.push('VDV463_LENIENT_SWAPPED_NAMES');
  return {
    type: type as MessageType,
    source: String(swapped ? second : first),
    presystemId: String(swapped ? first : second),
    timestamp: String(timestamp),
    messageId: String(messageId),
    action: String(action),
    payload,
  };
}
