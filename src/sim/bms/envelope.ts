import { randomUUID } from 'node:crypto';
import type { Action, MessageType } from './messages.js';

/** The seven positions of every VDV 463 message, by name. */
export interface Envelope {
  readonly type: MessageType;
  readonly source: string;
  readonly presystemId: string;
  readonly timestamp: string;
  readonly messageId: string;
  /** A peer may write anything here; ours are `Action`s. */
  readonly action: Action | (string & {});
  readonly payload: unknown;
}

/** How the seven values are laid on the wire: as the standard's array, or wrongly. */
export interface Layout {
  /** Named members instead of positions, as some products document. */
  readonly asObject?: boolean;
  /** Source and presystemId in each other's place. */
  readonly swapNames?: boolean;
}

/** What is wrong with a frame's envelope; `envelope` is there as far as it could be read. */
export interface ReadFrame {
  readonly envelope?: Envelope;
  readonly problems: readonly string[];
}

const MESSAGE_TYPES: ReadonlySet<unknown> = new Set([1, 2, 3]);
const ACTIONS: ReadonlySet<unknown> = new Set([
  'BootNotification',
  'ProvideChargingRequests',
  'ProvideChargingInformation',
]);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)$/;

/** A new message id. */
export function newMessageId(): string {
  return randomUUID();
}

/** The bytes of a message. */
export function writeFrame(envelope: Envelope, layout: Layout = {}): string {
  const { type, timestamp, messageId, action, payload } = envelope;
  const [source, presystemId] = layout.swapNames
    ? [envelope.presystemId, envelope.source]
    : [envelope.source, envelope.presystemId];
  if (layout.asObject) {
    return JSON.stringify({ type, source, presystemId, timestamp, messageId, action, payload });
  }
  return JSON.stringify([type, source, presystemId, timestamp, messageId, action, payload]);
}

/** Reads a frame and names everything that breaks the envelope's definition. The payload is not looked into. */
export function readFrame(raw: string): ReadFrame {
  let parsed: unknown;
  try {
    parsed = JSON.parse(raw);
  } catch (cause) {
    return { problems: [`not JSON: ${(cause as Error).message}`] };
  }
  if (!Array.isArray(parsed)) return { problems: ['the envelope is not an array'] };
  if (parsed.length !== 7) return { problems: [`the envelope has ${parsed.length} positions, not 7`] };
  const [type, source, presystemId, timestamp, messageId, action, payload] = parsed as unknown[];
  const problems: string[] = [];
  if (!MESSAGE_TYPES.has(type)) problems.push(`message type ${JSON.stringify(type)} is none of 1, 2, 3`);
  if (typeof source !== 'string') problems.push('source is not a string');
  if (typeof presystemId !== 'string') problems.push('presystemId is not a string');
  if (typeof timestamp !== 'string' || !DATE_TIME.test(timestamp)) {
    problems.push(`timestamp ${JSON.stringify(timestamp)} is not a date-time with an offset`);
  }
  if (typeof messageId !== 'string' || !UUID.test(messageId)) {
    problems.push(`message id ${JSON.stringify(messageId)} is not a UUID`);
  }
  // An err echoes the action it answers, so an unknown one is a fault of the question (rule 15).
  if (!ACTIONS.has(action) && type !== 3) problems.push(`action ${JSON.stringify(action)} is not defined`);
  if (!MESSAGE_TYPES.has(type) || typeof messageId !== 'string' || typeof action !== 'string') {
    return { problems };
  }
  return {
    envelope: {
      type: type as MessageType,
      source: String(source),
      presystemId: String(presystemId),
      timestamp: String(timestamp),
      messageId,
      action,
      payload,
    },
    problems,
  };
}

/** The text of an err payload in any of the shapes seen in the field, as well as it can be read. */
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
