/**
 * The only module that knows ocpp-rpc. The library completes upgrades, reads frames and brings calls and answers together;
 * nothing reaches it before path, identity and credentials were checked (it dies of a path such as `/%zz`), and calls to
 * stations are our own.
 */
import type { IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import { RPCServer } from 'ocpp-rpc';
import type { CsmsProtocol } from './options.js';
import { SeenSocket } from './socket.js';

// The name cannot be imported from a CommonJS module, and the package types handlers as if they always answered.
const { NOREPLY } = createRequire(import.meta.url)('ocpp-rpc') as { readonly NOREPLY: object };

/** The part of ocpp-rpc's server side client that is used here; its own types leave the events open. */
export interface RpcClient {
  on(event: 'badMessage', listener: (event: { error: Error }) => void): void;
  on(event: 'socketError', listener: (error: Error) => void): void;
  once(event: 'close', listener: (event: { code?: number; reason?: string | Buffer }) => void): void;
  handle(handler: (call: { messageId: string; method: string; params: unknown }) => Promise<unknown>): void;
}

/** In place of an answer. */
export const NO_REPLY: object = NOREPLY;

export interface GateOptions {
  readonly deflate: boolean;
  readonly pingSeconds: number;
}

/** Turns upgrades that were found good into connections. */
export class Gate {
  readonly #server: RPCServer;
  #born: SeenSocket | undefined;
  #adopt: ((client: RpcClient) => void) | undefined;

  constructor({ deflate, pingSeconds }: GateOptions) {
    const note = (socket: SeenSocket) => {
      this.#born = socket;
    };
    class BornSocket extends SeenSocket {
      constructor(...args: ConstructorParameters<typeof SeenSocket>) {
        super(...args);
        note(this);
      }
    }
    this.#server = new RPCServer({
      protocols: [],
      wssOptions: {
        noServer: true,
        perMessageDeflate: deflate ? { threshold: 0 } : false,
        WebSocket: BornSocket as never,
      },
      strictMode: false,
      pingIntervalMs: pingSeconds * 1000,
      respondWithDetailedErrors: false,
    });
    this.#server.on('client', (client: RpcClient) => this.#adopt?.(client));
    this.#server.auth((accept, _reject, { request }) => {
      const [protocol] = [request.headers['sec-websocket-protocol']];
      accept({}, protocol ?? false);
    });
  }

  /** Completes an upgrade; ocpp-rpc makes socket and client within this call. */
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    protocol: CsmsProtocol | undefined,
    adopt: (client: RpcClient, socket: SeenSocket) => void,
  ): void {
    // ocpp-rpc reads identity and subprotocol from the request: what it sees is what was checked.
    request.url = '/station';
    if (protocol === undefined) delete request.headers['sec-websocket-protocol'];
    else request.headers['sec-websocket-protocol'] = protocol;
    this.#adopt = (client) => {
      if (this.#born) adopt(client, this.#born);
    };
    void this.#server.handleUpgrade(request, socket as never, head);
    this.#adopt = undefined;
    this.#born = undefined;
  }
}
