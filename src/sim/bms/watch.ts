import { type Form, issuesOf, validatorOf } from '../../schemas/index.js';
import type { Envelope } from './envelope.js';
import { type Dialect, ERR, REQ } from './messages.js';

/** Something the CMS did that the standard does not allow. */
export interface Violation {
  readonly kind: 'envelope' | 'schema' | 'behaviour';
  readonly message: string;
  readonly raw: string;
}

/**
 * A payload checked against the dialect's schema: what does not fit, in words. An err has a schema in 2.0 only.
 * The form `inbound` forgives what no receiver insists on (identifiers of 1.0.0 that are no URIs).
 */
export function payloadProblems(
  dialect: Dialect,
  envelope: Envelope,
  form: Form = 'strict',
): readonly string[] {
  const name = schemaNameOf(dialect, envelope);
  if (name === undefined || validatorOf(name, form)(envelope.payload).length === 0) return [];
  return issuesOf(name, envelope.payload, form).map(
    ({ path, keyword, message }) => `${name}${path} ${keyword}: ${message}`,
  );
}

function schemaNameOf(dialect: Dialect, { type, action }: Envelope): string | undefined {
  const space = `vdv463-${dialect}`;
  if (type === ERR) return dialect === '2.0.0' ? `${space}.ErrorResponse` : undefined;
  return `${space}.${action}${type === REQ ? 'Request' : 'Response'}`;
}

/** What a connection remembers of messages in both directions, to see where the CMS breaks a behaviour rule. */
export class BehaviourWatch {
  readonly #asked = new Map<string, { action: string; sent: number; answered: number }>();
  readonly #heard = new Map<string, string>();

  /** A request of ours is about to go out. */
  asked(messageId: string, action: string): void {
    this.#asked.set(messageId, { action, sent: 0, answered: 0 });
  }

  /** Its bytes went out, for the first time or again: each time may be answered once. */
  sent(messageId: string): void {
    const known = this.#asked.get(messageId);
    if (known) known.sent++;
  }

  /** A request of the CMS: what is wrong with it. */
  request(envelope: Envelope, raw: string, presystemId: string, booted: boolean): string[] {
    const problems: string[] = [];
    if (!booted) problems.push(`${envelope.action} before BootNotification was accepted`);
    if (envelope.action !== 'ProvideChargingInformation') {
      problems.push(`${envelope.action} is no request of a CMS`);
    }
    if (envelope.presystemId !== presystemId) {
      problems.push(`presystemId ${envelope.presystemId} is not ours (${presystemId})`);
    }
    const before = this.#heard.get(envelope.messageId);
    if (before !== undefined && before !== raw) {
      problems.push(`message id ${envelope.messageId} again with other bytes`);
    }
    this.#heard.set(envelope.messageId, raw);
    return problems;
  }

  /** An answer of the CMS: what is wrong with it. */
  answer(envelope: Envelope, presystemId: string): string[] {
    const asked = this.#asked.get(envelope.messageId);
    if (!asked) return [`an answer to ${envelope.messageId}, which nobody asked`];
    const problems: string[] = [];
    asked.answered++;
    if (asked.answered > asked.sent) problems.push(`a second answer to ${envelope.messageId}`);
    if (envelope.action !== asked.action) {
      problems.push(`the answer's action is ${envelope.action}, asked was ${asked.action}`);
    }
    if (envelope.presystemId !== presystemId) {
      problems.push(`the answer's presystemId is ${envelope.presystemId}, asked was ${presystemId}`);
    }
    return problems;
  }
}
