import { componentNames, variableNames } from './vocabulary.js';

/**
 * Units, decimals and vocabulary of OCPP fields whose unit is fixed by the standard's text. Keyed by message (1.6) or
 * by data type (2.x, where types are shared). Sampled values carry their unit as data and are absent here, and so
 * are limits: their unit is that of chargingRateUnit beside them.
 */
export interface Annotation {
  readonly unit?: string;
  readonly decimals?: number;
  /** Words the standard knows for a free text. */
  readonly words?: readonly string[];
}

/** Owner, then path below it. */
export type AnnotationTable = Readonly<Record<string, Readonly<Record<string, Annotation>>>>;

const seconds = { unit: 's' };
/** "Accepts at most one digit fraction" (1.6 §7.14, 2.0.1 ChargingSchedulePeriodType). */
const tenth = { decimals: 1 };

const schedule16 = (path: string) => ({
  [`${path}.duration`]: seconds,
  [`${path}.minChargingRate`]: tenth,
  [`${path}.chargingSchedulePeriod[].startPeriod`]: seconds,
  [`${path}.chargingSchedulePeriod[].limit`]: tenth,
});

export const annotations16: AnnotationTable = {
  'BootNotification.conf': { interval: seconds },
  StartTransaction: { meterStart: { unit: 'Wh' } },
  StopTransaction: { meterStop: { unit: 'Wh' } },
  SetChargingProfile: schedule16('csChargingProfiles.chargingSchedule'),
  RemoteStartTransaction: schedule16('chargingProfile.chargingSchedule'),
  GetCompositeSchedule: { duration: seconds },
  'GetCompositeSchedule.conf': schedule16('chargingSchedule'),
  GetDiagnostics: { retryInterval: seconds },
  UpdateFirmware: { retryInterval: seconds },
  SignedUpdateFirmware: { retryInterval: seconds },
  GetLog: { retryInterval: seconds },
};

const volts = { unit: 'V' };
const amperes = { unit: 'A' };
const watts = { unit: 'W' };
const wattHours = { unit: 'Wh' };
const percent = { unit: '%' };

export const annotations201: AnnotationTable = {
  ComponentType: { name: { words: componentNames } },
  VariableType: { name: { words: variableNames } },
  'BootNotification.conf': { interval: seconds },
  GetCompositeSchedule: { duration: seconds },
  GetLog: { retryInterval: seconds },
  UpdateFirmware: { retryInterval: seconds },
  PublishFirmware: { retryInterval: seconds },
  NetworkConnectionProfileType: { messageTimeout: seconds },
  TransactionEvent: { cableMaxCurrent: amperes },
  TransactionType: { timeSpentCharging: seconds },
  ChargingScheduleType: { duration: seconds, minChargingRate: tenth },
  ChargingSchedulePeriodType: { startPeriod: seconds, limit: tenth },
  CompositeScheduleType: { duration: seconds },
  RelativeTimeIntervalType: { start: seconds, duration: seconds },
  ACChargingParametersType: {
    energyAmount: wattHours,
    evMinCurrent: amperes,
    evMaxCurrent: amperes,
    evMaxVoltage: volts,
  },
  DCChargingParametersType: {
    evMaxCurrent: amperes,
    evMaxVoltage: volts,
    energyAmount: wattHours,
    evMaxPower: watts,
    stateOfCharge: percent,
    evEnergyCapacity: wattHours,
    fullSoC: percent,
    bulkSoC: percent,
  },
};

const each = (unit: Annotation, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, unit]));
const phases = (name: string) => [name, `${name}_L2`, `${name}_L3`];
const perPhase = ['limit', 'dischargeLimit', 'setpoint', 'setpointReactive'];
const powers = ['minChargePower', 'maxChargePower', 'minDischargePower', 'maxDischargePower'];

/** 2.1 keeps 2.0.1's fields and adds these. */
export const annotations21: AnnotationTable = {
  ...annotations201,
  ChargingSchedulePeriodType: { startPeriod: seconds, ...each(tenth, perPhase.flatMap(phases)) },
  V2XChargingParametersType: {
    ...each(watts, powers.flatMap(phases)),
    ...each(amperes, ['minChargeCurrent', 'maxChargeCurrent', 'minDischargeCurrent', 'maxDischargeCurrent']),
    ...each(volts, ['minVoltage', 'maxVoltage']),
    ...each(wattHours, ['evTargetEnergyRequest', 'evMinEnergyRequest', 'evMaxEnergyRequest']),
    ...each(wattHours, ['evMinV2XEnergyRequest', 'evMaxV2XEnergyRequest']),
    targetSoC: percent,
  },
};
