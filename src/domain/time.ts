/** Which clock counts: the device's, unless it is evidently wrong. */
import type { Instant } from './source.js';

const SKEW_LIMIT_MS = 5 * 60_000;
const FIRST_PLAUSIBLE_MS = Date.UTC(2020, 0, 1);

/**
 * The instant of something that happens now (a status, a boot): the device's time if it is within five minutes
 * of receipt, else the time of receipt. Nothing happens after it was told: a clock that runs ahead gives receipt.
 */
export function liveTime(at: Instant, receivedAt: Instant): Instant {
  const skewMs = Date.parse(receivedAt) - Date.parse(at);
  return canonical(skewMs >= 0 && skewMs <= SKEW_LIMIT_MS ? at : receivedAt);
}

/**
 * The instant of something that may have been buffered (a transaction event, a reading): the device's time,
 * unless it lies before 2020 or after receipt.
 */
export function historicTime(at: Instant, receivedAt: Instant): Instant {
  const atMs = Date.parse(at);
  return canonical(atMs >= FIRST_PLAUSIBLE_MS && atMs <= Date.parse(receivedAt) ? at : receivedAt);
}

/** A clock that was never set (it says a time before 2020): it starts anew at every boot and names no instant. */
export function isUnsetClock(at: Instant): boolean {
  return Date.parse(at) < FIRST_PLAUSIBLE_MS;
}

function canonical(instant: Instant): Instant {
  return new Date(instant).toISOString();
}
