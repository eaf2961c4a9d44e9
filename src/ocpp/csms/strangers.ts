/** Stations that knocked without being configured: an operator may adopt them; they are never served. */
import type { OcppProtocol } from '../protocol.js';

/** What a stranger told of itself when it was let in to introduce itself, and for nothing else. */
export interface Introduction {
  readonly protocol: OcppProtocol;
  readonly vendor: string;
  readonly model: string;
  readonly firmware?: string;
  /** Numbers of its connectors (1.6) or EVSEs (2.x), as far as it told. */
  readonly points: readonly number[];
}

/** An identity that nobody configured. */
export interface Stranger {
  readonly identity: string;
  readonly remoteAddress: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly attempts: number;
  /** The version it would be spoken to in; absent: it offers none that is spoken here. */
  readonly protocol?: OcppProtocol;
  readonly introduction?: Introduction;
  /** Until then it is let in to introduce itself. */
  readonly invitedUntil?: string;
}

const MOST_STRANGERS = 200;
const INVITED_MS = 10 * 60_000;

export class Strangers {
  readonly #seen = new Map<string, Stranger>();

  seen(identity: string, remoteAddress: string, protocol: OcppProtocol | undefined, now: Date): void {
    const before = this.#seen.get(identity);
    const lastSeen = now.toISOString();
    this.#seen.delete(identity);
    this.#seen.set(identity, {
      ...before,
      identity,
      remoteAddress,
      firstSeen: before?.firstSeen ?? lastSeen,
      lastSeen,
      attempts: (before?.attempts ?? 0) + 1,
      ...(protocol === undefined ? {} : { protocol }),
    });
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > MOST_STRANGERS && oldest !== undefined) this.#seen.delete(oldest);
  }

  /** Lets a stranger introduce itself when it knocks next; undefined if it never knocked. */
  invite(identity: string, now: Date): Stranger | undefined {
    const stranger = this.#seen.get(identity);
    if (!stranger) return undefined;
    const invited = { ...stranger, invitedUntil: new Date(now.getTime() + INVITED_MS).toISOString() };
    this.#seen.set(identity, invited);
    return invited;
  }

  isInvited(identity: string, now: Date): boolean {
    return (this.#seen.get(identity)?.invitedUntil ?? '') > now.toISOString();
  }

  /** What it said of itself; the invitation is used up by it. */
  introduced(identity: string, introduction: Introduction): void {
    const stranger = this.#seen.get(identity);
    if (!stranger) return;
    const { invitedUntil: _used, ...rest } = stranger;
    this.#seen.set(identity, { ...rest, introduction });
  }

  /** The newest last. */
  list(): readonly Stranger[] {
    return [...this.#seen.values()];
  }
}
