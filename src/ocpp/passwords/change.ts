/**
 * A station gets another password while it is connected (use case A01 of the security white paper of 1.6 and of 2.x).
 * Neither side can lock out the other: the new password counts from before it is sent, and the old one until the
 * station has come in with the new one. A01.FR.03 would refuse the old one at once; stations apply it late.
 */
import { hashSecret, isHashed } from '../../config/index.js';
import type { Runtime } from '../../depot/index.js';
import type { JournalId, StationId } from '../../domain/index.js';
import { BridgeError, type ErrorCode } from '../../errors/index.js';
import type { JsonObject } from '../../mapping/index.js';
import { NoReply, type OcppCommands, type Reply } from '../commands/index.js';
import type { OcppProtocol } from '../protocol.js';
import type { Station } from '../station/index.js';
import type { StationPasswords } from './book.js';
import { freshPassword, hashConfigured, type Sendable, sendable } from './forms.js';
import type { Entry } from './record.js';

export type PasswordSource = 'bridge' | 'configuration';

/** What an operator wants. */
export interface PasswordOrder {
  readonly stationId: StationId;
  /** `bridge`: a random one; `configuration`: the one that stands there in clear. */
  readonly source: PasswordSource;
  /** Tell the password. */
  readonly print?: boolean;
  /** Who wants it, for the journal. */
  readonly by: string;
}

export interface PasswordChanged {
  readonly stationId: StationId;
  /** `unknown`: nobody knows whether the station took it. Both passwords count in either case. */
  readonly outcome: 'accepted' | 'unknown';
  /** The station's own word. */
  readonly status?: string;
  /** What that means, in a sentence. */
  readonly meaning: string;
  readonly intent: JournalId;
  readonly frames: readonly JournalId[];
  /** As it was sent; only if it was asked for. */
  readonly password?: string;
}

/** One password that opens the door. */
export interface PasswordState {
  readonly source: PasswordSource;
  /** When it was sent; absent for the one that was there before. */
  readonly since?: string;
  /** Of one that the station did not use yet: whether it said that it took it. */
  readonly accepted?: boolean;
  /** For the configuration, if it shall say the same. */
  readonly hash?: string;
}

export interface PasswordStatus {
  readonly stationId: StationId;
  readonly inForce: PasswordState;
  /** Told to the station, which has not come in with them yet. */
  readonly told: readonly PasswordState[];
}

interface Parts {
  readonly runtime: Runtime;
  readonly stations: ReadonlyMap<StationId, Station>;
  readonly commands: OcppCommands;
  readonly passwords: StationPasswords;
}

type Told = Pick<PasswordChanged, 'outcome' | 'status' | 'meaning' | 'frames'>;

const YES = new Set(['Accepted', 'RebootRequired']);
/** CALLERRORs of stations that failed on the way: they may have taken it. */
const FAILED = /: (?:InternalError|GenericError)\b/;

export class PasswordChanges {
  readonly #parts: Parts;
  /** The last change of each station: the next waits for it. */
  readonly #last = new Map<StationId, Promise<unknown>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Which passwords count.
   *
   * @throws BridgeError OCPP_UNKNOWN_STATION, OCPP_NO_PASSWORD
   */
  status(stationId: StationId): PasswordStatus {
    this.#stationOf(stationId);
    const [inForce, ...told] = this.#parts.passwords.recordOf(stationId)?.entries ?? [];
    if (!inForce) throw noPassword(stationId, 'the configuration names none');
    return {
      stationId,
      inForce: stateOf(inForce),
      told: told.map((entry) => ({ ...stateOf(entry), accepted: entry.accepted === true })),
    };
  }

  /**
   * Gives a station another password. Whatever happens on the way, it can come in.
   *
   * @throws BridgeError OCPP_UNKNOWN_STATION, OCPP_NO_PASSWORD, OCPP_PASSWORD_UNFIT, OCPP_PASSWORD_PENDING,
   * OCPP_PASSWORD_REFUSED, OCPP_NOT_CONNECTED, OCPP_BUSY, STORE_UNAVAILABLE: the old password counts, no other
   */
  change(order: PasswordOrder): Promise<PasswordChanged> {
    const { stationId } = order;
    const change = (this.#last.get(stationId) ?? Promise.resolve()).then(() => this.#change(order));
    this.#last.set(
      stationId,
      change.catch(() => undefined),
    );
    return change;
  }

  async #change(order: PasswordOrder): Promise<PasswordChanged> {
    const { stationId, source } = order;
    const { passwords, runtime } = this.#parts;
    const station = this.#stationOf(stationId);
    const { password: configured } = station.config.ocpp;
    if (configured === undefined) throw noPassword(stationId, 'the configuration names none');
    const { protocol } = station;
    if (!protocol) throw failed(stationId, 'OCPP_NOT_CONNECTED', `station ${stationId} is not connected now`);
    const made =
      source === 'bridge' ? freshPassword(protocol) : ofConfiguration(stationId, protocol, configured);
    const intent = await this.#intend(order);
    const at = runtime.now().getTime();
    const entry: Entry = { intent, at, ...countedOf(made, source, configured) };
    await passwords.offer(stationId, entry);
    const told = await this.#tell(stationId, made, entry);
    return { stationId, intent, ...told, ...(order.print ? { password: made.text } : {}) };
  }

  async #tell(stationId: StationId, { action, payload }: Sendable, entry: Entry): Promise<Told> {
    const { commands, passwords } = this.#parts;
    let reply: Reply;
    try {
      reply = await commands.request(stationId, { action, payload }, entry.intent as JournalId);
    } catch (error) {
      return this.#unanswered(stationId, entry, error);
    }
    const { answer, frames } = reply;
    const status = statusIn(answer);
    if (status === undefined) return { ...unknown(`${stationId} did not say what it did with it`), frames };
    await passwords.answered(stationId, entry, YES.has(status));
    if (!YES.has(status))
      throw failed(stationId, 'OCPP_PASSWORD_REFUSED', `${stationId} answered ${status}`, entry.intent);
    return { outcome: 'accepted', status, meaning: meaningOf(stationId, status), frames };
  }

  /** Unless it is certain that the station did not take it, it may have. */
  async #unanswered(stationId: StationId, entry: Entry, error: unknown): Promise<Told> {
    const { passwords } = this.#parts;
    // Found out before anything was sent.
    if (error instanceof BridgeError) await passwords.answered(stationId, entry, false);
    if (!(error instanceof NoReply)) throw error;
    const { code, message, frames } = error;
    if (!isNo(error)) return { ...unknown(message), frames };
    await passwords.answered(stationId, entry, false);
    const isAnswer = code === 'OCPP_CALL_REFUSED';
    throw failed(stationId, isAnswer ? 'OCPP_PASSWORD_REFUSED' : code, message, entry.intent);
  }

  /** Who wants it: on record before anything else; the password is not. */
  async #intend({ stationId, source, by }: PasswordOrder): Promise<JournalId> {
    const { depot, log } = this.#parts.runtime;
    const { id } = await depot.journal.append({
      ...{ depotId: depot.id, link: 'bridge', protocol: 'bridge', direction: 'internal' },
      ...{ action: 'Intent ChangePassword', raw: JSON.stringify({ stationId, source, by }), causes: [] },
    });
    log.info({ stationId, source, by, intent: id }, 'an operator changes the password of a station');
    return id;
  }

  #stationOf(stationId: StationId): Station {
    const { stations, runtime } = this.#parts;
    const station = stations.get(stationId);
    if (!station) {
      const known = [...stations.keys()].join(', ');
      throw failed(
        stationId,
        'OCPP_UNKNOWN_STATION',
        `${stationId} is not configured; stations are ${known}`,
      );
    }
    const hasCertificate = runtime.config.listen.ocpp.tls?.clientCa !== undefined;
    if (hasCertificate && station.config.ocpp.securityProfile !== 2)
      throw noPassword(stationId, 'it proves itself by its certificate (security profile 3)');
    return station;
  }
}

/** What is kept of a password. The configured one is tested against the configuration. */
function countedOf(
  { logins }: Sendable,
  source: PasswordSource,
  configured: string,
): Pick<Entry, 'configured' | 'hashes'> {
  if (source === 'bridge') return { hashes: logins.map((login) => hashSecret(login, 'sha256')) };
  const others = logins.filter((login) => login !== configured);
  return { configured: true, hashes: others.map(hashConfigured) };
}

function ofConfiguration(stationId: StationId, protocol: OcppProtocol, configured: string): Sendable {
  if (isHashed(configured))
    throw failed(
      stationId,
      'OCPP_PASSWORD_UNFIT',
      `the configuration has only a hash of the password of ${stationId}`,
    );
  const made = sendable(protocol, configured);
  if (typeof made === 'string')
    throw failed(
      stationId,
      'OCPP_PASSWORD_UNFIT',
      `the configured password of ${stationId} cannot be sent: ${made}`,
    );
  return made;
}

/** The word of a station for what became of it. */
function statusIn(answer: JsonObject): string | undefined {
  const [result] = (answer['setVariableResult'] ?? []) as { attributeStatus?: string }[];
  const status = result?.attributeStatus ?? answer['status'];
  return typeof status === 'string' ? status : undefined;
}

/** Whether the station, or we before it, certainly did not take it. */
function isNo({ refused, code, message }: NoReply): boolean {
  return refused ? !FAILED.test(message) : code === 'OCPP_BUSY' || code === 'OCPP_OUTBOUND_INVALID';
}

function meaningOf(stationId: StationId, status: string): string {
  const when = status === 'RebootRequired' ? 'once it has booted' : 'the next time it connects';
  return `${stationId} took its new password and uses it ${when}; until it does, the old one is accepted too`;
}

function unknown(reason: string): Pick<PasswordChanged, 'outcome' | 'meaning'> {
  const meaning = `nobody knows whether the station took its new password (${reason}); until it comes in with the new one, the old one is accepted too`;
  return { outcome: 'unknown', meaning };
}

function stateOf({ at, configured, hashes }: Entry): PasswordState {
  return {
    source: configured ? 'configuration' : 'bridge',
    ...(at === 0 ? {} : { since: new Date(at).toISOString() }),
    ...(configured || hashes[0] === undefined ? {} : { hash: hashes[0] }),
  };
}

function noPassword(stationId: StationId, why: string): BridgeError {
  return failed(stationId, 'OCPP_NO_PASSWORD', `${stationId} has no password to change: ${why}`);
}

function failed(station: StationId, code: ErrorCode, message: string, intent = ''): BridgeError {
  return new BridgeError(code, message, { station, ...(intent === '' ? {} : { journalId: intent }) });
}
