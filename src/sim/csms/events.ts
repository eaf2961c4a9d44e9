import type { EventEmitter } from 'node:events';
import type { CsmsHandshake } from './admission.js';
import type { CsmsCall } from './connection.js';
import { CsmsError } from './errors.js';
import type { CsmsFrame } from './kept.js';
import type { Payload } from './options.js';
import type { CsmsTransaction, StationRecord } from './records.js';
import type { CsmsViolation } from './wire.js';

export interface CsmsEvents {
  readonly connected: [station: StationRecord, connection: number];
  readonly disconnected: [station: StationRecord, connection: number, code: number, reason: string];
  /** Every upgrade request, with what became of it; the second argument says why it was refused. */
  readonly handshake: [handshake: CsmsHandshake, why: string | undefined];
  readonly frame: [frame: CsmsFrame];
  readonly call: [call: CsmsCall];
  readonly started: [transaction: CsmsTransaction];
  readonly ended: [transaction: CsmsTransaction];
  readonly violation: [violation: CsmsViolation];
  /** What became of a call of ours: its answer, or why there is none. */
  readonly called: [identity: string, action: string, payload: object, outcome: Payload | CsmsError];
}

const LOOKED_AT = ['frame', 'connected', 'disconnected', 'handshake', 'ended'] as const;

/** How often it is looked at what happens elsewhere, ms. */
const LOOK_MS = 10;

/** Waits until something is so, looking whenever anything happens here, and now and then. @throws CsmsError `timeout` */
export function waitFor<T>(
  events: EventEmitter<CsmsEvents>,
  what: string,
  look: () => T | undefined | false,
  timeoutMs: number,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      clearInterval(now);
      for (const event of LOOKED_AT) events.off(event, soon);
    };
    const see = () => {
      const found = look();
      if (found === undefined || found === false) return;
      done();
      resolve(found);
    };
    // What follows a frame is known one turn later.
    const soon = () => setImmediate(see);
    const timer = setTimeout(() => {
      done();
      reject(new CsmsError('timeout', `not within ${timeoutMs} ms: ${what}`));
    }, timeoutMs);
    const now = setInterval(see, LOOK_MS);
    for (const event of LOOKED_AT) events.on(event, soon);
    see();
  });
}
