/**
 * Where the schemas shipped with ocpp-rpc depart from the standard's text or its errata, and what we set instead.
 * One entry per path; nothing else changes them.
 *
 * Checked and left as they are: 1.6 accepts both Celcius and Celsius (errata 4.0); 1.6 asks for `multipleOf: 0.1`
 * on limits, which is right, but 0.3 / 0.1 is not a whole number in floating point, so the validators compare with a
 * precision; empty `meterValue` and `sampledValue` lists of 1.6 stay accepted, because stations send them.
 */
export interface Correction {
  readonly space: 'ocpp16' | 'ocpp201' | 'ocpp21';
  readonly message: string;
  /** Schema path inside the message. */
  readonly path: string;
  /** Keywords that replace those of the shipped schema. */
  readonly set: Readonly<Record<string, unknown>>;
  readonly reason: string;
}

const units16 = [
  ...['Wh', 'kWh', 'varh', 'kvarh', 'W', 'kW', 'VA', 'kVA', 'var', 'kvar', 'A', 'V', 'K'],
  ...['Celcius', 'Celsius', 'Fahrenheit', 'Percent', 'Hertz'],
];
const hertz = 'OCPP 1.6 errata 4.0, 3.84: a reading of Frequency is in Hertz, a word the schema lacks';
const onePeriod = 'OCPP 1.6 §7.13: a charging schedule has one period at least; the schema accepts none';

export const corrections: readonly Correction[] = [
  {
    space: 'ocpp16',
    message: 'MeterValues',
    path: 'meterValue[].sampledValue[].unit',
    set: { enum: units16 },
    reason: hertz,
  },
  {
    space: 'ocpp16',
    message: 'StopTransaction',
    path: 'transactionData[].sampledValue[].unit',
    set: { enum: units16 },
    reason: hertz,
  },
  {
    space: 'ocpp16',
    message: 'SetChargingProfile',
    path: 'csChargingProfiles.chargingSchedule.chargingSchedulePeriod',
    set: { minItems: 1 },
    reason: onePeriod,
  },
  {
    space: 'ocpp16',
    message: 'RemoteStartTransaction',
    path: 'chargingProfile.chargingSchedule.chargingSchedulePeriod',
    set: { minItems: 1 },
    reason: onePeriod,
  },
  {
    space: 'ocpp201',
    message: 'Get15118EVCertificate.conf',
    path: 'exiResponse',
    set: { maxLength: 7500 },
    reason:
      'OCPP 2.0.1 errata: certificate responses of ISO 15118-20 exceed the 5600 characters of edition 2',
  },
];
