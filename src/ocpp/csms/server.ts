/** The terminating server: admits stations, gives each its socket, keeps them alive. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { attachOf } from '../../config/index.js';
import { Lockout, type LockoutRule, type Runtime } from '../../depot/index.js';
import { catalogue, type ErrorCode } from '../../errors/index.js';
import { withoutPasswordsInFrame } from '../hidden.js';
import type { OcppLimits } from '../options.js';
import type { StationPasswords } from '../passwords/index.js';
import { type Newcomer, type RelayStatus, Relays } from '../proxy/index.js';
import { RpcGate } from '../rpc/index.js';
import type { Station } from '../station/index.js';
import { type Admission, Admissions, placeIn, prefixesOf, subprotocolOf } from './admission.js';
import { HandshakeLog } from './handshakes.js';
import { introduce } from './introduce.js';
import { listen, makeServer, refuseUpgrade, sayGoodbye } from './listener.js';
import { Strangers } from './strangers.js';

/** How long a living socket has to answer a ping before a newcomer without a password may take its place. */
const PROOF_OF_LIFE_MS = 2_000;

/** Logins of stations: ten wrong ones in five minutes (both are limits) and the door stays shut for five more. */
function lockoutRule({ badLogins, lockoutSeconds }: OcppLimits): LockoutRule {
  return { most: badLogins, windowMs: lockoutSeconds * 1000, counts: 'first', shuts: 'last' };
}

export class CsmsServer {
  readonly strangers = new Strangers();
  readonly #runtime: Runtime;
  readonly #stations: ReadonlyMap<string, Station>;
  readonly #server: Server;
  readonly #gate: RpcGate;
  readonly #admissions: Admissions;
  readonly #relays: Relays | undefined;
  readonly #maxDepth: number;
  #pings: NodeJS.Timeout | undefined;
  #stopping = false;

  /** @throws BridgeError OCPP_TLS */
  constructor(
    runtime: Runtime,
    stations: ReadonlyMap<string, Station>,
    passwords: StationPasswords,
    limits: OcppLimits,
  ) {
    const { csms } = runtime.config.ocpp;
    const { tls } = runtime.config.listen.ocpp;
    this.#runtime = runtime;
    this.#stations = stations;
    this.#maxDepth = limits.maxDepth;
    this.#gate = new RpcGate({ maxPayload: limits.maxPayload });
    const lockout = new Lockout(lockoutRule(limits), () => runtime.now().getTime());
    this.#admissions = new Admissions(runtime.config, runtime.identity, lockout, passwords);
    this.#relays = csms && new Relays(runtime, stations.values(), { csms, maxPayload: limits.maxPayload });
    const handshakes = new HandshakeLog(runtime);
    const configured = [...runtime.identity.stations.values()];
    this.#server = makeServer({
      tls,
      certificateOptional: configured.some(({ ocpp }) => ocpp.securityProfile === 2),
      requestSeconds: limits.requestSeconds,
      handshakeFailed: (error, socket) => handshakes.failed(error, socket),
    });
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#onUpgrade(request, socket, head).catch((error: unknown) => {
        runtime.log.error({ err: error }, 'an upgrade failed');
        socket.destroy();
      });
    });
  }

  /** Opens the port; gives the one really bound. @throws BridgeError OCPP_LISTEN */
  async start(): Promise<number> {
    const { listen: listeners, ocpp } = this.#runtime.config;
    const port = await listen(this.#server, listeners.ocpp.host, listeners.ocpp.port);
    const everyMs = ocpp.pingSeconds * 1000;
    this.#pings = setInterval(() => {
      // After whatever came while the process was busy was read: silence is the station's then, not ours.
      setImmediate(() => {
        for (const station of this.#stations.values()) station.keepAlive(2 * everyMs + 5_000);
      });
    }, everyMs);
    this.#pings.unref();
    return port;
  }

  async stop(withinMs: number): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#pings);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const relayed = this.#relays?.stop(withinMs);
    await Promise.all([...this.#stations.values()].map((station) => station.stop()));
    await relayed;
    const cut = setTimeout(() => this.#server.closeAllConnections(), withinMs);
    cut.unref();
    this.#server.closeIdleConnections();
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, withinMs).unref())]);
    clearTimeout(cut);
    this.#server.closeAllConnections();
  }

  /** The way of a station to its own CSMS; undefined if the bridge is not between them. */
  relayOf(stationId: string): RelayStatus | undefined {
    const station = this.#stations.get(stationId);
    const isRelayed = station && attachOf(this.#runtime.config, station.config) === 'proxy';
    return isRelayed ? this.#relays?.status(stationId) : undefined;
  }

  async #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (this.#stopping) return refuseUpgrade(socket, 503);
    // Nobody else listens while a hash or a ping takes its time.
    socket.on('error', () => socket.destroy());
    const admission = await this.#admissions.decide(request);
    if (this.#stopping) return refuseUpgrade(socket, 503);
    if (!admission.admitted) {
      const isStranger = admission.code === 'OCPP_UNKNOWN_STATION';
      if (isStranger && this.#introduce(request, socket, head, admission.identity)) return undefined;
      this.#refuse(request, admission);
      if (admission.status === 101) return sayGoodbye(request, socket, head, admission.why);
      return refuseUpgrade(socket, admission.status);
    }
    const station = this.#stations.get(admission.station.id);
    if (!station) return refuseUpgrade(socket, 404);
    const attach = attachOf(this.#runtime.config, admission.station);
    if (attach === 'feed') {
      this.#log(request, 'FEED_STATION_KNOCKS', admission.station.ocpp.identity, 'it is attached by a feed');
      return refuseUpgrade(socket, 404);
    }
    if (attach === 'proxy')
      return this.#letThrough({ ...admission, request, socket, head, station }, admission.entered);
    // A name alone takes nothing from a living connection, nor from who came meanwhile; a password or certificate does.
    const before = station.connections;
    const isAlive = !admission.authenticated && (await station.isAlive(PROOF_OF_LIFE_MS));
    if (isAlive || (!admission.authenticated && station.connections !== before)) {
      const { identity } = admission.station.ocpp;
      this.#log(request, 'OCPP_IDENTITY_TAKEN', identity, 'the identity is in use');
      return refuseUpgrade(socket, 409);
    }
    const facts = {
      identity: admission.station.ocpp.identity,
      protocol: admission.protocol,
      remoteAddress: request.socket.remoteAddress ?? '',
    };
    this.#gate.upgrade(request, socket, head, facts, (connection) => station.connect(connection));
  }

  /** To the CSMS that the station has; what that says of it is what the station gets. */
  async #letThrough(newcomer: Omit<Newcomer, 'path'>, entered: () => void): Promise<void> {
    const { config } = this.#runtime;
    const path = placeIn(newcomer.request.url, prefixesOf(config.ocpp.csms));
    if (!this.#relays || path === undefined) return refuseUpgrade(newcomer.socket, 404);
    const refused = await this.#relays.upgrade({ ...newcomer, path });
    // Only a login that the CSMS calls wrong is one.
    if (refused?.status !== 401) entered();
    if (refused) refuseUpgrade(newcomer.socket, refused.status);
    return undefined;
  }

  #refuse(request: IncomingMessage, { code, identity, why }: Extract<Admission, { admitted: false }>): void {
    if (code === 'OCPP_UNKNOWN_STATION' && identity !== undefined) this.#seen(request, identity);
    this.#log(request, code, identity, why);
    this.#runtime.metrics.messages.inc({
      protocol: 'ocpp',
      direction: 'in',
      action: 'Upgrade',
      outcome: 'refused',
    });
  }

  /** Lets in an invited stranger, to say who it is and nothing else; false if it is not invited. */
  #introduce(request: IncomingMessage, socket: Duplex, head: Buffer, identity = ''): boolean {
    const { depot, now, tables } = this.#runtime;
    const protocol = subprotocolOf(request.headers['sec-websocket-protocol']);
    if (!protocol || !this.strangers.isInvited(identity, now())) return false;
    this.#seen(request, identity);
    const facts = { identity, protocol, remoteAddress: request.socket.remoteAddress ?? '' };
    this.#gate.upgrade(request, socket, head, facts, (connection) =>
      introduce(connection, {
        maxDepth: this.#maxDepth,
        now,
        heard: ({ action, raw, messageId }) =>
          void depot.journal.appendOrGap({
            ...{ depotId: depot.id, link: `ocpp:${identity}`, protocol, direction: 'in' },
            ...{ action: action.slice(0, 50), messageId, causes: [], generation: tables().id },
            ...withoutPasswordsInFrame(action, raw),
            error: 'OCPP_UNKNOWN_STATION',
          }),
        introduced: (introduction) => this.strangers.introduced(identity, introduction),
      }),
    );
    return true;
  }

  #seen(request: IncomingMessage, identity: string): void {
    const protocol = subprotocolOf(request.headers['sec-websocket-protocol']);
    this.strangers.seen(identity, request.socket.remoteAddress ?? '', protocol, this.#runtime.now());
  }

  #log(request: IncomingMessage, code: ErrorCode, identity: string | undefined, why: string): void {
    const { remoteAddress } = request.socket;
    const { title } = catalogue[code];
    this.#runtime.log.warn({ code, identity, remoteAddress, why }, title);
  }
}
