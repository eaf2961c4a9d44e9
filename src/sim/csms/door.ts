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
    if (upgradesAfterMs) await pause(upgradesAfterMs, undefined, { ref: false });
    if (socket.destroyed) return;
    if (upgrades === 'unanswered') return this.#told(request, socket, 0, undefined, 'not answered');
    this.#waiting.delete(socket);
    if (upgrades === 'cut') {
      socket.destroy();
      return this.#told(request, socket, 0, undefined, 'cut');
    }
    const admission = admissionOf(request, this.#options, this.#host.passwordOf);
    const { status, identity } = admission;
    if (upgrades !== undefined) return this.#refuse(request, socket, upgrades, identity, 'told to refuse');
    if (!isAdmitted(admission)) return this.#refuse(request, socket, status, identity, admission.why);
    if (secondConnection === 'refused' && this.#host.isConnected(admission.identity)) {
      return this.#refuse(request, socket, 409, identity, 'connected already');
    }
    this.#told(request, socket, 101, identity, undefined);
    this.#gate.upgrade(request, socket, head, admission.subprotocol, (client, webSocket) =>
      this.#host.admitted(admission, client, webSocket),
    );
  }

  #refuse(
    request: IncomingMessage,
    socket: Duplex,
    status: number,
    identity: string | undefined,
    why: string,
  ): void {
    refuse(socket, status, why);
    this.#told(request, socket, status, identity, why);
  }

  #told(
    request: IncomingMessage,
    socket: Duplex,
    status: number,
    identity: string | undefined,
    why: string | undefined,
  ): void {
    const { url = '', headers, rawHeaders } = request;
    const handshake = {
      ...{ url, headers: { ...headers }, rawHeaders, identity, status, at: Date.now() },
      offered: offeredBy(request),
      certificate: certificateOf(socket),
    };
    this.#host.handshake(handshake, why);
  }
}
