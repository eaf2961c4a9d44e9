/** Which clock counts: the device's, unless it is evidently wrong. */
import type { Instant } from './source.js';

const FIRST_PLAUSIBLE_MS = Date.UTC(2020, 0, 1);
const MINUTE_MS = 60_000;

/** A message later than this does not come from a clock that is right, unless it waited. */
export const ON_TIME_MS = 5 * MINUTE_MS;
/** No station keeps a status longer than this: one that is older comes from a clock that is wrong. */
const STATUS_KEPT_MS = 7 * 24 * 60 * MINUTE_MS;

/**
 * The instant that something happened, by the station's own clock set right by `behindMs`. A clock that was never set
 * (before 2020) and one that runs ahead (after receipt) give the time of receipt; what is merely old is history.
 */
export function deviceTime(at: Instant, receivedAt: Instant, behindMs = 0): Instant {
  const [atMs, receivedMs] = [Date.parse(at), Date.parse(receivedAt)];
  if (!(atMs >= FIRST_PLAUSIBLE_MS && atMs <= receivedMs)) return canonical(receivedMs);
  return canonical(Math.min(atMs + behindMs, receivedMs));
}

/** The same for a status or a fault, which nobody keeps for more than a week. */
export function statusTime(at: Instant, receivedAt: Instant, behindMs = 0): Instant {
  const time = deviceTime(at, receivedAt, behindMs);
  return lateness(time, receivedAt) <= STATUS_KEPT_MS ? time : canonical(Date.parse(receivedAt));
}

/** A clock that was never set (it says a time before 2020): it starts anew at every boot and names no instant. */
export function isUnsetClock(at: Instant): boolean {
  return Date.parse(at) < FIRST_PLAUSIBLE_MS;
}

/** Whether what happened then was told so late that it may have waited at the station. */
export function isHistory(at: Instant, receivedAt: Instant): boolean {
  return lateness(at, receivedAt) > MINUTE_MS;
}

/** Milliseconds from the instant to its receipt. */
export function lateness(at: Instant, receivedAt: Instant): number {
  return Date.parse(receivedAt) - Date.parse(at);
}

function canonical(ms: number): Instant {
  return new Date(ms).toISOString();
}
