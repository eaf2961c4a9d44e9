/**
 * Transaction ids of one station that the state does not hold: OCPP 1.6 wants one in each StartTransaction.conf, also
 * where a start is parked because its connector is not configured. None is given to two transactions.
 */
import type { DepotState, DomainEvent, JournalId, StationEvent, StationState } from '../../domain/index.js';
import { mintTransactionId, processStartedBy } from '../../domain/index.js';
import type { JsonObject } from '../../mapping/index.js';

type Started = Extract<StationEvent, { type: 'TransactionStarted' }>;

const INT32_MAX = 2_147_483_647;
/** Ids are minted from the time, so that old ones are not met again. */
const MOST_GIVEN = 256;

/**
 * Lives as long as the process: ids are tenths of a second, and a bridge is not back within one. A start that is
 * repeated after a restart gets another id.
 */
export class TransactionIds {
  /** By the content of the start: a station that repeats it gets the same id. */
  #given: Map<string, string> | undefined;

  /** The id for a start that made no process. */
  unplaced(station: StationState, raw: JournalId, start: JsonObject): string {
    const content = JSON.stringify(
      ['connectorId', 'idTag', 'meterStart', 'timestamp'].map((name) => start[name] ?? null),
    );
    this.#given ??= new Map();
    const known = this.#given.get(content);
    if (known !== undefined) return known;
    const id = this.#free(station, raw);
    this.#given.set(content, id);
    const [oldest] = this.#given.keys();
    if (this.#given.size > MOST_GIVEN && oldest !== undefined) this.#given.delete(oldest);
    return id;
  }

  /** The same event, or the one with an id of its own if the id it would be given is another transaction's. */
  settled(state: DepotState, event: DomainEvent): DomainEvent {
    if (!this.#given || event.type !== 'TransactionStarted' || event.payload.transactionId) return event;
    const station = state.stations.get(event.stationId);
    if (!station || processStartedBy(state, event)) return event;
    const minted = mintTransactionId(station, event.raw);
    if (!this.#isGiven(minted)) return event;
    const payload: Started['payload'] = { ...event.payload, transactionId: this.#free(station, event.raw) };
    return { ...event, payload };
  }

  #isGiven(id: string): boolean {
    for (const given of this.#given?.values() ?? []) if (given === id) return true;
    return false;
  }

  #free(station: StationState, raw: JournalId): string {
    let id = mintTransactionId(station, raw);
    while (this.#isGiven(id) || Object.hasOwn(station.transactions, id))
      id = String((Number(id) % INT32_MAX) + 1);
    return id;
  }
}
