/** Who may open a WebSocket: decided from the HTTP request alone, before the upgrade. */
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { attachOf, type Config, type CsmsConfig, type StationConfig } from '../../config/index.js';
import type { Lockout } from '../../depot/index.js';
import type { ErrorCode } from '../../errors/index.js';
import type { IdentityRegistry } from '../../identity/index.js';
import type { StationPasswords } from '../passwords/index.js';
import { type OcppProtocol, PROTOCOLS } from '../protocol.js';
import { basicLogin, passwordsMeant } from './credentials.js';

export type Admission =
  | {
      readonly admitted: true;
      readonly station: StationConfig;
      readonly protocol: OcppProtocol;
      /** Proved by password or certificate, not only named. */
      readonly authenticated: boolean;
      /** Where the login is for the CSMS behind to judge: to be called unless that says it is wrong. */
      readonly entered: () => void;
    }
  | {
      readonly admitted: false;
      /** 101: the connection is opened, and closed at once. */
      readonly status: 101 | 401 | 404 | 429;
      readonly code: ErrorCode;
      readonly identity?: string;
      readonly why: string;
    };

const PREFIX = '/ocpp/';
/** As long as an identity of the configuration may be. */
const LONGEST_IDENTITY = 64;

/**
 * The identity in `/ocpp/<identity>`, or undefined if the path is another or cannot be read. The URL may be a whole one
 * (RFC 9112 §3.2.2), and slashes around the identity do not count: stations put one between what they were given as URL,
 * which may end with one, and their identity.
 *
 * @param prefixes what may stand before the identity
 */
export function identityOf(
  url: string | undefined,
  prefixes: readonly string[] = [PREFIX],
): string | undefined {
  try {
    const identity = decodeURIComponent(placeIn(url, prefixes) ?? '');
    const plain = identity !== '' && identity.length <= LONGEST_IDENTITY;
    return plain && /^[!-~]+$/.test(identity) ? identity : undefined;
  } catch {
    return undefined;
  }
}

/** What stands behind a prefix, as it was written, without slashes around it. */
export function placeIn(url: string | undefined, prefixes: readonly string[]): string | undefined {
  const target = (url ?? '').split('?', 1)[0] ?? '';
  const path = target.replace(/^wss?:\/\/[^/]*|^https?:\/\/[^/]*/i, '');
  const prefix = prefixes.find((each) => path.startsWith(each));
  return prefix === undefined ? undefined : path.slice(prefix.length).split('/').filter(Boolean).join('/');
}

/** Where stations find us: at our own path, and at that of the CSMS behind, so that they need another host only. */
export function prefixesOf(csms: Pick<CsmsConfig, 'url'> | undefined): readonly string[] {
  if (!csms) return [PREFIX];
  return [PREFIX, `${new URL(csms.url).pathname.replace(/\/+$/, '')}/`];
}

/** The version of OCPP to speak: the first of those wanted, else our first choice, among those offered. */
export function subprotocolOf(
  header: string | undefined,
  wanted: readonly OcppProtocol[] = PROTOCOLS,
): OcppProtocol | undefined {
  const offered = new Set((header ?? '').split(',').map((name) => name.trim()));
  return wanted.find((protocol) => offered.has(protocol));
}

/** Decides on upgrades. Holds no password, only digests. */
export class Admissions {
  readonly #identity: IdentityRegistry;
  readonly #lockout: Lockout;
  readonly #certificates: boolean;
  readonly #passwords: StationPasswords;
  readonly #config: Config;
  readonly #prefixes: readonly string[];

  /**
   * Where the listener has a client CA, every station must bring a client certificate that names it (security profile 3),
   * unless it is configured for profile 2.
   */
  constructor(config: Config, identity: IdentityRegistry, lockout: Lockout, passwords: StationPasswords) {
    this.#config = config;
    this.#prefixes = prefixesOf(config.ocpp.csms);
    this.#identity = identity;
    this.#lockout = lockout;
    this.#passwords = passwords;
    this.#certificates = config.listen.ocpp.tls?.clientCa !== undefined;
  }

  async decide(request: IncomingMessage): Promise<Admission> {
    const identity = identityOf(request.url, this.#prefixes);
    const address = request.socket.remoteAddress ?? '';
    if (identity === undefined)
      return { admitted: false, status: 404, code: 'OCPP_BAD_PATH', why: 'no station is at this path' };
    const refuse = (status: 101 | 401 | 404 | 429, code: ErrorCode, why: string): Admission => ({
      admitted: false,
      status,
      code,
      identity,
      why,
    });
    const station = this.#identity.stationByOcppIdentity(identity);
    if (!station) return refuse(404, 'OCPP_UNKNOWN_STATION', 'the identity is not configured');
    // Shut for an identity at an address: others are not touched.
    const whoever = `${identity}\u001f${address}`;
    if (this.#lockout.waitMs(whoever) > 0) return refuse(429, 'OCPP_LOCKED_OUT', 'too many wrong logins');
    // Counted before it is judged: many at once do not outrun the lockout while hashes are worked out.
    this.#lockout.failed(whoever);
    const flaw = await this.#flawOf(request, station);
    if (flaw) return refuse(401, flaw.code, flaw.why);
    const entered = () => this.#lockout.forgive(whoever);
    const isRelayed = attachOf(this.#config, station) === 'proxy';
    const { protocols = PROTOCOLS } = station.ocpp;
    const offer = request.headers['sec-websocket-protocol'];
    const protocol = subprotocolOf(offer, protocols);
    // Some stations offer none, and their CSMS takes them nevertheless: nearly all of these speak 1.6.
    const spoken =
      protocol ?? (isRelayed && offer === undefined ? (station.ocpp.protocols?.[0] ?? 'ocpp1.6') : undefined);
    // What the CSMS behind says of the login counts too; where it is not asked, this was all.
    if (!isRelayed || !spoken) entered();
    if (!spoken) return refuse(101, 'OCPP_NO_SUBPROTOCOL', `offer one of ${protocols.join(', ')}`);
    const authenticated = this.#needsCertificate(station) || this.#passwords.has(station.id);
    return { admitted: true, station, protocol: spoken, authenticated, entered };
  }

  #needsCertificate({ ocpp }: StationConfig): boolean {
    return this.#certificates && ocpp.securityProfile !== 2;
  }

  async #flawOf(
    request: IncomingMessage,
    station: StationConfig,
  ): Promise<{ code: ErrorCode; why: string } | undefined> {
    const { identity } = station.ocpp;
    const login = basicLogin(request.headers.authorization, identity);
    const needsCertificate = this.#needsCertificate(station);
    const certificateFlaw = needsCertificate && flawOfCertificate(request.socket as TLSSocket, identity);
    if (certificateFlaw) return { code: 'OCPP_BAD_CERTIFICATE', why: certificateFlaw };
    if (!this.#passwords.has(station.id)) return undefined;
    // A certificate is proof enough (profile 3); a password beside it must still be right.
    if (!login) {
      return needsCertificate
        ? undefined
        : { code: 'OCPP_BAD_LOGIN', why: 'no HTTP Basic credentials were sent' };
    }
    // Both are compared in any case, so that the time taken tells nothing.
    const right = await this.#passwords.fits(station.id, passwordsMeant(login.password));
    if (!right || login.user !== identity)
      return { code: 'OCPP_BAD_LOGIN', why: 'user or password is wrong' };
    right.enter();
    return undefined;
  }
}

/** OCPP security white paper, A00.FR.405: the common name of the client certificate is the identity. */
function flawOfCertificate(socket: TLSSocket, identity: string): string | undefined {
  const { subject } = socket.getPeerCertificate();
  if (!subject) return 'no client certificate was sent';
  if (!socket.authorized)
    return `the client certificate is not trusted: ${String(socket.authorizationError)}`;
  return subject.CN === identity ? undefined : 'the client certificate names another identity';
}
