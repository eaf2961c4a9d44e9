/** One call at a time to one station, as OCPP-J §4.1.1 demands; nobody waits behind a mute station for ever. */
import { BridgeError } from '../../errors/index.js';

interface Job {
  readonly run: () => Promise<void>;
  readonly giveUp: (why: Error) => void;
  readonly until: number;
}

const MOST_WAITING = 64;

export class CallQueue {
  readonly #waiting: Job[] = [];
  #running = false;

  /**
   * Runs the task when it is its turn. Rejects with OCPP_BUSY when the queue is full or its turn does not
   * come within `patienceMs`, with an Error when {@link giveUp} is called.
   */
  push<T>(task: () => Promise<T>, patienceMs: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#waiting.length >= MOST_WAITING) {
        reject(new BridgeError('OCPP_BUSY', 'too many calls wait for this station'));
        return;
      }
      this.#waiting.push({
        run: () => task().then(resolve, reject),
        giveUp: reject,
        until: performance.now() + patienceMs,
      });
      void this.#next();
    });
  }

  /** Ends everything that has not begun. */
  giveUp(reason: string): void {
    for (const job of this.#waiting.splice(0)) job.giveUp(new Error(reason));
  }

  async #next(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      if (performance.now() > job.until)
        job.giveUp(new BridgeError('OCPP_BUSY', 'the station did not get to this call in time'));
      else await job.run();
    }
    this.#running = false;
  }
}
