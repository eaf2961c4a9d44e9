/** Both ends of a relay reduced to their sockets: they say what they are told, and remember the bytes they got. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws';
import { until } from '../harness.js';

export interface Got {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/** One end. */
export class RawPeer {
  readonly socket: WebSocket;
  readonly got: Got[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer, isBinary) => this.got.push({ data, isBinary }));
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    socket.on('error', () => undefined);
  }

  get texts(): string[] {
    return this.got.map(({ data }) => String(data));
  }

  send(data: string | Buffer, binary = false): void {
    this.socket.send(data, { binary });
  }

  /** The n-th frame that comes, from 0. */
  async nth(index: number): Promise<string> {
    const got = await until(() => this.got[index], `frame ${index}`);
    return String(got.data);
  }

  end(): Promise<{ readonly code: number; readonly reason: string }> {
    return until(() => this.closed, 'the close');
  }
}

export interface RawCsmsOptions {
  /** Answers an upgrade by hand; true: it did. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex) => boolean;
  /** The subprotocol to choose; by default the first that is offered. */
  readonly choose?: (offered: Set<string>) => string | false;
  readonly deflate?: boolean;
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca?: string };
  readonly maxPayload?: number;
  /** Sent in one packet with the 101. */
  readonly atOnce?: readonly string[];
}

export class RawCsms {
  readonly peers: RawPeer[] = [];
  readonly requests: IncomingMessage[] = [];
  readonly #server: Server;
  readonly #scheme: string;

  private constructor(server: Server, options: RawCsmsOptions) {
    this.#server = server;
    this.#scheme = options.tls ? 'wss' : 'ws';
    const { atOnce = [], choose = (offered: Set<string>) => [...offered][0] ?? false } = options;
    const sockets = new WebSocketServer({
      noServer: true,
      handleProtocols: choose,
      perMessageDeflate: options.deflate ? { threshold: 0 } : false,
      maxPayload: options.maxPayload ?? 10_000_000,
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.requests.push(request);
      socket.on('error', () => undefined);
      if (options.upgrade?.(request, socket)) return;
      if (atOnce.length > 0) socket.cork();
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const peer = new RawPeer(webSocket);
        for (const text of atOnce) peer.send(text);
        if (atOnce.length > 0) socket.uncork();
        this.peers.push(peer);
      });
    });
  }

  static async start(options: RawCsmsOptions): Promise<RawCsms> {
    const { tls } = options;
    const server = tls
      ? createTlsServer({
          ...tls,
          requestCert: tls.ca !== undefined,
          rejectUnauthorized: tls.ca !== undefined,
        })
      : createServer();
    const csms = new RawCsms(server, options);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      for (const { socket } of csms.peers) socket.terminate();
      server.closeAllConnections();
      server.close();
    });
    return csms;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#scheme}://127.0.0.1:${port}/steve/CentralSystemService`;
  }

  /** Its end of the n-th connection, from 0. */
  peer(index = 0): Promise<RawPeer> {
    return until(() => this.peers[index], `connection ${index} at the CSMS`);
  }

  get open(): readonly RawPeer[] {
    return this.peers.filter(({ closed }) => !closed);
  }
}

export interface PlugOptions extends ClientOptions {
  readonly path?: string;
  readonly protocols?: string[];
  readonly login?: string | null;
}

/** A charger's socket through the bridge. Rejects with the status if it is refused. */
export async function plug(port: number, options: PlugOptions = {}): Promise<RawPeer> {
  const {
    path = '/ocpp/CP-N1',
    protocols = ['ocpp1.6'],
    login = 'CP-N1:cp-n1-secret-0001',
    ...rest
  } = options;
  const authorization =
    login === null ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
  const scheme = rest.ca === undefined ? 'ws' : 'wss';
  const socket = new WebSocket(`${scheme}://127.0.0.1:${port}${path}`, protocols, {
    perMessageDeflate: false,
    ...rest,
    headers: { ...authorization, ...rest.headers },
  });
  const peer = new RawPeer(socket);
  onTestFinished(() => socket.terminate());
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('unexpected-response', (_request, { statusCode }) => reject(new Error(String(statusCode))));
    socket.once('error', reject);
  });
  return peer;
}
