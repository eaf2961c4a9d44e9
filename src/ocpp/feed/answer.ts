/** Answers of stations as a CSMS hands them in: `{ answer: {…} }`, or `{ error: { code, description } }` for a CALLERROR. */

import { flawOf } from '../inspect.js';

/** Objects inside each other; who asked may want less. */
const DEEPEST = 64;

export type Answer = { readonly payload: object } | { readonly code: string; readonly description: string };

/** The station answered with a CALLERROR. */
export class RpcError extends Error {
  readonly rpcErrorCode: string;

  constructor(code: string, description: string) {
    super(description);
    this.rpcErrorCode = code;
  }
}

export const answerSchema = {
  title: 'Answer',
  description: 'What the station answered: the payload of its CALLRESULT, or its CALLERROR.',
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 1,
  properties: {
    answer: { type: 'object', description: 'The payload of the CALLRESULT, as it was.' },
    error: {
      type: 'object',
      additionalProperties: false,
      required: ['code'],
      properties: {
        code: { type: 'string', minLength: 1, maxLength: 50 },
        description: { type: 'string', maxLength: 255 },
        details: { type: 'object' },
      },
    },
  },
} as const;

/** Reads an answer; undefined if it is none. */
export function answerIn(body: unknown): Answer | undefined {
  if (!isObject(body) || flawOf(body, DEEPEST) !== undefined) return undefined;
  const { answer, error } = body;
  if (isObject(answer) && error === undefined) return { payload: answer };
  if (!isObject(error) || answer !== undefined) return undefined;
  const { code, description = '' } = error;
  if (typeof code !== 'string' || code === '') return undefined;
  return { code: code.slice(0, 50), description: String(description).slice(0, 255) };
}

/** The frame of OCPP-J that an answer stands for. */
export function frameOf(messageId: string, answer: Answer): string {
  if ('payload' in answer) return JSON.stringify([3, messageId, answer.payload]);
  return JSON.stringify([4, messageId, answer.code, answer.description, {}]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
