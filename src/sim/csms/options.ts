import type { CsmsCall } from './connection.js';
import { CsmsError } from './errors.js';
import type { CsmsOddities } from './oddities.js';

/** Newest first: what it likes best. */
export const CSMS_PROTOCOLS = ['ocpp2.1', 'ocpp2.0.1', 'ocpp1.6'] as const;
export type CsmsProtocol = (typeof CSMS_PROTOCOLS)[number];

export type Payload = Readonly<Record<string, unknown>>;

/** An answer of one's own in place of the usual one: a payload, or what makes it. */
export type OwnAnswer = Payload | ((call: CsmsCall, usual: Payload) => Payload);

/** How BootNotification is answered. */
export interface BootAnswer {
  /** Accepted if left out. */
  readonly status?: 'Accepted' | 'Pending' | 'Rejected';
  /** 300 if left out. */
  readonly intervalSeconds?: number;
}

/** Load management: every transaction gets a TxProfile of `powerW` or `currentA`, which is cleared at its end. */
export interface Plan {
  /** Total of all phases. */
  readonly powerW?: number;
  /** Per phase. */
  readonly currentA?: number;
  /** 0 if left out. */
  readonly stackLevel?: number;
  /** From the start of a transaction, or its end, to the command, ms: 50 if left out. */
  readonly afterMs?: number;
  /** Sets the limit again every so often, as a CSMS that plans in slots. */
  readonly againSeconds?: number;
  /** Each time it sets the limit again it is this much higher, W or A. */
  readonly raiseBy?: number;
}

export interface CsmsTls {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
  /** PEM: only stations with a certificate of this authority get in. */
  readonly clientCa?: string;
}

export interface CsmsOptions {
  /** 127.0.0.1 if left out. */
  readonly host?: string;
  /** Any free one if left out; kept from the first start on. */
  readonly port?: number;
  /** Path before the identity: /ocpp if left out. */
  readonly path?: string;
  /** wss instead of ws. */
  readonly tls?: CsmsTls;
  /** Subprotocols that it speaks, the one it likes best first; all it knows, the newest first, if left out. */
  readonly protocols?: readonly CsmsProtocol[];
  /** Spoken with stations that offer no subprotocol; they are refused if left out. */
  readonly withoutSubprotocol?: CsmsProtocol;
  /** Offers permessage-deflate and compresses every frame, however small. */
  readonly deflate?: boolean;
  /** Stations it knows, each with its password (null: comes without one); any station if left out. */
  readonly stations?: Readonly<Record<string, string | null>>;
  /** Password of every station that `stations` does not name one for; none is asked for if left out. */
  readonly password?: string;
  /** User of HTTP Basic for all stations; the identity if left out, as OCPP wants it. */
  readonly user?: string;
  readonly boot?: BootAnswer;
  /** Answers of one's own, by action. */
  readonly answers?: Readonly<Record<string, OwnAnswer>>;
  /** Tokens that may charge; all if left out. */
  readonly tokens?: readonly string[];
  /** 1.6: id of the first transaction, then counting up: 1 if left out. */
  readonly firstTransactionId?: number;
  readonly plan?: Plan;
  readonly oddities?: CsmsOddities;
  /** How long an answer of a station may take, ms: 30 000 if left out. */
  readonly callTimeoutMs?: number;
  /** WebSocket pings; a station that does not answer one before the next is cut. None if left out. */
  readonly pingSeconds?: number;
  /** Frames and calls that are kept, the newest: 100 000 if left out. */
  readonly keep?: number;
  readonly now?: () => Date;
}

/** `50kW`, `50000W` or `32A`. @throws CsmsError `usage` */
export function readAmount(text: string): { readonly powerW: number } | { readonly currentA: number } {
  const [, digits, unit] = /^(\d+(?:\.\d+)?) *(kW|W|A)$/i.exec(text.trim()) ?? [];
  if (digits === undefined) throw new CsmsError('usage', `${text} is no limit such as 50kW or 32A`);
  const amount = Number(digits);
  if (unit?.toUpperCase() === 'A') return { currentA: amount };
  return { powerW: unit?.toUpperCase() === 'W' ? amount : amount * 1000 };
}
