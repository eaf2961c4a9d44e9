/** Commands in the words of OCPP 1.6. */
import type { JournalId, RateUnit } from '../../domain/index.js';
import { BridgeError } from '../../errors/index.js';
import type { JsonObject } from '../../mapping/index.js';
import { type Asker, NoReply } from './ask.js';
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

/** §7.28: an idTag has 20 characters at most. */
const LONGEST_ID_TAG = 20;

const MEASURANDS = 'MeterValuesSampledData';

const KEYS = [
  'ChargingScheduleAllowedChargingRateUnit',
  'ChargeProfileMaxStackLevel',
  'ChargingScheduleMaxPeriods',
  'MaxChargingProfilesInstalled',
  'NumberOfConnectors',
  'SupportedFeatureProfiles',
  'HeartbeatInterval',
  'MeterValueSampleInterval',
  MEASURANDS,
];

const connectorOf = ({ point }: AtPoint): number => point?.connector ?? 0;

export const DIALECT_16: CommandDialect = {
  numberOf: (point) => ({ connectorId: point.connector }),
  // A profile replaces another of its level and purpose here, whatever its id.
  clearRivals: () => [],
  clearProfile: (id) => ({ action: 'ClearChargingProfile', payload: { id }, repeatable: true }),
  clearTransactionLimits: (point) => ({
    action: 'ClearChargingProfile',
    payload: { connectorId: point.connector, chargingProfilePurpose: 'TxProfile' },
    repeatable: true,
  }),
  compositeSchedule: (at, duration, unit) => ({
    action: 'GetCompositeSchedule',
    payload: {
      connectorId: connectorOf(at),
      duration,
      ...(unit === undefined ? {} : { chargingRateUnit: unit }),
    },
  }),
  readComposite,
  start: (point, token) => ({
    action: 'RemoteStartTransaction',
    payload: { connectorId: point.connector, idTag: idTagOf(token) },
  }),
  stop: (transactionId) => ({
    action: 'RemoteStopTransaction',
    payload: { transactionId: Number(transactionId) },
    repeatable: true,
  }),
  unlock: (point) => ({ action: 'UnlockConnector', payload: { connectorId: point.connector } }),
  changeAvailability: (at, operative) => ({
    action: 'ChangeAvailability',
    payload: { connectorId: connectorOf(at), type: operative ? 'Operative' : 'Inoperative' },
    repeatable: true,
  }),
  trigger: (requestedMessage, { point }) => ({
    action: requestedMessage === 'LogStatusNotification' ? 'ExtendedTriggerMessage' : 'TriggerMessage',
    payload: { requestedMessage, ...(point ? { connectorId: point.connector } : {}) },
  }),
  readings: ['MeterValues'],
  reset: (how) => ({ action: 'Reset', payload: { type: how === 'hard' ? 'Hard' : 'Soft' } }),
  reserve: ({ point, reservationId, token, expiresAt }) => ({
    action: 'ReserveNow',
    payload: {
      connectorId: point?.connector ?? 0,
      expiryDate: expiresAt,
      idTag: idTagOf(token),
      reservationId,
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

function idTagOf(token: string): string {
  if (token.length <= LONGEST_ID_TAG) return token;
  throw new BridgeError('OCPP_UNABLE', `OCPP 1.6 takes tokens of ${LONGEST_ID_TAG} characters at most`);
}

function readComposite(answer: JsonObject): Composite | undefined {
  const schedule = answer['chargingSchedule'] as
    | {
        chargingRateUnit: RateUnit;
        startSchedule?: string;
        chargingSchedulePeriod: { startPeriod: number; limit: number; numberPhases?: number }[];
      }
    | undefined;
  if (!schedule) return undefined;
  return {
    unit: schedule.chargingRateUnit,
    startAt: schedule.startSchedule ?? String(answer['scheduleStart'] ?? ''),
    periods: schedule.chargingSchedulePeriod.map(({ startPeriod, ...rest }) => ({
      startS: startPeriod,
      ...rest,
    })),
  };
}

/** GetConfiguration, then ChangeConfiguration for what is not yet as wished. */
async function survey(
  asker: Asker,
  wish: MeteringWish | undefined,
  intent: JournalId | undefined,
): Promise<Survey> {
  const settings = await configuration(asker, intent);
  const written = wish ? await write(asker, settings, wish, intent) : NOTHING_WRITTEN;
  const units = allowedUnits(settings['ChargingScheduleAllowedChargingRateUnit']);
  return {
    settings,
    ...written,
    abilities: {
      ...(units.length ? { units } : {}),
      ...wholeNumber('maxStackLevel', settings['ChargeProfileMaxStackLevel']),
      ...wholeNumber('maxPeriods', settings['ChargingScheduleMaxPeriods']),
      ...wholeNumber('maxProfiles', settings['MaxChargingProfilesInstalled']),
    },
  };
}

/** What the station tells of itself; nothing if it does not let itself be asked, as some do not. */
async function configuration(asker: Asker, intent: JournalId | undefined): Promise<Record<string, string>> {
  try {
    const { answer } = await asker.ask({ action: 'GetConfiguration', payload: { key: KEYS } }, intent);
    const entries = (answer['configurationKey'] ?? []) as { key: string; value?: string }[];
    return Object.fromEntries(entries.map(({ key, value }) => [key, value ?? '']));
  } catch (error) {
    if (error instanceof NoReply && error.code === 'OCPP_CALL_REFUSED') return {};
    throw error;
  }
}

/** Writes what differs; gives what the station did not take. */
async function write(
  asker: Asker,
  settings: Record<string, string>,
  { intervalSeconds, measurands }: MeteringWish,
  intent: JournalId | undefined,
): Promise<Written> {
  const refused: string[] = [];
  const untilRestart: string[] = [];
  const set = async (key: string, value: string): Promise<string> => {
    const status = await change(asker, key, value, intent);
    if (isTaken(status)) settings[key] = value;
    if (status === 'RebootRequired') untilRestart.push(`${key}=${value}`);
    return status;
  };
  const wanted = { MeterValueSampleInterval: String(intervalSeconds), [MEASURANDS]: measurands.join(',') };
  for (const [key, value] of Object.entries(wanted)) {
    if (isAsWished(settings[key], value)) continue;
    const status = await set(key, value);
    if (isTaken(status)) continue;
    const taken =
      key === MEASURANDS && status === 'Rejected'
        ? await takenMeasurands(measurands, settings[key], async (list) => isTaken(await set(key, list)))
        : [];
    const missing = taken.length === 0 ? value : measurands.filter((each) => !taken.includes(each)).join(',');
    refused.push(`${key}=${missing}: ${status}`);
  }
  return { refused, untilRestart };
}

const isTaken = (status: string): boolean => status === 'Accepted' || status === 'RebootRequired';

async function change(
  asker: Asker,
  key: string,
  value: string,
  intent: JournalId | undefined,
): Promise<string> {
  try {
    const { answer } = await asker.ask({ action: 'ChangeConfiguration', payload: { key, value } }, intent);
    return String(answer['status']);
  } catch (error) {
    if (error instanceof NoReply && error.refused) return error.message;
    throw error;
  }
}

/** §9.4.2: `Current`, `Power` or both, in any order. */
function allowedUnits(text: string | undefined): RateUnit[] {
  const words = (text ?? '').toLowerCase();
  const units: RateUnit[] = [];
  if (/current|\ba\b/.test(words)) units.push('A');
  if (/power|\bw\b/.test(words)) units.push('W');
  return units;
}
