/** Answers already given on a connection, so that a repeated request has one effect (rule 13). */
import { createHash } from 'node:crypto';
import type { Envelope } from './envelope.js';

const MOST = 256;

interface Given {
  readonly digest: string;
  readonly bytes: string;
}

export class Answers {
  readonly #byId = new Map<string, Given>();

  /** The answer given to this request before; `other` if its id stood for another payload. */
  find(envelope: Envelope): { readonly bytes: string } | 'other' | undefined {
    const given = this.#byId.get(envelope.messageId);
    if (!given) return undefined;
    return given.digest === digestOf(envelope) ? given : 'other';
  }

  keep(envelope: Envelope, bytes: string): void {
    this.#byId.set(envelope.messageId, { digest: digestOf(envelope), bytes });
    if (this.#byId.size <= MOST) return;
    for (const oldest of this.#byId.keys()) {
      this.#byId.delete(oldest);
      break;
    }
  }
}

function digestOf({ action, payload }: Envelope): string {
  return createHash('sha256')
    .update(`${action}\u001f${JSON.stringify(payload)}`)
    .digest('hex');
}
