/**
 * Whose call the station is answering. OCPP-J allows one CALL at a time in each direction (1.6 §4.1.1, 2.0.1 part 4
 * §4.1.1); the CSMS and the bridge share that one place. Ours wait until the station has answered the CSMS; a CALL of
 * the CSMS that comes while ours is open is kept back until ours is answered. Answers are never kept back.
 */
import { performance } from 'node:perf_hooks';

/** A CSMS that sends more at once than this does not wait for us. */
const MOST_KEPT = 32;
/** A CALL of the CSMS that a station has not answered for so long is not waited for any more. */
const FORGOTTEN_MS = 60_000;

export class Turns<Frame> {
  readonly #pass: (frame: Frame) => void;
  /** Calls of the CSMS that the station has not answered: since when, by message id. */
  readonly #theirs = new Map<string, number>();
  readonly #kept: { readonly messageId: string; readonly frame: Frame }[] = [];
  readonly #waiting: { readonly begin: () => void; readonly giveUp: (why: Error) => void }[] = [];
  #ours = false;

  /** `pass` sends a frame of the CSMS to the station. */
  constructor(pass: (frame: Frame) => void) {
    this.#pass = pass;
  }

  /** A CALL of the CSMS has come: it is passed on now or after ours. */
  theirs(messageId: string, frame: Frame): void {
    if (this.#ours || this.#kept.length > 0) {
      this.#kept.push({ messageId, frame });
      if (this.#kept.length > MOST_KEPT) this.#release();
      return;
    }
    this.#send(messageId, frame);
  }

  /** The station has answered a CALL of the CSMS. */
  answered(messageId: string): void {
    if (this.#theirs.delete(messageId)) this.#next();
  }

  /**
   * Resolves when the station is free for a call of ours; {@link done} must follow.
   *
   * @throws Error after `patienceMs`, or when the connection ends
   */
  ours(patienceMs: number): Promise<void> {
    if (this.#isFree()) {
      this.#ours = true;
      return Promise.resolve();
    }
    return new Promise<void>((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        const index = this.#waiting.indexOf(waiter);
        if (index >= 0) this.#waiting.splice(index, 1);
      };
      const waiter = {
        begin: () => {
          leave();
          this.#ours = true;
          resolve();
        },
        giveUp: (why: Error) => {
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

  /** The connection has ended. */
  end(why: Error): void {
    this.#kept.length = 0;
    this.#theirs.clear();
    for (const waiter of [...this.#waiting]) waiter.giveUp(why);
  }

  #release(): void {
    for (const { messageId, frame } of this.#kept.splice(0)) this.#send(messageId, frame);
  }

  #send(messageId: string, frame: Frame): void {
    this.#theirs.set(messageId, performance.now());
    this.#pass(frame);
  }

  #isFree(): boolean {
    const oldest = performance.now() - FORGOTTEN_MS;
    for (const [messageId, since] of this.#theirs) if (since < oldest) this.#theirs.delete(messageId);
    return !this.#ours && this.#theirs.size === 0 && this.#kept.length === 0;
  }

  #next(): void {
    if (this.#waiting.length > 0 && this.#isFree()) this.#waiting[0]?.begin();
  }
}
