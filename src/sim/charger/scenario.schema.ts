import type { StopCause } from './dialect.js';
import type { Fault16 } from './v16/index.js';
import type { Fault201 } from './v201/index.js';
import type { Vehicle } from './vehicle.js';

interface Timed {
  /** After the start of the scenario, simulated: `HH:MM` or `HH:MM:SS`. */
  readonly at: string;
  /** In a fleet: only the station of this number, from 1. Absent: every station. */
  readonly station?: number;
  /** In a fleet: each station is later by its own part of this time, the same in every run. */
  readonly spread?: string;
}

type At<Deed> = Timed & Deed;

/** One step of a scenario: what happens, where, when. */
export type Step =
  | At<{ readonly do: 'plugIn'; readonly point: number; readonly vehicle: string | Vehicle }>
  | At<{ readonly do: 'unplug' | 'clearFault'; readonly point: number }>
  | At<{ readonly do: 'present'; readonly point: number; readonly token: string }>
  | At<{
      readonly do: 'fault';
      readonly point: number;
      readonly fault: Fault16 | Fault201;
      readonly blocking?: boolean;
      readonly stops?: StopCause;
    }>
  | At<{ readonly do: 'reboot'; readonly transactions?: 'stop' | 'resume' }>
  /** `wait` does nothing: it lets the scenario last. */
  | At<{ readonly do: 'goOffline' | 'goOnline' | 'dropConnection' | 'wait' }>;

/** What happens at one station, or at every station of a fleet. */
export interface Scenario {
  readonly clock?: { readonly startAt?: string; readonly timeScale?: number };
  /** Vehicles that steps name. */
  readonly vehicles?: Readonly<Record<string, Vehicle>>;
  readonly steps: readonly Step[];
}

const text = { type: 'string', minLength: 1 };
const amount = { type: 'number', exclusiveMinimum: 0 };
const time = { type: 'string', pattern: '^\\d+:[0-5]\\d(:[0-5]\\d)?$' };
const point = { type: 'integer', minimum: 1 };
const timed = { at: time, station: { type: 'integer', minimum: 1 }, spread: time };

const vehicle = {
  type: 'object',
  additionalProperties: false,
  required: ['batteryWh', 'socPct', 'maxPowerW'],
  properties: {
    vin: text,
    evccId: text,
    idTag: text,
    idTagType: text,
    batteryWh: amount,
    socPct: { type: 'number', minimum: 0, maximum: 100 },
    maxPowerW: amount,
    maxAcPowerW: amount,
    phases: { type: 'integer', minimum: 1, maximum: 3 },
    stopSocPct: { type: 'number', minimum: 0, maximum: 100 },
    packVoltageV: amount,
    curve: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['socPct', 'powerW'],
        properties: {
          socPct: { type: 'number', minimum: 0, maximum: 100 },
          powerW: { type: 'number', minimum: 0 },
        },
      },
    },
    needs: { type: 'object', additionalProperties: false, properties: { departureTime: text } },
  },
};

const fault = {
  type: 'object',
  additionalProperties: false,
  properties: {
    errorCode: text,
    vendorErrorCode: text,
    vendorId: text,
    info: text,
    component: text,
    variable: text,
    actualValue: text,
    techCode: text,
    techInfo: text,
  },
};

const stopCauses = [
  'Local',
  'Remote',
  'EVDisconnected',
  'DeAuthorized',
  'EmergencyStop',
  'HardReset',
  'SoftReset',
  'PowerLoss',
  'Reboot',
  'UnlockCommand',
  'Timeout',
  'Other',
] as const satisfies readonly StopCause[];

function step(
  deed: string,
  required: readonly string[],
  properties: Readonly<Record<string, object>>,
): object {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['at', 'do', ...required],
    properties: { ...timed, do: { const: deed }, ...properties },
  };
}

/** JSON Schema of a scenario file (its list form is wrapped into `{steps}` first). */
export const scenarioSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['steps'],
  properties: {
    clock: {
      type: 'object',
      additionalProperties: false,
      properties: { startAt: text, timeScale: amount },
    },
    vehicles: { type: 'object', additionalProperties: vehicle },
    steps: {
      type: 'array',
      items: {
        type: 'object',
        required: ['do'],
        discriminator: { propertyName: 'do' },
        oneOf: [
          step('plugIn', ['point', 'vehicle'], { point, vehicle: { anyOf: [text, vehicle] } }),
          step('unplug', ['point'], { point }),
          step('present', ['point', 'token'], { point, token: text }),
          step('fault', ['point', 'fault'], {
            point: { type: 'integer', minimum: 0 },
            fault,
            blocking: { type: 'boolean' },
            stops: { enum: stopCauses },
          }),
          step('clearFault', ['point'], { point: { type: 'integer', minimum: 0 } }),
          step('goOffline', [], {}),
          step('goOnline', [], {}),
          step('dropConnection', [], {}),
          step('reboot', [], { transactions: { enum: ['stop', 'resume'] } }),
          step('wait', [], {}),
        ],
      },
    },
  },
};
