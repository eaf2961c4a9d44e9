/**
 * The head of a frame of OCPP-J (`[2,"id","Action",…`), read from its bytes without decoding the rest: a relay decides
 * by it alone.
 */

export interface FrameHead {
  /** Message type: 2 CALL, 3 CALLRESULT, 4 CALLERROR; others since 2.1. */
  readonly kind: number;
  /** A number, which is none by the standard, as it was written. */
  readonly messageId: string;
}

const TAB = 0x09;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const [ZERO, NINE] = [0x30, 0x39];

/** Longer ones are nobody's: the standard has 36 characters. */
const LONGEST_ID = 1_024;
const LONGEST_KIND = 3;
const BYTE_ORDER_MARK = 3;

/** The head, or undefined if the frame has none that a relay could read. */
export function headOf(frame: Buffer): FrameHead | undefined {
  let at = blanks(frame, frame[0] === 0xef ? BYTE_ORDER_MARK : 0);
  if (frame[at] !== BRACKET) return undefined;
  at = blanks(frame, at + 1);
  const kindAt = at;
  at = digits(frame, at);
  if (at === kindAt || at - kindAt > LONGEST_KIND) return undefined;
  const kind = numberIn(frame, kindAt, at);
  at = blanks(frame, at);
  if (frame[at] !== COMMA) return undefined;
  at = blanks(frame, at + 1);
  const messageId = frame[at] === QUOTE ? textAt(frame, at + 1) : numeralAt(frame, at);
  return messageId === undefined ? undefined : { kind, messageId };
}

function blanks(frame: Buffer, from: number): number {
  let at = from;
  for (let byte = frame[at]; isBlank(byte); byte = frame[at]) at += 1;
  return at;
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === RETURN || byte === TAB;
}

function digits(frame: Buffer, from: number): number {
  let at = from;
  for (let byte = frame[at] ?? 0; byte >= ZERO && byte <= NINE; byte = frame[at] ?? 0) at += 1;
  return at;
}

function numberIn(frame: Buffer, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + (frame[at] ?? 0) - ZERO;
  return value;
}

/** What stands between quotes. */
function textAt(frame: Buffer, from: number): string | undefined {
  const most = Math.min(frame.length, from + LONGEST_ID);
  let isPlain = true;
  let isAscii = true;
  for (let at = from; at < most; at++) {
    const byte = frame[at] ?? 0;
    if (byte === QUOTE) {
      const written = isAscii ? frame.toString('latin1', from, at) : frame.toString('utf8', from, at);
      return isPlain ? written : unescaped(written);
    }
    if (byte > 0x7f) isAscii = false;
    else if (byte === BACKSLASH) {
      isPlain = false;
      at += 1;
    }
  }
  return undefined;
}

function numeralAt(frame: Buffer, from: number): string | undefined {
  const to = digits(frame, from);
  return to === from || to - from > LONGEST_ID ? undefined : frame.toString('latin1', from, to);
}

function unescaped(written: string): string {
  try {
    return JSON.parse(`"${written}"`) as string;
  } catch {
    return written;
  }
}
