/**
 * Lets chargers through to their CSMS. The way onward is opened before a charger's upgrade is answered, so that what the
 * CSMS says (its subprotocol, 401, 404, silence) is what the charger gets.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { CsmsConfig } from '../../config/index.js';
import type { Runtime } from '../../depot/index.js';
import { catalogue, type ErrorCode } from '../../errors/index.js';
import { type OcppProtocol, PROTOCOLS } from '../protocol.js';
import type { Station } from '../station/index.js';
import { type Asked, COMPRESSION, type Dialled, dial } from './dial.js';
import { type Relay, relay } from './relay.js';

/** How long a living charger has to answer a ping before a newcomer without proof may take its place. */
const PROOF_OF_LIFE_MS = 2_000;
/** How long the old way onward may take to close before the same identity is opened again. */
const CLEAR_MS = 3_000;
/** Newcomers of one identity that wait for each other; more are sent away. */
const MOST_WAITING = 4;

/** A charger that may come in as far as we know. */
export interface Newcomer {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly station: Station;
  /** What it is taken to speak if the CSMS chooses nothing. */
  readonly protocol: OcppProtocol;
  /** Proved here, by password or certificate. */
  readonly authenticated: boolean;
  /** Its path behind our own, as it wrote it. */
  readonly path: string;
  /** To be called unless the CSMS says that the login is wrong. */
  readonly entered: () => void;
}

/** Why a charger is not let through: the status to answer with. */
export interface NotLetThrough {
  readonly status: number;
}

export interface RelaysOptions {
  readonly csms: CsmsConfig;
  readonly maxPayload: number;
}

interface Live {
  readonly relay: Relay;
  /** What the CSMS let it in with. */
  readonly login: Buffer | undefined;
}

export class Relays {
  readonly #runtime: Runtime;
  readonly #options: RelaysOptions;
  readonly #live = new Map<string, Live>();
  readonly #turns = new Map<string, { readonly last: Promise<unknown>; readonly waiting: number }>();
  readonly #chosen = new WeakMap<IncomingMessage, string>();
  readonly #servers: Readonly<Record<'plain' | 'compressed', WebSocketServer>>;

  constructor(runtime: Runtime, options: RelaysOptions) {
    this.#runtime = runtime;
    this.#options = options;
    const common = {
      noServer: true,
      clientTracking: false,
      maxPayload: options.maxPayload,
      handleProtocols: (_: Set<string>, request: IncomingMessage) => this.#chosen.get(request) ?? false,
    } as const;
    this.#servers = {
      plain: new WebSocketServer({ ...common, perMessageDeflate: false }),
      compressed: new WebSocketServer({ ...common, perMessageDeflate: COMPRESSION }),
    };
  }

  /** Lets a charger through, or tells why not. One identity after the other: of two newcomers each has its turn. */
  async upgrade(newcomer: Newcomer): Promise<NotLetThrough | undefined> {
    const { id } = newcomer.station.config;
    const { last, waiting } = this.#turns.get(id) ?? { last: Promise.resolve(), waiting: 0 };
    if (waiting >= MOST_WAITING) return { status: 503 };
    const mine = last.then(() => this.#upgrade(newcomer));
    const turn = { last: mine.catch(() => undefined), waiting: waiting + 1 };
    this.#turns.set(id, turn);
    try {
      return await mine;
    } finally {
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
    }
  }

  async #upgrade(newcomer: Newcomer): Promise<NotLetThrough | undefined> {
    const { request, socket, station } = newcomer;
    const live = this.#live.get(station.config.id);
    if (live && !(await this.#makesWay(live, newcomer))) return { status: 409 };
    if (socket.destroyed) return { status: 503 };
    const asked = askedBy(newcomer);
    const dialled = await dial(asked, this.#options);
    if (!dialled.open) return this.#notDialled(newcomer, dialled);
    newcomer.entered();
    if (socket.destroyed) {
      dialled.socket.terminate();
      return { status: 503 };
    }
    if (dialled.protocol !== '') this.#chosen.set(request, dialled.protocol);
    const server = this.#servers[asked.compresses ? 'compressed' : 'plain'];
    let joined = false;
    server.handleUpgrade(request, socket, newcomer.head, (charger) => {
      joined = true;
      this.#join(newcomer, charger, dialled);
    });
    // A handshake that ws refuses by itself (a version, a key) is answered there, and nobody comes.
    if (!joined) dialled.socket.terminate();
    return undefined;
  }

  /** Whether a living connection is ended for a newcomer: for one that proves who it is, or when it is dead. */
  async #makesWay({ relay, login }: Live, newcomer: Newcomer): Promise<boolean> {
    const { station, request, authenticated } = newcomer;
    const proves = authenticated || sameLogin(login, loginOf(request));
    if (!proves && (await station.isAlive(PROOF_OF_LIFE_MS))) {
      this.#log(newcomer, 'OCPP_IDENTITY_TAKEN', 'the identity is in use');
      return false;
    }
    const stationId = station.config.id;
    this.#runtime.log.warn(
      { stationId, before: relay.remoteAddress },
      'a newer connection displaces the old one',
    );
    relay.terminate();
    // The CSMS shall see the old one end before the new one comes.
    await Promise.race([relay.gone, new Promise((resolve) => setTimeout(resolve, CLEAR_MS).unref())]);
    return true;
  }

  #notDialled(newcomer: Newcomer, { status, why }: Extract<Dialled, { open: false }>): NotLetThrough {
    const isRefusal = status >= 400 && status < 500;
    if (status !== 401 && status !== 403) newcomer.entered();
    this.#log(newcomer, isRefusal ? 'OCPP_CSMS_REFUSED' : 'OCPP_CSMS_UNREACHABLE', why);
    return { status: status >= 400 && status < 600 ? status : 502 };
  }

  #join(
    { station, request, protocol }: Newcomer,
    charger: WebSocket,
    dialled: Extract<Dialled, { open: true }>,
  ) {
    const { config } = this.#runtime;
    const stationId = station.config.id;
    const joined = relay(
      {
        protocol: PROTOCOLS.find((known) => known === dialled.protocol) ?? protocol,
        remoteAddress: request.socket.remoteAddress ?? '',
        station: charger,
        csms: dialled.socket,
        csmsSilenceMs: 2_000 * config.ocpp.pingSeconds + 5_000,
      },
      (connection) => station.relay(connection),
    );
    const live = { relay: joined, login: loginOf(request) };
    this.#live.set(stationId, live);
    void joined.gone.then(() => {
      if (this.#live.get(stationId) === live) this.#live.delete(stationId);
    });
  }

  #log({ request, station }: Newcomer, code: ErrorCode, why: string): void {
    const { remoteAddress } = request.socket;
    const { identity } = station.config.ocpp;
    this.#runtime.log.warn({ code, identity, remoteAddress, why }, catalogue[code].title);
  }
}

function askedBy({ request, path }: Newcomer): Asked {
  const { headers, url = '' } = request;
  const query = url.includes('?') ? url.slice(url.indexOf('?')) : '';
  const subprotocols = (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return {
    path,
    query,
    subprotocols: [...new Set(subprotocols)],
    authorization: headers.authorization,
    userAgent: headers['user-agent'],
    remoteAddress: request.socket.remoteAddress ?? '',
    compresses: /permessage-deflate/.test(headers['sec-websocket-extensions'] ?? ''),
  };
}

/** What stands for a login: enough to know it again, not enough to use it. */
function loginOf({ headers }: IncomingMessage): Buffer | undefined {
  const { authorization } = headers;
  return authorization ? createHash('sha256').update(authorization).digest() : undefined;
}

function sameLogin(before: Buffer | undefined, now: Buffer | undefined): boolean {
  return before !== undefined && now !== undefined && timingSafeEqual(before, now);
}
