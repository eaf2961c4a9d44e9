/**
 * Calls of a station under the message id of a call that is still in work.
 *
 * Every CALL of a connection has an id of its own, save a retry of the same (OCPP-J 1.6 §4.1.4; 2.0.1 part 4 §4.1.4).
 * Stations break this: they repeat a slow call, or make ids of a clock or a counter that stands still. A CALLERROR would
 * carry that id, and the station would take it for the answer to its first call; so none is sent.
 *
 * - The same call again is one call: it goes no further, and the one answer serves both.
 * - Another call is kept back until the first has been answered, and what came after it too, so that the order of the
 *   socket stays. Then it is taken like any other: nothing that it says is lost, each call has its answer, and whatever
 *   that answer is, it cannot hit the first any more.
 */
import { isDeepStrictEqual } from 'node:util';
import { Few } from './few.js';

/** A CALL under the id of one that is in work. `raw` is the frame as it came. */
export interface RepeatedCall {
  readonly messageId: string;
  readonly action: string;
  readonly raw: string;
  /** Whether action and payload are the same too; else it is kept back. */
  readonly isSame: boolean;
}

export interface MessageIdsHost {
  /** Told once of each, before anything else happens to it. */
  repeated(call: RepeatedCall): void;
  /** A frame that was kept back goes on. */
  pass(frame: Buffer): void;
  /** While frames are kept back, no more should be read: what was received already still comes. */
  pause(): void;
  resume(): void;
}

/** The calls of one connection that are in work, and the frames that wait for them. */
export class MessageIds {
  readonly #host: MessageIdsHost;
  /** Their frames. */
  readonly #inWork = new Few<string>();
  #kept: Buffer[] = [];
  /** The first of them, if the host was told of it already. */
  #told: Buffer | undefined;

  constructor(host: MessageIdsHost) {
    this.#host = host;
  }

  /** Whether a frame that has come goes on now; if not, it is dealt with. */
  mayPass(frame: Buffer): boolean {
    const fate = this.#kept.length > 0 ? 'keep' : this.#fateOf(frame);
    if (fate === 'keep') {
      if (this.#kept.length === 0) this.#host.pause();
      this.#kept.push(frame);
    }
    return fate === 'pass';
  }

  /** A call was handed over to be answered. */
  begun(messageId: string, raw: string): void {
    this.#inWork.set(messageId, raw);
  }

  /** The answer to a call has left. */
  answered(messageId: string): void {
    this.#inWork.delete(messageId);
    // What handed over the answer ends its own work first.
    if (this.#kept.length > 0) setImmediate(() => this.#release());
  }

  /** The connection has ended: the frames that will never be taken. */
  end(): readonly string[] {
    return this.#kept.splice(0).map((frame) => String(frame));
  }

  #release(): void {
    for (let next = this.#kept[0]; next; next = this.#kept[0]) {
      const fate = this.#fateOf(next);
      if (fate === 'keep') return;
      this.#kept.shift();
      if (fate === 'pass') this.#host.pass(next);
    }
    this.#host.resume();
  }

  #fateOf(frame: Buffer): 'pass' | 'drop' | 'keep' {
    const call = this.#inWork.isEmpty ? undefined : this.#repeated(frame);
    if (call && this.#told !== frame) this.#host.repeated(call);
    const isKept = call !== undefined && !call.isSame;
    this.#told = isKept ? frame : undefined;
    if (isKept) return 'keep';
    return call ? 'drop' : 'pass';
  }

  #repeated(frame: Buffer): RepeatedCall | undefined {
    const raw = String(frame);
    const parsed = parse(raw);
    if (!Array.isArray(parsed)) return undefined;
    const [type, messageId, action] = parsed as unknown[];
    if (type !== 2 || typeof messageId !== 'string') return undefined;
    const first = this.#inWork.get(messageId);
    if (first === undefined) return undefined;
    return { messageId, action: String(action), raw, isSame: first === raw || isSame(parse(first), parsed) };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What is nested too deeply to be compared counts as different. */
function isSame(first: unknown, second: unknown): boolean {
  try {
    return isDeepStrictEqual(first, second);
  } catch {
    return false;
  }
}
