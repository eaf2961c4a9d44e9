/** What a charger asks for with its upgrade request, to be asked of its CSMS. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Asked } from './dial.js';

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;

/** How a charger asks; undefined if it asks for what is no subprotocol. */
export function askedBy({ headers, url = '', socket }: IncomingMessage, path: string): Asked | undefined {
  const query = url.includes('?') ? url.slice(url.indexOf('?')) : '';
  const subprotocols = (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (!subprotocols.every((name) => TOKEN.test(name))) return undefined;
  const { remoteAddress = '' } = socket;
  const before = headers['x-forwarded-for'];
  return {
    path,
    query,
    subprotocols: [...new Set(subprotocols)],
    authorization: headers.authorization,
    userAgent: headers['user-agent'],
    forwardedFor: before === undefined ? remoteAddress : `${String(before)}, ${remoteAddress}`,
    compresses: /permessage-deflate/.test(headers['sec-websocket-extensions'] ?? ''),
  };
}

/** Whether ws completes it (RFC 6455 §4.2.1). */
export function isHandshake({ method, headers }: IncomingMessage): boolean {
  const { upgrade, 'sec-websocket-key': key = '', 'sec-websocket-version': version } = headers;
  const isWebSocket = method === 'GET' && upgrade?.toLowerCase() === 'websocket';
  return isWebSocket && /^[+/0-9A-Za-z]{22}==$/.test(key) && (version === '13' || version === '8');
}

/** Tells when who asks goes before it is answered; what it says already stays to be read. @returns how to stop */
export function onHangUp(socket: Duplex, gone: () => void): () => void {
  // An end is seen by reading only.
  const look = () => {
    if (socket.readableLength === 0) socket.read();
  };
  socket.on('readable', look);
  socket.once('end', gone);
  socket.once('close', gone);
  return () => {
    socket.removeListener('readable', look);
    socket.removeListener('end', gone);
    socket.removeListener('close', gone);
  };
}
