/** One call at a time to one station, as OCPP-J §4.1.1 demands; nobody waits behind a mute station for ever. */

interface Job {
  readonly run: () => Promise<void>;
  readonly giveUp: (reason: string) => void;
  readonly until: number;
}

const MOST_WAITING = 64;

export class CallQueue {
  readonly #waiting: Job[] = [];
  #running = false;

  /**
   * Runs the task when it is its turn. Rejects with an Error when the queue is full, when its turn does not come
   * within `patienceMs`, or when {@link giveUp} is called.
   */
  push<T>(task: () => Promise<T>, patienceMs: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#waiting.length >= MOST_WAITING) {
        reject(new Error('too many calls wait for this station'));
        return;
      }
      this.#waiting.push({
        run: () => task().then(resolve, reject),
        giveUp: (reason) => reject(new Error(reason)),
        until: performance.now() + patienceMs,
      });
      void this.#next();
    });
  }

  /** Ends everything that has not begun. */
  giveUp(reason: string): void {
    for (const job of this.#waiting.splice(0)) job.giveUp(reason);
  }

  async #next(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      if (performance.now() > job.until)
        job.giveUp('the station is busy and did not get to this call in time');
      else await job.run();
    }
    this.#running = false;
  }
}
