/** Commands in the words of OCPP 2.0.1. */
import type { PointConfig } from '../../config/index.js';
import type { JournalId, RateUnit } from '../../domain/index.js';
import type { JsonObject } from '../../mapping/index.js';
import type { Asker } from './ask.js';
import {
  type AtPoint,
  type CommandDialect,
  type Composite,
  isAsWished,
  type MeteringWish,
  NOTHING_WRITTEN,
  type Survey,
  takenMeasurands,
  type Written,
  wholeNumber,
} from './dialect.js';

const MEASURANDS = 'SampledDataCtrlr.TxUpdatedMeasurands';

/** Component and variable, as in `SmartChargingCtrlr.RateUnit`. */
const READ = [
  'SmartChargingCtrlr.RateUnit',
  'SmartChargingCtrlr.ProfileStackLevel',
  'SmartChargingCtrlr.PeriodsPerSchedule',
  'SampledDataCtrlr.TxUpdatedInterval',
  MEASURANDS,
];

const evseOf = (point: PointConfig): number => point.evse ?? point.connector;
const evseAt = ({ point }: AtPoint): JsonObject => (point ? { evse: { id: evseOf(point) } } : {});

export const DIALECT_201: CommandDialect = {
  numberOf: (point) => ({ evseId: evseOf(point) }),
  clearProfile: (chargingProfileId) => ({
    action: 'ClearChargingProfile',
    payload: { chargingProfileId },
    repeatable: true,
  }),
  clearRivals: (point, stackLevel) =>
    [evseOf(point), 0].map((evseId) => ({
      action: 'ClearChargingProfile',
      payload: {
        chargingProfileCriteria: { evseId, chargingProfilePurpose: 'TxDefaultProfile', stackLevel },
      },
      repeatable: true,
    })),
  clearTransactionLimits: (point) => ({
    action: 'ClearChargingProfile',
    payload: { chargingProfileCriteria: { evseId: evseOf(point), chargingProfilePurpose: 'TxProfile' } },
    repeatable: true,
  }),
  compositeSchedule: ({ point }, duration, unit) => ({
    action: 'GetCompositeSchedule',
    payload: {
      evseId: point ? evseOf(point) : 0,
      duration,
      ...(unit === undefined ? {} : { chargingRateUnit: unit }),
    },
  }),
  readComposite,
  start: (point, token, remoteStartId) => ({
    action: 'RequestStartTransaction',
    payload: { evseId: evseOf(point), remoteStartId, idToken: { idToken: token, type: 'Central' } },
  }),
  stop: (transactionId) => ({
    action: 'RequestStopTransaction',
    payload: { transactionId },
    repeatable: true,
  }),
  unlock: (point) => ({
    action: 'UnlockConnector',
    payload: { evseId: evseOf(point), connectorId: point.evse === undefined ? 1 : point.connector },
  }),
  changeAvailability: (at, operative) => ({
    action: 'ChangeAvailability',
    payload: { operationalStatus: operative ? 'Operative' : 'Inoperative', ...evseAt(at) },
    repeatable: true,
  }),
  trigger: (requestedMessage, { point }) => ({
    action: 'TriggerMessage',
    payload: {
      requestedMessage,
      // F06.FR.12: a status is of a connector.
      ...(point ? { evse: { id: evseOf(point), ...connectorFor(requestedMessage, point) } } : {}),
    },
  }),
  // F06.FR.07: TransactionEvent brings the measurands of transactions, MeterValues those by the clock.
  readings: ['TransactionEvent', 'MeterValues'],
  reset: (how) => ({ action: 'Reset', payload: { type: how === 'hard' ? 'Immediate' : 'OnIdle' } }),
  reserve: ({ point, reservationId, token, expiresAt }) => ({
    action: 'ReserveNow',
    payload: {
      id: reservationId,
      expiryDateTime: expiresAt,
      idToken: { idToken: token, type: 'Central' },
      ...(point ? { evseId: evseOf(point) } : {}),
    },
  }),
  cancelReservation: (reservationId) => ({ action: 'CancelReservation', payload: { reservationId } }),
  dataTransfer: (vendorId, messageId, data) => ({
    action: 'DataTransfer',
    payload: {
      vendorId,
      ...(messageId === undefined ? {} : { messageId }),
      ...(data === undefined ? {} : { data }),
    },
  }),
  survey,
};

function connectorFor(message: string, point: PointConfig): JsonObject {
  if (message !== 'StatusNotification') return {};
  return { connectorId: point.evse === undefined ? 1 : point.connector };
}

function readComposite(answer: JsonObject): Composite | undefined {
  const schedule = answer['schedule'] as
    | {
        chargingRateUnit: RateUnit;
        scheduleStart: string;
        chargingSchedulePeriod: { startPeriod: number; limit: number; numberPhases?: number }[];
      }
    | undefined;
  if (!schedule) return undefined;
  return {
    unit: schedule.chargingRateUnit,
    startAt: schedule.scheduleStart,
    periods: schedule.chargingSchedulePeriod.map(({ startPeriod, limit, numberPhases }) => ({
      startS: startPeriod,
      limit,
      ...(numberPhases === undefined ? {} : { numberPhases }),
    })),
  };
}

const variableOf = (name: string): JsonObject => {
  const [component = '', variable = ''] = name.split('.');
  return { component: { name: component }, variable: { name: variable } };
};

interface Result {
  readonly attributeStatus: string;
  readonly attributeValue?: string;
  readonly component: { readonly name: string };
  readonly variable: { readonly name: string };
}

/** GetVariables, then SetVariables for what is not yet as wished. */
async function survey(
  asker: Asker,
  wish: MeteringWish | undefined,
  intent: JournalId | undefined,
): Promise<Survey> {
  const { answer } = await asker.ask(
    { action: 'GetVariables', payload: { getVariableData: READ.map(variableOf) } },
    intent,
  );
  const settings: Record<string, string> = {};
  for (const { component, variable, attributeStatus, attributeValue } of answer[
    'getVariableResult'
  ] as never as Result[])
    if (attributeStatus === 'Accepted') settings[`${component.name}.${variable.name}`] = attributeValue ?? '';
  const written = wish ? await write(asker, settings, wish, intent) : NOTHING_WRITTEN;
  const units = (settings['SmartChargingCtrlr.RateUnit'] ?? '')
    .split(',')
    .map((unit) => unit.trim())
    .filter((unit): unit is RateUnit => unit === 'W' || unit === 'A');
  return {
    settings,
    ...written,
    abilities: {
      ...(units.length ? { units } : {}),
      ...wholeNumber('maxStackLevel', settings['SmartChargingCtrlr.ProfileStackLevel']),
      ...wholeNumber('maxPeriods', settings['SmartChargingCtrlr.PeriodsPerSchedule']),
    },
  };
}

/** Writes what differs; gives what the station did not take. */
async function write(
  asker: Asker,
  settings: Record<string, string>,
  { intervalSeconds, measurands }: MeteringWish,
  intent: JournalId | undefined,
): Promise<Written> {
  const wanted: [string, string][] = [
    ['SampledDataCtrlr.TxUpdatedInterval', String(intervalSeconds)],
    [MEASURANDS, measurands.join(',')],
  ];
  const differing = wanted.filter(([name, value]) => !isAsWished(settings[name], value));
  if (differing.length === 0) return NOTHING_WRITTEN;
  const statuses = await set(asker, settings, differing, intent);
  const refused: string[] = [];
  const untilRestart: string[] = [];
  for (const [name, value] of differing) {
    const status = statuses.get(name) ?? 'no answer';
    if (status === 'RebootRequired') untilRestart.push(`${name}=${value}`);
    if (isTaken(status)) continue;
    const takes = async (list: string) => {
      const told = (await set(asker, settings, [[name, list]], intent)).get(name);
      if (told === 'RebootRequired') untilRestart.push(`${name}=${list}`);
      return isTaken(told);
    };
    const taken =
      name === MEASURANDS && status === 'Rejected'
        ? await takenMeasurands(measurands, settings[name], takes)
        : [];
    const missing = taken.length === 0 ? value : measurands.filter((each) => !taken.includes(each)).join(',');
    refused.push(`${name}=${missing}: ${status}`);
  }
  return { refused, untilRestart };
}

/** SetVariables: the status of each by its name; those taken are noted in `settings`. */
async function set(
  asker: Asker,
  settings: Record<string, string>,
  values: readonly (readonly [string, string])[],
  intent: JournalId | undefined,
): Promise<ReadonlyMap<string, string>> {
  const setVariableData = values.map(([name, attributeValue]) => ({ ...variableOf(name), attributeValue }));
  const { answer } = await asker.ask({ action: 'SetVariables', payload: { setVariableData } }, intent);
  const results = answer['setVariableResult'] as never as Result[];
  const statuses = new Map(
    results.map(({ component, variable, attributeStatus }) => [
      `${component.name}.${variable.name}`,
      attributeStatus,
    ]),
  );
  for (const [name, value] of values) if (isTaken(statuses.get(name))) settings[name] = value;
  return statuses;
}

const isTaken = (status: string | undefined): boolean => status === 'Accepted' || status === 'RebootRequired';
