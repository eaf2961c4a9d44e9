/** Journals what goes over the wire between a partner and us, raw, before it is used or sent. */
import type { Runtime } from '../depot/index.js';
import type { JournalId } from '../domain/index.js';
import type { ErrorCode } from '../errors/index.js';
import type { FieldSource, JournalEntry } from '../journal/index.js';

/** Where an outbound body came from. */
export interface Lineage {
  readonly causes: readonly JournalId[];
  readonly generation?: string;
  readonly rules?: readonly string[];
  readonly fields?: readonly FieldSource[];
}

/** An HTTP message to or from a partner. */
export interface HttpMessage {
  readonly partnerId: string;
  readonly direction: 'in' | 'out';
  /** `GET locations` */
  readonly action: string;
  readonly raw: string;
  readonly http: { readonly method: string; readonly path: string; readonly status?: number };
  readonly lineage: Lineage;
  /** X-Request-ID */
  readonly messageId?: string | undefined;
  readonly error?: ErrorCode | undefined;
  /** The body is credentials: its token must not be readable in the journal. */
  readonly secret?: boolean;
}

export class Recorder {
  readonly #runtime: Pick<Runtime, 'depot' | 'now'>;

  constructor(runtime: Pick<Runtime, 'depot' | 'now'>) {
    this.#runtime = runtime;
  }

  /** Resolves once it is stored. */
  http(message: HttpMessage): Promise<JournalEntry> {
    const { partnerId, direction, action, raw, http, lineage, messageId, error, secret } = message;
    const { depot, now } = this.#runtime;
    return depot.journal.append({
      depotId: depot.id,
      link: `ocpi:${partnerId}`,
      protocol: 'ocpi',
      direction,
      action,
      raw: secret ? withoutToken(raw) : raw,
      at: now().getTime(),
      http,
      ...lineage,
      causes: realCauses(lineage.causes),
      ...(messageId === undefined ? {} : { messageId }),
      ...(error === undefined ? {} : { error }),
    });
  }

  /** Who asks for what, and why: on record before anything moves (design rule 6). */
  async intent(what: string, details: object, cause: JournalId): Promise<JournalId> {
    const { depot } = this.#runtime;
    const entry = await depot.journal.append({
      depotId: depot.id,
      link: 'bridge',
      protocol: 'bridge',
      direction: 'internal',
      action: `Intent ${what}`,
      raw: JSON.stringify(details),
      causes: [cause],
    });
    return entry.id;
  }
}

/** The state before anything was heard has no entry of its own; each cause counts once. */
function realCauses(causes: readonly JournalId[]): JournalId[] {
  return [...new Set(causes)].filter((id) => id !== '0-0');
}

const TOKEN_MEMBER = /("token"\s*:\s*")((?:[^"\\]|\\.)*)/g;

/** The text with the value of each `token` member replaced; every other character stays. */
export function withoutToken(raw: string): string {
  const known = secretIn(raw);
  const replaced = raw.replaceAll(TOKEN_MEMBER, '$1[redacted]');
  return known ? replaced.replaceAll(known, '[redacted]') : replaced;
}

/** The token as a parser reads it, however its name was written. */
function secretIn(raw: string): string | undefined {
  try {
    const body: unknown = JSON.parse(raw);
    const holders = [body, (body as { data?: unknown } | null)?.data];
    const tokens = holders.map((holder) => (holder as { token?: unknown } | null | undefined)?.token);
    return tokens.find((token): token is string => typeof token === 'string' && token.length > 3);
  } catch {
    // What is no JSON has only the member that the pattern finds.
    return undefined;
  }
}
