import type { Connection } from './connection.js';
import { pingSeconds } from './link.js';
import { allMeasurands } from './meter.js';
import type { Sessions } from './sessions.js';
import type { Settings, TxPoint } from './settings.js';
import type { Station } from './station.js';

/** One setting as a CSMS sees it: a 1.6 configuration key, a 2.0.1 variable, or both. */
export interface Binding {
  /** 1.6. */
  readonly key?: string;
  /** 2.0.1: `Component.Variable` or `Component.Variable[instance]`. */
  readonly variable?: string;
  readonly dataType: 'integer' | 'boolean' | 'string' | 'MemberList' | 'OptionList';
  readonly mutability: 'ReadWrite' | 'ReadOnly' | 'WriteOnly';
  readonly unit?: string;
  /** 2.0.1 variableCharacteristics.maxLimit. */
  readonly maxLimit?: () => number;
  readonly read: () => string;
  /** Takes a value if it is one; false if not. Works for read-only settings too: that is how they are delivered. */
  readonly write: (value: string) => boolean;
}

type FieldOf<T> = { [K in keyof Settings]: Settings[K] extends T ? K : never }[keyof Settings];
type Names = Pick<Binding, 'key' | 'variable' | 'unit' | 'maxLimit'> & {
  readonly readOnly?: boolean;
  readonly after?: () => void;
};

function named(names: Names): Pick<Binding, 'key' | 'variable' | 'unit' | 'maxLimit' | 'mutability'> {
  const { readOnly, after: _after, ...rest } = names;
  return { ...rest, mutability: readOnly ? 'ReadOnly' : 'ReadWrite' };
}

function whole(settings: Settings, field: FieldOf<number>, names: Names): Binding {
  return {
    ...named(names),
    dataType: 'integer',
    read: () => String(settings[field]),
    write(value) {
      if (!/^\d{1,9}$/.test(value)) return false;
      settings[field] = Number(value);
      names.after?.();
      return true;
    },
  };
}

function flag(settings: Settings, field: FieldOf<boolean>, names: Names): Binding {
  return {
    ...named(names),
    dataType: 'boolean',
    read: () => String(settings[field]),
    write(value) {
      if (!/^(true|false)$/i.test(value)) return false;
      settings[field] = value.toLowerCase() === 'true';
      return true;
    },
  };
}

const wordsOf = (value: string): string[] =>
  value
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

function list<Word extends string>(
  names: Names,
  known: readonly Word[],
  get: () => readonly Word[],
  set: (words: Word[]) => void,
): Binding {
  return {
    ...named(names),
    dataType: 'MemberList',
    read: () => get().join(','),
    write(value) {
      const words = wordsOf(value);
      if (!words.every((word) => known.some((each) => each === word))) return false;
      set(known.filter((each) => words.includes(each)));
      return true;
    },
  };
}

function measurands(
  settings: Settings,
  field: FieldOf<string[]> & `${string}easurands`,
  names: Names,
): Binding {
  return list(
    names,
    allMeasurands,
    () => allMeasurands.filter((name) => settings[field].includes(name)),
    (words) => {
      settings[field] = words;
    },
  );
}

/** A fact of the station that nobody can change. */
function fact(
  key: string | undefined,
  variable: string | undefined,
  value: () => string | number | boolean,
): Binding {
  const read = (): string => String(value());
  return {
    ...(key === undefined ? {} : { key }),
    ...(variable === undefined ? {} : { variable }),
    dataType: typeof value() === 'number' ? 'integer' : typeof value() === 'boolean' ? 'boolean' : 'string',
    mutability: 'ReadOnly',
    read,
    write: () => false,
  };
}

function txPoint(settings: Settings, field: 'txStartPoint' | 'txStopPoint', variable: string): Binding {
  const known: readonly TxPoint[] = ['EVConnected', 'Authorized', 'PowerPathClosed'];
  return list(
    { variable },
    known,
    () => settings[field],
    (points) => {
      settings[field] = points;
    },
  );
}

function metering(settings: Settings, sessions: Sessions): Binding[] {
  const after = (): void => sessions.rescheduleSamples();
  return [
    whole(settings, 'meterIntervalS', {
      key: 'MeterValueSampleInterval',
      variable: 'SampledDataCtrlr.TxUpdatedInterval',
      unit: 's',
      after,
    }),
    measurands(settings, 'measurands', {
      key: 'MeterValuesSampledData',
      variable: 'SampledDataCtrlr.TxUpdatedMeasurands',
    }),
    measurands(settings, 'startedMeasurands', { variable: 'SampledDataCtrlr.TxStartedMeasurands' }),
    measurands(settings, 'endedMeasurands', {
      key: 'StopTxnSampledData',
      variable: 'SampledDataCtrlr.TxEndedMeasurands',
    }),
    whole(settings, 'alignedIntervalS', {
      key: 'ClockAlignedDataInterval',
      variable: 'AlignedDataCtrlr.Interval',
      unit: 's',
      after,
    }),
    measurands(settings, 'alignedMeasurands', {
      key: 'MeterValuesAlignedData',
      variable: 'AlignedDataCtrlr.Measurands',
    }),
    fact('MeterValuesSampledDataMaxLength', undefined, () => allMeasurands.length),
  ];
}

function smartCharging(settings: Settings): Binding[] {
  const readOnly = true;
  return [
    fact(undefined, 'SmartChargingCtrlr.Available', () => true),
    fact(undefined, 'SmartChargingCtrlr.Enabled', () => true),
    whole(settings, 'maxStackLevel', {
      key: 'ChargeProfileMaxStackLevel',
      variable: 'SmartChargingCtrlr.ProfileStackLevel',
      readOnly,
    }),
    whole(settings, 'maxPeriods', {
      key: 'ChargingScheduleMaxPeriods',
      variable: 'SmartChargingCtrlr.PeriodsPerSchedule',
      readOnly,
    }),
    whole(settings, 'maxProfiles', { key: 'MaxChargingProfilesInstalled', readOnly }),
    {
      ...list(
        { variable: 'SmartChargingCtrlr.RateUnit', readOnly },
        ['A', 'W'] as const,
        () => settings.rateUnits,
        (units) => {
          settings.rateUnits = units;
        },
      ),
    },
    {
      key: 'ChargingScheduleAllowedChargingRateUnit',
      dataType: 'MemberList',
      mutability: 'ReadOnly',
      read: () => settings.rateUnits.map((unit) => (unit === 'A' ? 'Current' : 'Power')).join(','),
      write(value) {
        const units = wordsOf(value).map((word) => (word === 'Current' ? 'A' : 'W'));
        settings.rateUnits = units;
        return units.length > 0;
      },
    },
    fact('ConnectorSwitch3to1PhaseSupported', 'SmartChargingCtrlr.Phases3to1', () => false),
  ];
}

function talking(settings: Settings, connection: Connection): Binding[] {
  return [
    whole(settings, 'heartbeatS', {
      key: 'HeartbeatInterval',
      variable: 'OCPPCommCtrlr.HeartbeatInterval',
      unit: 's',
      after: () => connection.beat(),
    }),
    whole(settings, 'messageAttempts', {
      key: 'TransactionMessageAttempts',
      variable: 'OCPPCommCtrlr.MessageAttempts[TransactionEvent]',
    }),
    whole(settings, 'messageRetryS', {
      key: 'TransactionMessageRetryInterval',
      variable: 'OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]',
      unit: 's',
    }),
    whole(settings, 'offlineThresholdS', { variable: 'OCPPCommCtrlr.OfflineThreshold', unit: 's' }),
    fact('WebSocketPingInterval', 'OCPPCommCtrlr.WebSocketPingInterval', () => pingSeconds),
  ];
}

function authorising(station: Station): Binding[] {
  const { settings } = station;
  return [
    flag(settings, 'authorizeRemote', {
      key: 'AuthorizeRemoteTxRequests',
      variable: 'AuthCtrlr.AuthorizeRemoteStart',
    }),
    flag(settings, 'offlineTxForUnknownId', {
      key: 'AllowOfflineTxForUnknownId',
      variable: 'AuthCtrlr.OfflineTxForUnknownIdEnabled',
    }),
    flag(settings, 'stopOnInvalidId', {
      key: 'StopTransactionOnInvalidId',
      variable: 'TxCtrlr.StopTxOnInvalidId',
    }),
    whole(settings, 'connectionTimeoutS', {
      key: 'ConnectionTimeOut',
      variable: 'TxCtrlr.EVConnectionTimeOut',
      unit: 's',
    }),
    txPoint(settings, 'txStartPoint', 'TxCtrlr.TxStartPoint'),
    txPoint(settings, 'txStopPoint', 'TxCtrlr.TxStopPoint'),
    fact('StopTransactionOnEVSideDisconnect', 'TxCtrlr.StopTxOnEVSideDisconnect', () => true),
    fact('UnlockConnectorOnEVSideDisconnect', undefined, () => true),
    fact('LocalAuthorizeOffline', 'AuthCtrlr.LocalAuthorizeOffline', () => true),
    fact('LocalPreAuthorize', 'AuthCtrlr.LocalPreAuthorize', () => false),
    {
      key: 'AuthorizationKey',
      variable: 'SecurityCtrlr.BasicAuthPassword',
      dataType: 'string',
      mutability: 'WriteOnly',
      read: () => '',
      write(value) {
        if (value.length < 8 || value.length > 40) return false;
        station.changePassword(value);
        return true;
      },
    },
  ];
}

/** Everything about a station that a CSMS can read or change. */
export function bindingsOf(station: Station, sessions: Sessions, connection: Connection): Binding[] {
  const { settings, options } = station;
  return [
    ...talking(settings, connection),
    ...metering(settings, sessions),
    ...smartCharging(settings),
    ...authorising(station),
    fact('NumberOfConnectors', undefined, () => station.outlets.length),
    fact('ConnectorPhaseRotation', undefined, () => 'NotApplicable'),
    fact('GetConfigurationMaxKeys', undefined, () => 100),
    fact('ResetRetries', undefined, () => 0),
    fact('LocalAuthListEnabled', 'LocalAuthListCtrlr.Enabled', () => true),
    fact('LocalAuthListMaxLength', undefined, () => 1000),
    fact('SendLocalListMaxLength', 'LocalAuthListCtrlr.ItemsPerMessage', () => 100),
    fact('ReserveConnectorZeroSupported', 'ReservationCtrlr.NonEvseSpecific', () => false),
    fact(
      'SupportedFeatureProfiles',
      undefined,
      () => 'Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger',
    ),
    fact(undefined, 'ChargingStation.VendorName', () => options.vendor ?? defaultVendor),
    fact(undefined, 'ChargingStation.Model', () => options.model ?? defaultModel),
    fact(undefined, 'SecurityCtrlr.Identity', () => options.identity),
    fact(undefined, 'DeviceDataCtrlr.ItemsPerMessage[GetVariables]', () => 100),
    fact(undefined, 'DeviceDataCtrlr.ItemsPerMessage[SetVariables]', () => 100),
    fact(undefined, 'DeviceDataCtrlr.ItemsPerMessage[GetReport]', () => 20),
    fact(undefined, 'ReservationCtrlr.Available', () => true),
  ];
}

export const defaultVendor = 'Depotbridge';
export const defaultModel = 'Simulator';
