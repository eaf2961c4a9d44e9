import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { basicAuthorization, type Dialect } from '../bms/index.js';
import { Connection } from './connection.js';
import { Depot } from './depot.js';
import type { CmsFault, CmsOptions, KnownPresystem } from './options.js';

/** Identifiers are URIs, which 1.0.0 wants and the others allow. */
const STATIONS = {
  'urn:cms:S1': ['urn:cms:S1-1', 'urn:cms:S1-2'],
  'urn:cms:S2': ['urn:cms:S2-1', 'urn:cms:S2-2'],
} as const;
const V1 = 'v1.463.vdv.de';
const V2 = 'v2.463.vdv.de';

export interface CmsEvents {
  readonly connected: [presystemId: string];
  readonly sent: [presystemId: string, raw: string];
  readonly received: [presystemId: string, raw: string];
}

/** A small CMS without chargers: correct, unless told to make mistakes. It holds the conformance kit to account. */
export class CmsSimulator {
  readonly events = new EventEmitter<CmsEvents>();
  readonly depot: Depot;
  readonly #options: CmsOptions;
  readonly #faults: ReadonlySet<CmsFault>;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #booted = new Map<string, Connection>();

  constructor(options: CmsOptions) {
    this.#options = options;
    this.#http = options.tls ? createTlsServer(options.tls) : createServer();
    this.#faults = new Set(options.faults);
    this.depot = new Depot(options.stations ?? STATIONS, this.#faults, options.now ?? (() => new Date()));
    this.#sockets = new WebSocketServer({
      noServer: true,
      autoPong: !this.#faults.has('no-pong'),
      handleProtocols: (offered, request) => this.#choose(offered, this.#presystem(request)?.dialect),
    });
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Listens on 127.0.0.1. @returns the URL for presystems */
  async start(): Promise<string> {
    this.#http.listen(this.#options.port ?? 0, '127.0.0.1');
    await once(this.#http, 'listening');
    const scheme = this.#options.tls ? 'wss' : 'ws';
    return `${scheme}://127.0.0.1:${(this.#http.address() as AddressInfo).port}/vdv463`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.close();
    await once(this.#http, 'close');
  }

  #presystem({ headers }: IncomingMessage): KnownPresystem | undefined {
    const { presystems } = this.#options;
    const known = presystems.find(
      ({ user, password }) => headers.authorization === basicAuthorization(user, password),
    );
    return known ?? (this.#faults.has('no-authentication') ? presystems[0] : undefined);
  }

  #choose(offered: ReadonlySet<string>, dialect: Dialect | undefined): string | false {
    if (this.#faults.has('echo-any-subprotocol')) return [...offered][0] ?? false;
    if (dialect === '2.0.0' && offered.has(V2)) return V2;
    return offered.has(V1) ? V1 : false;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const presystem = this.#presystem(request);
    if (!presystem) {
      socket.end(
        'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="VDV 463"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
      );
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      if (ws.protocol === '') ws.close(1002, 'no common subprotocol');
      else this.#attach(ws, presystem);
    });
  }

  #attach(ws: WebSocket, presystem: KnownPresystem): void {
    const { depotId = 'urn:cms:depot', intervalMs = 15_000, timeoutMs = 10_000, retries = 3 } = this.#options;
    const { presystemId } = presystem;
    const connection = new Connection(ws, {
      presystem,
      depot: this.depot,
      depotId,
      intervalMs,
      timeoutMs,
      retries,
      faults: this.#faults,
      now: this.#options.now ?? (() => new Date()),
    });
    connection.events.on('sent', (raw) => this.events.emit('sent', presystemId, raw));
    connection.events.on('received', (raw) => this.events.emit('received', presystemId, raw));
    connection.events.on('booted', () => {
      const older = this.#booted.get(presystemId);
      if (older !== connection) older?.close(1008, 'a newer connection took over');
      this.#booted.set(presystemId, connection);
      this.events.emit('connected', presystemId);
    });
    connection.events.on('closed', () => {
      if (this.#booted.get(presystemId) === connection) this.#booted.delete(presystemId);
    });
  }
}
