/** Answers to everything a station may send in OCPP 2.0.1 (and in 2.1, as far as it shares the message). */
import type { JsonObject } from '../../../mapping/index.js';
import { type AnswerContext, dataTransfer, empty, type Handling } from './context.js';

async function tokenInfo(context: AnswerContext): Promise<JsonObject> {
  const { idToken, type } = context.payload['idToken'] as { idToken: string; type: string };
  // C02.FR.03: the station charges without authorisation, and says so.
  if (type === 'NoAuthorization') return { status: 'Accepted' };
  return { status: (await context.admit(idToken)) ? 'Accepted' : 'Unknown' };
}

export const ANSWERS_201: Readonly<Record<string, Handling>> = {
  Authorize: { answer: async (context) => ({ idTokenInfo: await tokenInfo(context) }) },
  BootNotification: {
    answer: ({ now, heartbeatSeconds }) => ({
      status: 'Accepted',
      currentTime: now,
      interval: heartbeatSeconds,
    }),
  },
  ClearedChargingLimit: { answer: empty },
  DataTransfer: dataTransfer,
  FirmwareStatusNotification: { answer: empty },
  // Contract certificates and OCSP belong to a roaming platform, which the bridge is not.
  Get15118EVCertificate: { answer: () => ({ status: 'Failed', exiResponse: '' }) },
  GetCertificateStatus: { answer: () => ({ status: 'Failed' }) },
  Heartbeat: { answer: ({ now }) => ({ currentTime: now }) },
  LogStatusNotification: { answer: empty },
  MeterValues: { answer: empty, durable: true },
  NotifyChargingLimit: { answer: empty },
  NotifyCustomerInformation: { answer: empty },
  NotifyDisplayMessages: { answer: empty },
  // K15.FR.03 to 05: a schedule may follow; without a plan of ours there will be none.
  NotifyEVChargingNeeds: {
    answer: ({ plansCharging }) => ({ status: plansCharging ? 'Processing' : 'Rejected' }),
  },
  NotifyEVChargingSchedule: { answer: () => ({ status: 'Accepted' }) },
  NotifyEvent: { answer: empty },
  NotifyMonitoringReport: { answer: empty },
  NotifyReport: { answer: empty },
  PublishFirmwareStatusNotification: { answer: empty },
  ReportChargingProfiles: { answer: empty },
  ReservationStatusUpdate: { answer: empty },
  SecurityEventNotification: { answer: empty },
  SignCertificate: { answer: () => ({ status: 'Rejected' }) },
  StatusNotification: { answer: empty },
  TransactionEvent: {
    answer: async (context) =>
      context.payload['idToken'] === undefined ? {} : { idTokenInfo: await tokenInfo(context) },
    durable: true,
  },
};
