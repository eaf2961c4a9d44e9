/** When a transaction begins and ends: 2.0.1 TxStartPoint and TxStopPoint (E01, E06); 1.6 has them fixed. */
import type { StopCause } from './dialect.js';
import type { Outlet } from './outlet.js';
import type { Settings } from './settings.js';
import type { Transaction } from './transaction.js';

/** What the CSMS or whoever showed the token takes back while the vehicle stays. */
const WITHDRAWN: ReadonlySet<StopCause> = new Set(['Local', 'Remote', 'DeAuthorized']);

/** Whether all is there that a transaction of a point takes. */
export function mayBegin(outlet: Outlet, { txStartPoint }: Settings): boolean {
  if (!outlet.operative || outlet.fault?.blocking) return false;
  const plugged = outlet.battery !== undefined;
  const authorized = outlet.authorized !== undefined;
  return txStartPoint.some((point) => {
    if (point === 'EVConnected') return plugged;
    return point === 'Authorized' ? authorized : plugged && authorized;
  });
}

/** Whether a transaction lasts until the vehicle leaves, whoever has stopped charging. */
export function outlives(cause: StopCause, { txStopPoint }: Settings): boolean {
  return WITHDRAWN.has(cause) && txStopPoint.length === 1 && txStopPoint[0] === 'EVConnected';
}

/** A transaction that begins at a point now (`at`: ms of the station's clock). */
export function beginning({ spec, meter, authorized, remoteStartId }: Outlet, at: number): Transaction {
  return {
    pointId: spec.id,
    meterStart: meter.registerWh,
    startedAt: at,
    jumpedMs: 0,
    startAcknowledged: false,
    stopAcknowledged: false,
    chargedMs: 0,
    nextSeqNo: 0,
    readings: [],
    ...(authorized ? { token: authorized } : {}),
    ...(remoteStartId === undefined ? {} : { remoteStartId }),
  };
}
