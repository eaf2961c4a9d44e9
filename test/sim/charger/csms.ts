import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { validatorOf } from '../../../src/schemas/index.js';
import { violationOf } from '../../../src/sim/charger/wire.js';

export type Payload = Record<string, unknown>;
export interface Call {
  readonly id: string;
  readonly action: string;
  readonly payload: Payload;
  readonly at: number;
}

type Answerer = (payload: Payload, call: Call) => Payload | undefined;

/** Answers that suit a station that is welcome. */
const friendly: Record<string, Answerer> = {
  BootNotification: () => ({ status: 'Accepted', currentTime: new Date().toISOString(), interval: 300 }),
  Heartbeat: () => ({ currentTime: new Date().toISOString() }),
  DataTransfer: () => ({ status: 'Accepted' }),
};
const friendly16: Record<string, Answerer> = {
  ...friendly,
  Authorize: () => ({ idTagInfo: { status: 'Accepted' } }),
  StopTransaction: () => ({}),
};
const friendly201: Record<string, Answerer> = {
  ...friendly,
  Authorize: () => ({ idTokenInfo: { status: 'Accepted' } }),
  NotifyEVChargingNeeds: () => ({ status: 'Accepted' }),
};

/** A CSMS of a few lines, on `ws` alone: keeps every call it gets, answers as told, checks every frame. */
export class TinyCsms {
  readonly calls: Call[] = [];
  /** Frames that do not fit their schema, either way. */
  readonly violations: string[] = [];
  readonly answers: Record<string, Answerer> = {};
  readonly authorizations: (string | undefined)[] = [];
  readonly subprotocols: string[] = [];
  /** When false, calls of stations get no answer. */
  answering = true;
  /** HTTP status to refuse upgrades with; 0 = none. */
  refuseWith = 0;
  #sockets: WebSocket[] = [];
  #pending = new Map<string, { action: string; settle: (message: unknown[]) => void }>();
  #nextTransaction = 1;
  #nextId = 1;
  readonly #http = createServer();
  readonly #wss = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });

  async listen(): Promise<string> {
    this.#http.on('upgrade', (request, socket, head) => {
      this.authorizations.push(request.headers.authorization);
      if (this.refuseWith) {
        socket.end(`HTTP/1.1 ${this.refuseWith} Refused\r\nConnection: close\r\n\r\n`);
        return;
      }
      this.#wss.handleUpgrade(request, socket, head, (ws) => this.#welcome(ws));
    });
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}/ocpp`;
  }

  async close(): Promise<void> {
    for (const socket of this.#wss.clients) socket.terminate();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  get connections(): number {
    return this.#wss.clients.size;
  }

  /** Closes what is connected, as a CSMS that restarts. */
  dropAll(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  /** Sends a call to the station connected last; resolves to [result] or throws the CALLERROR's code. */
  async call(action: string, payload: object): Promise<Payload> {
    const socket = this.#sockets.at(-1);
    if (!socket) throw new Error('no station is connected');
    const id = `csms-${this.#nextId++}`;
    const answered = new Promise<unknown[]>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${action}`)), 15_000);
      this.#pending.set(id, {
        action,
        settle: (message) => {
          clearTimeout(timer);
          resolve(message);
        },
      });
    });
    socket.send(JSON.stringify([2, id, action, payload]));
    const [type, , result, description] = await answered;
    if (type === 4) throw new Error(`${String(result)}: ${String(description)}`);
    this.#check(socket, 'sent', action, 'conf', result);
    return result as Payload;
  }

  /** Sends any text. */
  say(frame: string): void {
    this.#sockets.at(-1)?.send(frame);
  }

  of(action: string): Payload[] {
    return this.calls.filter((call) => call.action === action).map((call) => call.payload);
  }

  /** Waits until there are `count` calls of an action (that match), and returns the last of them. */
  async until(
    action: string,
    count = 1,
    matches: (payload: Payload) => boolean = () => true,
  ): Promise<Payload> {
    const deadline = performance.now() + 30_000;
    for (;;) {
      const found = this.of(action).filter(matches);
      const last = found[count - 1];
      if (last) return last;
      if (performance.now() > deadline) {
        throw new Error(
          `${found.length} of ${count} ${action} after 30 s; got ${this.calls.map((c) => c.action)}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  #welcome(socket: WebSocket): void {
    this.#sockets.push(socket);
    this.subprotocols.push(socket.protocol);
    socket.on('message', (data) => this.#onMessage(socket, JSON.parse(String(data)) as unknown[]));
    socket.on('close', () => {
      this.#sockets = this.#sockets.filter((each) => each !== socket);
    });
  }

  #onMessage(socket: WebSocket, message: unknown[]): void {
    const [type, id, action, payload] = message as [number, string, string, Payload];
    if (type !== 2) {
      this.#pending.get(id)?.settle(message);
      this.#pending.delete(id);
      return;
    }
    const call = { id, action, payload, at: performance.now() };
    this.calls.push(call);
    this.#check(socket, 'sent', action, 'req', payload);
    if (!this.answering) return;
    const answer = this.#answer(socket, call);
    if (!answer || socket.readyState !== WebSocket.OPEN) return;
    const frame =
      'errorCode' in answer ? [4, id, answer['errorCode'], 'as the test wants it', {}] : [3, id, answer];
    socket.send(JSON.stringify(frame));
  }

  #answer(socket: WebSocket, call: Call): Payload | undefined {
    const own = this.answers[call.action];
    if (own) return own(call.payload, call);
    const is16 = socket.protocol !== 'ocpp2.0.1';
    if (is16 && call.action === 'StartTransaction') {
      return { transactionId: this.#nextTransaction++, idTagInfo: { status: 'Accepted' } };
    }
    return (is16 ? friendly16 : friendly201)[call.action]?.(call.payload, call) ?? {};
  }

  /** By two sets of schemas: those of ocpp-rpc, and the product's own. */
  #check(socket: WebSocket, direction: 'sent', action: string, part: 'req' | 'conf', payload: unknown): void {
    const is201 = socket.protocol === 'ocpp2.0.1';
    const violation = violationOf(is201 ? 'ocpp2.0.1' : 'ocpp1.6', direction, action, part, payload);
    if (violation) this.violations.push(`${action}.${part}: ${violation.message} ${JSON.stringify(payload)}`);
    const name = `${is201 ? 'ocpp201' : 'ocpp16'}.${action}${part === 'conf' ? '.conf' : ''}`;
    for (const issue of validatorOf(name)(payload))
      this.violations.push(`${name}${issue.path}: ${issue.message}`);
  }
}
