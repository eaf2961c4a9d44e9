/** The door on the network: HTTP or HTTPS, the gate before the upgrade, and the sessions behind it. */
import { createServer as createHttpServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { isLoopback, type TlsConfig, type UpstreamConfig } from '../config/index.js';
import { Lockout, type Running, type Runtime } from '../depot/index.js';
import { BridgeError, type ErrorCode } from '../errors/index.js';
import { validatorOf } from '../schemas/index.js';
import { profileOf } from './dialect.js';
import { Gate, LOGIN_LOCKOUT, type Passage } from './gate.js';
import { composeInformation, sourceOf } from './information.js';
import { CLOSE, Session } from './session.js';
import { MAX_FRAME_BYTES } from './structure.js';
import { commonSubprotocol, offeredSubprotocols } from './subprotocol.js';
import { provenTls } from './tls.js';

/** Close code for a handshake that ended without a common subprotocol: protocol error. */
const NO_SUBPROTOCOL = 1002;

type Refusal = Extract<Passage, { ok: false }>;

export class Listener implements Running {
  readonly #runtime: Runtime;
  readonly #server: Server | HttpsServer;
  readonly #gate: Gate;
  readonly #sockets: WebSocketServer;
  readonly #sessions = new Set<Session>();
  /** Every TCP connection, so that a stop never waits for a client that does not close. */
  readonly #connections = new Set<Socket>();
  readonly #chosen = new WeakMap<IncomingMessage, string>();
  /** The newest booted connection of each presystem (rule 20). */
  readonly #booted = new Map<string, Session>();

  private constructor(runtime: Runtime, server: Server | HttpsServer) {
    this.#runtime = runtime;
    this.#server = server;
    const lockout = new Lockout(LOGIN_LOCKOUT, () => runtime.now().getTime());
    this.#gate = new Gate(runtime.config.upstreams, lockout);
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
      // Without a name in the 101 a client knows that none was common (rule 3).
      handleProtocols: (_offered, request) => this.#chosen.get(request) ?? false,
    });
    server.on('connection', (connection) => {
      this.#connections.add(connection);
      connection.once('close', () => this.#connections.delete(connection));
    });
    server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head));
    server.on('request', (_request, response) => {
      response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end();
    });
  }

  /**
   * Opens the configured listener.
   *
   * @throws BridgeError VDV463_TLS_*, CONFIG_PASSWORD, VDV463_LISTEN, MAP_UNKNOWN
   */
  static async open(runtime: Runtime): Promise<Listener> {
    const { host, port, tls } = runtime.config.listen.vdv463;
    if (!tls && !isLoopback(host)) {
      throw new BridgeError('VDV463_TLS_REQUIRED', `listen.vdv463 is on ${host} without tls`);
    }
    const server = tls ? await httpsServer(tls, runtime) : createHttpServer();
    const listener = new Listener(runtime, server);
    for (const upstream of runtime.config.upstreams) warmUp(runtime, upstream);
    await listener.#listen(host, port);
    return listener;
  }

  get host(): string {
    return this.#runtime.config.listen.vdv463.host;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /**
   * Uses another certificate for connections to come; those that are open stay.
   *
   * @throws BridgeError VDV463_TLS_*: then the one in use stays
   */
  async reloadTls(tls: TlsConfig): Promise<void> {
    if (!(this.#server instanceof HttpsServer)) {
      throw new BridgeError('VDV463_TLS_REQUIRED', 'the listener was started without tls');
    }
    this.#server.setSecureContext(await provenTls(tls, this.#runtime.now()));
  }

  async stop(withinMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const sessions = [...this.#sessions];
    for (const session of sessions) session.close(CLOSE.goingAway, 'the bridge stops');
    let cut: NodeJS.Timeout | undefined;
    const late = new Promise<unknown>((resolve) => {
      cut = setTimeout(() => {
        for (const connection of this.#connections) connection.destroy();
        resolve(undefined);
      }, withinMs);
    });
    await Promise.race([late, Promise.all(sessions.map((session) => session.drained()))]);
    await closed;
    clearTimeout(cut);
  }

  #listen(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (cause: Error) => {
        reject(new BridgeError('VDV463_LISTEN', `${host}:${port}: ${cause.message}`, {}, { cause }));
      });
      this.#server.listen(port, host, () => resolve());
    });
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const ignore = () => {};
    // A client may go while its password is tested.
    socket.on('error', ignore);
    try {
      const passage = await this.#gate.judge(request);
      if (socket.destroyed) return;
      if (!passage.ok) {
        this.#refuse(request, socket, passage);
        return;
      }
      const offered = offeredSubprotocols(request.headers['sec-websocket-protocol']);
      const subprotocol = commonSubprotocol(profileOf(passage.upstream.dialect), offered);
      if (subprotocol) this.#chosen.set(request, subprotocol);
      socket.off('error', ignore);
      this.#sockets.handleUpgrade(request, socket, head, (ws) => {
        this.#admit(ws, passage.upstream, subprotocol, offered);
      });
    } catch (error) {
      this.#runtime.log.error({ err: error }, 'an upgrade could not be judged');
      socket.destroy();
    }
  }

  #refuse(request: IncomingMessage, socket: Duplex, { status, reason, retryAfterS }: Refusal): void {
    const facts = { status, from: request.socket.remoteAddress };
    this.#runtime.log.warn(facts, `a connection was refused: ${reason}`);
    const lines = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'Connection: close',
      'Content-Length: 0',
      ...(status === 401 ? ['WWW-Authenticate: Basic realm="VDV 463", charset="UTF-8"'] : []),
      ...(retryAfterS === undefined ? [] : [`Retry-After: ${retryAfterS}`]),
    ];
    socket.end(`${lines.join('\r\n')}\r\n\r\n`);
  }

  #admit(
    ws: WebSocket,
    upstream: UpstreamConfig,
    subprotocol: string | undefined,
    offered: readonly string[],
  ) {
    const { presystemId, lenient } = upstream;
    const forgiven: ErrorCode[] = [];
    if (!subprotocol) {
      if (!lenient || offered.length > 0) {
        const facts = { presystem: presystemId, offered };
        this.#runtime.log.warn(facts, 'no common subprotocol; the connection is closed');
        ws.on('error', () => {});
        ws.close(NO_SUBPROTOCOL, 'no common subprotocol');
        return;
      }
      forgiven.push('VDV463_LENIENT_SUBPROTOCOL');
    }
    const session = new Session(ws, {
      runtime: this.#runtime,
      upstream,
      forgiven,
      onBooted: (booted) => this.#takeOver(booted),
      onClosed: (closed) => this.#forget(closed),
    });
    this.#sessions.add(session);
    this.#runtime.metrics.connected.inc({ protocol: 'vdv463' });
    this.#runtime.log.info({ presystem: presystemId, subprotocol }, 'a presystem connected');
  }

  #takeOver(session: Session): void {
    const { presystemId } = session.upstream;
    const older = this.#booted.get(presystemId);
    this.#booted.set(presystemId, session);
    if (older && older !== session) older.close(CLOSE.policy, 'replaced by a newer connection');
  }

  #forget(session: Session): void {
    const { presystemId } = session.upstream;
    this.#sessions.delete(session);
    this.#runtime.metrics.connected.dec({ protocol: 'vdv463' });
    if (this.#booted.get(presystemId) === session) this.#booted.delete(presystemId);
  }
}

/**
 * Tells the depot to nobody, once: tables and schemas are there and compiled before the first presystem comes. What
 * cannot be told now is no reason not to start: chargers depend on the bridge, and the state changes.
 */
function warmUp(runtime: Runtime, upstream: UpstreamConfig): void {
  const { presystemId, dialect } = upstream;
  const { space } = profileOf(dialect);
  runtime.tables().mapping(`${space}.request`);
  validatorOf(`${space}.MessageStructure`);
  validatorOf(`${space}.ProvideChargingRequestsRequest`, 'inbound');
  const information = composeInformation(sourceOf(runtime), upstream);
  if (information.ok) return;
  const { code, message, path } = information;
  runtime.log.error({ presystem: presystemId, code, path }, `the depot cannot be told now: ${message}`);
}

async function httpsServer(tls: TlsConfig, runtime: Runtime): Promise<HttpsServer> {
  const options = await provenTls(tls, runtime.now());
  const mutual = tls.clientCa ? { requestCert: true, rejectUnauthorized: true } : {};
  const server = createHttpsServer({ ...options, ...mutual });
  server.on('tlsClientError', (error, socket) => {
    runtime.log.warn({ err: error, from: socket.remoteAddress }, 'a TLS handshake failed');
  });
  return server;
}
