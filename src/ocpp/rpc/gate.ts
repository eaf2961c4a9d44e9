/**
 * The only module that knows ocpp-rpc. It keeps what that library does well (calls and answers by message id) and
 * closes what it leaves open: nothing reaches it before path, identity and credentials were checked; its strict mode
 * is off, validation is ours; its error codes are put right for each version; frames are seen as they are sent.
 */
import type { IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import type { RPCServer } from 'ocpp-rpc';
import type { JsonObject } from '../../mapping/index.js';
import { type OcppProtocol, PROTOCOLS } from '../protocol.js';
import { CallRefusal, errorCode, type RefusalKind } from '../refusal.js';
import { closeOrCut } from './closing.js';
import { MessageIds, type RepeatedCall } from './message-ids.js';
import { Reading } from './reading.js';
import { StationSocket } from './socket.js';

const require = createRequire(import.meta.url);
/** It is loaded by whoever serves stations: whoever only reads what they said need not wait for it. */
const library = (): typeof import('ocpp-rpc') => require('ocpp-rpc');

/** A CALL of the station. `raw` is the frame as it came. */
export interface InboundCall {
  readonly messageId: string;
  readonly action: string;
  readonly payload: unknown;
  readonly raw: string;
}

/** An answer of the station to a call of ours. */
export interface InboundAnswer {
  readonly messageId: string;
  readonly raw: string;
}

/** A frame of ours as it left: `kind` is its message type number. */
export interface OutboundFrame {
  readonly kind: 2 | 3 | 4;
  readonly messageId: string;
  readonly raw: string;
}

/** What the owner of a connection wants to know and must answer. All but `onCall` are told before anything else happens. */
export interface RpcOwner {
  /** @throws CallRefusal to answer with a CALLERROR */
  onCall(call: InboundCall): Promise<JsonObject>;
  onAnswer(answer: InboundAnswer): void;
  /** A CALL under the id of one in work; one that is another call still comes to `onCall`, or to `onUntaken`. */
  onRepeated(call: RepeatedCall): void;
  /** A frame that was received, and came to nothing because the connection ended. */
  onUntaken(raw: string): void;
  /** A frame that is no message of OCPP-J, or an answer that nobody waits for. */
  onBadFrame(raw: string, reason: string): void;
  onSent(frame: OutboundFrame): void;
  onAlive(): void;
  /** The station broke the rules of the wire itself (size, UTF-8, framing); the end of the connection follows. */
  onBroken(reason: string): void;
  /** Once. */
  onClosed(code: number, reason: string): void;
}

/** What whoever carries a call to a station may want to know of it. */
export interface CallFacts {
  /** The journal entry of who asked for it and why. */
  readonly intent?: string;
  /** Said twice it does no more than said once. */
  readonly repeatable?: boolean;
}

/** One connection of a station, already authenticated. */
export interface RpcConnection {
  readonly protocol: OcppProtocol;
  readonly remoteAddress: string;
  /** Sends a call; the caller waits for one answer before the next. @throws whatever kept the answer away */
  call(action: string, payload: object, timeoutMs: number, facts?: CallFacts): Promise<unknown>;
  /** Says goodbye; the socket is cut if the peer does not answer in time. */
  close(code: number, reason: string): void;
  terminate(): void;
  ping(): void;
  pause(): void;
  resume(): void;
}

export interface UpgradeFacts {
  readonly identity: string;
  readonly protocol: OcppProtocol;
  readonly remoteAddress: string;
}

/** The part of ocpp-rpc's server side client that is used here; its own types leave the events open. */
interface Client {
  on(event: 'message', listener: (event: { message: string; outbound: boolean }) => void): void;
  on(
    event: 'call' | 'response',
    listener: (event: { payload: readonly unknown[]; outbound: boolean }) => void,
  ): void;
  on(event: 'badMessage', listener: (event: { error: Error; response: unknown[] | null }) => void): void;
  on(event: 'socketError', listener: (error: Error) => void): void;
  once(event: 'close', listener: (event: { code?: number; reason?: string | Buffer }) => void): void;
  handle(handler: (call: { messageId: string; method: string; params: unknown }) => Promise<unknown>): void;
  call(method: string, params: object, options: { callTimeoutMs: number }): Promise<unknown>;
}

/** ocpp-rpc's own words for refusals that it makes without asking us. */
const FOREIGN_CODES: Readonly<Record<string, RefusalKind>> = {
  RpcFrameworkError: 'Framework',
  MessageTypeNotSupported: 'MessageType',
  FormatViolation: 'Format',
  FormationViolation: 'Format',
  OccurrenceConstraintViolation: 'Occurrence',
  OccurenceConstraintViolation: 'Occurrence',
};

/** Turns authenticated upgrades into connections. */
export class RpcGate {
  readonly #server: RPCServer;
  #born: StationSocket | undefined;
  #adopt: ((client: Client) => void) | undefined;

  constructor(options: { readonly maxPayload: number }) {
    const note = (socket: StationSocket) => {
      this.#born = socket;
    };
    class BornSocket extends StationSocket {
      constructor(...args: ConstructorParameters<typeof StationSocket>) {
        super(...args);
        note(this);
      }
    }
    this.#server = new (library().RPCServer)({
      protocols: [...PROTOCOLS],
      wssOptions: {
        noServer: true,
        maxPayload: options.maxPayload,
        perMessageDeflate: false,
        WebSocket: BornSocket as never,
      },
      strictMode: false,
      // Pings are ours; ocpp-rpc would end stations that never answer one although they talk.
      pingIntervalMs: 0,
      callConcurrency: 1,
      respondWithDetailedErrors: false,
    });
    this.#server.on('client', (client: Client) => this.#adopt?.(client));
    this.#server.auth((accept, _reject, handshake) => accept({}, chosen(handshake.request)));
  }

  /**
   * Completes an upgrade that was found good. ocpp-rpc makes socket and client within this call, so the pair that
   * appears is the one asked for.
   */
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    facts: UpgradeFacts,
    owner: (connection: RpcConnection) => RpcOwner,
  ): void {
    // ocpp-rpc reads identity and subprotocol from the request: what it sees is what was checked.
    request.url = `/ocpp/${encodeURIComponent(facts.identity)}`;
    request.headers['sec-websocket-protocol'] = facts.protocol;
    delete request.headers.authorization;
    this.#adopt = (client) => {
      if (this.#born) adopt(client, this.#born, facts, owner);
    };
    void this.#server.handleUpgrade(request, socket as never, head);
    this.#adopt = undefined;
    this.#born = undefined;
  }
}

function chosen(request: IncomingMessage): string {
  return String(request.headers['sec-websocket-protocol']);
}

function adopt(
  client: Client,
  socket: StationSocket,
  facts: UpgradeFacts,
  makeOwner: (connection: RpcConnection) => RpcOwner,
): void {
  const reading = new Reading<'rate' | 'ids'>(socket);
  const owner = makeOwner({
    protocol: facts.protocol,
    remoteAddress: facts.remoteAddress,
    call: (action, payload, callTimeoutMs) => client.call(action, payload, { callTimeoutMs }),
    close: (code, reason) => closeOrCut(socket, code, reason),
    terminate: () => socket.terminate(),
    ping: () => socket.readyState === socket.OPEN && socket.ping(),
    pause: () => reading.pause('rate'),
    resume: () => reading.resume('rate'),
  });
  const ids = new MessageIds({
    repeated: (call) => owner.onRepeated(call),
    pass: (frame) => socket.pass(frame),
    pause: () => reading.pause('ids'),
    resume: () => reading.resume('ids'),
  });
  let raw = '';
  /** Whether the owner was told of the frame at hand. */
  let told = false;
  socket.alive = () => owner.onAlive();
  socket.unread = () => owner.onBroken('it does not read what it is sent');
  socket.incoming = (frame) => ids.mayPass(frame);
  socket.outgoing = (frame) => {
    const sent = outgoing(facts.protocol, frame);
    if (!sent) return undefined;
    owner.onSent(sent);
    if (sent.kind !== 2) ids.answered(sent.messageId);
    return sent.raw;
  };
  client.on('message', ({ message, outbound }) => {
    if (outbound) return;
    raw = message;
    told = false;
  });
  client.on('response', ({ payload, outbound }) => {
    if (outbound) return;
    told = true;
    owner.onAnswer({ messageId: String(payload[1]), raw });
  });
  client.on('badMessage', ({ error }) => {
    if (!told) owner.onBadFrame(raw, error.message);
  });
  client.on('socketError', (error) => owner.onBroken(error.message));
  client.once('close', ({ code, reason }) => {
    for (const untaken of ids.end()) owner.onUntaken(untaken);
    owner.onClosed(code ?? 1006, String(reason ?? ''));
  });
  client.handle(async ({ messageId, method, params }) => {
    told = true;
    ids.begun(messageId, raw);
    try {
      return await owner.onCall({ messageId, action: method, payload: params, raw });
    } catch (error) {
      const refusal =
        error instanceof CallRefusal ? error : new CallRefusal('InternalError', 'an internal error occurred');
      throw library().createRPCError(errorCode(facts.protocol, refusal.kind), refusal.message, {});
    }
  });
}

/** What leaves in place of a frame: its error code put right; undefined where the standard wants silence. */
function outgoing(protocol: OcppProtocol, frame: string): OutboundFrame | undefined {
  const kind = Number(frame[1]) as 2 | 3 | 4;
  const raw = kind === 4 ? withOwnCode(protocol, frame) : frame;
  return raw === undefined ? undefined : { kind, messageId: messageIdOf(frame), raw };
}

/** The message id of a frame that JSON.stringify wrote: `[3,"id",…`. */
function messageIdOf(frame: string): string {
  const id = frame.slice(4, frame.indexOf('"', 4));
  // A quote or a control character in it is written with a backslash.
  return id.includes('\\') ? (JSON.parse(frame) as [number, string])[1] : id;
}

function withOwnCode(protocol: OcppProtocol, frame: string): string | undefined {
  const [type, messageId, code, ...rest] = JSON.parse(frame) as unknown[];
  // 1.6 §4.1.3: other message types are ignored. 2.1: SEND gets no answer, and an answer none either.
  if (code === 'MessageTypeNotSupported' && protocol !== 'ocpp2.0.1') return undefined;
  const kind = FOREIGN_CODES[String(code)];
  return kind ? JSON.stringify([type, messageId, errorCode(protocol, kind), ...rest]) : frame;
}
