import { BridgeError } from '../errors/index.js';
import type { RangeOptions } from './port.js';

/** A stream id in its two parts: milliseconds since 1970 and a counter within the millisecond. */
export interface StreamId {
  readonly ms: number;
  readonly seq: number;
}

/** The largest counter that a bound may need; ids in use stay far below. */
const MAX_SEQ = Number.MAX_SAFE_INTEGER;
const MOST_DIGITS = 15;

/** Parses `ms-seq`; a bare `ms` gets `seq`. @throws BridgeError STORE_BAD_ID */
export function parseId(id: string, seq = 0): StreamId {
  const hyphen = id.indexOf('-');
  const ms = numberIn(id, 0, hyphen < 0 ? id.length : hyphen);
  const counter = hyphen < 0 ? seq : numberIn(id, hyphen + 1, id.length);
  if (ms < 0 || counter < 0) throw new BridgeError('STORE_BAD_ID', `${JSON.stringify(id)} is no stream id`);
  return { ms, seq: counter };
}

/** Whether the text is a whole id, `ms-seq`. */
export function isStreamId(id: string): boolean {
  const hyphen = id.indexOf('-');
  return hyphen > 0 && numberIn(id, 0, hyphen) >= 0 && numberIn(id, hyphen + 1, id.length) >= 0;
}

/** The number of at most 15 digits that a part of a text is; -1 if it is none. Every answer of a station is linked by one. */
function numberIn(text: string, from: number, to: number): number {
  if (to <= from || to - from > MOST_DIGITS) return -1;
  let number = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    number = number * 10 + digit;
  }
  return number;
}

export function formatId({ ms, seq }: StreamId): string {
  if (moment.ms !== ms) moment = { ms, text: `${ms}-` };
  return moment.text + seq;
}

/** What ids begin with that are given out now. */
let moment = { ms: 0, text: '0-' };

/** Negative, zero or positive, as `a` comes before, with or after `b`. */
export function compareIds(a: StreamId, b: StreamId): number {
  return a.ms - b.ms || a.seq - b.seq;
}

/** The id that follows `last` at time `now`: never smaller, also when the clock was set back. */
export function nextId(last: StreamId | undefined, now: number): StreamId {
  if (last && last.ms >= now) return { ms: last.ms, seq: last.seq + 1 };
  return { ms: now, seq: 0 };
}

/** The inclusive bounds that a range asks for; `after` and `from` together mean the later of both. */
export function boundsOf(options: RangeOptions): { low: StreamId; high: StreamId } {
  let low: StreamId = { ms: 0, seq: 0 };
  if (options.from !== undefined) low = parseId(options.from);
  if (options.after !== undefined) {
    const after = parseId(options.after, MAX_SEQ);
    const next = after.seq >= MAX_SEQ ? { ms: after.ms + 1, seq: 0 } : { ms: after.ms, seq: after.seq + 1 };
    if (compareIds(next, low) > 0) low = next;
  }
  const high = options.to === undefined ? { ms: MAX_SEQ, seq: MAX_SEQ } : parseId(options.to, MAX_SEQ);
  return { low, high };
}
