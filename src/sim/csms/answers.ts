/** How a CSMS answers what stations say, and what it learns from it. */

import { answers2 } from './answers2.js';
import { answers16 } from './answers16.js';
import { Refusal } from './errors.js';
import type { BootAnswer, CsmsProtocol, Payload } from './options.js';
import type { CsmsTransaction, StationRecord } from './records.js';

/** What answers need of the CSMS. */
export interface AnswerContext {
  readonly station: StationRecord;
  readonly now: () => Date;
  readonly boot: BootAnswer;
  /** Whether a token may charge. */
  readonly mayCharge: (token: string) => boolean;
  /** 1.6: a new id. */
  readonly nextTransactionId: () => number;
  /** Whether it plans the charging of vehicles. */
  readonly plans: boolean;
  readonly started: (transaction: CsmsTransaction) => void;
  readonly ended: (transaction: CsmsTransaction) => void;
}

export type Answerer = (payload: never, context: AnswerContext) => Payload;

/** @returns a Refusal for an action that a station cannot ask of a CSMS, or not yet */
export function answerOf(
  protocol: CsmsProtocol,
  action: string,
  payload: unknown,
  context: AnswerContext,
): Payload | Refusal {
  const { bootStatus } = context.station;
  const isWaiting = bootStatus === 'Pending' || bootStatus === 'Rejected';
  // 2.x B02.FR.09 and B03.FR.07; 1.6 only forbids the station to say anything.
  if (isWaiting && protocol !== 'ocpp1.6' && action !== 'BootNotification' && action !== 'NotifyReport') {
    return new Refusal('SecurityError', `the station is ${bootStatus}: BootNotification comes first`);
  }
  const answerers = protocol === 'ocpp1.6' ? answers16 : answers2;
  const answerer = Object.hasOwn(answerers, action) ? answerers[action] : undefined;
  if (!answerer) return new Refusal('NotSupported', `a CSMS does not answer ${action}`);
  return answerer(payload as never, context);
}
