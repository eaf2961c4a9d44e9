import type { Reading } from './meter.js';

/** A token as shown to the station. `type` is the 2.0.1 word (default ISO14443). */
export interface Token {
  readonly idToken: string;
  readonly type: string;
}

/** One transaction, from its start to the acknowledgement of its end. Energy in Wh, times in device time. */
export interface Transaction {
  readonly pointId: number;
  /** 1.6: the integer the CSMS gave, once it did; 2.0.1: ours. */
  transactionId?: number | string;
  token?: Token;
  readonly remoteStartId?: number;
  readonly meterStart: number;
  readonly startedAt: number;
  /** How far the station's clock has jumped since. */
  jumpedMs: number;
  meterStop?: number;
  stoppedAt?: number;
  stopReason?: string;
  startAcknowledged: boolean;
  stopAcknowledged: boolean;
  /** Milliseconds in which energy flowed. */
  chargedMs: number;
  /** 2.0.1: number of the next event. */
  nextSeqNo: number;
  /** 2.0.1: the chargingState last told. */
  chargingState?: string;
  /** Readings kept for StopTransaction's transactionData. */
  readonly readings: Reading[];
}

/** One transaction as the station knows it. Energy in Wh, times in ms of the station's clock. */
export interface ChargerTransaction {
  readonly pointId: number;
  /** 1.6: undefined until the CSMS has answered the start. */
  readonly transactionId: number | string | undefined;
  readonly idToken: string | undefined;
  readonly startedAt: number;
  readonly meterStart: number;
  readonly stoppedAt: number | undefined;
  readonly meterStop: number | undefined;
  readonly energyWh: number | undefined;
  readonly stopReason: string | undefined;
  readonly startAcknowledged: boolean;
  /** The CSMS has answered the message that ends it. */
  readonly stopAcknowledged: boolean;
}

export function viewOf(transaction: Transaction): ChargerTransaction {
  const { meterStart, meterStop } = transaction;
  return {
    pointId: transaction.pointId,
    transactionId: transaction.transactionId,
    idToken: transaction.token?.idToken,
    startedAt: transaction.startedAt,
    meterStart,
    stoppedAt: transaction.stoppedAt,
    meterStop,
    energyWh: meterStop === undefined ? undefined : meterStop - meterStart,
    stopReason: transaction.stopReason,
    startAcknowledged: transaction.startAcknowledged,
    stopAcknowledged: transaction.stopAcknowledged,
  };
}
