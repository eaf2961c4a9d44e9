/**
 * Whose call the station is answering. OCPP-J allows one CALL at a time in each direction (1.6 §4.1.1, 2.0.1 part 4
 * §4.1.1); the CSMS and the bridge share that one place. Ours wait until the station has answered the CSMS; a CALL of
 * the CSMS that comes while ours is open is kept back until ours is answered. Answers are never kept back.
 */
import { performance } from 'node:perf_hooks';

/** A CSMS that sends more than this while one call of ours is open does not wait for us. */
const MOST_KEPT = 1_000;
const MOST_KEPT_BYTES = 1_048_576;
/** A CALL of the CSMS that a station has not answered for so long is not waited for any more. */
const FORGOTTEN_MS = 60_000;

interface Kept<Frame> {
  readonly messageId: string;
  readonly frame: Frame;
  readonly bytes: number;
}

interface Waiter {
  begin(): void;
  giveUp(why: Error): void;
}

export class Turns<Frame> {
  readonly #pass: (frame: Frame) => void;
  readonly #forgottenMs: number;
  /** Calls of the CSMS that the station has not answered, oldest first; an id may stand there twice. */
  readonly #theirs: { readonly messageId: string; readonly since: number }[] = [];
  readonly #waiting: Waiter[] = [];
  #kept: Kept<Frame>[] = [];
  #keptBytes = 0;
  #ours = false;

  /** `pass` sends a frame of the CSMS to the station. */
  constructor(pass: (frame: Frame) => void, forgottenMs = FORGOTTEN_MS) {
    this.#pass = pass;
    this.#forgottenMs = forgottenMs;
  }

  /** A CALL of the CSMS has come: it is passed on now or after ours. */
  theirs(messageId: string, frame: Frame, bytes = 0): void {
    if (!this.#ours && this.#kept.length === 0) {
      this.#send(messageId, frame);
      return;
    }
    this.#kept.push({ messageId, frame, bytes });
    this.#keptBytes += bytes;
    if (this.#kept.length > MOST_KEPT || this.#keptBytes > MOST_KEPT_BYTES) this.#release();
  }

  /** Whether a CALL of the CSMS waits for its answer under this id. */
  isTheirs(messageId: string): boolean {
    return this.#theirs.some((call) => call.messageId === messageId);
  }

  /** The station has answered a CALL of the CSMS. */
  answered(messageId: string): void {
    const at = this.#theirs.findIndex((call) => call.messageId === messageId);
    if (at < 0) return;
    this.#theirs.splice(at, 1);
    this.#next();
  }

  /**
   * Resolves when the station is free for a call of ours; {@link done} must follow.
   *
   * @throws Error after `patienceMs`, or when the connection ends
   */
  ours(patienceMs: number): Promise<void> {
    if (this.#waiting.length === 0 && this.#isFree()) {
      this.#ours = true;
      return Promise.resolve();
    }
    return new Promise<void>((resolve, reject) => {
      const look = setInterval(() => this.#next(), Math.max(1, this.#forgottenMs / 4));
      look.unref();
      const leave = () => {
        clearInterval(look);
        clearTimeout(timer);
        const index = this.#waiting.indexOf(waiter);
        if (index >= 0) this.#waiting.splice(index, 1);
      };
      const waiter: Waiter = {
        begin: () => {
          leave();
          this.#ours = true;
          resolve();
        },
        giveUp: (why) => {
          leave();
          reject(why);
        },
      };
      const timer = setTimeout(
        () => waiter.giveUp(new Error('the calls of the CSMS left no room for one of ours')),
        patienceMs,
      );
      timer.unref();
      this.#waiting.push(waiter);
    });
  }

  /** Our call was answered, or is not waited for any more: what was kept back goes on. */
  done(): void {
    this.#ours = false;
    this.#release();
    this.#next();
  }

  /** The connection has ended. @returns the message ids of calls of the CSMS that were kept back and go nowhere */
  end(why: Error): readonly string[] {
    const lost = this.#kept.map(({ messageId }) => messageId);
    this.#kept = [];
    this.#keptBytes = 0;
    this.#theirs.length = 0;
    for (const waiter of [...this.#waiting]) waiter.giveUp(why);
    return lost;
  }

  #release(): void {
    const kept = this.#kept;
    if (kept.length === 0) return;
    this.#kept = [];
    this.#keptBytes = 0;
    for (const { messageId, frame } of kept) this.#send(messageId, frame);
  }

  #send(messageId: string, frame: Frame): void {
    this.#theirs.push({ messageId, since: performance.now() });
    if (this.#theirs.length > MOST_KEPT) this.#theirs.shift();
    this.#pass(frame);
  }

  #isFree(): boolean {
    const oldest = performance.now() - this.#forgottenMs;
    while ((this.#theirs[0]?.since ?? oldest) < oldest) this.#theirs.shift();
    return !this.#ours && this.#theirs.length === 0 && this.#kept.length === 0;
  }

  #next(): void {
    if (this.#waiting.length > 0 && this.#isFree()) this.#waiting[0]?.begin();
  }
}
