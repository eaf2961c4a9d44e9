import type { AnswerContext, Answerer } from './answers.js';
import { keepReadings, newTransaction } from './records.js';

interface Status2 {
  readonly evseId: number;
  readonly connectorId: number;
  readonly connectorStatus: string;
  readonly timestamp?: string;
}

interface Event2 {
  readonly eventType: 'Started' | 'Updated' | 'Ended';
  readonly timestamp: string;
  readonly transactionInfo: {
    readonly transactionId: string;
    readonly chargingState?: string;
    readonly stoppedReason?: string;
  };
  readonly evse?: { readonly id: number };
  readonly idToken?: { readonly idToken: string };
  readonly meterValue?: Parameters<typeof keepReadings>[2];
}

interface Meter2 {
  readonly evseId: number;
  readonly meterValue: Parameters<typeof keepReadings>[2];
}

const tokenInfo = ({ mayCharge }: AnswerContext, { idToken }: { readonly idToken: string }) => ({
  idTokenInfo: { status: mayCharge(idToken) ? 'Accepted' : 'Invalid' },
});

function transactionEvent(event: Event2, context: AnswerContext) {
  const { station } = context;
  const { transactionId, chargingState, stoppedReason } = event.transactionInfo;
  const known = station.transactions.find(({ id }) => id === transactionId);
  const transaction = known ?? newTransaction(station.identity, transactionId);
  if (!known) {
    transaction.startedAt = event.timestamp;
    station.transactions.push(transaction);
  }
  const wasPlaced = transaction.pointId !== undefined;
  transaction.events++;
  transaction.pointId ??= event.evse?.id;
  transaction.token ??= event.idToken?.idToken;
  transaction.chargingState = chargingState ?? transaction.chargingState;
  const registerWh = keepReadings(station, transaction.pointId ?? 0, event.meterValue ?? []);
  if (event.eventType === 'Started') transaction.meterStartWh ??= registerWh;
  // Only with its EVSE known can it be given a profile.
  if (!wasPlaced && transaction.pointId !== undefined && transaction.isRunning) context.started(transaction);
  if (event.eventType === 'Ended' && transaction.isRunning) {
    transaction.isRunning = false;
    transaction.meterStopWh = registerWh;
    transaction.stoppedAt = event.timestamp;
    transaction.stopReason = stoppedReason ?? 'Local';
    context.ended(transaction);
  }
  return event.idToken ? tokenInfo(context, event.idToken) : {};
}

function status(payload: Status2, { station }: AnswerContext) {
  const { evseId, connectorId, connectorStatus, timestamp } = payload;
  const record = { evseId, connectorId, status: connectorStatus, errorCode: undefined, timestamp };
  station.connectors.set(`${evseId}.${connectorId}`, record);
  return {};
}

interface EventData {
  readonly timestamp?: string;
  readonly actualValue: string;
  readonly component: {
    readonly name: string;
    readonly evse?: { readonly id: number; readonly connectorId?: number };
  };
  readonly variable: { readonly name: string };
}

/** 2.1 tells the state of a connector by its variable AvailabilityState. */
function notifyEvent(
  { eventData }: { readonly eventData: readonly EventData[] },
  { station }: AnswerContext,
) {
  for (const { component, variable, actualValue, timestamp } of eventData) {
    const { id: evseId, connectorId } = component.evse ?? {};
    if (component.name !== 'Connector' || variable.name !== 'AvailabilityState') continue;
    if (evseId === undefined || connectorId === undefined) continue;
    const record = { evseId, connectorId, status: actualValue, errorCode: undefined, timestamp };
    station.connectors.set(`${evseId}.${connectorId}`, record);
  }
  return {};
}

interface ChainRequest {
  readonly certificateStatusRequests: readonly {
    readonly source: string;
    readonly certificateHashData: object;
  }[];
}

/** Nobody here can ask an authority. */
function certificateChainStatus({ certificateStatusRequests }: ChainRequest, { now }: AnswerContext) {
  const failed = { status: 'Failed', nextUpdate: now().toISOString() };
  return {
    certificateStatus: certificateStatusRequests.map(({ source, certificateHashData }) => ({
      ...{ source, certificateHashData },
      ...failed,
    })),
  };
}

const nothing: Answerer = () => ({});

/** By action: all that a station of 2.0.1 or 2.1 may send; what is new in 2.1 stands last. */
export const answers2: Readonly<Record<string, Answerer>> = {
  Authorize: ({ idToken }: { readonly idToken: { readonly idToken: string } }, context) =>
    tokenInfo(context, idToken),
  BootNotification: (payload: Record<string, unknown>, { station, boot, now }) => {
    const { status = 'Accepted', intervalSeconds = 300 } = boot;
    Object.assign(station, { boot: payload, bootStatus: status, boots: station.boots + 1 });
    return { status, currentTime: now().toISOString(), interval: intervalSeconds };
  },
  ClearedChargingLimit: nothing,
  DataTransfer: () => ({ status: 'Accepted' }),
  FirmwareStatusNotification: nothing,
  // There is no certificate authority here.
  Get15118EVCertificate: () => ({ status: 'Failed', exiResponse: '' }),
  GetCertificateStatus: () => ({ status: 'Failed' }),
  Heartbeat: (_payload, { now }) => ({ currentTime: now().toISOString() }),
  LogStatusNotification: nothing,
  MeterValues: ({ evseId, meterValue }: Meter2, { station }) => {
    keepReadings(station, evseId, meterValue);
    return {};
  },
  NotifyChargingLimit: nothing,
  NotifyCustomerInformation: nothing,
  NotifyDisplayMessages: nothing,
  NotifyEVChargingNeeds: (_payload, { plans }) => ({ status: plans ? 'Accepted' : 'Rejected' }),
  NotifyEVChargingSchedule: () => ({ status: 'Accepted' }),
  NotifyEvent: notifyEvent,
  NotifyMonitoringReport: nothing,
  NotifyReport: nothing,
  PublishFirmwareStatusNotification: nothing,
  ReportChargingProfiles: nothing,
  ReservationStatusUpdate: nothing,
  SecurityEventNotification: nothing,
  SignCertificate: () => ({ status: 'Rejected' }),
  StatusNotification: status,
  TransactionEvent: transactionEvent,

  BatterySwap: nothing,
  ClosePeriodicEventStream: nothing,
  GetCertificateChainStatus: certificateChainStatus,
  NotifyDERAlarm: nothing,
  NotifyDERStartStop: nothing,
  NotifyPriorityCharging: nothing,
  NotifySettlement: nothing,
  OpenPeriodicEventStream: () => ({ status: 'Accepted' }),
  PullDynamicScheduleUpdate: () => ({ status: 'Rejected' }),
  ReportDERControl: nothing,
  VatNumberValidation: ({ vatNumber }: { readonly vatNumber: string }) => ({ vatNumber, status: 'Rejected' }),
};
