/** What is answered to which call. A call that is not here is not handled. */
import type { OcppProtocol } from '../../protocol.js';
import type { Handling } from './context.js';
import { ANSWERS_16 } from './v16.js';
import { ANSWERS_201 } from './v201.js';

export type { AnswerContext, Handling } from './context.js';

export function handlingOf(protocol: OcppProtocol, action: string): Handling | undefined {
  const answers = protocol === 'ocpp1.6' ? ANSWERS_16 : ANSWERS_201;
  return Object.hasOwn(answers, action) ? answers[action] : undefined;
}
