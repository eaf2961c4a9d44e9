import type { Connection } from '../connection.js';
import { availabilityChange, pointToStart, reservationRefusal, startRemotely } from '../deeds.js';
import { type Answer, type StopCause, status } from '../dialect.js';
import type { Sessions } from '../sessions.js';
import type { Station } from '../station.js';
import { unknownAction } from '../wire.js';
import type { DeviceModel } from './devicemodel.js';
import type { Dialect201 } from './dialect.js';
import { Maintenance201 } from './maintenance.js';
import type { Requests201 } from './messages.js';
import { profileOf, rejected, scheduleRefusal } from './profiles.js';
import { SmartCharging201 } from './smartcharging.js';

/** Restarts the station, whose running transactions end with this cause first. True: accepted again; false: stopped. */
export type Restart = (cause: StopCause) => Promise<boolean>;

/** What the commands work on. */
export interface Parts201 {
  readonly station: Station;
  readonly connection: Connection;
  readonly sessions: Sessions;
  readonly dialect: Dialect201;
  readonly model: DeviceModel;
  readonly restart: Restart;
}

type Handlers = { readonly [A in keyof Requests201]: (request: Requests201[A]) => Answer };

/** Elements in one NotifyReport. */
const reportChunk = 20;

/** The calls of a 2.0.1 CSMS, one handler each. */
export class Commands201 {
  readonly #parts: Parts201;
  readonly #maintenance: Maintenance201;
  readonly #handlers: Handlers;
  #resetWhenIdle = false;

  constructor(parts: Parts201) {
    this.#parts = parts;
    this.#maintenance = new Maintenance201(parts.station, parts.connection);
    parts.station.events.on('state', () => this.#resetIfIdle());
    const smart = new SmartCharging201(parts.station, parts.sessions, parts.connection);
    this.#handlers = {
      CancelReservation: (request) => this.#cancelReservation(request),
      ChangeAvailability: (request) => this.#changeAvailability(request),
      ClearCache: () => status('Accepted'),
      ClearChargingProfile: (request) => smart.clear(request),
      DataTransfer: ({ vendorId }) =>
        status(vendorId === parts.station.options.vendor ? 'UnknownMessageId' : 'UnknownVendorId'),
      GetBaseReport: (request) => this.#baseReport(request),
      GetChargingProfiles: (request) => smart.report(request),
      GetCompositeSchedule: (request) => smart.composite(request),
      GetLocalListVersion: () => ({ reply: { versionNumber: parts.station.localList.version } }),
      GetLog: ({ requestId }) => this.#maintenance.log(requestId),
      GetTransactionStatus: (request) => this.#transactionStatus(request),
      GetVariables: ({ getVariableData }) => this.#getVariables(getVariableData),
      RequestStartTransaction: (request) => this.#requestStart(request),
      RequestStopTransaction: (request) => this.#requestStop(request),
      ReserveNow: (request) => this.#reserve(request),
      Reset: (request) => this.#reset(request),
      SendLocalList: (request) => this.#sendLocalList(request),
      SetChargingProfile: (request) => smart.set(request),
      SetVariables: ({ setVariableData }) => this.#setVariables(setVariableData),
      TriggerMessage: (request) => this.#trigger(request),
      UnlockConnector: (request) => this.#unlock(request),
      UpdateFirmware: ({ requestId }) => this.#maintenance.firmware(requestId, () => parts.restart('Reboot')),
    };
  }

  /** @throws CallRefusal */
  answer(action: string, payload: unknown): Answer {
    if (!Object.hasOwn(this.#handlers, action)) {
      throw unknownAction(this.#parts.station.options.protocol, action);
    }
    this.#parts.connection.checkCall(action, payload);
    const handler = this.#handlers[action as keyof Requests201] as (request: unknown) => Answer;
    return handler(payload);
  }

  #requestStart(request: Requests201['RequestStartTransaction']): Answer {
    const { station, sessions, connection } = this.#parts;
    sessions.catchUp();
    if (!connection.online) return rejected('CSNotAccepted', 'the station is not accepted yet');
    const outlet = pointToStart(station, request.evseId, request.idToken.idToken);
    if (!outlet) return rejected('TxInProgress', 'no EVSE is free for this token');
    const profile = request.chargingProfile && profileOf(outlet.spec.id, request.chargingProfile);
    if (request.chargingProfile) {
      if (profile?.purpose !== 'Tx' || profile.transactionId !== undefined) {
        return rejected('InvalidProfile', 'only a TxProfile without transactionId can come with a start');
      }
      const unusable = scheduleRefusal(station, profile);
      if (unusable) return rejected(unusable.reasonCode, unusable.additionalInfo);
    }
    const { idToken, type } = request.idToken;
    return {
      reply: {
        status: 'Accepted',
        ...(outlet.transaction ? { transactionId: outlet.transaction.transactionId } : {}),
      },
      afterwards: () => {
        outlet.pendingProfile = profile;
        startRemotely(station, sessions, outlet, { idToken, type }, request.remoteStartId);
      },
    };
  }

  #requestStop({ transactionId }: Requests201['RequestStopTransaction']): Answer {
    const { station, sessions } = this.#parts;
    const outlet = station.outlets.find((each) => each.transaction?.transactionId === transactionId);
    if (!outlet) return rejected('TxNotFound', `transaction ${transactionId} does not run here`);
    return status('Accepted', () => {
      sessions.end(outlet, 'Remote');
      sessions.settle(sessions.catchUp());
    });
  }

  #changeAvailability({ evse, operationalStatus }: Requests201['ChangeAvailability']): Answer {
    const { station, sessions } = this.#parts;
    const outlets = station.outlets.filter((each) => evse === undefined || each.spec.id === evse.id);
    if (outlets.length === 0) return rejected('UnknownEvse', `no EVSE ${evse?.id}`);
    const change = availabilityChange(station, sessions, outlets, operationalStatus === 'Operative');
    return status(change.status, () => change.apply(evse === undefined));
  }

  #reserve(request: Requests201['ReserveNow']): Answer {
    const { station, sessions } = this.#parts;
    const at = sessions.catchUp();
    const outlet = request.evseId === undefined ? undefined : station.find(request.evseId);
    if (!outlet) return rejected('UnknownEvse', 'a reservation needs one of the EVSEs');
    const reservation = {
      id: request.id,
      idToken: request.idToken.idToken,
      ...(request.groupIdToken === undefined ? {} : { groupIdToken: request.groupIdToken.idToken }),
    };
    const refusal = reservationRefusal(outlet, reservation);
    if (refusal) return status(refusal);
    return status('Accepted', () =>
      sessions.reserve(outlet, reservation, Date.parse(request.expiryDateTime) - at),
    );
  }

  #cancelReservation({ reservationId }: Requests201['CancelReservation']): Answer {
    const { station, sessions } = this.#parts;
    const outlet = station.outlets.find((each) => each.reservation?.id === reservationId);
    if (!outlet) return rejected('NotFound', `no reservation ${reservationId}`);
    return status('Accepted', () => sessions.cancelReservation(outlet));
  }

  #unlock({ evseId, connectorId }: Requests201['UnlockConnector']): Answer {
    const outlet = this.#parts.station.find(evseId);
    if (!outlet || connectorId !== 1) return status('UnknownConnector');
    return status(outlet.transaction && outlet.authorized ? 'OngoingAuthorizedTransaction' : 'Unlocked');
  }

  #reset({ type, evseId }: Requests201['Reset']): Answer {
    const { station, restart } = this.#parts;
    if (evseId !== undefined) return rejected('UnsupportedRequest', 'an EVSE cannot be reset alone');
    if (type === 'Immediate') return status('Accepted', () => restart('HardReset'));
    const busy = station.outlets.some((outlet) => outlet.transaction);
    if (!busy) return status('Accepted', () => restart('SoftReset'));
    this.#resetWhenIdle = true;
    return status('Scheduled');
  }

  #resetIfIdle(): void {
    const { station, restart } = this.#parts;
    if (!this.#resetWhenIdle || station.outlets.some((outlet) => outlet.transaction)) return;
    this.#resetWhenIdle = false;
    setImmediate(() => restart('SoftReset'));
  }

  #sendLocalList(request: Requests201['SendLocalList']): Answer {
    const { localList } = this.#parts.station;
    const entries = (request.localAuthorizationList ?? []).map(({ idToken, idTokenInfo }) => ({
      idToken: idToken.idToken,
      ...(idTokenInfo ? { accepted: idTokenInfo.status === 'Accepted' } : {}),
    }));
    return status(localList.update(request.versionNumber, request.updateType === 'Full', entries));
  }

  #transactionStatus({ transactionId }: Requests201['GetTransactionStatus']): Answer {
    const { station, connection } = this.#parts;
    const messagesInQueue = connection.queue.length > 0;
    if (transactionId === undefined) return { reply: { messagesInQueue } };
    const ongoingIndicator = station.outlets.some(
      (each) => each.transaction?.transactionId === transactionId,
    );
    return { reply: { ongoingIndicator, messagesInQueue } };
  }

  #getVariables(data: Requests201['GetVariables']['getVariableData']): Answer {
    const getVariableResult = data.map((each) => ({ ...each, ...this.#parts.model.get(each) }));
    return { reply: { getVariableResult } };
  }

  #setVariables(data: Requests201['SetVariables']['setVariableData']): Answer {
    const setVariableResult = data.map(({ attributeValue, ...each }) => ({
      ...each,
      ...this.#parts.model.set(each, attributeValue),
    }));
    return { reply: { setVariableResult } };
  }

  #baseReport({ requestId, reportBase }: Requests201['GetBaseReport']): Answer {
    const { connection, model, station } = this.#parts;
    const entries = model.report(reportBase);
    return status('Accepted', () => {
      for (let first = 0; first < entries.length; first += reportChunk) {
        connection.notify('NotifyReport', {
          requestId,
          generatedAt: station.iso(station.clock.now()),
          seqNo: first / reportChunk,
          tbc: first + reportChunk < entries.length,
          reportData: entries.slice(first, first + reportChunk),
        });
      }
    });
  }

  #trigger({ requestedMessage, evse }: Requests201['TriggerMessage']): Answer {
    const { connection, dialect, sessions, station } = this.#parts;
    const outlets = station.outlets.filter((each) => evse === undefined || each.spec.id === evse.id);
    if (outlets.length === 0) return rejected('UnknownEvse', `no EVSE ${evse?.id}`);
    const sample = (onlyTransactions: boolean) => () => {
      const at = sessions.catchUp();
      for (const outlet of outlets) {
        const { transaction } = outlet;
        if (onlyTransactions && !transaction) continue;
        dialect.sampled(
          outlet,
          onlyTransactions ? transaction : undefined,
          sessions.read(outlet, at, 'Trigger'),
        );
      }
    };
    const senders: Record<string, () => void> = {
      BootNotification: () => void connection.bootAgain(),
      Heartbeat: () => connection.notify('Heartbeat', {}),
      FirmwareStatusNotification: () => this.#maintenance.reportFirmware(),
      LogStatusNotification: () => this.#maintenance.reportLog(),
      StatusNotification: () => {
        const at = sessions.catchUp();
        for (const outlet of outlets) dialect.sendStatus(outlet, at);
      },
      MeterValues: sample(false),
      TransactionEvent: sample(true),
    };
    const send = senders[requestedMessage];
    if (!send) return status('NotImplemented');
    const nothing = requestedMessage === 'TransactionEvent' && !outlets.some((outlet) => outlet.transaction);
    return nothing ? rejected('TxNotFound', 'no transaction runs') : status('Accepted', send);
  }
}
