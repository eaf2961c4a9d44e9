/** JSON Schema of a scenario file. Its descriptions are what docs/simulator.md says of each step and key. */
import type { StopCause } from '../dialect.js';
import { allMeasurands } from '../meter.js';
import type { PointState } from '../outlet.js';
import { station } from './station-schema.js';

type Schema = Readonly<Record<string, unknown>>;

const text = (description: string): Schema => ({ type: 'string', minLength: 1, description });
const amount = (description: string): Schema => ({ type: 'number', exclusiveMinimum: 0, description });
const least = (description: string): Schema => ({ type: 'number', minimum: 0, description });
const percent = (description: string): Schema => ({ type: 'number', minimum: 0, maximum: 100, description });
const flag = (description: string): Schema => ({ type: 'boolean', description });
const time = (description: string): Schema => ({
  type: 'string',
  pattern: '^\\d+:[0-5]\\d(:[0-5]\\d)?$',
  title: 'HH:MM or HH:MM:SS, in quotes',
  description,
});
const instant = (description: string): Schema => ({
  type: 'string',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(:\\d\\d(\\.\\d+)?)?(Z|[+-]\\d\\d:\\d\\d)$',
  title: 'a time with its offset, such as 2026-03-01T22:00:00Z',
  description,
});
const oneOf = (description: string, words: readonly string[]): Schema => ({ enum: words, description });
const count = (minimum: number, description: string): Schema => ({ type: 'integer', minimum, description });
const point = count(1, 'connector (1.6) or EVSE (2.0.1)');
const pointOrStation = count(0, 'connector or EVSE; 0 is the station');
const within = time('simulated time to wait for it, never less than two real seconds (default 00:00:30)');
const action = (description: string): Schema => text(`${description}, as OCPP names it`);

/** What every step may have. */
export const timed = {
  at: time('when, after the start of the scenario, in simulated time'),
  station: count(1, 'only the station of this number (default: every station)'),
  spread: time('each station is later by its own part of this time, the same in every run'),
};

const fault = {
  type: 'object',
  additionalProperties: false,
  description:
    '1.6: errorCode, vendorErrorCode, vendorId, info; 2.0.1: component, variable, actualValue, techCode, techInfo',
  properties: Object.fromEntries(
    [
      ...['errorCode', 'vendorErrorCode', 'vendorId', 'info'],
      ...['component', 'variable', 'actualValue', 'techCode', 'techInfo'],
    ].map((key) => [key, { type: 'string', minLength: 1 }]),
  ),
};

/** A vehicle. */
export const vehicle = {
  type: 'object',
  additionalProperties: false,
  required: ['batteryWh', 'socPct', 'maxPowerW'],
  properties: {
    vin: text('told by ISO 15118 or DataTransfer, if the station does that'),
    evccId: text('MAC address of its communication controller'),
    idTag: text(
      'token shown on plug-in, {n} is the number of the station; without one it waits for `present` or a remote start',
    ),
    idTagType: text('2.0.1 type of idTag (default ISO14443)'),
    batteryWh: amount('size of its battery'),
    socPct: percent('state of charge when it comes'),
    maxPowerW: amount('the most it takes'),
    maxAcPowerW: amount('the most it takes on AC (default: maxPowerW)'),
    phases: { type: 'integer', minimum: 1, maximum: 3, description: 'AC phases it uses (default 3)' },
    stopSocPct: percent('state of charge at which it stops (default 100)'),
    packVoltageV: amount('nominal voltage of its battery (default 650)'),
    curve: {
      type: 'array',
      minItems: 1,
      description:
        'power over state of charge, straight lines between (default: full to 80 %, then down to a tenth)',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['socPct', 'powerW'],
        properties: { socPct: percent('state of charge'), powerW: least('power at the plug') },
      },
    },
    needs: {
      type: 'object',
      additionalProperties: false,
      description: '2.0.1, DC: sends NotifyEVChargingNeeds, with departureTime if given',
      properties: { departureTime: text('RFC 3339') },
    },
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

const states = [
  'Available',
  'Preparing',
  'Charging',
  'SuspendedEVSE',
  'SuspendedEV',
  'Finishing',
  'Reserved',
  'Unavailable',
  'Faulted',
] as const satisfies readonly PointState[];

/** One kind of step. */
export interface StepSchema {
  readonly description: string;
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, Schema>> & { readonly do: { readonly const: string } };
}

function step(
  deed: string,
  description: string,
  required: readonly string[] = [],
  properties: Readonly<Record<string, Schema>> = {},
  more: Schema = {},
): StepSchema & Schema {
  return {
    ...more,
    type: 'object',
    description,
    additionalProperties: false,
    required: ['at', 'do', ...required],
    properties: { ...timed, do: { const: deed }, ...properties },
  };
}

/** Ordinary life. */
export const deeds = [
  step('plugIn', 'a vehicle comes and shows its token if it has one', ['point', 'vehicle'], {
    point,
    vehicle: {
      description: 'name under `vehicles`, or the vehicle itself',
      type: ['string', 'object'],
      if: { type: 'object' },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: vehicle,
    },
  }),
  step('unplug', 'the plug is pulled; a transaction ends', ['point'], { point }),
  step('present', 'a token is shown: starts, or stops what it started', ['point', 'token'], {
    point,
    token: text('the token'),
  }),
  step('fault', 'something breaks', ['point', 'fault'], {
    point: pointOrStation,
    fault,
    blocking: flag('false: a warning only, charging goes on (default true)'),
    stops: oneOf('ends the transaction with this reason (default: it stays open)', stopCauses),
  }),
  step('clearFault', 'it is mended', ['point'], { point: pointOrStation }),
  step('goOffline', 'the network is gone; charging goes on, messages queue'),
  step('goOnline', 'the network is back; the queue is sent'),
  step('dropConnection', 'the connection breaks; the station comes back by itself'),
  step('reboot', 'the power goes and comes back', [], {
    transactions: oneOf('whether transactions end or go on (default stop)', ['stop', 'resume']),
  }),
  step('wait', 'nothing; lets the scenario last'),
];

/** What goes wrong in the field. */
export const oddities = [
  step(
    'setClock',
    'the clock of the station jumps, in timestamps and schedules; `offset` or `to`',
    [],
    {
      offset: {
        type: 'string',
        pattern: '^[+-]?\\d+:[0-5]\\d(:[0-5]\\d)?$',
        title: '+HH:MM, -HH:MM or the same with seconds, in quotes',
        description: 'away from the right time; 00:00 sets it right',
      },
      to: instant('this instant, e.g. 1970-01-01T00:00:00Z'),
    },
    { oneOf: [{ required: ['offset'] }, { required: ['to'] }] },
  ),
  step(
    'loseAnswer',
    'the next call is sent and the connection breaks before its answer is read; a transaction message is sent again after the reconnect, under a new message id',
    [],
    { action: action('only a call of this action') },
  ),
  step('repeatLast', 'sends the last call once more, byte for byte, with the same message id', [], {
    action: action('the last call of this action'),
  }),
  step('statusOrder', 'what comes first after a reconnect', ['status'], {
    status: oneOf('status messages before the offline queue (as it is by itself) or after it', [
      'beforeQueue',
      'afterQueue',
    ]),
  }),
  step('resetMeter', 'the energy register jumps', ['point'], {
    point,
    toKwh: least('new reading (default 0)'),
  }),
  step('loseLimits', 'all charging profiles are gone', []),
  step(
    'otherLimit',
    'somebody else limits the transaction at a point; it goes before what the CSMS sets',
    ['point', 'kw'],
    {
      point,
      kw: least('its limit, also more than the CSMS allows'),
    },
  ),
  step('ignoreLimits', 'limits at a point are kept and told, but not followed', ['point'], { point }),
  step('hide', 'the station stops measuring something; replaces what was hidden before', ['measurands'], {
    measurands: {
      type: 'array',
      items: { enum: allMeasurands },
      description: 'such as SoC, Power.Active.Import; an empty list hides nothing',
    },
  }),
  step('answerCalls', 'how calls of the CSMS are answered from now on', ['how'], {
    how: oneOf(
      'never; late: carried out at once, answered after `after`; reject: not carried out, `status`; error: a CALLERROR with `code`; normally: as before',
      ['never', 'late', 'reject', 'error', 'normally'],
    ),
    action: action('only calls of this action'),
    after: time('how late (default 00:01)'),
    status: text('the word of the answer (default Rejected); answers without a status stay as they are'),
    code: text('of the CALLERROR (default InternalError)'),
    times: count(1, 'only so many calls (default: until told otherwise)'),
  }),
  step(
    'secondSocket',
    'connects a second time under the same identity, beats once, and answers nothing',
    [],
    {
      for: time('closes it after this time (default 00:01)'),
    },
  ),
  step('halfOpen', 'the socket stays open but is never read or written again; the station connects anew'),
  step('sendRaw', 'sends any frame as it stands; its answer can be expected', ['frame'], {
    frame: { description: 'a text, or a list that becomes JSON' },
  }),
];

/** What must be so. */
export const expectations = [
  step('expectCall', 'the CSMS calls, after the last step that did something', ['action'], {
    action: action('the action'),
    payload: { description: 'what the payload must hold at least' },
    times: count(0, 'so many matching calls at least (default 1); 0: none in all of `within`'),
    within,
  }),
  step('expectAnswer', 'the CSMS answers the last call that the station made', ['action'], {
    action: action('the last call of this action'),
    payload: { description: 'what the answer must hold at least' },
    error: text('it must be a CALLERROR with this code; without it, it must be none'),
    within,
  }),
  step('expectLimit', 'the limit in force at a point: profiles, station and rated power', ['point'], {
    point,
    maxKw: least('at most'),
    minKw: least('at least'),
    within,
  }),
  step('expectPower', 'the power that a point draws', ['point'], {
    point,
    maxKw: least('at most'),
    minKw: least('at least'),
    within,
  }),
  step('expectState', 'the state of a point, in the words of 1.6', ['point', 'state'], {
    point,
    state: oneOf('its state', states),
    within,
  }),
  step('expectTransaction', 'the last transaction of a point is acknowledged', ['point', 'acknowledged'], {
    point,
    acknowledged: oneOf('its start, or its end too', ['start', 'stop']),
    minKwh: least('energy of the ended transaction, at least'),
    maxKwh: least('energy of the ended transaction, at most'),
    within,
  }),
  step(
    'expectNoErrors',
    'no CALLERROR either way and no message that is none or does not fit its schema, since the start or the last of these steps',
  ),
];

/** JSON Schema of a scenario file (its list form is wrapped into `{steps}` first). */
export const scenarioSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['steps'],
  properties: {
    clock: {
      type: 'object',
      additionalProperties: false,
      description: 'simulated time',
      properties: {
        startAt: instant('when it begins (default: now)'),
        timeScale: amount('simulated seconds in a real one (default 1)'),
      },
    },
    station,
    vehicles: { type: 'object', description: 'vehicles that steps name', additionalProperties: vehicle },
    steps: {
      type: 'array',
      description: 'what happens, in any order',
      items: {
        type: 'object',
        required: ['do'],
        discriminator: { propertyName: 'do' },
        oneOf: [...deeds, ...oddities, ...expectations],
      },
    },
  },
};
