import { bindingsOf, defaultModel, defaultVendor } from '../bindings.js';
import type { Connection } from '../connection.js';
import type { Answer, BootAnswer, Dialect, StartCause, StopCause } from '../dialect.js';
import { type Reading, samplesOf } from '../meter.js';
import type { Fault, Outlet } from '../outlet.js';
import type { Sessions } from '../sessions.js';
import type { Station } from '../station.js';
import type { Token, Transaction } from '../transaction.js';
import { Commands16, type Restart } from './commands.js';
import { Configuration } from './configuration.js';
import type { Fault16 } from './messages.js';

/** Stop reasons of the simulator that 1.6 has no word for. */
const reasons: Partial<Record<StopCause, string>> = { Timeout: 'Other' };

/** OCPP 1.6J as a charging station speaks it. */
export class Dialect16 implements Dialect {
  readonly #station: Station;
  readonly #connection: Connection;
  readonly #sessions: Sessions;
  readonly #commands: Commands16;

  constructor(station: Station, connection: Connection, sessions: Sessions, restart: Restart) {
    this.#station = station;
    this.#connection = connection;
    this.#sessions = sessions;
    const configuration = new Configuration(
      bindingsOf(station, sessions, connection),
      station.options.settings,
    );
    this.#commands = new Commands16({ station, connection, sessions, dialect: this, configuration, restart });
  }

  async boot(): Promise<BootAnswer> {
    const { vendor, model, firmware, serialNumber } = this.#station.options;
    const answer = await this.#connection.call('BootNotification', {
      chargePointVendor: vendor ?? defaultVendor,
      chargePointModel: model ?? defaultModel,
      ...(firmware === undefined ? {} : { firmwareVersion: firmware }),
      ...(serialNumber === undefined ? {} : { chargePointSerialNumber: serialNumber }),
    });
    return answer as BootAnswer;
  }

  async heartbeat(): Promise<void> {
    await this.#connection.call('Heartbeat', {});
  }

  async authorize(token: Token): Promise<boolean> {
    const answer = await this.#connection.call('Authorize', { idTag: token.idToken });
    return statusOfToken(answer) === 'Accepted';
  }

  statusOf(outlet: Outlet): string {
    const fault = outlet.fault?.detail as Fault16 | undefined;
    return [outlet.state, fault?.errorCode, fault?.vendorErrorCode, fault?.info].join('/');
  }

  reportPoint(outlet: Outlet, at: number): void {
    const status = this.statusOf(outlet);
    if (outlet.reported === status) return;
    if (this.sendStatus(outlet, at)) outlet.reported = status;
  }

  /** Sends StatusNotification of a point even if nothing has changed. */
  sendStatus(outlet: Outlet, at: number): boolean {
    return this.#notifyStatus(outlet.spec.id, outlet.state, outlet.fault, at, () => {
      outlet.reported = undefined;
    });
  }

  reportStation(at: number): void {
    const { fault, operative } = this.#station;
    const status = fault?.blocking ? 'Faulted' : operative ? 'Available' : 'Unavailable';
    this.#notifyStatus(0, status, fault, at);
  }

  pluggedIn(outlet: Outlet, _at: number): void {
    const { vehicleDataTransfer: transfer } = this.#station.options;
    const vehicle = outlet.battery?.vehicle;
    if (!transfer || !vehicle || (vehicle.vin === undefined && vehicle.evccId === undefined)) return;
    this.#connection.notify('DataTransfer', {
      vendorId: transfer.vendorId,
      messageId: transfer.messageId,
      data: JSON.stringify({ connectorId: outlet.spec.id, vin: vehicle.vin, evccId: vehicle.evccId }),
    });
  }

  started(outlet: Outlet, transaction: Transaction, _cause: StartCause, reading: Reading): void {
    transaction.readings.push(reading);
    const payload = {
      connectorId: outlet.spec.id,
      idTag: transaction.token?.idToken ?? '',
      meterStart: transaction.meterStart,
      timestamp: this.#station.iso(transaction.startedAt),
      ...(outlet.reservation ? { reservationId: outlet.reservation.id } : {}),
    };
    this.#connection.queue.push({
      action: 'StartTransaction',
      payload: () => payload,
      onAnswer: (answer) => this.#startAnswered(outlet, transaction, answer),
    });
  }

  updated(): void {
    // 1.6 tells every step by StatusNotification.
  }

  sampled(outlet: Outlet, transaction: Transaction | undefined, reading: Reading): void {
    const { settings } = this.#station;
    const measurands = reading.context === 'Sample.Clock' ? settings.alignedMeasurands : settings.measurands;
    const meterValue = [this.#meterValue(reading, measurands)];
    const connectorId = outlet.spec.id;
    if (meterValue[0]?.sampledValue.length === 0) return;
    if (!transaction) {
      this.#connection.notify('MeterValues', { connectorId, meterValue });
      return;
    }
    const id = this.#idOf(transaction);
    this.#connection.queue.push({
      action: 'MeterValues',
      payload: () => ({ connectorId, transactionId: id(), meterValue }),
      ready: () => transaction.transactionId !== undefined,
    });
  }

  ended(_outlet: Outlet, transaction: Transaction, cause: StopCause, reading: Reading): void {
    const { settings, options } = this.#station;
    const transactionData = [...transaction.readings, reading]
      .map((each) => this.#meterValue(each, settings.endedMeasurands))
      .filter((each) => each.sampledValue.length > 0);
    const id = this.#idOf(transaction);
    const payload = () => ({
      transactionId: id(),
      meterStop: transaction.meterStop,
      timestamp: this.#station.iso(reading.at),
      reason: reasons[cause] ?? cause,
      ...(transaction.token ? { idTag: transaction.token.idToken } : {}),
      ...(transactionData.length > 0 ? { transactionData } : {}),
    });
    const message = {
      action: 'StopTransaction',
      payload,
      ready: () => transaction.transactionId !== undefined,
      onAnswer: () => {
        this.#station.acknowledge(transaction, 'stop');
      },
    };
    this.#connection.queue.push(message);
    if (options.quirks?.duplicateStop) this.#connection.queue.push(message);
  }

  faultChanged(outlet: Outlet | undefined, _fault: Fault, _cleared: boolean, at: number): void {
    if (outlet) this.reportPoint(outlet, at);
    else this.reportStation(at);
  }

  reservationExpired(): void {
    // 1.6 tells it by the status alone.
  }

  onCall(action: string, payload: unknown): Answer {
    return this.#commands.answer(action, payload);
  }

  /** Errata 3.18: -1 when StartTransaction was given up; the quirk does not wait for the id either. */
  #idOf(transaction: Transaction): () => number {
    const id = () => (typeof transaction.transactionId === 'number' ? transaction.transactionId : -1);
    if (this.#station.options.quirks?.transactionIdMinusOne !== true) return id;
    const known = id();
    return () => known;
  }

  #startAnswered(outlet: Outlet, transaction: Transaction, answer: unknown): void {
    const { transactionId } = answer as { transactionId: number };
    transaction.transactionId = transactionId;
    this.#station.acknowledge(transaction, 'start');
    if (statusOfToken(answer) !== 'Accepted') this.#sessions.deauthorize(outlet, transaction);
  }

  #meterValue(reading: Reading, measurands: readonly string[]) {
    const sampledValue = samplesOf(reading, this.#station.oddities.shown(measurands)).map(
      ({ value, ...sample }) => ({
        ...sample,
        value: String(value),
        context: reading.context,
      }),
    );
    return { timestamp: this.#station.iso(reading.at), sampledValue };
  }

  #notifyStatus(
    connectorId: number,
    status: string,
    fault: Fault | undefined,
    at: number,
    onFailure?: () => void,
  ): boolean {
    const detail = fault?.detail as Fault16 | undefined;
    const errorCode = this.#station.options.quirks?.errorCode ?? detail?.errorCode ?? 'NoError';
    const { vendorErrorCode, vendorId, info } = detail ?? {};
    const payload = {
      connectorId,
      status,
      errorCode,
      timestamp: this.#station.iso(at),
      ...(info === undefined ? {} : { info }),
      ...(vendorErrorCode === undefined ? {} : { vendorErrorCode }),
      ...(vendorId === undefined ? {} : { vendorId }),
    };
    return this.#connection.notify('StatusNotification', payload, onFailure);
  }
}

function statusOfToken(answer: unknown): string {
  return (answer as { idTagInfo: { status: string } }).idTagInfo.status;
}
