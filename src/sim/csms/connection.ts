import { setTimeout as pause } from 'node:timers/promises';
import { type AnswerContext, answerOf } from './answers.js';
import { type CallHow, Calls } from './calls.js';
import { Refusal } from './errors.js';
import { NO_REPLY, type RpcClient } from './gate.js';
import type { CsmsOddities } from './oddities.js';
import type { CsmsProtocol, OwnAnswer, Payload } from './options.js';
import type { SeenSocket } from './socket.js';
import { type CsmsViolation, fineTimestampIn, misfitOf } from './wire.js';

/** A call of a station, right or wrong. */
export interface CsmsCall {
  readonly identity: string;
  /** Number of the connection, over all stations. */
  readonly connection: number;
  readonly messageId: string;
  readonly action: string;
  /** Empty if it was none. */
  readonly payload: Payload;
  readonly at: number;
}

export interface ConnectionHost {
  readonly identity: string;
  readonly number: number;
  readonly protocol: CsmsProtocol;
  readonly callTimeoutMs: number;
  readonly oddities: () => CsmsOddities;
  readonly context: () => AnswerContext;
  readonly ownAnswer: (action: string) => OwnAnswer | undefined;
  readonly frame: (direction: 'received' | 'sent', text: string, isBinary: boolean) => void;
  readonly call: (call: CsmsCall) => void;
  readonly violation: (violation: CsmsViolation) => void;
  readonly closed: (code: number, reason: string) => void;
}

/** How long an answer is held back for one that overtakes it, ms. */
const HOLD_MS = 250;

/** One connection of a station. */
export class Connection {
  readonly identity: string;
  readonly number: number;
  readonly protocol: CsmsProtocol;
  /** Resolves when the connection has ended. */
  readonly gone: Promise<void>;
  readonly #host: ConnectionHost;
  readonly #socket: SeenSocket;
  readonly #calls: Calls;
  /** Calls of the station that are not answered, with what is to follow their answer. */
  readonly #answering = new Map<string, () => void>();
  /** Lets the answer go that is held back for one that overtakes it. */
  #held: (() => void) | undefined;

  constructor(client: RpcClient, socket: SeenSocket, host: ConnectionHost) {
    this.#host = host;
    this.#socket = socket;
    this.identity = host.identity;
    this.number = host.number;
    this.protocol = host.protocol;
    this.#calls = new Calls({
      send: (text) => this.#socket.send(text),
      oddities: host.oddities,
      timeoutMs: host.callTimeoutMs,
      isAnswering: () => this.#answering.size > 0,
    });
    socket.owner = {
      received: (data, isBinary) => host.frame('received', String(data), isBinary),
      sent: (text) => host.frame('sent', text, false),
      isForRpc: (text) => this.#isForRpc(text),
      outgoing: (text) => this.#outgoing(text),
    };
    client.handle(({ messageId, method, params }) => this.#answer(messageId, method, params));
    client.on('badMessage', ({ error }) => this.#violation(undefined, error.message, undefined));
    client.on('socketError', (error) => this.#violation(undefined, error.message, undefined));
    this.gone = new Promise((resolve) => {
      client.once('close', ({ code, reason }) => {
        this.#calls.end();
        host.closed(code ?? 1006, String(reason ?? ''));
        resolve();
      });
    });
  }

  /** @throws CsmsError `refused`, `timeout`, `lost` */
  async call(action: string, payload: object, how: CallHow): Promise<Payload> {
    const answer = await this.#calls.call(action, payload, how);
    const misfit = misfitOf(this.protocol, action, 'conf', answer);
    if (misfit) this.#violation(action, misfit.message, answer);
    return answer;
  }

  /** Sends any text. */
  write(text: string): void {
    this.#socket.write(text);
  }

  /** Says goodbye with this code. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** Cuts the connection without a close frame. */
  terminate(): void {
    this.#socket.terminate();
  }

  freeze(): void {
    this.#socket.freeze();
  }

  /** What is an answer goes to our calls; what OCPP-J wants ignored goes no further. */
  #isForRpc(text: string): boolean {
    const frame = parsed(text);
    if (!Array.isArray(frame)) return true;
    const [type, messageId] = frame;
    if (type === 2) return true;
    if (type === 3 || type === 4) {
      if (!this.#calls.answered(frame)) this.#violation(undefined, 'nobody waits for this answer', text);
      return false;
    }
    // 1.6 §4.1.3: other message types are ignored. 2.1: SEND gets no answer.
    if (this.protocol === 'ocpp2.0.1') return true;
    if (type !== 6)
      this.#violation(undefined, `a message of type ${String(type)}, ${String(messageId)}`, text);
    return false;
  }

  #outgoing(text: string): string | undefined {
    const frame = parsed(text) as readonly [number, string, ...unknown[]];
    if (frame[0] !== 2) {
      const follow = this.#answering.get(frame[1]);
      this.#answering.delete(frame[1]);
      if (follow) setImmediate(follow);
    }
    return this.#host.oddities().spaced ? JSON.stringify(frame, null, 1) : text;
  }

  async #answer(messageId: string, action: string, params: unknown): Promise<unknown> {
    const oddities = this.#host.oddities();
    const { identity, number: connection } = this;
    const followUps: (() => void)[] = [];
    const follow = () => {
      for (const followUp of followUps) followUp();
      this.#calls.next();
    };
    this.#calls.heard(messageId);
    this.#answering.set(messageId, follow);
    const payload = (typeof params === 'object' && params !== null ? params : {}) as Payload;
    const call = { identity, connection, messageId, action, payload, at: Date.now() };
    this.#host.call(call);
    const answer = this.#refusal(action, params, oddities) ?? this.#answerTo(call, followUps);
    if (isSilentOn(action, oddities)) {
      this.#answering.delete(messageId);
      setImmediate(follow);
      return NO_REPLY;
    }
    await this.#inItsTime(action, oddities);
    if (!(answer instanceof Refusal)) return answer;
    // Written here, since ocpp-rpc knows some codes only, and changes others.
    this.#socket.send(JSON.stringify([4, messageId, answer.code, answer.message, {}]));
    return NO_REPLY;
  }

  #answerTo(call: CsmsCall, followUps: (() => void)[]): Payload | Refusal {
    const { action, payload } = call;
    const context = this.#host.context();
    const usual = answerOf(this.protocol, action, payload, {
      ...context,
      started: (transaction) => followUps.push(() => context.started(transaction)),
      ended: (transaction) => followUps.push(() => context.ended(transaction)),
    });
    if (usual instanceof Refusal) return usual;
    const own = this.#host.ownAnswer(action);
    const answer = typeof own === 'function' ? own(call, usual) : (own ?? usual);
    const misfit = misfitOf(this.protocol, action, 'conf', answer);
    if (misfit) this.#host.violation({ ...this.#about(action, misfit.message, answer), direction: 'sent' });
    return answer;
  }

  #refusal(action: string, payload: unknown, oddities: CsmsOddities): Refusal | undefined {
    if (oddities.oneCallBothWays && this.#calls.open + this.#answering.size > 1) {
      return new Refusal('RpcFrameworkError', 'Call already in progress');
    }
    const misfit = misfitOf(this.protocol, action, 'req', payload);
    if (misfit) {
      this.#violation(action, misfit.message, payload);
      return new Refusal(misfit.code, misfit.message);
    }
    if (oddities.refusesFineTimestamps && fineTimestampIn(payload) !== undefined) {
      return new Refusal('FormatViolation', 'Invalid message format');
    }
    const code = oddities.refuses?.[action];
    return code === undefined ? undefined : new Refusal(code, `${action} is refused here`);
  }

  /** Waits as the oddities want it. */
  async #inItsTime(action: string, { answersAfterMs, answersOutOfOrder }: CsmsOddities): Promise<void> {
    const afterMs = typeof answersAfterMs === 'object' ? answersAfterMs[action] : answersAfterMs;
    if (afterMs) await pause(afterMs, undefined, { ref: false });
    if (!answersOutOfOrder) return;
    if (this.#held) {
      // This answer leaves first, in the turn after it the one that was held.
      setImmediate(this.#held);
      this.#held = undefined;
      return;
    }
    await new Promise<void>((resolve) => {
      this.#held = resolve;
      setTimeout(() => {
        if (this.#held === resolve) this.#held = undefined;
        resolve();
      }, HOLD_MS).unref();
    });
  }

  #violation(action: string | undefined, message: string, what: unknown): void {
    this.#host.violation(this.#about(action, message, what));
  }

  #about(action: string | undefined, message: string, what: unknown): CsmsViolation {
    return { identity: this.identity, direction: 'received', action, message, what };
  }
}

function isSilentOn(action: string, { silentOn = [] }: CsmsOddities): boolean {
  return silentOn.includes(action) || silentOn.includes('*');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
