/**
 * A charger and its CSMS, joined (OCPP 2.0.1 part 4 §6, duties of a local controller). Frames go on as they came, bytes
 * and message ids untouched, before anybody looks at them; who looks gets a copy. Calls of ours go between, and their
 * answers stay here. When one side is lost the other is closed: a charger that is cut off keeps what it has to say, one
 * that meets silence may throw it away.
 */
import { performance } from 'node:perf_hooks';
import type { WebSocket } from 'ws';
import type { OcppProtocol } from '../protocol.js';
import { closeOrCut, Reading, type RpcConnection } from '../rpc/index.js';
import { type FrameHead, headOf } from './frame-head.js';
import { OwnAnswers } from './own-answers.js';
import { Turns } from './turns.js';

/** What a listener is told. Nothing of it can hold up a frame. */
export interface RelayOwner {
  /** A frame of the station; it is on its way to the CSMS. */
  onStation(raw: string, head: FrameHead | undefined): void;
  /** A frame of the CSMS; it is on its way to the station, or waits for the end of a call of ours. */
  onCsms(raw: string, head: FrameHead | undefined): void;
  /** A call of ours is about to leave. */
  onSent(messageId: string, raw: string): void;
  /** The station has answered a call of ours, in time or late; the CSMS does not see it. */
  onAnswer(messageId: string, raw: string): void;
  /** A sign of life of the station. */
  onAlive(): void;
  /** One side broke the rules of the wire (size, UTF-8, framing); the end follows. */
  onBroken(side: Side, reason: string): void;
  /** Once, when the station is gone. `by`: who ended it. */
  onClosed(code: number, reason: string, by: Side): void;
}

export type Side = 'station' | 'csms';

export interface RelayFacts {
  readonly protocol: OcppProtocol;
  readonly remoteAddress: string;
  readonly station: WebSocket;
  /** May be paused: it is read from here on. */
  readonly csms: WebSocket;
  /** A CSMS from which nothing came for so long, not even an answer to a ping, is taken for lost. */
  readonly csmsSilenceMs: number;
}

/** Bytes that may wait for one side before the other is read no further. */
const MOST_WAITING = 262_144;

/** Joins the two; `makeOwner` is given the connection as commands need it. */
export function relay(facts: RelayFacts, makeOwner: (connection: RpcConnection) => RelayOwner): Relay {
  return new Relay(facts, makeOwner);
}

export class Relay implements RpcConnection {
  readonly protocol: OcppProtocol;
  readonly remoteAddress: string;
  readonly #station: WebSocket;
  readonly #csms: WebSocket;
  readonly #owner: RelayOwner;
  readonly #turns: Turns<Buffer>;
  readonly #answers = new OwnAnswers();
  readonly #readStation: Reading<'rate' | 'full'>;
  readonly #readCsms: Reading<'full'>;
  readonly #csmsSilenceMs: number;
  #csmsAliveAt = performance.now();
  #endedBy: Side | undefined;
  /** Resolves when both sides are gone. */
  readonly gone: Promise<void>;

  constructor(facts: RelayFacts, makeOwner: (connection: RpcConnection) => RelayOwner) {
    this.protocol = facts.protocol;
    this.remoteAddress = facts.remoteAddress;
    this.#station = facts.station;
    this.#csms = facts.csms;
    this.#csmsSilenceMs = facts.csmsSilenceMs;
    this.#readStation = new Reading(facts.station);
    this.#readCsms = new Reading(facts.csms);
    this.#turns = new Turns((frame) => this.#toStation(frame, false));
    this.#owner = makeOwner(this);
    this.gone = Promise.all([closed(facts.station), closed(facts.csms)]).then(() => undefined);
    this.#wireStation();
    this.#wireCsms();
    facts.csms.resume();
  }

  /** Sends a call of ours when it is its turn. @throws Error, with `rpcErrorCode` if the station answered with one */
  async call(action: string, payload: object, timeoutMs: number): Promise<unknown> {
    await this.#turns.ours(timeoutMs);
    try {
      const { messageId, answer } = this.#answers.expect(timeoutMs);
      const raw = JSON.stringify([2, messageId, action, payload]);
      if (this.#station.readyState !== this.#station.OPEN) throw new Error('the station is gone');
      this.#owner.onSent(messageId, raw);
      this.#station.send(raw);
      return await answer;
    } finally {
      this.#turns.done();
    }
  }

  close(code: number, reason: string): void {
    this.#endedBy ??= 'station';
    closeOrCut(this.#station, code, reason);
  }

  terminate(): void {
    this.#station.terminate();
  }

  /** Pings both sides, and cuts a CSMS that has been silent for too long. */
  ping(): void {
    if (this.#station.readyState === this.#station.OPEN) this.#station.ping();
    if (this.#csms.readyState !== this.#csms.OPEN) return;
    if (performance.now() - this.#csmsAliveAt > this.#csmsSilenceMs) this.#csms.terminate();
    else this.#csms.ping();
  }

  pause(): void {
    this.#readStation.pause('rate');
  }

  resume(): void {
    this.#readStation.resume('rate');
  }

  #wireStation(): void {
    const station = this.#station;
    station.on('message', (data: Buffer, isBinary: boolean) => {
      this.#owner.onAlive();
      const text = data.toString();
      const head = isBinary ? undefined : headOf(text);
      const isAnswer = head?.kind === 3 || head?.kind === 4;
      if (isAnswer && this.#answers.has(head.messageId)) {
        // On record before anybody acts on it.
        this.#owner.onAnswer(head.messageId, text);
        this.#answers.settle(head.messageId, text);
        return;
      }
      this.#toCsms(data, isBinary);
      this.#owner.onStation(text, head);
      if (isAnswer) this.#turns.answered(head.messageId);
    });
    station.on('ping', () => this.#owner.onAlive());
    station.on('pong', () => this.#owner.onAlive());
    station.on('error', ({ message }) => this.#owner.onBroken('station', message));
    station.once('close', (code, reason) => this.#stationGone(code, String(reason)));
  }

  #wireCsms(): void {
    const csms = this.#csms;
    const alive = () => {
      this.#csmsAliveAt = performance.now();
    };
    csms.on('message', (data: Buffer, isBinary: boolean) => {
      alive();
      const text = data.toString();
      const head = isBinary ? undefined : headOf(text);
      if (head?.kind === 2) this.#turns.theirs(head.messageId, data);
      else this.#toStation(data, isBinary);
      this.#owner.onCsms(text, head);
    });
    csms.on('ping', alive);
    csms.on('pong', alive);
    csms.removeAllListeners('error');
    csms.on('error', ({ message }) => this.#owner.onBroken('csms', message));
    csms.once('close', (code, reason) => {
      this.#endedBy ??= 'csms';
      this.#turns.end(new Error('the CSMS is gone'));
      const [passed, why] = code === 1006 ? [1001, 'the CSMS is gone'] : [code, String(reason)];
      endLike(this.#station, passed, why);
    });
  }

  #stationGone(code: number, reason: string): void {
    const gone = new Error('the station disconnected');
    this.#turns.end(gone);
    this.#answers.end(gone);
    this.#owner.onClosed(code, reason, this.#endedBy ?? 'station');
    this.#endedBy ??= 'station';
    // What it said last may still be on its way.
    if (code === 1006 && this.#csms.bufferedAmount === 0) this.#csms.terminate();
    else endLike(this.#csms, code === 1006 ? 1001 : code, reason);
  }

  #toStation(data: Buffer, binary: boolean): void {
    const to = this.#station;
    if (to.readyState !== to.OPEN) return;
    to.send(data, { binary }, this.#stationHasRead);
    if (to.bufferedAmount > MOST_WAITING) this.#readCsms.pause('full');
  }

  #toCsms(data: Buffer, binary: boolean): void {
    const to = this.#csms;
    if (to.readyState !== to.OPEN) return;
    to.send(data, { binary }, this.#csmsHasRead);
    if (to.bufferedAmount > MOST_WAITING) this.#readStation.pause('full');
  }

  // Who sends faster than the other side reads is read no further until that has caught up.
  readonly #stationHasRead = () => {
    if (this.#station.bufferedAmount < MOST_WAITING / 2) this.#readCsms.resume('full');
  };

  readonly #csmsHasRead = () => {
    if (this.#csms.bufferedAmount < MOST_WAITING / 2) this.#readStation.resume('full');
  };
}

/** Closes with the code that the other side closed with; 1005 stands for none (RFC 6455 §7.4.1). */
function endLike(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState === socket.CLOSED) return;
  if (code === 1005) closeOrCut(socket);
  else if (maySend(code)) closeOrCut(socket, code, reason);
  else closeOrCut(socket, 1001, reason);
}

function maySend(code: number): boolean {
  const standard = code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code);
  return standard || (code >= 3000 && code <= 4999);
}

function closed(socket: WebSocket): Promise<void> {
  if (socket.readyState === socket.CLOSED) return Promise.resolve();
  return new Promise((resolve) => socket.once('close', () => resolve()));
}
