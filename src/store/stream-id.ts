import { BridgeError } from '../errors/index.js';
import type { RangeOptions } from './port.js';

/** A stream id in its two parts: milliseconds since 1970 and a counter within the millisecond. */
export interface StreamId {
  readonly ms: number;
  readonly seq: number;
}

/** The largest counter that a bound may need; ids in use stay far below. */
const MAX_SEQ = Number.MAX_SAFE_INTEGER;
const ID = /^(\d{1,15})(?:-(\d{1,15}))?$/;

/** Parses `ms-seq`; a bare `ms` gets `seq`. @throws BridgeError STORE_BAD_ID */
export function parseId(id: string, seq = 0): StreamId {
  const match = ID.exec(id);
  if (!match) throw new BridgeError('STORE_BAD_ID', `${JSON.stringify(id)} is no stream id`);
  return { ms: Number(match[1]), seq: match[2] === undefined ? seq : Number(match[2]) };
}

/** Whether the text is a whole id, `ms-seq`. */
export function isStreamId(id: string): boolean {
  return id.includes('-') && ID.test(id);
}

export function formatId(id: StreamId): string {
  return `${id.ms}-${id.seq}`;
}

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
