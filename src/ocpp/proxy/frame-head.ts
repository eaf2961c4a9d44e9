/** The head of a frame of OCPP-J (`[2,"id","Action",…`), read without parsing the rest: a relay decides by it alone. */

export interface FrameHead {
  /** Message type: 2 CALL, 3 CALLRESULT, 4 CALLERROR; others since 2.1. */
  readonly kind: number;
  readonly messageId: string;
}

const HEAD = /^\s*\[\s*([0-9]{1,3})\s*,\s*"((?:[^"\\]|\\.){0,255})"/;

/** The head, or undefined if the frame has none that a relay could read. */
export function headOf(frame: string): FrameHead | undefined {
  const found = HEAD.exec(frame);
  if (!found) return undefined;
  const [, kind = '', written = ''] = found;
  return { kind: Number(kind), messageId: written.includes('\\') ? unescaped(written) : written };
}

function unescaped(written: string): string {
  try {
    return JSON.parse(`"${written}"`) as string;
  } catch {
    return written;
  }
}
