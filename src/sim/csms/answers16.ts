import type { AnswerContext, Answerer } from './answers.js';
import { type CsmsTransaction, keepReadings, newTransaction } from './records.js';

interface Status16 {
  readonly connectorId: number;
  readonly status: string;
  readonly errorCode: string;
  readonly timestamp?: string;
}

interface Start16 {
  readonly connectorId: number;
  readonly idTag: string;
  readonly meterStart: number;
  readonly timestamp: string;
}

interface Stop16 {
  readonly transactionId: number;
  readonly meterStop: number;
  readonly timestamp: string;
  readonly reason?: string;
  readonly idTag?: string;
  readonly transactionData?: Meter16['meterValue'];
}

interface Meter16 {
  readonly connectorId: number;
  readonly transactionId?: number;
  readonly meterValue: Parameters<typeof keepReadings>[2];
}

const tokenInfo = ({ mayCharge }: AnswerContext, idTag: string) => ({
  idTagInfo: { status: mayCharge(idTag) ? 'Accepted' : 'Invalid' },
});

/** The same start told again, as stations do whose answer was lost. */
function isRepeated({ pointId, token, meterStartWh, startedAt }: CsmsTransaction, start: Start16): boolean {
  return (
    pointId === start.connectorId &&
    token === start.idTag &&
    meterStartWh === start.meterStart &&
    startedAt === start.timestamp
  );
}

function start(payload: Start16, context: AnswerContext) {
  const { station } = context;
  const known = station.transactions.find((each) => isRepeated(each, payload));
  const transaction = known ?? newTransaction(station.identity, context.nextTransactionId());
  if (!known) {
    transaction.pointId = payload.connectorId;
    transaction.token = payload.idTag;
    transaction.meterStartWh = payload.meterStart;
    transaction.startedAt = payload.timestamp;
    station.transactions.push(transaction);
    context.started(transaction);
  }
  return { transactionId: transaction.id, ...tokenInfo(context, payload.idTag) };
}

function stop(payload: Stop16, context: AnswerContext) {
  const { station } = context;
  const transaction = station.transactions.find(({ id }) => id === payload.transactionId);
  if (transaction?.isRunning) {
    transaction.meterStopWh = payload.meterStop;
    transaction.stoppedAt = payload.timestamp;
    transaction.stopReason = payload.reason ?? 'Local';
    transaction.isRunning = false;
    if (transaction.pointId !== undefined && payload.transactionData) {
      keepReadings(station, transaction.pointId, payload.transactionData);
    }
    context.ended(transaction);
  }
  return payload.idTag === undefined ? {} : tokenInfo(context, payload.idTag);
}

function status({ connectorId, status, errorCode, timestamp }: Status16, { station }: AnswerContext) {
  const record = { evseId: undefined, connectorId, status, errorCode, timestamp };
  station.connectors.set(`0.${connectorId}`, record);
  return {};
}

const nothing: Answerer = () => ({});

/** By action: all that a charge point of 1.6 may send, the security white paper included. */
export const answers16: Readonly<Record<string, Answerer>> = {
  Authorize: ({ idTag }: { readonly idTag: string }, context) => tokenInfo(context, idTag),
  BootNotification: (payload: Record<string, unknown>, { station, boot, now }) => {
    const { status = 'Accepted', intervalSeconds = 300 } = boot;
    Object.assign(station, { boot: payload, bootStatus: status, boots: station.boots + 1 });
    return { status, currentTime: now().toISOString(), interval: intervalSeconds };
  },
  DataTransfer: () => ({ status: 'Accepted' }),
  DiagnosticsStatusNotification: nothing,
  FirmwareStatusNotification: nothing,
  Heartbeat: (_payload, { now }) => ({ currentTime: now().toISOString() }),
  LogStatusNotification: nothing,
  MeterValues: ({ connectorId, meterValue }: Meter16, { station }) => {
    keepReadings(station, connectorId, meterValue);
    return {};
  },
  SecurityEventNotification: nothing,
  // There is no certificate authority here.
  SignCertificate: () => ({ status: 'Rejected' }),
  SignedFirmwareStatusNotification: nothing,
  StartTransaction: start,
  StatusNotification: status,
  StopTransaction: stop,
};
