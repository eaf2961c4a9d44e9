import type { Action } from './messages.js';

/** The four shapes of an err payload seen in the field. */
export type ErrorShape = 'string' | 'message' | 'errorMessage' | 'errorCode';

/**
 * What an upstream system does wrong on purpose. Everything is off by default and may be changed while connected.
 * A wrong subprotocol is the option `subprotocols`, a missing ping `pingIntervalMs: 0`.
 */
export interface Unkind {
  /** Answers no ProvideChargingInformation; a number: only that many. */
  readonly withholdConf?: boolean | number;
  /** Answers with a fresh message id instead of the request's. */
  readonly confWithRandomId?: boolean;
  /** Answers every ProvideChargingInformation with an err of this shape. */
  readonly errAnswer?: ErrorShape;
  /** Sends every ProvideChargingRequests twice under one message id: the same bytes, or another list. */
  readonly duplicateRequests?: 'same' | 'different';
  /** Named members instead of the array. */
  readonly objectEnvelope?: boolean;
  /** Source and presystemId in each other's place. */
  readonly swapNames?: boolean;
  /** `{}` where the list is empty. */
  readonly dropEmptyList?: boolean;
  /** Cuts the last character off frames of this action. */
  readonly malformedJson?: Action;
  /** Sends its requests right after the upgrade, without BootNotification. */
  readonly requestsBeforeBoot?: boolean;
  /** Sends its requests after Boot.conf without waiting for the first information. */
  readonly requestsBeforeInformation?: boolean;
  /** Sends its request list again on every ProvideChargingInformation, before answering it. */
  readonly crossing?: boolean;
}

/** An err payload of this shape. */
export function errorPayload(shape: ErrorShape, text: string): unknown {
  const shapes: Record<ErrorShape, unknown> = {
    string: text,
    message: { message: text },
    errorMessage: { errorMessage: text },
    errorCode: { errorCode: 'InternalError', errorDescription: text, errorDetails: {} },
  };
  return shapes[shape];
}
