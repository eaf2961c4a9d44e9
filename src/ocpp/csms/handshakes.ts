/** TLS handshakes that failed: each is logged with its address and reason, as long as they are not too many. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Runtime } from '../../depot/index.js';
import { catalogue } from '../../errors/index.js';

const MOST_LINES = 20;
const WINDOW_MS = 60_000;

/** What a failed handshake says of itself. */
interface HandshakeError extends Error {
  readonly code?: string;
  /** OpenSSL's word for it. */
  readonly reason?: string;
}

export class HandshakeLog {
  readonly #runtime: Pick<Runtime, 'log' | 'metrics'>;
  #windowFrom = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #untold = 0;

  constructor(runtime: Pick<Runtime, 'log' | 'metrics'>) {
    this.#runtime = runtime;
  }

  /** Counts every failure, logs twenty a minute; the next line says how many were passed over. */
  failed(error: HandshakeError, socket: TLSSocket): void {
    const { log, metrics } = this.#runtime;
    metrics.messages.inc({ protocol: 'ocpp', direction: 'in', action: 'TlsHandshake', outcome: 'refused' });
    const now = performance.now();
    if (now - this.#windowFrom > WINDOW_MS) {
      this.#windowFrom = now;
      this.#lines = 0;
    }
    if (this.#lines >= MOST_LINES) {
      this.#untold += 1;
      return;
    }
    this.#lines += 1;
    const code = 'OCPP_TLS_HANDSHAKE';
    const untold = this.#untold > 0 ? { untold: this.#untold } : {};
    this.#untold = 0;
    log.warn(
      { code, remoteAddress: addressOf(socket), reason: reasonOf(error, socket), ...untold },
      catalogue[code].title,
    );
  }
}

/** A certificate that was sent and does not count; else what OpenSSL says. */
function reasonOf({ reason, code, message }: HandshakeError, { authorizationError }: TLSSocket): string {
  if (authorizationError) return `the client certificate is refused: ${String(authorizationError)}`;
  return (reason ?? (code === 'ECONNRESET' ? 'the peer went away during the handshake' : message)).slice(
    0,
    200,
  );
}

/** A TLS socket that is destroyed has forgotten its peer; the TCP socket under it has not. */
function addressOf(socket: TLSSocket): string | undefined {
  return socket.remoteAddress ?? (socket as TLSSocket & { _parent?: Socket })._parent?.remoteAddress;
}
