/** One socket of a station, from its upgrade to its end: journals its frames and hands its calls on in order. */
import type { ErrorCode } from '../../errors/index.js';
import type { Beginning } from '../../journal/index.js';
import type { JsonObject } from '../../mapping/index.js';
import type { OcppLimits } from '../options.js';
import { CallRefusal } from '../refusal.js';
import {
  Few,
  type InboundAnswer,
  type InboundCall,
  type OutboundFrame,
  type RepeatedCall,
  type RpcConnection,
  type RpcOwner,
} from '../rpc/index.js';
import type { FrameJournal } from './frames.js';
import { InboundRefusal, type Taken } from './inbound.js';
import { type CallOptions, type CallResult, OwnCalls } from './own-calls.js';
import { Rate } from './rate.js';

/** Metrics and journal keep unknown actions under one word: a peer must not fill them with names of its own. */
const LONGEST_ACTION = 50;

interface CallInProgress {
  readonly action: string;
  /** Its journal entry; null once it is known to be lost. */
  begun: Beginning | null;
  error?: ErrorCode;
}

export interface ConnectionOwner {
  readonly frames: FrameJournal;
  readonly limits: OcppLimits;
  /** Takes a call into the state, at once. @throws InboundRefusal */
  take(connection: StationConnection, call: InboundCall, begun: Beginning | null): Taken;
  /** A call was taken and its answer is about to be sent. */
  answered(action: string): void;
  /** A call could not be answered for a reason that nobody foresaw. */
  failed(action: string, error: unknown): void;
  closed(connection: StationConnection, code: number, reason: string): void;
  bad(connection: StationConnection, reason: string): void;
  /** The station used a message id again too soon; told once of a connection for each code. */
  repeats(connection: StationConnection, code: RepeatCode, action: string): void;
}

export type RepeatCode = 'OCPP_CALL_REPEATED' | 'OCPP_MESSAGE_ID_REUSED';

export class StationConnection implements RpcOwner {
  readonly rpc: RpcConnection;
  readonly #owner: ConnectionOwner;
  readonly #rate: Rate;
  readonly #answering = new Few<CallInProgress>();
  readonly #own: OwnCalls;
  #badFrames = 0;
  readonly #repeats = new Set<RepeatCode>();
  #pause: NodeJS.Timeout | undefined;
  aliveAt = performance.now();

  constructor(rpc: RpcConnection, owner: ConnectionOwner) {
    this.rpc = rpc;
    this.#owner = owner;
    this.#own = new OwnCalls(rpc, owner.frames);
    this.#rate = new Rate(owner.limits.framesPerSecond, owner.limits.burst, performance.now());
  }

  /** Sends one call and waits for its answer; the caller sees to it that only one is open. @throws CallFailure */
  call(action: string, payload: object, options: CallOptions): Promise<CallResult> {
    return this.#own.call(action, payload, options);
  }

  async onCall(call: InboundCall): Promise<JsonObject> {
    this.#badFrames = 0;
    const { messageId, raw } = call;
    const action = call.action.slice(0, LONGEST_ACTION);
    const { protocol } = this.rpc;
    const begun = this.#owner.frames.frame({ protocol, direction: 'in', action, messageId, raw });
    const progress: CallInProgress = { action, begun };
    this.#answering.set(messageId, progress);
    this.#slowDown();
    // One function waits for everything: each that waits leaves more behind for every message under way.
    try {
      const taken = this.#owner.take(this, call, begun);
      if (begun && !(await begun.stored)) progress.begun = null;
      if (taken.stored) {
        try {
          await taken.stored;
        } catch (cause) {
          throw taken.notStored(cause);
        }
        if (!progress.begun) throw taken.notStored();
      }
      const answer = await taken.answer();
      this.#owner.answered(action);
      return answer;
    } catch (error) {
      progress.error = error instanceof InboundRefusal ? error.code : 'OCPP_NOT_STORED';
      // A refusal waits too: raw first.
      if (begun && !(await begun.stored)) progress.begun = null;
      if (!(error instanceof CallRefusal)) this.#owner.failed(action, error);
      throw error;
    }
  }

  onAnswer(answer: InboundAnswer): void {
    if (this.#own.answered(answer)) this.#badFrames = 0;
    else this.#countBad('an answer that nobody waits for');
  }

  onRepeated({ messageId, action: said, raw, isSame }: RepeatedCall): void {
    const { frames } = this.#owner;
    const action = said.slice(0, LONGEST_ACTION);
    const first = this.#answering.get(messageId)?.begun;
    const causes = first ? [first.entry.id] : [];
    const error = isSame ? 'OCPP_CALL_REPEATED' : 'OCPP_MESSAGE_ID_REUSED';
    // A call that is kept back is journalled as a frame when it is taken.
    if (isSame) {
      frames.frame({ protocol: this.rpc.protocol, direction: 'in', action, messageId, raw, error }, causes);
      this.#slowDown();
    } else void frames.note({ action: 'MessageIdReused', value: { messageId, action }, causes, error });
    if (this.#repeats.has(error)) return;
    this.#repeats.add(error);
    this.#owner.repeats(this, error, action);
  }

  onUntaken(raw: string): void {
    this.#owner.frames.frame({
      protocol: this.rpc.protocol,
      direction: 'in',
      action: 'Untaken',
      raw,
      error: 'OCPP_MESSAGE_ID_REUSED',
    });
  }

  onBadFrame(raw: string, reason: string): void {
    const { protocol } = this.rpc;
    const draft = { protocol, direction: 'in', action: 'BadFrame', raw, error: 'OCPP_BAD_FRAME' } as const;
    this.#owner.frames.frame(draft, [], this.#own.passwords);
    this.#countBad(reason);
  }

  onBroken(reason: string): void {
    void this.#owner.frames.note({ action: 'LinkBroken', value: { reason } });
    this.#owner.bad(this, reason);
  }

  onSent({ kind, messageId, raw }: OutboundFrame): void {
    const { frames } = this.#owner;
    const { protocol } = this.rpc;
    if (kind === 2) {
      this.#own.sent(messageId, raw);
      return;
    }
    const progress = this.#answering.get(messageId);
    this.#answering.delete(messageId);
    const error = kind === 4 ? (progress?.error ?? 'OCPP_BAD_FRAME') : undefined;
    const action = progress?.action ?? 'BadFrame';
    const draft = { protocol, direction: 'out' as const, action, messageId, raw, error };
    frames.frame(draft, progress?.begun ? [progress.begun.entry.id] : []);
  }

  onAlive(): void {
    this.aliveAt = Math.max(this.aliveAt, performance.now());
  }

  onClosed(code: number, reason: string): void {
    clearTimeout(this.#pause);
    this.#answering.clear();
    this.#owner.closed(this, code, reason);
  }

  #countBad(reason: string): void {
    this.#owner.bad(this, reason);
    this.#slowDown();
    this.#badFrames += 1;
    if (this.#badFrames >= this.#owner.limits.badFrames)
      this.rpc.close(1002, 'too many frames that are no OCPP');
  }

  /**
   * A station that sends more than its rate is read more slowly; nothing of it is lost. Frames that were already
   * received still come while reading pauses: the last of them says how long.
   */
  #slowDown(): void {
    const now = performance.now();
    const waitMs = this.#rate.take(now);
    if (waitMs === 0) return;
    if (this.#pause) clearTimeout(this.#pause);
    else this.rpc.pause();
    // Its silence until then is our doing.
    this.aliveAt = now + waitMs;
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.aliveAt = performance.now();
      this.rpc.resume();
    }, waitMs);
    this.#pause.unref();
  }
}
