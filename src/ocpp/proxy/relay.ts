/**
 * A charger and its CSMS, joined (OCPP 2.0.1 part 4 §6, duties of a local controller). Frames go on as they came, bytes
 * and message ids untouched, before anybody looks at them; who looks gets a copy. Calls of ours go between, and their
 * answers stay here. When one side is lost the other is closed: a charger that is cut off keeps what it has to say, one
 * that meets silence may throw it away.
 */
import { isUtf8 } from 'node:buffer';
import { performance } from 'node:perf_hooks';
import type { WebSocket } from 'ws';
import type { OcppProtocol } from '../protocol.js';
import { closeOrCut, Reading, type RpcConnection } from '../rpc/index.js';
import type { Handed } from '../station/index.js';
import { headOf } from './frame-head.js';
import { isOurForm, OwnAnswers } from './own-answers.js';
import { Turns } from './turns.js';

/** What a listener is told. Nothing of it can hold up a frame, nor end the connection. */
export interface RelayOwner {
  /** A frame of the station; it is on its way to the CSMS. */
  onStation(raw: string, how: Handed): void;
  /** A frame of the CSMS; it is on its way to the station, or waits for the end of a call of ours. */
  onCsms(raw: string, how: Handed): void;
  /** Calls of the CSMS waited for the end of a call of ours, and then the station was gone. */
  onUndelivered(messageIds: readonly string[]): void;
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
/** Who asks for answers of the wire itself (pongs) and does not read them is cut when so many bytes wait for it. */
const MOST_UNREAD = 1_048_576;

interface Frame {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

const PLAIN: Handed = {};

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
  readonly #turns: Turns<Frame>;
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
    this.#turns = new Turns(({ data, isBinary }) => this.#toStation(data, isBinary));
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
      if (this.#station.readyState !== this.#station.OPEN) throw new Error('the station is gone');
      const { messageId, answer } = this.#answers.expect(timeoutMs);
      const raw = JSON.stringify([2, messageId, action, payload]);
      this.#owner.onSent(messageId, raw);
      this.#station.send(raw);
      return await answer;
    } finally {
      this.#turns.done();
    }
  }

  /** Says goodbye to both sides. */
  close(code: number, reason: string): void {
    this.#endedBy ??= 'station';
    endLike(this.#station, code, reason);
    endLike(this.#csms, code, reason);
    this.#readOut();
  }

  /** Cuts the station; the CSMS is told. */
  terminate(): void {
    this.#station.terminate();
  }

  /** Cuts both. */
  cut(): void {
    this.#station.terminate();
    this.#csms.terminate();
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
      const head = headOf(data);
      const isAnswer = head?.kind === 3 || head?.kind === 4;
      if (isAnswer && this.#isOurs(head.messageId)) {
        const text = data.toString();
        // On record before anybody acts on it.
        this.#owner.onAnswer(head.messageId, text);
        this.#answers.settle(head.messageId, text);
        return;
      }
      const isOnItsWay = this.#toCsms(data, isBinary);
      if (isAnswer) this.#turns.answered(head.messageId);
      this.#owner.onStation(textOf(data, isBinary), howOf(isBinary, isOnItsWay));
    });
    station.on('ping', () => {
      this.#owner.onAlive();
      cutIfUnread(station);
    });
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
      const head = headOf(data);
      const isOnItsWay = this.#station.readyState === this.#station.OPEN;
      if (head?.kind === 2 && isOnItsWay) this.#turns.theirs(head.messageId, { data, isBinary }, data.length);
      else this.#toStation(data, isBinary);
      this.#owner.onCsms(textOf(data, isBinary), howOf(isBinary, isOnItsWay));
    });
    csms.on('ping', () => {
      alive();
      cutIfUnread(csms);
    });
    csms.on('pong', alive);
    csms.removeAllListeners('error');
    csms.on('error', ({ message }) => this.#owner.onBroken('csms', message));
    csms.once('close', (code, reason) => {
      this.#endedBy ??= 'csms';
      this.#endTurns(new Error('the CSMS is gone'));
      const [passed, why] = code === 1006 ? [1001, 'the CSMS is gone'] : [code, String(reason)];
      endLike(this.#station, passed, why);
      this.#readOut();
    });
  }

  #stationGone(code: number, reason: string): void {
    const gone = new Error('the station disconnected');
    this.#endTurns(gone);
    this.#answers.end(gone);
    this.#owner.onClosed(code, reason, this.#endedBy ?? 'station');
    this.#endedBy ??= 'station';
    // Not cut: what the station said last may still be on its way, and a reset would overtake it.
    endLike(this.#csms, code === 1006 ? 1001 : code, code === 1006 ? 'the station is gone' : reason);
    this.#readOut();
  }

  /** Answered by the station for us: waited for, or too late. What the CSMS waits for is never ours. */
  #isOurs(messageId: string): boolean {
    return this.#answers.has(messageId) || (isOurForm(messageId) && !this.#turns.isTheirs(messageId));
  }

  #endTurns(why: Error): void {
    const lost = this.#turns.end(why);
    if (lost.length > 0) this.#owner.onUndelivered(lost);
  }

  /** One side is gone, so the other holds up nobody: it is read to its end, where its goodbye stands. */
  #readOut(): void {
    this.#readStation.resume('full');
    this.#readCsms.resume('full');
  }

  #toStation(data: Buffer, binary: boolean): void {
    const to = this.#station;
    if (to.readyState !== to.OPEN) return;
    to.send(data, { binary }, this.#stationHasRead);
    if (to.bufferedAmount > MOST_WAITING) this.#readCsms.pause('full');
  }

  /** Whether it goes on. */
  #toCsms(data: Buffer, binary: boolean): boolean {
    const to = this.#csms;
    if (to.readyState !== to.OPEN) return false;
    to.send(data, { binary }, this.#csmsHasRead);
    if (to.bufferedAmount > MOST_WAITING) this.#readStation.pause('full');
    return true;
  }

  // Who sends faster than the other side reads is read no further until that has caught up.
  readonly #stationHasRead = () => {
    if (this.#station.bufferedAmount < MOST_WAITING / 2) this.#readCsms.resume('full');
  };

  readonly #csmsHasRead = () => {
    if (this.#csms.bufferedAmount < MOST_WAITING / 2) this.#readStation.resume('full');
  };
}

/** Bytes that are no text are told in base64. */
function textOf(data: Buffer, isBinary: boolean): string {
  return data.toString(isBinary && !isUtf8(data) ? 'base64' : 'utf8');
}

function howOf(isBinary: boolean, isOnItsWay: boolean): Handed {
  return isBinary || !isOnItsWay ? { isBinary, isLost: !isOnItsWay } : PLAIN;
}

function cutIfUnread(socket: WebSocket): void {
  if (socket.bufferedAmount > MOST_UNREAD) socket.terminate();
}

/** Closes with the code that the other side closed with; 1005 stands for none (RFC 6455 §7.4.1). */
function endLike(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState !== socket.OPEN) return;
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
