/** One connection of a presystem, from its upgrade to its end: what comes in goes to its parts, nothing more. */
import type { WebSocket } from 'ws';
import type { UpstreamConfig } from '../config/index.js';
import type { Runtime } from '../depot/index.js';
import type { JournalId } from '../domain/index.js';
import type { ErrorCode } from '../errors/index.js';
import { type DialectProfile, profileOf } from './dialect.js';
import { REQ, readFrame } from './envelope.js';
import { Heartbeat } from './heartbeat.js';
import { Inbound, type Received } from './inbound.js';
import { Inbox } from './inbox.js';
import { Outbound } from './outbound.js';
import { Wire } from './wire.js';

/** Close codes of RFC 6455 §7.4.1, as used here. */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  notText: 1003,
  notReadable: 1007,
  policy: 1008,
} as const;

/** Frames that are no message of VDV 463, after which a connection that is ending already is cut. */
const UNREADABLE_AT_MOST = 10;

export interface SessionContext {
  readonly runtime: Runtime;
  readonly upstream: UpstreamConfig;
  /** What the handshake forgave. */
  readonly forgiven: readonly ErrorCode[];
  readonly onBooted: (session: Session) => void;
  readonly onClosed: (session: Session) => void;
}

export class Session {
  readonly upstream: UpstreamConfig;
  readonly #socket: WebSocket;
  readonly #context: SessionContext;
  readonly #profile: DialectProfile;
  readonly #wire: Wire;
  readonly #inbox: Inbox;
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;
  readonly #heartbeat: Heartbeat;
  #booted = false;
  #informed = false;
  #unreadable = 0;
  #farewell: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, context: SessionContext) {
    const { runtime, upstream } = context;
    this.upstream = upstream;
    this.#socket = socket;
    this.#context = context;
    this.#profile = profileOf(upstream.dialect);
    this.#wire = new Wire(socket, runtime, upstream.presystemId);
    this.#inbox = new Inbox(socket, (error) => this.#failed(error));
    const forgive = (codes: readonly ErrorCode[], journalId?: JournalId) => this.#forgive(codes, journalId);
    this.#inbound = new Inbound({
      runtime,
      upstream,
      profile: this.#profile,
      wire: this.#wire,
      booted: () => this.#booted,
      onBoot: (accepted, name) => this.#answeredBoot(accepted, name),
      forgive,
    });
    this.#outbound = new Outbound({
      runtime,
      upstream,
      wire: this.#wire,
      onInformed: () => {
        this.#informed = true;
      },
      onUnresponsive: () => this.close(CLOSE.policy, 'no answer to ProvideChargingInformation'),
      forgive,
    });
    this.#heartbeat = new Heartbeat(socket, upstream.pingSeconds * 1_000, {
      dead: () => socket.terminate(),
      neverPings: () => upstream.lenient && forgive(['VDV463_LENIENT_NO_PING']),
    });
    socket.on('message', (data, isBinary) => this.#receive(String(data), isBinary));
    socket.on('error', (error) =>
      runtime.log.warn({ ...this.#facts(), err: error }, 'the connection failed'),
    );
    socket.once('close', (code, reason) => this.#ended(code, String(reason)));
    forgive(context.forgiven);
    if (this.#profile.uriIdentifiers && upstream.lenient) forgive(['VDV463_LENIENT_PLAIN_ID']);
  }

  get booted(): boolean {
    return this.#booted;
  }

  /** Ends the connection with a closing handshake; cuts it if the other side does not take part. */
  close(code: number, reason: string): void {
    this.#outbound.stop();
    this.#socket.close(code, reason);
  }

  /** Cuts the connection. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** Resolves when what was received so far has had its effect. */
  drained(): Promise<void> {
    return this.#inbox.drained();
  }

  #receive(text: string, isBinary: boolean): void {
    if (this.#unreadable >= UNREADABLE_AT_MOST) return;
    this.#heartbeat.alive();
    if (isBinary) {
      this.#countUnreadable();
      this.#context.runtime.log.warn({ ...this.#facts(), code: 'VDV463_ENVELOPE' }, 'a frame is not text');
      this.close(CLOSE.notText, 'VDV 463 messages are text');
      return;
    }
    const received = { text, at: this.#context.runtime.now().getTime(), early: !this.#informed };
    this.#inbox.put(() => this.#take(received));
  }

  async #take(received: Received): Promise<void> {
    if (this.#unreadable >= UNREADABLE_AT_MOST) return;
    const { presystemId, lenient } = this.upstream;
    const frame = readFrame(received.text, { profile: this.#profile, lenient, presystemId });
    if (frame.ok) {
      const { envelope, forgiven } = frame;
      if (envelope.type === REQ) await this.#inbound.request(envelope, received, forgiven);
      else await this.#outbound.answer(envelope, received, forgiven);
      return;
    }
    const { fault, echo, fatal } = frame;
    const entry = await this.#wire.received(received.text, received.at, {
      action: echo?.action ?? 'unreadable',
      causes: [],
      error: fault.code,
      ...(echo ? { messageId: echo.messageId } : {}),
    });
    if (echo) {
      await this.#inbound.refuse(echo, fault, entry, false);
      return;
    }
    this.#context.runtime.log.warn(
      { ...this.#facts(), code: fault.code, journalId: entry.id },
      fault.message,
    );
    if (!fatal) return;
    this.close(CLOSE.notReadable, 'not a VDV 463 message');
    this.#countUnreadable();
  }

  /** The connection ends with the first one; a flood that was under way behind it is heard no longer. */
  #countUnreadable(): void {
    this.#unreadable += 1;
    if (this.#unreadable === UNREADABLE_AT_MOST) this.#socket.terminate();
  }

  #answeredBoot(accepted: boolean, name: string): void {
    if (accepted) {
      clearTimeout(this.#farewell);
      this.#booted = true;
      this.#context.onBooted(this);
      this.#outbound.start(name);
      return;
    }
    // Rule 7: the presystem may boot again, correctly, until then.
    this.#booted = false;
    const graceMs = this.upstream.timeoutSeconds * 1_000;
    this.#farewell ??= setTimeout(() => this.close(CLOSE.policy, 'BootNotification was rejected'), graceMs);
  }

  #forgive(codes: readonly ErrorCode[], journalId?: JournalId): void {
    const { runtime } = this.#context;
    for (const code of codes) {
      runtime.metrics.forgiven.inc({ protocol: 'vdv463', code });
      runtime.log.info({ ...this.#facts(), code, journalId }, 'a deviation was forgiven');
    }
  }

  /** The frame had no effect and got no answer: the presystem sends it again (rule 11). */
  #failed(error: unknown): void {
    this.#context.runtime.log.error({ ...this.#facts(), err: error }, 'a frame could not be handled');
  }

  #ended(code: number, reason: string): void {
    clearTimeout(this.#farewell);
    this.#heartbeat.stop();
    this.#outbound.stop();
    this.#booted = false;
    this.#context.runtime.log.info(
      { ...this.#facts(), closeCode: code, reason },
      'the presystem disconnected',
    );
    this.#context.onClosed(this);
  }

  #facts(): { presystem: string } {
    return { presystem: this.upstream.presystemId };
  }
}
