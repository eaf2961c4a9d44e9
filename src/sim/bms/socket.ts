import type { ConnectionOptions } from 'node:tls';
import { WebSocket } from 'ws';
import { PresystemError } from './errors.js';
import type { Dialect } from './messages.js';

/** The TLS settings a test or a depot with its own CA needs. */
export type PresystemTls = Pick<
  ConnectionOptions,
  'ca' | 'rejectUnauthorized' | 'ciphers' | 'minVersion' | 'maxVersion' | 'servername'
>;

export interface Dial {
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  readonly subprotocols: readonly string[];
  readonly tls?: PresystemTls;
  readonly handshakeTimeoutMs?: number;
}

/** What a presystem of this dialect offers, the dialect's own first. */
export function offeredSubprotocols(dialect: Dialect): readonly string[] {
  return dialect === '2.0.0' ? ['v2.463.vdv.de', 'v1.463.vdv.de'] : ['v1.463.vdv.de'];
}

/** The Basic header of rule 4. */
export function basicAuthorization(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}

/**
 * Dials the CMS. The socket is paused until the caller has attached its listeners: a CMS may speak at once.
 * @throws PresystemError `upgrade-refused` with the HTTP status, or `not-reachable`
 */
export function dial(options: Dial): Promise<WebSocket> {
  const { url, user, password, subprotocols, tls, handshakeTimeoutMs = 10_000 } = options;
  const authorization = user === undefined ? {} : { authorization: basicAuthorization(user, password ?? '') };
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, [...subprotocols], {
      ...tls,
      headers: authorization,
      handshakeTimeout: handshakeTimeoutMs,
      perMessageDeflate: false,
    });
    socket.once('unexpected-response', (request, response) => {
      const status = response.statusCode;
      response.resume();
      request.destroy();
      reject(new PresystemError('upgrade-refused', `${url} refused the upgrade with HTTP ${status}`, status));
    });
    socket.once('error', (cause) => {
      reject(new PresystemError('not-reachable', `${url}: ${cause.message}`, undefined, { cause }));
    });
    socket.once('open', () => {
      socket.pause();
      resolve(socket);
    });
  });
}
