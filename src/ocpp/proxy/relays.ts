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
import { askedBy, isHandshake, onHangUp } from './asked.js';
import { type Asked, CLOSING, COMPRESSION, type Dialled, dial } from './dial.js';
import { type Move, Moves } from './moves.js';
import { type Relay, relay } from './relay.js';

/** How long a living charger has to answer a ping before a newcomer without proof may take its place. */
const PROOF_OF_LIFE_MS = 2_000;
/** How long the old way onward may take to close before the same identity is opened again. */
const CLEAR_MS = 3_000;
/** How long a socket that was cut may take to say so. */
const CUT_MS = 500;
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
  readonly since: Date;
  /** Under which host and port it found us. */
  readonly host: string | undefined;
}

/** What is known of a station's way to its CSMS. */
export interface RelayStatus {
  /** The CSMS, without credentials. */
  readonly csms: string;
  /** Since when it is joined with it; absent while it is not. */
  readonly since?: string;
  /** The CSMS told the station to connect elsewhere, and it took that. */
  readonly moved?: Move;
  /** How often the CSMS was not reached, or refused the station, since the bridge started. */
  readonly refused?: {
    readonly count: number;
    readonly last: {
      readonly at: string;
      readonly code: ErrorCode;
      /** As the station was told. */
      readonly status: number;
      readonly why: string;
    };
  };
}

export class Relays {
  readonly #runtime: Runtime;
  readonly #options: RelaysOptions;
  readonly #live = new Map<string, Live>();
  readonly #moves: Moves;
  readonly #refused = new Map<string, NonNullable<RelayStatus['refused']>>();
  /** The ends of what is being dialled. */
  readonly #dialling = new Set<AbortController>();
  #stopping = false;
  readonly #turns = new Map<string, { readonly last: Promise<unknown>; readonly waiting: number }>();
  readonly #chosen = new WeakMap<IncomingMessage, string>();
  readonly #servers: Readonly<Record<'plain' | 'compressed', WebSocketServer>>;

  constructor(runtime: Runtime, stations: Iterable<Station>, options: RelaysOptions) {
    this.#runtime = runtime;
    this.#moves = new Moves(runtime, (stationId) => this.#live.get(stationId)?.host);
    for (const station of stations)
      station.listen({
        onBooted: () => undefined,
        onConnected: () => undefined,
        onDisconnected: () => undefined,
        onOverheard: (call, answer) => this.#moves.heard(station, call, answer),
      });
    this.#options = options;
    const common = {
      ...CLOSING,
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
    if (waiting >= MOST_WAITING || this.#stopping) return { status: 503 };
    const mine = last.then(() => this.#upgrade(newcomer));
    const turn = { last: mine.catch(() => undefined), waiting: waiting + 1 };
    this.#turns.set(id, turn);
    try {
      return await mine;
    } finally {
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
    }
  }

  /** What is known of the way of a station to its CSMS. */
  status(stationId: string): RelayStatus {
    const refused = this.#refused.get(stationId);
    const since = this.#live.get(stationId)?.since.toISOString();
    const moved = this.#moves.of(stationId);
    return {
      csms: withoutCredentials(this.#options.csms.url),
      ...(since === undefined ? {} : { since }),
      ...(moved ? { moved } : {}),
      ...(refused ? { refused } : {}),
    };
  }

  /** Says goodbye to all stations and to their CSMS; resolves when they are gone, at the latest after `withinMs`. */
  async stop(withinMs: number): Promise<void> {
    this.#stopping = true;
    for (const dialling of this.#dialling) dialling.abort();
    const relays = [...this.#live.values()].map(({ relay: joined }) => joined);
    for (const each of relays) each.close(1001, 'the bridge ends');
    const gone = Promise.all(relays.map((each) => each.gone));
    if (await isWithin(gone, withinMs)) return;
    for (const each of relays) each.cut();
    await isWithin(gone, CUT_MS);
  }

  async #upgrade(newcomer: Newcomer): Promise<NotLetThrough | undefined> {
    const { request, socket, station } = newcomer;
    const asked = askedBy(request, newcomer.path);
    // What ws would refuse must not be asked of the CSMS.
    if (!asked || !isHandshake(request)) return { status: 400 };
    const live = this.#live.get(station.config.id);
    if (live && !(await this.#makesWay(live, newcomer))) return { status: 409 };
    const dialled = await this.#dial(asked, socket);
    if (!dialled.open) return this.#notDialled(newcomer, dialled);
    if (socket.destroyed || this.#stopping) {
      dialled.socket.terminate();
      return { status: 503 };
    }
    if (dialled.protocol !== '') this.#chosen.set(request, dialled.protocol);
    // A list may end with a comma, which ws does not take.
    if (asked.subprotocols.length > 0)
      request.headers['sec-websocket-protocol'] = asked.subprotocols.join(', ');
    const server = this.#servers[asked.compresses ? 'compressed' : 'plain'];
    let joined = false;
    server.handleUpgrade(request, socket, newcomer.head, (charger) => {
      joined = true;
      this.#join(newcomer, charger, dialled);
    });
    if (!joined) dialled.socket.terminate();
    return undefined;
  }

  async #dial(asked: Asked, charger: Duplex): Promise<Dialled> {
    const dialling = new AbortController();
    const abort = () => dialling.abort();
    this.#dialling.add(dialling);
    const unwatch = onHangUp(charger, abort);
    if (charger.destroyed || this.#stopping) abort();
    try {
      return await dial(asked, { ...this.#options, signal: dialling.signal });
    } finally {
      this.#dialling.delete(dialling);
      unwatch();
    }
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
    if (!(await isWithin(relay.gone, CLEAR_MS))) {
      relay.cut();
      await isWithin(relay.gone, CUT_MS);
    }
    return true;
  }

  #notDialled(newcomer: Newcomer, dialled: Extract<Dialled, { open: false }>): NotLetThrough {
    const { why } = dialled;
    const { id } = newcomer.station.config;
    const status = dialled.status >= 400 && dialled.status < 600 ? dialled.status : 502;
    if (newcomer.socket.destroyed || this.#stopping) return { status };
    const code = status < 500 ? 'OCPP_CSMS_REFUSED' : 'OCPP_CSMS_UNREACHABLE';
    const at = this.#runtime.now().toISOString();
    const count = (this.#refused.get(id)?.count ?? 0) + 1;
    this.#refused.set(id, { count, last: { at, code, status, why } });
    this.#log(newcomer, code, why);
    return { status };
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
    const live = {
      relay: joined,
      login: loginOf(request),
      since: this.#runtime.now(),
      host: request.headers.host,
    };
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

async function isWithin(happens: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([happens.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

function withoutCredentials(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return String(url);
}

/** What stands for a login: enough to know it again, not enough to use it. */
function loginOf({ headers }: IncomingMessage): Buffer | undefined {
  const { authorization } = headers;
  return authorization ? createHash('sha256').update(authorization).digest() : undefined;
}

function sameLogin(before: Buffer | undefined, now: Buffer | undefined): boolean {
  return before !== undefined && now !== undefined && timingSafeEqual(before, now);
}
