import { EventEmitter } from 'node:events';
import { type RawData, WebSocket } from 'ws';
import { type Envelope, errorText, newMessageId, readFrame, writeFrame } from './envelope.js';
import {
  type ChargingInformation,
  CONF,
  type Dialect,
  ERR,
  type MessageType,
  type PresystemKind,
  REQ,
} from './messages.js';
import { type Answer, RequestSlot } from './slot.js';
import { errorPayload, type Unkind } from './unkind.js';
import { BehaviourWatch, payloadProblems, type Violation } from './watch.js';

export interface SessionConfig {
  readonly presystemId: string;
  readonly source: string;
  readonly kind: PresystemKind;
  readonly dialect: Dialect;
  readonly timeoutMs: number;
  readonly retries: number;
  /** 0 = never ping. */
  readonly pingIntervalMs: number;
  readonly now: () => Date;
  readonly unkind: () => Unkind;
}

export interface SessionEvents {
  readonly sent: [raw: string];
  readonly received: [raw: string];
  readonly violation: [violation: Violation];
  /** A snapshot came and was answered (or not, if told so). */
  readonly information: [information: ChargingInformation, raw: string];
  /** A snapshot came; nothing was answered yet. */
  readonly beforeAnswer: [];
  readonly closed: [code: number, reason: string];
}

const MISSED_PINGS = 2;

/** One connection to a CMS, from the upgrade to its end: boot, requests of both sides, pings. */
export class Session {
  readonly events = new EventEmitter<SessionEvents>();
  readonly #socket: WebSocket;
  readonly #config: SessionConfig;
  readonly #slot: RequestSlot;
  readonly #watch = new BehaviourWatch();
  #booted = false;
  #informed = false;
  #withheld = 0;
  #pings: NodeJS.Timeout | undefined;
  #silentPings = 0;

  /** Takes over an open, paused socket; `start` lets it flow. */
  constructor(socket: WebSocket, config: SessionConfig) {
    this.#socket = socket;
    this.#config = config;
    const { timeoutMs, retries } = config;
    this.#slot = new RequestSlot({ timeoutMs, retries, send: (bytes, id) => this.#sendRequest(bytes, id) });
    socket.on('message', (data: RawData) => this.#receive(String(data)));
    socket.on('pong', () => {
      this.#silentPings = 0;
    });
    // A protocol error closes the socket, and `close` reports it.
    socket.on('error', () => {});
    socket.on('close', (code, reason) => this.#ended(code, String(reason)));
  }

  /** The first snapshot of this connection is here, so requests may be sent (rule 8). */
  get informed(): boolean {
    return this.#informed;
  }

  get booted(): boolean {
    return this.#booted;
  }

  /** A request of ours is under way. */
  get busy(): boolean {
    return this.#slot.messageId !== undefined;
  }

  /** The subprotocol the CMS chose; empty = none. */
  get subprotocol(): string {
    return this.#socket.protocol;
  }

  start(): void {
    this.#socket.resume();
    const { pingIntervalMs } = this.#config;
    if (pingIntervalMs > 0) this.#pings = setInterval(() => this.#ping(), pingIntervalMs);
  }

  /** BootNotification (rule 6). */
  boot(): Promise<Answer> {
    return this.ask('BootNotification', { presystem: this.#config.kind });
  }

  /** One request and its answer. @throws Error if another one is under way */
  ask(action: string, payload: unknown, messageId: string = newMessageId()): Promise<Answer> {
    if (this.#socket.readyState !== WebSocket.OPEN) return Promise.resolve({ outcome: 'closed' });
    const bytes = this.#write(REQ, messageId, action, payload);
    const { malformedJson, duplicateRequests } = this.#config.unkind();
    this.#watch.asked(messageId, action);
    const answer = this.#slot.ask(messageId, malformedJson === action ? bytes.slice(0, -1) : bytes);
    if (duplicateRequests && action === 'ProvideChargingRequests') {
      const again = duplicateRequests === 'same' ? payload : otherList(payload);
      this.#sendRequest(this.#write(REQ, messageId, action, again), messageId);
    }
    return answer;
  }

  /** Any text, as it is. */
  sendRaw(raw: string): void {
    this.events.emit('sent', raw);
    this.#socket.send(raw);
  }

  close(code = 1000, reason = ''): void {
    this.#socket.close(code, reason);
  }

  /** Cuts the connection without a closing handshake, as a lost link does. */
  terminate(): void {
    this.#socket.terminate();
  }

  #write(type: MessageType, messageId: string, action: string, payload: unknown): string {
    const { source, presystemId, now, unkind } = this.#config;
    const { objectEnvelope, swapNames } = unkind();
    const timestamp = now().toISOString();
    return writeFrame(
      { type, source, presystemId, timestamp, messageId, action, payload },
      { asObject: objectEnvelope ?? false, swapNames: swapNames ?? false },
    );
  }

  #sendRequest(bytes: string, messageId: string): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#watch.sent(messageId);
    this.sendRaw(bytes);
  }

  #receive(raw: string): void {
    this.#silentPings = 0;
    this.events.emit('received', raw);
    const { envelope, problems } = readFrame(raw);
    for (const message of problems) this.#violation('envelope', message, raw);
    if (!envelope) return;
    for (const message of this.#schemaProblems(envelope)) this.#violation('schema', message, raw);
    if (envelope.type === REQ) this.#heardRequest(envelope, raw);
    else this.#heardAnswer(envelope, raw);
  }

  #schemaProblems(envelope: Envelope): readonly string[] {
    if (envelope.type === REQ && envelope.action !== 'ProvideChargingInformation') return [];
    return payloadProblems(this.#config.dialect, envelope);
  }

  #heardRequest(envelope: Envelope, raw: string): void {
    const { presystemId } = this.#config;
    for (const message of this.#watch.request(envelope, raw, presystemId, this.#booted)) {
      this.#violation('behaviour', message, raw);
    }
    if (envelope.action !== 'ProvideChargingInformation') {
      const text = `${envelope.action} is no request of a CMS`;
      this.sendRaw(this.#write(ERR, envelope.messageId, envelope.action, this.#errorOf(text)));
      return;
    }
    this.#informed = true;
    this.events.emit('beforeAnswer');
    this.#answerInformation(envelope);
    this.events.emit('information', envelope.payload as ChargingInformation, raw);
  }

  #errorOf(text: string): unknown {
    return errorPayload(this.#config.dialect === '2.0.0' ? 'errorMessage' : 'message', text);
  }

  #answerInformation({ messageId, action }: Envelope): void {
    const { withholdConf, confWithRandomId, errAnswer } = this.#config.unkind();
    if (withholdConf === true) return;
    if (typeof withholdConf === 'number' && this.#withheld++ < withholdConf) return;
    const [type, payload] = errAnswer ? [ERR, errorPayload(errAnswer, 'cannot take this now')] : [CONF, {}];
    this.sendRaw(this.#write(type, confWithRandomId ? newMessageId() : messageId, action, payload));
  }

  #heardAnswer(envelope: Envelope, raw: string): void {
    const { presystemId, unkind } = this.#config;
    const { swapNames, objectEnvelope } = unkind();
    if (!swapNames && !objectEnvelope) {
      for (const message of this.#watch.answer(envelope, presystemId)) {
        this.#violation('behaviour', message, raw);
      }
    }
    const answer: Answer =
      envelope.type === ERR
        ? { outcome: 'err', envelope, text: errorText(envelope.payload) }
        : { outcome: 'conf', envelope };
    if (!this.#slot.answer(envelope.messageId, answer) || envelope.type !== CONF) return;
    // At once: the first information may be in the same packet.
    if (envelope.action === 'BootNotification') this.#booted = isAccepted(envelope.payload);
  }

  #violation(kind: Violation['kind'], message: string, raw: string): void {
    this.events.emit('violation', { kind, message, raw });
  }

  #ping(): void {
    if (this.#silentPings >= MISSED_PINGS) {
      this.terminate();
      return;
    }
    this.#silentPings++;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
  }

  #ended(code: number, reason: string): void {
    clearInterval(this.#pings);
    this.#booted = false;
    this.#slot.abandon();
    this.events.emit('closed', code, reason);
  }
}

function isAccepted(payload: unknown): boolean {
  return (payload as { status?: unknown } | null)?.status === 'Accepted';
}

/** Another list than this one, for the same message id. */
function otherList(payload: unknown): unknown {
  const { chargingRequestList = [] } = (payload ?? {}) as { chargingRequestList?: readonly unknown[] };
  return { chargingRequestList: chargingRequestList.slice(1) };
}
