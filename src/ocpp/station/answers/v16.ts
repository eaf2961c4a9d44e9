/** Answers to everything a station may send in OCPP 1.6 and its security extension. */
import type { JsonObject } from '../../../mapping/index.js';
import { type AnswerContext, dataTransfer, empty, type Handling } from './context.js';

async function tagInfo(context: AnswerContext): Promise<JsonObject> {
  return { status: (await context.admit(String(context.payload['idTag']))) ? 'Accepted' : 'Invalid' };
}

export const ANSWERS_16: Readonly<Record<string, Handling>> = {
  Authorize: { answer: async (context) => ({ idTagInfo: await tagInfo(context) }) },
  BootNotification: {
    answer: ({ now, heartbeatSeconds }) => ({
      status: 'Accepted',
      currentTime: now,
      interval: heartbeatSeconds,
    }),
  },
  DataTransfer: dataTransfer,
  DiagnosticsStatusNotification: { answer: empty },
  FirmwareStatusNotification: { answer: empty },
  Heartbeat: { answer: ({ now }) => ({ currentTime: now }) },
  LogStatusNotification: { answer: empty },
  MeterValues: { answer: empty, durable: true },
  SecurityEventNotification: { answer: empty },
  // The bridge is no certificate authority.
  SignCertificate: { answer: () => ({ status: 'Rejected' }) },
  SignedFirmwareStatusNotification: { answer: empty },
  StartTransaction: {
    answer: async (context) => ({
      transactionId: context.transactionId(),
      idTagInfo: await tagInfo(context),
    }),
    durable: true,
  },
  StatusNotification: { answer: empty },
  StopTransaction: {
    // §6.48: idTagInfo only if the station named a token; whatever it is, the transaction is over.
    answer: async (context) =>
      context.payload['idTag'] === undefined ? {} : { idTagInfo: await tagInfo(context) },
    durable: true,
  },
};
