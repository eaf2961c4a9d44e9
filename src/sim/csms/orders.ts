/** What a CSMS tells its stations to do, in the words of each version. */
import { CsmsError } from './errors.js';
import type { CsmsProtocol, Payload } from './options.js';
import type { StationRecord } from './records.js';

/** Of 1.6 and 2.x: that of the other version is put in the words of the station's. */
export type ProfilePurpose =
  | 'TxProfile'
  | 'TxDefaultProfile'
  | 'ChargePointMaxProfile'
  | 'ChargingStationMaxProfile';

export interface Period {
  /** Seconds after the start of the schedule. */
  readonly startPeriod: number;
  /** In the unit of the schedule. */
  readonly limit: number;
  readonly numberPhases?: number;
}

/** A charging profile: `powerW`, `currentA` or `schedule` says how much. */
export interface Limit {
  /** 1.6 connector or 2.x EVSE; 0 is the station. The one of the transaction if left out. */
  readonly pointId?: number;
  /** Of a TxProfile: the one that runs at the point if left out. */
  readonly transactionId?: number | string;
  /** Total of all phases. */
  readonly powerW?: number;
  /** Per phase. */
  readonly currentA?: number;
  readonly schedule?: { readonly unit: 'W' | 'A'; readonly periods: readonly Period[] };
  /** A TxProfile if a transaction runs there, else a TxDefaultProfile. */
  readonly purpose?: ProfilePurpose;
  /** 0 if left out. */
  readonly stackLevel?: number;
  /** Counting from 1 if left out. */
  readonly profileId?: number;
  /** For ever if left out. */
  readonly durationSeconds?: number;
  /** Makes the profile Absolute; without it, it is Relative, and one of a whole station Absolute from now on. */
  readonly startsAt?: Date;
}

/** Which profiles to clear; with nothing said, all. */
export interface ProfileChoice {
  readonly profileId?: number;
  readonly pointId?: number;
  readonly purpose?: ProfilePurpose;
  readonly stackLevel?: number;
}

export interface RemoteStart {
  readonly token: string;
  readonly pointId?: number;
  /** Comes with the start. */
  readonly limit?: Pick<Limit, 'powerW' | 'currentA' | 'schedule' | 'stackLevel' | 'profileId'>;
}

export interface OrdersHost {
  readonly station: (identity: string) => StationRecord;
  readonly call: (identity: string, action: string, payload: object) => Promise<Payload>;
  readonly now: () => Date;
  /** The station accepted another password. */
  readonly passwordChanged: (identity: string, password: string) => void;
}

/** Calls that are made often. Each gives the station's answer. @throws CsmsError as `call` of the CSMS does */
export class Orders {
  readonly #host: OrdersHost;
  #profileId = 0;
  #remoteStartId = 0;

  constructor(host: OrdersHost) {
    this.#host = host;
  }

  /** A new id for a charging profile. */
  nextProfileId(): number {
    return ++this.#profileId;
  }

  /** SetChargingProfile. */
  async setLimit(identity: string, limit: Limit): Promise<Payload> {
    const station = this.#host.station(identity);
    const transaction = station.transactions.findLast(({ id, pointId, isRunning }) =>
      limit.transactionId === undefined ? isRunning && pointId === limit.pointId : id === limit.transactionId,
    );
    const pointId = limit.pointId ?? transaction?.pointId;
    if (pointId === undefined) throw new CsmsError('usage', 'a limit needs pointId or a known transaction');
    const transactionId = limit.transactionId ?? transaction?.id;
    const purpose = limit.purpose ?? (transactionId === undefined ? 'TxDefaultProfile' : 'TxProfile');
    const profile = this.#profile(station.protocol, {
      ...limit,
      purpose,
      ...(purpose === 'TxProfile' && transactionId !== undefined ? { transactionId } : {}),
    });
    const payload =
      station.protocol === 'ocpp1.6'
        ? { connectorId: pointId, csChargingProfiles: profile }
        : { evseId: pointId, chargingProfile: profile };
    return this.#host.call(identity, 'SetChargingProfile', payload);
  }

  /** ClearChargingProfile. */
  async clearProfiles(identity: string, choice: ProfileChoice = {}): Promise<Payload> {
    const { protocol } = this.#host.station(identity);
    const { profileId, pointId, stackLevel } = choice;
    const is16 = protocol === 'ocpp1.6';
    const criteria = given({
      [is16 ? 'connectorId' : 'evseId']: pointId,
      chargingProfilePurpose: choice.purpose && purposeIn(protocol, choice.purpose),
      stackLevel,
    });
    const payload = is16
      ? given({ id: profileId, ...criteria })
      : given({
          chargingProfileId: profileId,
          chargingProfileCriteria: Object.keys(criteria).length > 0 ? criteria : undefined,
        });
    return this.#host.call(identity, 'ClearChargingProfile', payload);
  }

  /** RemoteStartTransaction or RequestStartTransaction. */
  async remoteStart(identity: string, { token, pointId, limit }: RemoteStart): Promise<Payload> {
    const { protocol } = this.#host.station(identity);
    const chargingProfile = limit && this.#profile(protocol, { ...limit, purpose: 'TxProfile' });
    if (protocol === 'ocpp1.6') {
      const payload = given({ connectorId: pointId, idTag: token, chargingProfile });
      return this.#host.call(identity, 'RemoteStartTransaction', payload);
    }
    const idToken = { idToken: token, type: 'ISO14443' };
    const payload = given({
      evseId: pointId,
      idToken,
      remoteStartId: ++this.#remoteStartId,
      chargingProfile,
    });
    return this.#host.call(identity, 'RequestStartTransaction', payload);
  }

  /** RemoteStopTransaction or RequestStopTransaction. */
  async remoteStop(identity: string, transactionId: number | string): Promise<Payload> {
    const is16 = this.#host.station(identity).protocol === 'ocpp1.6';
    const action = is16 ? 'RemoteStopTransaction' : 'RequestStopTransaction';
    return this.#host.call(identity, action, { transactionId });
  }

  /** Reset: at once, or when nobody is charging (1.6: in an orderly way). */
  async reset(identity: string, how: 'now' | 'orderly' = 'orderly'): Promise<Payload> {
    const is16 = this.#host.station(identity).protocol === 'ocpp1.6';
    const [hard, soft] = is16 ? ['Hard', 'Soft'] : ['Immediate', 'OnIdle'];
    return this.#host.call(identity, 'Reset', { type: how === 'now' ? hard : soft });
  }

  /** ChangeConfiguration, or SetVariables with a key of the form `Component.Variable`. */
  async configure(identity: string, key: string, value: string): Promise<Payload> {
    if (this.#host.station(identity).protocol === 'ocpp1.6') {
      return this.#host.call(identity, 'ChangeConfiguration', { key, value });
    }
    const [component = '', variable = ''] = key.split('.');
    const data = { component: { name: component }, variable: { name: variable }, attributeValue: value };
    return this.#host.call(identity, 'SetVariables', { setVariableData: [data] });
  }

  /** Gives a station another password, which counts from its acceptance on. */
  async changePassword(identity: string, password: string): Promise<Payload> {
    const is16 = this.#host.station(identity).protocol === 'ocpp1.6';
    const key = is16 ? 'AuthorizationKey' : 'SecurityCtrlr.BasicAuthPassword';
    const answer = await this.configure(identity, key, password);
    const [result] = (answer['setVariableResult'] ?? []) as readonly { attributeStatus?: string }[];
    const status = result?.attributeStatus ?? answer['status'];
    if (status === 'Accepted' || status === 'RebootRequired') {
      this.#host.passwordChanged(identity, password);
    }
    return answer;
  }

  #profile(protocol: CsmsProtocol, limit: Limit & { readonly purpose: ProfilePurpose }): Payload {
    const { transactionId, stackLevel = 0, durationSeconds, purpose } = limit;
    const { unit, periods } = scheduleOf(limit);
    // That of a station has no transaction to be relative to.
    const startsAt = limit.startsAt ?? (purpose.endsWith('MaxProfile') ? this.#host.now() : undefined);
    const id = limit.profileId ?? this.nextProfileId();
    const schedule = given({
      id: protocol === 'ocpp1.6' ? undefined : id,
      duration: durationSeconds,
      startSchedule: startsAt?.toISOString().replace(/\.\d+/, ''),
      chargingRateUnit: unit,
      chargingSchedulePeriod: periods,
    });
    return given({
      [protocol === 'ocpp1.6' ? 'chargingProfileId' : 'id']: id,
      transactionId,
      stackLevel,
      chargingProfilePurpose: purposeIn(protocol, purpose),
      chargingProfileKind: startsAt ? 'Absolute' : 'Relative',
      chargingSchedule: protocol === 'ocpp1.6' ? schedule : [schedule],
    });
  }
}

function scheduleOf({ powerW, currentA, schedule }: Limit): NonNullable<Limit['schedule']> {
  if (schedule) return schedule;
  const limit = powerW ?? currentA;
  if (limit === undefined) throw new CsmsError('usage', 'a limit needs powerW, currentA or schedule');
  return { unit: powerW === undefined ? 'A' : 'W', periods: [{ startPeriod: 0, limit }] };
}

function purposeIn(protocol: CsmsProtocol, purpose: ProfilePurpose): string {
  if (!purpose.endsWith('MaxProfile')) return purpose;
  return protocol === 'ocpp1.6' ? 'ChargePointMaxProfile' : 'ChargingStationMaxProfile';
}

/** Without what is undefined. */
function given(object: Payload): Payload {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
