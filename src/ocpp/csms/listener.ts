/** The HTTP(S) server under the WebSockets of stations. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { WebSocketServer } from 'ws';
import type { TlsConfig } from '../../config/index.js';
import { BridgeError } from '../../errors/index.js';

/** The suites of OCPP security profiles 2 and 3, newest first; the last serves old ECDSA-only stations. */
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_AES_128_GCM_SHA256',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES128-SHA256',
].join(':');

export interface ListenerOptions {
  readonly tls: TlsConfig | undefined;
  /** Who brings no certificate of `tls.clientCa` gets to the request all the same, where it is decided who needs one. */
  readonly certificateOptional: boolean;
  readonly requestSeconds: number;
  readonly handshakeFailed: (error: Error, socket: TLSSocket) => void;
}

/**
 * Makes the server; it answers plain requests with 426.
 *
 * @throws BridgeError OCPP_TLS
 */
export function makeServer({
  tls,
  certificateOptional,
  requestSeconds,
  handshakeFailed,
}: ListenerOptions): Server {
  const timeoutMs = requestSeconds * 1000;
  const common = {
    headersTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    connectionsCheckingInterval: timeoutMs / 5,
    maxHeaderSize: 8_192,
    noDelay: true,
  };
  if (!tls) return withoutPages(createServer(common));
  try {
    const asking = { ca: tls.clientCa, requestCert: true, rejectUnauthorized: !certificateOptional };
    const server = createTlsServer({
      ...common,
      key: tls.key,
      cert: tls.cert,
      ...(tls.clientCa ? asking : {}),
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      honorCipherOrder: true,
      ecdhCurve: 'X25519:prime256v1:secp384r1',
      ciphers: CIPHERS,
      handshakeTimeout: timeoutMs,
    });
    // A socket keeps its address once it was asked for it: the log needs it when the handshake has failed.
    server.on('connection', (socket: Socket) => void socket.remoteAddress);
    server.on('tlsClientError', handshakeFailed);
    return withoutPages(server);
  } catch (cause) {
    throw new BridgeError('OCPP_TLS', `listen.ocpp.tls: ${(cause as Error).message}`, {}, { cause });
  }
}

function withoutPages(server: Server): Server {
  server.on('request', (_request, response) => {
    response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end();
  });
  return server;
}

/** Opens the server; gives the port really bound. @throws BridgeError OCPP_LISTEN */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new BridgeError('OCPP_LISTEN', `${host}:${port}: ${cause.message}`, {}, { cause })),
    );
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  429: 'Too Many Requests',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** Answers an upgrade request with an HTTP error and ends the connection. */
export function refuseUpgrade(socket: Duplex, status: number): void {
  const challenge = status === 401 ? 'WWW-Authenticate: Basic realm="ocpp"\r\n' : '';
  socket.on('error', () => socket.destroy());
  if (socket.destroyed) return;
  socket.end(
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Refused'}\r\n${challenge}Connection: close\r\nContent-Length: 0\r\n\r\n`,
    () => socket.destroy(),
  );
}

const GOODBYE_MS = 2_000;
const goodbyes = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 1 });

/**
 * OCPP-J 1.6 §3.2, 2.0.1 part 4 §3.3: a server that speaks none of the versions offered completes the handshake without one, and
 * closes the connection.
 */
export function sayGoodbye(request: IncomingMessage, socket: Duplex, head: Buffer, reason: string): void {
  delete request.headers['sec-websocket-protocol'];
  goodbyes.handleUpgrade(request, socket, head, (connection) => {
    connection.on('error', () => connection.terminate());
    connection.close(1002, reason);
    setTimeout(() => connection.terminate(), GOODBYE_MS).unref();
  });
}
