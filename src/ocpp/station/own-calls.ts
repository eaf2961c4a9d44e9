/** The calls of ours on one connection: journalled with their answers, their passwords seen nowhere. */
import type { Beginning, JournalId } from '../../journal/index.js';
import { passwordsIn, without, withoutPasswords } from '../hidden.js';
import type { CallFacts, InboundAnswer, RpcConnection } from '../rpc/index.js';
import { type FrameJournal, storedOf } from './frames.js';

export interface CallOptions extends CallFacts {
  readonly timeoutMs: number;
  /** Rules of tables that made the payload. */
  readonly rules?: readonly string[];
}

/** A call of ours on its way. */
interface OpenCall extends CallOptions {
  readonly action: string;
  /** Passwords that it tells: they are seen nowhere, also not in what comes back. */
  readonly passwords: readonly string[];
  sent?: Beginning | null;
  answered?: Beginning | null;
}

/** The answer to a call of ours, with the journal entries of both frames. */
export interface CallResult {
  readonly answer: unknown;
  readonly frames: readonly JournalId[];
}

/** No usable answer came. `frames`: what was exchanged nevertheless. */
export class CallFailure extends Error {
  override readonly name = 'CallFailure';
  readonly frames: readonly JournalId[];

  constructor(message: string, frames: readonly JournalId[], options?: ErrorOptions) {
    super(message, options);
    this.frames = frames;
  }
}

/** So many calls are remembered after their time, for answers that come late. */
const MOST_ASKED = 16;

export class OwnCalls {
  readonly #rpc: Pick<RpcConnection, 'protocol' | 'call'>;
  readonly #frames: FrameJournal;
  /** The call that waits for its answer, and older ones whose answers may still come. */
  readonly #asked = new Map<string, OpenCall>();
  #open: OpenCall | undefined;

  constructor(rpc: Pick<RpcConnection, 'protocol' | 'call'>, frames: FrameJournal) {
    this.#rpc = rpc;
    this.#frames = frames;
  }

  /** Passwords that the call under way tells. */
  get passwords(): readonly string[] | undefined {
    return this.#open?.passwords;
  }

  /** Sends one call and waits for its answer; the caller sees to it that only one is open. @throws CallFailure */
  async call(action: string, payload: object, options: CallOptions): Promise<CallResult> {
    const passwords = passwordsIn(action, payload);
    const open: OpenCall = { action, passwords, ...options };
    this.#open = open;
    const frames = async () => {
      const entries = await Promise.all([storedOf(open.sent ?? null), storedOf(open.answered ?? null)]);
      return entries.flatMap((entry) => (entry ? [entry.id] : []));
    };
    try {
      const answer = await this.#rpc.call(action, payload, options.timeoutMs, options);
      return { answer: withoutPasswords(action, without(answer, passwords)), frames: await frames() };
    } catch (cause) {
      throw new CallFailure(without((cause as Error).message, passwords), await frames(), { cause });
    } finally {
      if (this.#open === open) this.#open = undefined;
    }
  }

  /** The call under way left as this frame. */
  sent(messageId: string, raw: string): void {
    const open = this.#open;
    if (!open) return;
    const { action, intent, passwords, rules } = open;
    const { protocol } = this.#rpc;
    const draft = { protocol, direction: 'out' as const, action, messageId, raw, rules };
    open.sent = this.#frames.frame(draft, intent ? [intent] : [], passwords);
    this.#asked.set(messageId, open);
    if (this.#asked.size > MOST_ASKED) this.#asked.delete([...this.#asked.keys()][0] ?? '');
  }

  /** Journals an answer; false if nobody waits, or waited, for it. */
  answered({ messageId, raw }: InboundAnswer): boolean {
    const asked = this.#asked.get(messageId);
    const late = asked !== undefined && asked !== this.#open;
    const draft = {
      protocol: this.#rpc.protocol,
      direction: 'in' as const,
      action: asked?.action ?? 'Unasked',
      messageId,
      raw,
      error: asked ? (late ? ('OCPP_TIMEOUT' as const) : undefined) : ('OCPP_BAD_FRAME' as const),
    };
    const begun = this.#frames.frame(draft, asked?.sent ? [asked.sent.entry.id] : [], asked?.passwords);
    if (asked) asked.answered = begun;
    this.#asked.delete(messageId);
    return asked !== undefined;
  }
}
