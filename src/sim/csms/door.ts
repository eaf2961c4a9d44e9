import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { type Admission, admissionOf, type CsmsHandshake, isAdmitted, offeredBy } from './admission.js';
import { Gate, type RpcClient } from './gate.js';
import { certificateOf, close, listen, portOf, refuse } from './listener.js';
import type { CsmsOddities } from './oddities.js';
import type { CsmsOptions } from './options.js';
import type { SeenSocket } from './socket.js';

export type Admitted = Extract<Admission, { protocol: unknown }>;

export interface DoorHost {
  readonly oddities: () => CsmsOddities;
  /** Undefined: an unknown station; null: it needs none. */
  readonly passwordOf: (identity: string) => string | null | undefined;
  readonly isConnected: (identity: string) => boolean;
  readonly admitted: (admission: Admitted, client: RpcClient, socket: SeenSocket) => void;
  readonly handshake: (handshake: CsmsHandshake, why: string | undefined) => void;
}

/** Where stations come in. */
export class Door {
  readonly #options: CsmsOptions;
  readonly #host: DoorHost;
  readonly #gate: Gate;
  /** Sockets whose upgrade is not answered yet. */
  readonly #waiting = new Set<Duplex>();
  #server: Server | undefined;
  /** 0 until it was open for the first time. */
  port: number;

  constructor(options: CsmsOptions, host: DoorHost) {
    this.#options = options;
    this.#host = host;
    this.port = options.port ?? 0;
    this.#gate = new Gate({ deflate: options.deflate ?? false, pingSeconds: options.pingSeconds ?? 0 });
  }

  get isOpen(): boolean {
    return this.#server !== undefined;
  }

  /** Opens, on the port it had before. */
  async open(): Promise<void> {
    const { host = '127.0.0.1', tls } = this.#options;
    this.#server = await listen(host, this.port, tls, (request, socket, head) => {
      this.#upgrade(request, socket, head).catch(() => socket.destroy());
    });
    this.port = portOf(this.#server);
  }

  /** Closes the port. @returns once the last connection is gone */
  async shut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#waiting) socket.destroy();
    if (server) await close(server);
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const { upgrades, upgradesAfterMs, secondConnection } = this.#host.oddities();
    this.#waiting.add(socket);
    socket.once('close', () => this.#waiting.delete(socket));
    const knock = knockOf(request, socket);
    const told = (status: number, identity?: string, why?: string) =>
      this.#host.handshake({ ...knock, status, identity }, why);
    const refused = (status: number, identity: string | undefined, why: string) => {
      refuse(socket, status, why);
      told(status, identity, why);
    };
    if (upgradesAfterMs) await pause(upgradesAfterMs, undefined, { ref: false });
    if (socket.destroyed) return;
    if (upgrades === 'unanswered') return told(0, undefined, 'not answered');
    this.#waiting.delete(socket);
    if (upgrades === 'cut') {
      socket.destroy();
      return told(0, undefined, 'cut');
    }
    const admission = admissionOf(request, this.#options, this.#host.passwordOf);
    const { status, identity } = admission;
    if (upgrades !== undefined) return refused(upgrades, identity, 'told to refuse');
    if (!isAdmitted(admission)) return refused(status, identity, admission.why);
    if (secondConnection === 'refused' && this.#host.isConnected(admission.identity)) {
      return refused(409, identity, 'connected already');
    }
    let isOpen = false;
    this.#gate.upgrade(request, socket, head, admission.subprotocol, (client, webSocket) => {
      isOpen = true;
      told(101, identity);
      this.#host.admitted(admission, client, webSocket);
    });
    if (!isOpen) told(400, identity, 'no handshake of WebSocket');
  }
}

/** The request as it came: what handles it next changes it. */
function knockOf(request: IncomingMessage, socket: Duplex): Omit<CsmsHandshake, 'status' | 'identity'> {
  const { url = '', headers, rawHeaders } = request;
  return {
    ...{ url, headers: { ...headers }, rawHeaders, at: Date.now() },
    offered: offeredBy(request),
    certificate: certificateOf(socket),
  };
}
