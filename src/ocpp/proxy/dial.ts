/** The way onward: the WebSocket to the CSMS that a charger has, opened as the charger would open it. */
import type { ClientRequest, IncomingMessage } from 'node:http';
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
  /** The addresses it came from, its own last. */
  readonly forwardedFor: string;
  /** Whether it offered permessage-deflate (RFC 7692). */
  readonly compresses: boolean;
}

export type Dialled =
  /** `protocol`: the subprotocol that the CSMS chose; empty if none. */
  | { readonly open: true; readonly socket: WebSocket; readonly protocol: string }
  /** `status`: what the CSMS answered, to be told to the charger; 502 if it could not be reached, 504 if it was silent. */
  | { readonly open: false; readonly status: number; readonly why: string };

export interface DialOptions {
  readonly csms: CsmsConfig;
  readonly maxPayload: number;
  /** The charger, or the bridge, does not want it any more. */
  readonly signal: AbortSignal;
}

/** No context is kept from frame to frame: it would cost 200 KiB for each connection. */
export const COMPRESSION = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  threshold: 1_024,
} as const;

/** How long ws waits for the end of a connection that both sides have closed. */
export const CLOSING: object = { closeTimeout: 5_000 };

/** Opens the way onward. The socket is paused: nothing that the CSMS says at once is lost. Never rejects. */
export function dial(asked: Asked, options: DialOptions): Promise<Dialled> {
  const { signal } = options;
  if (signal.aborted) return Promise.resolve(given('the charger is gone'));
  return new Promise<Dialled>((resolve) => {
    let socket: WebSocket;
    try {
      socket = socketFor(asked, options);
    } catch (error) {
      // What a charger wrote into its query or subprotocols cannot be asked for.
      resolve({ open: false, status: 400, why: (error as Error).message });
      return;
    }
    const end = (dialled: Dialled) => {
      clearTimeout(late);
      signal.removeEventListener('abort', abort);
      if (!dialled.open) socket.terminate();
      resolve(dialled);
    };
    const abort = () => end(given('the charger is gone'));
    // Not ws's own: that begins anew with every byte that comes.
    const late = setTimeout(() => end(SILENT), options.csms.connectSeconds * 1000);
    signal.addEventListener('abort', abort);
    let isUnchosen = false;
    socket.on('error', (error) => end({ open: false, ...failureOf(error) }));
    socket.once('unexpected-response', (request: ClientRequest, response: IncomingMessage) => {
      const { statusCode = 502, statusMessage = '' } = response;
      const why = `the CSMS answered ${statusCode} ${statusMessage}`.trim();
      end({ open: false, status: statusCode, why });
      response.destroy();
      request.destroy();
    });
    socket.once('upgrade', ({ headers }: IncomingMessage) => {
      // Whether it minds is for the charger to say; ws would refuse on its behalf.
      if (asked.subprotocols.length === 0 || headers['sec-websocket-protocol'] !== undefined) return;
      isUnchosen = true;
      headers['sec-websocket-protocol'] = asked.subprotocols[0];
    });
    socket.once('open', () => {
      socket.pause();
      end({ open: true, socket, protocol: isUnchosen ? '' : socket.protocol });
    });
  });
}

function socketFor(asked: Asked, { csms, maxPayload }: DialOptions): WebSocket {
  const { tls } = csms;
  return new WebSocket(urlFor(asked, csms), [...asked.subprotocols], {
    ...CLOSING,
    headers: headersOf(asked),
    maxPayload,
    perMessageDeflate: asked.compresses && COMPRESSION,
    followRedirects: false,
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls?.cert === undefined ? {} : { cert: tls.cert, key: tls.key }),
  });
}

function given(why: string): Dialled {
  return { open: false, status: 503, why };
}

const SILENT: Dialled = { open: false, status: 504, why: 'the CSMS did not answer in time' };
const UNTRUSTED = /CERT|ISSUER|SELF_SIGNED|UNABLE_TO_VERIFY/;

function failureOf({ message, code = '' }: Error & { code?: string }): { status: number; why: string } {
  if (UNTRUSTED.test(code))
    return { status: 502, why: `the certificate of the CSMS is not trusted (ocpp.csms.tls.ca): ${message}` };
  return { status: 502, why: message };
}

function urlFor({ path, query }: Asked, { url }: CsmsConfig): string {
  return `${url.replace(/\/+$/, '')}/${path}${query}`;
}

/** What a CSMS may know a charger by; that it comes through somebody is said where proxies say it. */
function headersOf({ authorization, userAgent, forwardedFor }: Asked): Record<string, string> {
  return {
    ...(authorization === undefined ? {} : { authorization }),
    ...(userAgent === undefined ? {} : { 'user-agent': userAgent }),
    'x-forwarded-for': forwardedFor,
  };
}
