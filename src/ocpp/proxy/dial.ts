/** The way onward: the WebSocket to the CSMS that a charger has, opened as the charger would open it. */
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { CsmsConfig } from '../../config/index.js';

/** How the charger asked; it is passed on. */
export interface Asked {
  /** The last part of its path, as it wrote it: its identity, percent-encoded or not. */
  readonly path: string;
  readonly query: string;
  /** Subprotocols in its order; none where it offered none. */
  readonly subprotocols: readonly string[];
  readonly authorization: string | undefined;
  readonly userAgent: string | undefined;
  readonly remoteAddress: string;
  /** Whether it offered permessage-deflate (RFC 7692). */
  readonly compresses: boolean;
}

export type Dialled =
  | { readonly open: true; readonly socket: WebSocket; readonly protocol: string }
  /** `status`: what the CSMS answered, to be told to the charger; 502 if it could not be reached, 504 if it was silent. */
  | { readonly open: false; readonly status: number; readonly why: string };

export interface DialOptions {
  readonly csms: CsmsConfig;
  readonly maxPayload: number;
}

/** No context is kept from frame to frame: it would cost 200 KiB for each connection. */
export const COMPRESSION = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  threshold: 1_024,
} as const;

/** Opens the way onward. The socket is paused: nothing that the CSMS says at once is lost. Never rejects. */
export function dial(asked: Asked, { csms, maxPayload }: DialOptions): Promise<Dialled> {
  const { tls, connectSeconds } = csms;
  return new Promise<Dialled>((resolve) => {
    const socket = new WebSocket(urlFor(asked, csms), [...asked.subprotocols], {
      headers: headersOf(asked),
      maxPayload,
      perMessageDeflate: asked.compresses && COMPRESSION,
      handshakeTimeout: connectSeconds * 1000,
      followRedirects: false,
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls?.cert === undefined ? {} : { cert: tls.cert, key: tls.key }),
    });
    const refused = (status: number, why: string) => {
      socket.terminate();
      resolve({ open: false, status, why });
    };
    socket.on('error', ({ message }) =>
      refused(/handshake has timed out/.test(message) ? 504 : 502, message),
    );
    socket.once('unexpected-response', (request, response: IncomingMessage) => {
      const { statusCode = 502, statusMessage = '' } = response;
      refused(statusCode, `the CSMS answered ${statusCode} ${statusMessage}`.trim());
      response.destroy();
      request.destroy();
    });
    socket.once('open', () => {
      socket.pause();
      resolve({ open: true, socket, protocol: socket.protocol });
    });
  });
}

function urlFor({ path, query }: Asked, { url }: CsmsConfig): string {
  return `${url.replace(/\/+$/, '')}/${path}${query}`;
}

/** What a CSMS may know a charger by; that it comes through somebody is said where proxies say it. */
function headersOf({ authorization, userAgent, remoteAddress }: Asked): Record<string, string> {
  return {
    ...(authorization === undefined ? {} : { authorization }),
    ...(userAgent === undefined ? {} : { 'user-agent': userAgent }),
    'x-forwarded-for': remoteAddress,
  };
}
