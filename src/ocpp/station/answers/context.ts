/** What the builders of answers work with. */
import type { Instant } from '../../../domain/index.js';
import type { JsonObject } from '../../../mapping/index.js';
import type { DataTransferStatus } from '../../vehicle-data.js';

export interface AnswerContext {
  /** The valid payload of the call. */
  readonly payload: JsonObject;
  /** Now, in whole seconds: some stations read no fractions. */
  readonly now: Instant;
  readonly heartbeatSeconds: number;
  /** Whether limits are planned here: then a vehicle's needs are of use. */
  readonly plansCharging: boolean;
  /** Whether a token may charge. */
  admit(token: string): Promise<boolean>;
  /** The transaction id for the start that this call told (1.6). */
  transactionId(): number;
  /** Whether a DataTransfer is one that was declared, and names a vehicle. */
  dataTransferStatus(): DataTransferStatus;
}

/** Makes the answer to one kind of call; whatever the call changed is in the state by then. */
export type AnswerBuilder = (context: AnswerContext) => JsonObject | Promise<JsonObject>;

export interface Handling {
  readonly answer: AnswerBuilder;
  /** Answered only after what it told is stored: the station forgets it with the answer. */
  readonly durable?: boolean | ((context: AnswerContext) => boolean);
}

export const empty: AnswerBuilder = () => ({});

/** DataTransfer: what the configuration declares is known here. The vehicle it names is stored before the answer. */
export const dataTransfer: Handling = {
  answer: (context) => ({ status: context.dataTransferStatus() }),
  durable: (context) => context.dataTransferStatus() === 'Accepted',
};
