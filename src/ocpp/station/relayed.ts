/** One connection of a station that talks to its own CSMS through us: we listen, and speak when it is our turn. */
import type { DomainEvent } from '../../domain/index.js';
import type { OcppLimits } from '../options.js';
import type { RpcConnection } from '../rpc/index.js';
import type { FrameJournal } from './frames.js';
import type { ReadingContext } from './inbound.js';
import { type Handed, Overheard, type OverheardCall, type Speaker } from './overheard.js';
import { type CallOptions, type CallResult, OwnCalls } from './own-calls.js';
import { Rate } from './rate.js';

export interface RelayedOwner {
  readonly frames: FrameJournal;
  /** The journal of what the CSMS says to this station. */
  readonly csmsFrames: FrameJournal;
  readonly limits: OcppLimits;
  learn(events: readonly DomainEvent[]): void;
  /** A call of either side was answered by the other. */
  heard(connection: RelayedConnection, call: OverheardCall, answer: unknown): void;
  closed(connection: RelayedConnection, code: number, reason: string): void;
  bad(connection: RelayedConnection, reason: string): void;
}

export class RelayedConnection {
  readonly rpc: RpcConnection;
  readonly #owner: RelayedOwner;
  readonly #own: OwnCalls;
  readonly #overheard: Overheard;
  readonly #rate: Rate;
  #pause: NodeJS.Timeout | undefined;
  aliveAt = performance.now();

  constructor(rpc: RpcConnection, owner: RelayedOwner, context: ReadingContext) {
    this.rpc = rpc;
    this.#owner = owner;
    this.#own = new OwnCalls(rpc, owner.frames);
    this.#rate = new Rate(owner.limits.framesPerSecond, owner.limits.burst, performance.now());
    this.#overheard = new Overheard(context, {
      csmsFrames: owner.csmsFrames,
      learn: (events) => owner.learn(events),
      answered: (call, answer) => owner.heard(this, call, answer),
      bad: (by, reason) => owner.bad(this, by === 'csms' ? `of the CSMS: ${reason}` : reason),
    });
  }

  /** Sends one call of ours when it is its turn. @throws CallFailure */
  call(action: string, payload: object, options: CallOptions): Promise<CallResult> {
    return this.#own.call(action, payload, options);
  }

  onStation(raw: string, how?: Handed): void {
    this.#overheard.frame('station', raw, how);
    this.#slowDown();
  }

  onCsms(raw: string, how?: Handed): void {
    this.#overheard.frame('csms', raw, how);
  }

  onUndelivered(messageIds: readonly string[]): void {
    this.#overheard.undelivered('csms', messageIds);
  }

  onSent(messageId: string, raw: string): void {
    this.#own.sent(messageId, raw);
  }

  onAnswer(messageId: string, raw: string): void {
    this.#own.answered({ messageId, raw });
  }

  onAlive(): void {
    this.aliveAt = Math.max(this.aliveAt, performance.now());
  }

  onBroken(side: Speaker, reason: string): void {
    const frames = side === 'csms' ? this.#owner.csmsFrames : this.#owner.frames;
    void frames.note({ action: 'LinkBroken', value: { side, reason } });
    this.#owner.bad(this, side === 'csms' ? `of the CSMS: ${reason}` : reason);
  }

  onClosed(code: number, reason: string, by: Speaker): void {
    clearTimeout(this.#pause);
    this.#overheard.end();
    this.#owner.closed(this, code, by === 'csms' ? `the CSMS closed: ${reason}` : reason);
  }

  /** As towards a CSMS of our own: who sends too much is read more slowly, and loses nothing. */
  #slowDown(): void {
    const now = performance.now();
    const waitMs = this.#rate.take(now);
    if (waitMs === 0) return;
    if (this.#pause) clearTimeout(this.#pause);
    else this.rpc.pause();
    this.aliveAt = now + waitMs;
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.aliveAt = performance.now();
      this.rpc.resume();
    }, waitMs);
    this.#pause.unref();
  }
}
