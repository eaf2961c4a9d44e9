/**
 * Energy from a register that may be reset, swapped or read astray: how much it grew, as far as somebody saw it grow.
 * Every reading has its place in time, so the order of arrival does not matter.
 */
import type { RegisterReading, RegisterSpan } from '../state.js';
import { lateness } from '../time.js';

/** More than any bus takes in one charge. It bounds growth where nobody knows how long it took. */
const MOST_PER_CHARGE_WH = 800_000;
/** What a plug of a depot gives at most. */
const MOST_POWER_W = 500_000;
/** A register counts in steps and may be read late. */
const SLACK_WH = 20_000;
/** One that begins anew has not got far beyond what was charged since. */
const RESET_SLACK_WH = 1_000;

type Spans = readonly RegisterSpan[];

/** The energy of all stretches, in Wh. */
export function grown(spans: Spans): number {
  return spans.reduce((sum, { from, to }) => sum + (to.wh - from.wh), 0);
}

/** With one more reading. `startTold`: the first stretch begins where the station said that the transaction began. */
export function withReading(spans: Spans, reading: RegisterReading, startTold: boolean): Spans {
  const index = spans.findLastIndex(({ from }) => from.at <= reading.at);
  const span = spans[index];
  if (!span) return startTold ? spans : inFront(spans, reading);
  // Inside a stretch it says what is known, or is astray.
  if (reading.at < span.to.at) return spans;
  // One reading by itself was astray if the next goes on where the ones before it ended.
  const before = span.after && span.from === span.to ? resumed(spans, index, reading) : -1;
  if (before >= 0) return grownTo(without(spans, before + 1, index), before, reading);
  return fits(span.to, reading) ? grownTo(spans, index, reading) : broken(spans, index, span, reading);
}

/** With the reading at which the transaction began, told late or first; `ended`: so was its end. */
export function withStart(spans: Spans, start: RegisterReading, ended: boolean): Spans {
  const [first, last] = [spans[0], spans.at(-1)];
  if (!first || first.from.at >= start.at) return inFront(spans, start);
  if (ended && last && last.to.at < start.at) return fromTo(start, last.to) ?? spans;
  return first.to.at > start.at && first.from.wh <= start.wh && start.wh <= first.to.wh
    ? [{ ...first, from: start }, ...spans.slice(1)]
    : spans;
}

/** With the reading at which it ended: it has the last word over readings gone astray, and nothing counts after it. */
export function withStop(spans: Spans, stop: RegisterReading, startTold: boolean): Spans {
  const start = spans[0]?.from;
  const fromStart = start && stop.at < start.at ? fromTo(start, stop) : undefined;
  if (fromStart) return fromStart;
  const before = spans
    .filter(({ from }) => from.at <= stop.at)
    .map((span) => (span.to.at > stop.at ? { ...span, to: { ...span.to, at: stop.at } } : span));
  const last = before.at(-1);
  if (!last) return withReading(before, stop, startTold);
  const falls = stop.wh < last.to.wh && last.after !== 'jump' && !isReset(last, stop);
  return falls && stop.wh >= last.from.wh
    ? [...before.slice(0, -1), { ...last, to: stop }]
    : withReading(before, stop, startTold);
}

/** An end before its start: the clock was set in between, and only the register tells. Undefined: nor does that. */
function fromTo(start: RegisterReading, { wh }: RegisterReading): Spans | undefined {
  const to = { at: start.at, wh, received: true as const };
  return fits(start, to) ? [{ from: start, to }] : undefined;
}

function inFront(spans: Spans, reading: RegisterReading): Spans {
  const [first, ...others] = spans;
  if (!first) return [{ from: reading, to: reading }];
  if (fits(reading, first.from)) return [{ ...first, from: reading }, ...others];
  const after = first.from.wh < reading.wh ? 'reset' : 'jump';
  return [{ from: reading, to: reading }, { ...first, after }, ...others];
}

/** The stretch goes on to this reading, and perhaps into the one that seemed to be a jump. */
function grownTo(spans: Spans, index: number, reading: RegisterReading): Spans {
  const [span, next] = [spans[index], spans[index + 1]];
  if (!span) return spans;
  const joins = next?.after === 'jump' && fits(reading, next.from);
  const longer = [...spans];
  longer.splice(index, joins ? 2 : 1, { ...span, to: joins ? next.to : reading });
  return longer;
}

/** A reading that does not go on where the stretch before it ended. */
function broken(spans: Spans, index: number, span: RegisterSpan, reading: RegisterReading): Spans {
  const next = spans[index + 1];
  if (next && fits(reading, next.from))
    return [...spans.slice(0, index + 1), { ...next, from: reading }, ...spans.slice(index + 2)];
  const fell = reading.wh < span.to.wh;
  const older = fell && span.after !== 'jump' ? -1 : resumed(spans, index, reading);
  // What lay between was another register, or one reading astray.
  if (older >= 0) return grownTo(without(spans, older + 1, index), older, reading);
  if (fell && !isReset(span, reading)) return spans;
  const fresh: RegisterSpan = { from: reading, to: reading, after: fell ? 'reset' : 'jump' };
  return [...spans.slice(0, index + 1), fresh, ...spans.slice(index + 1)];
}

function without(spans: Spans, first: number, last: number): Spans {
  return spans.filter((_, index) => index < first || index > last);
}

/** The stretch before `index` that a reading goes on with; -1: none. */
function resumed(spans: Spans, index: number, reading: RegisterReading): number {
  return spans.findLastIndex(({ to }, at) => at < index && fits(to, reading));
}

/** Whether a register can have grown from one reading to the other by charging one vehicle. */
function fits(before: RegisterReading, after: RegisterReading): boolean {
  const grownWh = after.wh - before.wh;
  return grownWh >= 0 && grownWh <= mostBetween(before, after);
}

/** It fell below where it began, or to less than half, and no further up than charging since can have brought it. */
function isReset({ from, to }: RegisterSpan, reading: RegisterReading): boolean {
  return (
    reading.wh < from.wh || (reading.wh * 2 < to.wh && reading.wh <= mostBetween(to, reading, RESET_SLACK_WH))
  );
}

function mostBetween(before: RegisterReading, after: RegisterReading, slackWh = SLACK_WH): number {
  if (before.received || after.received) return MOST_PER_CHARGE_WH;
  const hours = lateness(before.at, after.at) / 3_600_000;
  return Math.min(MOST_PER_CHARGE_WH, MOST_POWER_W * hours + slackWh);
}
