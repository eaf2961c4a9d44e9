/** The HTTP(S) server under the WebSockets. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { CsmsTls } from './options.js';

export type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Opens a server. @throws what the system says if the port cannot be had, or the certificate cannot be used */
export async function listen(
  host: string,
  port: number,
  tls: CsmsTls | undefined,
  onUpgrade: OnUpgrade,
): Promise<Server> {
  const server = tls
    ? createTlsServer({
        key: tls.key,
        cert: tls.cert,
        ...(tls.clientCa ? { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true } : {}),
      })
    : createServer();
  server.on('upgrade', onUpgrade);
  server.on('request', (_request, response) => {
    response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end();
  });
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Closes a server and whatever is still open on it. */
export async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

/** Answers an upgrade request with an HTTP error and ends the connection. */
export function refuse(socket: Duplex, status: number, why: string): void {
  const challenge = status === 401 ? 'WWW-Authenticate: Basic realm="csms"\r\n' : '';
  const lines = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\n${challenge}Connection: close\r\n`;
  socket.end(
    `${lines}Content-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(why)}\r\n\r\n${why}`,
    () => socket.destroy(),
  );
}

/** Common name of the client's certificate, if it showed one. */
export function certificateOf(socket: Duplex): string | undefined {
  const { getPeerCertificate } = socket as Partial<TLSSocket>;
  const name = getPeerCertificate?.call(socket)?.subject?.CN;
  return Array.isArray(name) ? name[0] : name;
}
