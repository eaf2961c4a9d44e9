/** Which clock counts: the device's, unless it is evidently wrong. */
import { type Instant, instantAt } from './source.js';

const FIRST_PLAUSIBLE = '2020-01-01T00:00:00.000Z';
const FIRST_PLAUSIBLE_MS = Date.parse(FIRST_PLAUSIBLE);
const MINUTE_MS = 60_000;
const MINUTE_LENGTH = '2020-01-01T00:00'.length;
const ZERO = '0'.charCodeAt(0);

/** A message later than this does not come from a clock that is right, unless it waited. */
export const ON_TIME_MS = 5 * MINUTE_MS;
/** No station keeps a status longer than this: one that is older comes from a clock that is wrong. */
const STATUS_KEPT_MS = 7 * 24 * 60 * MINUTE_MS;

/**
 * The instant that something happened, by the station's own clock set right by `behindMs`. A clock that was never set
 * (before 2020) and one that runs ahead (after receipt) give the time of receipt; what is merely old is history.
 */
export function deviceTime(at: Instant, receivedAt: Instant, behindMs = 0): Instant {
  if (behindMs === 0 && isPlain(at) && isPlain(receivedAt) && at >= FIRST_PLAUSIBLE && at <= receivedAt)
    return at;
  const [atMs, receivedMs] = [Date.parse(at), Date.parse(receivedAt)];
  if (!(atMs >= FIRST_PLAUSIBLE_MS && atMs <= receivedMs)) return instantAt(receivedMs);
  return instantAt(Math.min(atMs + behindMs, receivedMs));
}

/** The same for a status or a fault, which nobody keeps for more than a week. */
export function statusTime(at: Instant, receivedAt: Instant, behindMs = 0): Instant {
  const time = deviceTime(at, receivedAt, behindMs);
  return lateness(time, receivedAt) <= STATUS_KEPT_MS ? time : instantAt(Date.parse(receivedAt));
}

/** A clock that was never set (it says a time before 2020): it starts anew at every boot and names no instant. */
export function isUnsetClock(at: Instant): boolean {
  return Date.parse(at) < FIRST_PLAUSIBLE_MS;
}

/** Whether what happened then was told so late that it may have waited at the station. */
export function isHistory(at: Instant, receivedAt: Instant): boolean {
  return lateness(at, receivedAt) > MINUTE_MS;
}

/** Whether an instant was heard of within its minute, as far as one look tells: most are, and need no reckoning. */
export function isSameMinute(at: Instant, receivedAt: Instant): boolean {
  return at.startsWith(receivedAt.slice(0, MINUTE_LENGTH)) && at.endsWith('Z') && receivedAt.endsWith('Z');
}

/** Milliseconds from the instant to its receipt. */
export function lateness(at: Instant, receivedAt: Instant): number {
  // Most readings follow one another within a minute.
  if (isSameMinute(at, receivedAt) && isPlain(at) && isPlain(receivedAt))
    return millisecondsIn(receivedAt) - millisecondsIn(at);
  return Date.parse(receivedAt) - Date.parse(at);
}

/** Of a plain instant, since its minute began. */
function millisecondsIn(at: Instant): number {
  const digit = (index: number) => at.charCodeAt(index) - ZERO;
  return (digit(17) * 10 + digit(18)) * 1000 + (digit(20) * 10 + digit(21)) * 10 + digit(22);
}

/** Written as {@link instantAt} writes: such instants are in the order of their letters. */
function isPlain(at: Instant): boolean {
  return at.length === FIRST_PLAUSIBLE.length && at[19] === '.' && at.endsWith('Z');
}
