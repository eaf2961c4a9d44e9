/**
 * What people order of a station by name: any request of its version, checked before it is sent, once per key, with an
 * intent on record. What the bridge decides by itself is theirs only if they insist.
 */
import { createHash } from 'node:crypto';
import { suggest } from '../../config/index.js';
import type { Runtime } from '../../depot/index.js';
import type { JournalId, StationId } from '../../domain/index.js';
import { BridgeError } from '../../errors/index.js';
import type { JsonObject } from '../../mapping/index.js';
import { issuesOf } from '../../schemas/index.js';
import { setsPassword, withoutPasswords } from '../hidden.js';
import { flawOf } from '../inspect.js';
import { actionsOf, isAction, type OcppProtocol, schemaName } from '../protocol.js';
import { handlingOf } from '../station/answers/index.js';
import type { Station } from '../station/index.js';
import { NoReply, type Reply } from './ask.js';
import type { OcppCommands } from './commands.js';
import { barred, mayAsk } from './control.js';
import { findOnRecord } from './on-record.js';
import type { OrderKeys } from './order-keys.js';
import { isPlanned } from './planned.js';

/** One order of an operator. */
export interface Order {
  readonly stationId: StationId;
  readonly action: string;
  readonly payload: JsonObject;
  /** Given again under the same key, an order is answered as the first time and not carried out again. */
  readonly key?: string;
  /** Send it although the bridge itself decides this. */
  readonly force?: boolean;
  /** Who wants it, for the journal. */
  readonly by: string;
}

/** The station's answer, and where it stands in the journal. */
export interface OrderAnswered {
  readonly stationId: StationId;
  readonly action: string;
  readonly intent: JournalId;
  readonly frames: readonly JournalId[];
  readonly answer: JsonObject;
}

/** Requests of 2.1 that only a station sends and that nobody handles here. */
const OF_STATIONS = new Set([
  'BatterySwap',
  'ClosePeriodicEventStream',
  'GetCertificateChainStatus',
  'NotifyDERAlarm',
  'NotifyDERStartStop',
  'NotifyPeriodicEventStream',
  'NotifyPriorityCharging',
  'NotifySettlement',
  'OpenPeriodicEventStream',
  'PullDynamicScheduleUpdate',
  'ReportDERControl',
  'VatNumberValidation',
]);
export class Orders {
  readonly #runtime: Runtime;
  readonly #stations: ReadonlyMap<StationId, Station>;
  readonly #commands: OcppCommands;
  readonly #keys: OrderKeys | undefined;
  /** Orders under way, by station and key. */
  readonly #running = new Map<string, { readonly words: string; readonly answer: Promise<OrderAnswered> }>();

  /** Without `keys`, a key counts only while its order is under way. */
  constructor(
    runtime: Runtime,
    stations: ReadonlyMap<StationId, Station>,
    commands: OcppCommands,
    keys?: OrderKeys,
  ) {
    this.#runtime = runtime;
    this.#stations = stations;
    this.#commands = commands;
    this.#keys = keys;
  }

  /**
   * Sends a request and gives the station's answer, whatever it says.
   *
   * @throws BridgeError OCPP_UNKNOWN_STATION, OCPP_NOT_CONNECTED, OCPP_COMMAND_INVALID, OCPP_COMMAND_GUARDED,
   * OCPP_PASSWORD_BY_HAND, OCPP_COMMAND_KEY, OCPP_TIMEOUT, OCPP_CALL_REFUSED, OCPP_OUTCOME_UNKNOWN, OCPP_BUSY, STORE_UNAVAILABLE
   */
  async send(order: Order): Promise<OrderAnswered> {
    const { stationId, key } = order;
    const station = this.#stations.get(stationId);
    if (!station) {
      const known = [...this.#stations.keys()].join(', ');
      throw failed(order, 'OCPP_UNKNOWN_STATION', `${stationId} is not configured; stations are ${known}`);
    }
    if (key === undefined) return this.#begin(station, order);
    const words = wordsOf(order);
    const place = `${stationId} ${key}`;
    const running = this.#running.get(place);
    if (running) {
      if (running.words !== words) throw reused(order);
      return running.answer;
    }
    const answer = this.#keyed(station, order, place, words).finally(() => this.#running.delete(place));
    this.#running.set(place, { words, answer });
    return answer;
  }

  async #keyed(station: Station, order: Order, place: string, words: string): Promise<OrderAnswered> {
    const known = await this.#keys?.get(place);
    if (!known)
      return this.#begin(station, order, (intent) =>
        this.#keys?.set(place, { intent, words, at: this.#runtime.now().getTime() }),
      );
    if (known.words !== words) throw reused(order);
    const before = await this.#onRecord(station, order, known.intent);
    if (before) return told(order, known.intent, before);
    this.#check(station, order);
    return this.#ask(order, known.intent);
  }

  async #begin(
    station: Station,
    order: Order,
    remember?: (intent: JournalId) => Promise<void> | undefined,
  ): Promise<OrderAnswered> {
    this.#check(station, order);
    const intent = await this.#intend(order);
    await remember?.(intent);
    return this.#ask(order, intent);
  }

  #check(station: Station, order: Order): void {
    const { protocol, limits } = station;
    if (!protocol)
      throw failed(order, 'OCPP_NOT_CONNECTED', `station ${order.stationId} is not connected now`);
    // No force: it is the CSMS's station.
    if (!mayAsk(station, order.action) || (station.control === 'lease' && isPlanned(order)))
      throw barred(station, order.action);
    const flaw = flawIn(protocol, order, limits.maxDepth);
    if (flaw) throw failed(order, 'OCPP_COMMAND_INVALID', flaw);
    if (!order.force && setsPassword(order.action, order.payload))
      throw failed(
        order,
        'OCPP_PASSWORD_BY_HAND',
        `${order.action} would set the password of ${order.stationId}`,
      );
    const { policy } = this.#runtime.config.depots[0].charging;
    if (order.force || policy === 'forward' || !isPlanned(order)) return;
    const why = `${order.action} changes limits, which charging.policy ${policy} sets here`;
    throw failed(order, 'OCPP_COMMAND_GUARDED', why);
  }

  /** Who asks for what: on record before anything is sent. */
  async #intend({ stationId, action, payload, by, key, force }: Order): Promise<JournalId> {
    const { depot, log } = this.#runtime;
    const details = { stationId, action, by, ...(key ? { key } : {}), ...(force ? { force } : {}) };
    const raw = JSON.stringify({ ...details, payload: withoutPasswords(action, payload) });
    const entry = await depot.journal.append({
      depotId: depot.id,
      link: 'bridge',
      protocol: 'bridge',
      direction: 'internal',
      action: `Intent ${action}`,
      raw,
      causes: [],
    });
    log.info({ stationId, action, by, force, intent: entry.id }, 'an operator commands a station');
    return entry.id;
  }

  async #ask(order: Order, intent: JournalId): Promise<OrderAnswered> {
    const { stationId, action, payload } = order;
    try {
      return told(order, intent, await this.#commands.request(stationId, { action, payload }, intent));
    } catch (error) {
      if (error instanceof NoReply) throw failed(order, error.code, error.message, intent);
      throw error;
    }
  }

  /** What became of an order that was given before; undefined if it never left. */
  async #onRecord(station: Station, order: Order, intent: JournalId): Promise<Reply | undefined> {
    const link = `ocpp:${station.config.ocpp.identity}`;
    const found = await findOnRecord(this.#runtime.depot.journal, intent, link, order);
    if (!found) return undefined;
    const { answer, error, frames } = found;
    if (answer) return { answer, frames };
    const what = `${order.action} was sent under this key before`;
    if (error !== undefined)
      throw failed(order, 'OCPP_CALL_REFUSED', `${what} and answered with ${error}`, intent);
    throw failed(order, 'OCPP_OUTCOME_UNKNOWN', `${what}, and no answer is on record`, intent);
  }
}

function told({ stationId, action }: Order, intent: JournalId, { frames, answer }: Reply): OrderAnswered {
  return { stationId, action, intent, frames, answer };
}

/** What is wrong with an order for a station of this version. */
function flawIn(protocol: OcppProtocol, { action, payload }: Order, maxDepth: number): string | undefined {
  if (!isAction(protocol, action) || isOfStations(protocol, action)) {
    const known = actionsOf(protocol).filter((each) => !isOfStations(protocol, each));
    const hint = suggest(action, known);
    return `a CSMS cannot ask for ${action} in ${protocol}; ${hint ? `did you mean ${hint}?` : `known: ${known.join(', ')}`}`;
  }
  const flaw = flawOf(payload, maxDepth);
  if (flaw) return flaw;
  const issues = issuesOf(schemaName(protocol, action), payload).slice(0, 10);
  return issues.length > 0 ? `${action}: ${issues.map(({ message }) => message).join('; ')}` : undefined;
}

function isOfStations(protocol: OcppProtocol, action: string): boolean {
  if (action === 'DataTransfer') return false;
  return handlingOf(protocol, action) !== undefined || OF_STATIONS.has(action);
}

function wordsOf({ action, payload }: Order): string {
  return createHash('sha256')
    .update(JSON.stringify([action, payload]))
    .digest('base64');
}

function reused(order: Order): BridgeError {
  return failed(order, 'OCPP_COMMAND_KEY', `the key ${order.key} stands for another command`);
}

function failed(
  { stationId }: Order,
  code: BridgeError['code'],
  message: string,
  intent?: JournalId,
): BridgeError {
  return new BridgeError(code, message, {
    station: stationId,
    ...(intent === undefined ? {} : { journalId: intent }),
  });
}
