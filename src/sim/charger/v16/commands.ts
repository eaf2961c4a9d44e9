import type { Connection } from '../connection.js';
import { availabilityChange, pointToStart, reservationRefusal, startRemotely } from '../deeds.js';
import { type Answer, type StopCause, status } from '../dialect.js';
import type { Sessions } from '../sessions.js';
import type { Station } from '../station.js';
import { unknownAction } from '../wire.js';
import type { Configuration } from './configuration.js';
import type { Dialect16 } from './dialect.js';
import { Maintenance } from './maintenance.js';
import type { Requests16 } from './messages.js';
import { fitsRemoteStart, profileOf } from './profiles.js';
import { SmartCharging16 } from './smartcharging.js';

/** Restarts the station, whose running transactions end with this cause first. True: accepted again; false: stopped. */
export type Restart = (cause: StopCause) => Promise<boolean>;

/** What the commands work on. */
export interface Parts16 {
  readonly station: Station;
  readonly connection: Connection;
  readonly sessions: Sessions;
  readonly dialect: Dialect16;
  readonly configuration: Configuration;
  readonly restart: Restart;
}

type Handlers = { readonly [A in keyof Requests16]: (request: Requests16[A]) => Answer };

/** The calls of a 1.6 CSMS, one handler each. */
export class Commands16 {
  readonly #parts: Parts16;
  readonly #maintenance: Maintenance;
  readonly #handlers: Handlers;

  constructor(parts: Parts16) {
    this.#parts = parts;
    this.#maintenance = new Maintenance(parts.station, parts.connection);
    const smart = new SmartCharging16(parts.station, parts.sessions);
    this.#handlers = {
      CancelReservation: (request) => this.#cancelReservation(request),
      ChangeAvailability: (request) => this.#changeAvailability(request),
      ChangeConfiguration: ({ key, value }) => status(parts.configuration.change(key, value)),
      ClearCache: () => status('Accepted'),
      ClearChargingProfile: (request) => smart.clear(request),
      DataTransfer: ({ vendorId }) =>
        status(vendorId === parts.station.options.vendor ? 'UnknownMessageId' : 'UnknownVendorId'),
      ExtendedTriggerMessage: (request) => this.#trigger(request),
      GetCompositeSchedule: (request) => smart.composite(request),
      GetConfiguration: ({ key }) => ({ reply: parts.configuration.read(key) }),
      GetDiagnostics: () => this.#maintenance.diagnostics(),
      GetLocalListVersion: () => ({ reply: { listVersion: parts.station.localList.version } }),
      RemoteStartTransaction: (request) => this.#remoteStart(request),
      RemoteStopTransaction: (request) => this.#remoteStop(request),
      ReserveNow: (request) => this.#reserve(request),
      Reset: ({ type }) =>
        status('Accepted', () => parts.restart(type === 'Hard' ? 'HardReset' : 'SoftReset')),
      SendLocalList: (request) => this.#sendLocalList(request),
      SetChargingProfile: (request) => smart.set(request),
      TriggerMessage: (request) => this.#trigger(request),
      UnlockConnector: ({ connectorId }) => this.#unlock(connectorId),
      UpdateFirmware: () => this.#maintenance.firmware(() => parts.restart('Reboot')),
    };
  }

  /** @throws CallRefusal */
  answer(action: string, payload: unknown): Answer {
    if (!Object.hasOwn(this.#handlers, action)) {
      throw unknownAction(this.#parts.station.options.protocol, action);
    }
    this.#parts.connection.checkCall(action, payload);
    const handler = this.#handlers[action as keyof Requests16] as (request: unknown) => Answer;
    return handler(payload);
  }

  #remoteStart({ connectorId, idTag, chargingProfile }: Requests16['RemoteStartTransaction']): Answer {
    const { station, sessions, connection } = this.#parts;
    if (!connection.online) return status('Rejected');
    sessions.catchUp();
    const outlet = pointToStart(station, connectorId, idTag);
    if (!outlet) return status('Rejected');
    const profile = chargingProfile && profileOf(outlet.spec.id, chargingProfile);
    if (profile && !fitsRemoteStart(station, profile)) return status('Rejected');
    return status('Accepted', () => {
      outlet.pendingProfile = profile;
      startRemotely(station, sessions, outlet, { idToken: idTag, type: 'Central' });
    });
  }

  #remoteStop({ transactionId }: Requests16['RemoteStopTransaction']): Answer {
    const { station, sessions } = this.#parts;
    const outlet = station.outlets.find((each) => each.transaction?.transactionId === transactionId);
    if (!outlet) return status('Rejected');
    return status('Accepted', () => {
      sessions.end(outlet, 'Remote');
      sessions.settle(sessions.catchUp());
    });
  }

  #changeAvailability({ connectorId, type }: Requests16['ChangeAvailability']): Answer {
    const { station, sessions } = this.#parts;
    const outlets = station.outlets.filter((each) => connectorId === 0 || each.spec.id === connectorId);
    if (outlets.length === 0) return status('Rejected');
    const change = availabilityChange(station, sessions, outlets, type === 'Operative');
    return status(change.status, () => change.apply(connectorId === 0));
  }

  #reserve(request: Requests16['ReserveNow']): Answer {
    const { station, sessions } = this.#parts;
    const at = sessions.catchUp();
    const outlet = station.find(request.connectorId);
    if (!outlet) return status('Rejected');
    const reservation = {
      id: request.reservationId,
      idToken: request.idTag,
      ...(request.parentIdTag === undefined ? {} : { groupIdToken: request.parentIdTag }),
    };
    const refusal = reservationRefusal(outlet, reservation);
    if (refusal) return status(refusal);
    return status('Accepted', () =>
      sessions.reserve(outlet, reservation, Date.parse(request.expiryDate) - at),
    );
  }

  #cancelReservation({ reservationId }: Requests16['CancelReservation']): Answer {
    const { station, sessions } = this.#parts;
    const outlet = station.outlets.find((each) => each.reservation?.id === reservationId);
    if (!outlet) return status('Rejected');
    return status('Accepted', () => sessions.cancelReservation(outlet));
  }

  #unlock(connectorId: number): Answer {
    const { station, sessions } = this.#parts;
    const outlet = station.find(connectorId);
    if (!outlet) return status('NotSupported');
    return status('Unlocked', () => {
      sessions.end(outlet, 'UnlockCommand');
      sessions.settle(sessions.catchUp());
    });
  }

  #sendLocalList(request: Requests16['SendLocalList']): Answer {
    const { localList } = this.#parts.station;
    const entries = (request.localAuthorizationList ?? []).map(({ idTag, idTagInfo }) => ({
      idToken: idTag,
      ...(idTagInfo ? { accepted: idTagInfo.status === 'Accepted' } : {}),
    }));
    return status(localList.update(request.listVersion, request.updateType === 'Full', entries));
  }

  #trigger({ requestedMessage, connectorId }: Requests16['TriggerMessage']): Answer {
    const { connection, dialect, sessions, station } = this.#parts;
    const outlets = station.outlets.filter((o) => connectorId === undefined || o.spec.id === connectorId);
    if (outlets.length === 0 && connectorId !== 0) return status('Rejected');
    const senders: Record<string, () => void> = {
      BootNotification: () => void connection.bootAgain(),
      Heartbeat: () => connection.notify('Heartbeat', {}),
      DiagnosticsStatusNotification: () => this.#maintenance.reportDiagnostics(),
      FirmwareStatusNotification: () => this.#maintenance.reportFirmware(),
      LogStatusNotification: () => connection.notify('LogStatusNotification', { status: 'Idle' }),
      StatusNotification: () => {
        const at = sessions.catchUp();
        if (connectorId === undefined || connectorId === 0) dialect.reportStation(at);
        for (const outlet of outlets) dialect.sendStatus(outlet, at);
      },
      MeterValues: () => {
        const at = sessions.catchUp();
        for (const outlet of outlets) {
          dialect.sampled(outlet, outlet.transaction, sessions.read(outlet, at, 'Trigger'));
        }
      },
    };
    const send = senders[requestedMessage];
    return send ? status('Accepted', send) : status('NotImplemented');
  }
}
