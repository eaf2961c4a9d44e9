import { randomUUID } from 'node:crypto';
import { bindingsOf, defaultModel, defaultVendor } from '../bindings.js';
import type { Connection } from '../connection.js';
import type { Answer, BootAnswer, Dialect, StartCause, StopCause, UpdateCause } from '../dialect.js';
import { type Reading, samplesOf } from '../meter.js';
import type { Fault, Outlet, Reservation } from '../outlet.js';
import type { Sessions } from '../sessions.js';
import type { Station } from '../station.js';
import type { Token, Transaction } from '../transaction.js';
import { Commands201, type Restart } from './commands.js';
import { availabilityOf, DeviceModel } from './devicemodel.js';
import type { Fault201 } from './messages.js';
import { chargingStateOf, type EventParts, transactionEvent, triggers } from './transactionevent.js';

const bootReasons: Partial<Record<StopCause, string>> = {
  HardReset: 'RemoteReset',
  SoftReset: 'RemoteReset',
  Reboot: 'FirmwareUpdate',
  Other: 'Watchdog',
};

/** OCPP 2.0.1 as a charging station speaks it. */
export class Dialect201 implements Dialect {
  readonly #station: Station;
  readonly #connection: Connection;
  readonly #sessions: Sessions;
  readonly #commands: Commands201;
  #eventId = 0;

  constructor(station: Station, connection: Connection, sessions: Sessions, restart: Restart) {
    this.#station = station;
    this.#connection = connection;
    this.#sessions = sessions;
    const bindings = bindingsOf(station, sessions, connection);
    const model = new DeviceModel(station, bindings, station.options.settings);
    this.#commands = new Commands201({ station, connection, sessions, dialect: this, model, restart });
  }

  async boot(): Promise<BootAnswer> {
    const { vendor, model, firmware, serialNumber } = this.#station.options;
    const cause = this.#station.lastRestart;
    const answer = await this.#connection.call('BootNotification', {
      reason: (cause && bootReasons[cause]) ?? 'PowerUp',
      chargingStation: {
        vendorName: vendor ?? defaultVendor,
        model: model ?? defaultModel,
        ...(firmware === undefined ? {} : { firmwareVersion: firmware }),
        ...(serialNumber === undefined ? {} : { serialNumber }),
      },
    });
    return answer as BootAnswer;
  }

  async heartbeat(): Promise<void> {
    await this.#connection.call('Heartbeat', {});
  }

  async authorize(idToken: Token): Promise<boolean> {
    const answer = await this.#connection.call('Authorize', { idToken });
    return acceptsToken(answer);
  }

  statusOf(outlet: Outlet): string {
    return availabilityOf(outlet);
  }

  reportPoint(outlet: Outlet, at: number): void {
    const status = this.statusOf(outlet);
    if (outlet.reported === status) return;
    if (this.sendStatus(outlet, at)) outlet.reported = status;
  }

  /** Sends StatusNotification of an EVSE's connector even if nothing has changed. */
  sendStatus(outlet: Outlet, at: number): boolean {
    const payload = {
      timestamp: this.#station.iso(at),
      connectorStatus: availabilityOf(outlet),
      evseId: outlet.spec.id,
      connectorId: 1,
    };
    return this.#connection.notify('StatusNotification', payload, () => {
      outlet.reported = undefined;
    });
  }

  reportStation(at: number): void {
    if (!this.#station.operative) {
      this.#notifyEvent({ name: 'ChargingStation' }, 'AvailabilityState', 'Unavailable', at);
    }
  }

  pluggedIn(outlet: Outlet, at: number): void {
    const vehicle = outlet.battery?.vehicle;
    if (!vehicle) return;
    if (vehicle.evccId !== undefined && outlet.spec.powerType === 'DC') {
      const component = { name: 'ConnectedEV', evse: { id: outlet.spec.id } };
      this.#notifyEvent(component, 'VehicleID', vehicle.evccId, at);
    }
    const { vehicleDataTransfer: transfer } = this.#station.options;
    if (!transfer || (vehicle.vin === undefined && vehicle.evccId === undefined)) return;
    this.#connection.notify('DataTransfer', {
      ...transfer,
      data: { evseId: outlet.spec.id, vin: vehicle.vin, evccId: vehicle.evccId },
    });
  }

  started(outlet: Outlet, transaction: Transaction, cause: StartCause, reading: Reading): void {
    transaction.transactionId = randomUUID();
    this.#send(outlet, transaction, {
      eventType: 'Started',
      triggerReason: cause,
      at: transaction.startedAt,
      meterValue: this.#meterValue(reading, this.#station.settings.startedMeasurands),
      withToken: true,
    });
    this.#notifyNeeds(outlet);
  }

  updated(outlet: Outlet, transaction: Transaction, cause: UpdateCause, at: number): void {
    // The words for the point's state tell more apart than chargingState does.
    if (cause === 'ChargingStateChanged' && transaction.chargingState === chargingStateOf(outlet)) return;
    this.#send(outlet, transaction, {
      eventType: 'Updated',
      triggerReason: cause === 'ChargingStateChanged' ? cause : triggers(cause).triggerReason,
      at,
      withToken: cause === 'Authorized' || cause === 'RemoteStart',
    });
  }

  sampled(outlet: Outlet, transaction: Transaction | undefined, reading: Reading): void {
    const { settings } = this.#station;
    const aligned = reading.context === 'Sample.Clock';
    const meterValue = this.#meterValue(reading, aligned ? settings.alignedMeasurands : settings.measurands);
    if (meterValue.length === 0) return;
    if (!transaction) {
      this.#connection.notify('MeterValues', { evseId: outlet.spec.id, meterValue });
      return;
    }
    const triggerReason = aligned ? 'MeterValueClock' : 'MeterValuePeriodic';
    this.#send(outlet, transaction, {
      eventType: 'Updated',
      triggerReason: reading.context === 'Trigger' ? 'Trigger' : triggerReason,
      at: reading.at,
      meterValue,
    });
  }

  ended(outlet: Outlet, transaction: Transaction, cause: StopCause, reading: Reading): void {
    const { settings, options } = this.#station;
    const event = this.#send(outlet, transaction, {
      eventType: 'Ended',
      ...triggers(cause),
      at: reading.at,
      meterValue: this.#meterValue(reading, settings.endedMeasurands),
      withToken: cause === 'Local',
    });
    if (options.quirks?.duplicateStop) this.#queue(outlet, transaction, event, 'Ended');
  }

  faultChanged(outlet: Outlet | undefined, fault: Fault, cleared: boolean, at: number): void {
    const {
      component,
      variable = 'Problem',
      actualValue = 'true',
      techCode,
      techInfo,
    } = fault.detail as Fault201;
    const where = outlet ? { name: component, evse: { id: outlet.spec.id } } : { name: component };
    this.#notifyEvent(where, variable, cleared ? 'false' : actualValue, at, {
      trigger: 'Alerting',
      cleared,
      ...(techCode === undefined ? {} : { techCode }),
      ...(techInfo === undefined ? {} : { techInfo }),
      ...(outlet?.transaction ? { transactionId: outlet.transaction.transactionId } : {}),
    });
  }

  reservationExpired(reservation: Reservation): void {
    this.#connection.notify('ReservationStatusUpdate', {
      reservationId: reservation.id,
      reservationUpdateStatus: 'Expired',
    });
  }

  onCall(action: string, payload: unknown): Answer {
    return this.#commands.answer(action, payload);
  }

  #send(outlet: Outlet, transaction: Transaction, parts: EventParts): object {
    const seqNo = this.#station.options.quirks?.seqNoZero ? 0 : transaction.nextSeqNo;
    transaction.nextSeqNo += 1;
    const offline = !this.#connection.online;
    const event = transactionEvent(outlet, transaction, parts, { seqNo, offline, iso: this.#station.iso });
    this.#queue(outlet, transaction, event, parts.eventType);
    return event;
  }

  #queue(outlet: Outlet, transaction: Transaction, event: object, eventType: EventParts['eventType']): void {
    this.#connection.queue.push({
      action: 'TransactionEvent',
      payload: () => event,
      onAnswer: (answer) => {
        if (eventType === 'Started') this.#station.acknowledge(transaction, 'start');
        if (eventType === 'Ended') this.#station.acknowledge(transaction, 'stop');
        if (!acceptsToken(answer)) this.#sessions.deauthorize(outlet, transaction);
      },
    });
  }

  #meterValue(reading: Reading, measurands: readonly string[]): object[] {
    // 2.0.1 knows no Temperature measurand: it is a variable of a component there.
    const sampledValue = samplesOf(reading, this.#station.oddities.shown(measurands))
      .filter(({ measurand }) => measurand !== 'Temperature')
      .map(({ unit, ...sample }) => ({ ...sample, context: reading.context, unitOfMeasure: { unit } }));
    return sampledValue.length === 0 ? [] : [{ timestamp: this.#station.iso(reading.at), sampledValue }];
  }

  #notifyNeeds(outlet: Outlet): void {
    const { battery, spec } = outlet;
    if (!battery?.vehicle.needs || spec.powerType !== 'DC') return;
    const { vehicle } = battery;
    this.#connection.notify('NotifyEVChargingNeeds', {
      evseId: spec.id,
      chargingNeeds: {
        requestedEnergyTransfer: 'DC',
        ...(vehicle.needs?.departureTime === undefined ? {} : { departureTime: vehicle.needs.departureTime }),
        dcChargingParameters: {
          evMaxCurrent: Math.floor(vehicle.maxPowerW / battery.voltageV),
          evMaxVoltage: Math.ceil((vehicle.packVoltageV ?? 650) * 1.1),
          evMaxPower: Math.floor(vehicle.maxPowerW),
          evEnergyCapacity: Math.floor(vehicle.batteryWh),
          stateOfCharge: Math.floor(battery.socPct),
          energyAmount: Math.floor(battery.missingWh),
        },
      },
    });
  }

  #notifyEvent(
    component: object,
    variable: string,
    actualValue: string,
    at: number,
    extra: object = {},
  ): void {
    this.#eventId += 1;
    const timestamp = this.#station.iso(at);
    this.#connection.notify('NotifyEvent', {
      generatedAt: timestamp,
      seqNo: 0,
      eventData: [
        {
          eventId: this.#eventId,
          timestamp,
          trigger: 'Delta',
          eventNotificationType: 'HardWiredNotification',
          actualValue,
          component,
          variable: { name: variable },
          ...extra,
        },
      ],
    });
  }
}

/** An answer without idTokenInfo does not object to the token. */
function acceptsToken(answer: unknown): boolean {
  const { idTokenInfo } = answer as { idTokenInfo?: { status: string } };
  return idTokenInfo === undefined || idTokenInfo.status === 'Accepted';
}
