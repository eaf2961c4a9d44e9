/** Where things come from: ids, instants, and state leaves that know their origin. */

/** A journal id, `ms-seq`: the time of receipt in milliseconds and a counter within it. */
export type JournalId = string;

/** A UTC instant, RFC 3339 with `Z`. */
export type Instant = string;

/** The origin of one value: the raw frame and the rule that read it. `bridge/<word>` names what code decided. */
export interface Source {
  readonly raw: JournalId;
  readonly rule: string;
}

/**
 * A value in the state with its origin and both times: `at` as the device said (or as receipt, where the
 * device's clock cannot be trusted), `receivedAt` as we saw it.
 */
export interface Leaf<T> extends Source {
  readonly value: T;
  readonly at: Instant;
  readonly receivedAt: Instant;
}

/** Orders journal ids by time, then counter. Negative: `a` is older. */
export function compareJournalIds(a: JournalId, b: JournalId): number {
  const [aMs = '', aSeq = ''] = a.split('-');
  const [bMs = '', bSeq = ''] = b.split('-');
  return Number(aMs) - Number(bMs) || Number(aSeq) - Number(bSeq);
}

/** What was asked for last: all that comes at one moment is received at the same instant. */
let newest = { ms: 0, instant: '1970-01-01T00:00:00.000Z' };

/** The instant of milliseconds since 1970, always written alike. @throws RangeError if there is none */
export function instantAt(ms: number): Instant {
  if (newest.ms !== ms) newest = { ms, instant: new Date(ms).toISOString() };
  return newest.instant;
}

/** The instant a journal id was minted. */
export function instantOf(id: JournalId): Instant {
  return instantAt(Number(id.split('-', 1)[0]));
}
