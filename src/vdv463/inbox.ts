/** Frames of one connection, one after the other; a peer that sends faster than it is served is slowed down. */
import type { WebSocket } from 'ws';

const PAUSE_AT = 64;

export class Inbox {
  readonly #socket: WebSocket;
  readonly #failed: (error: unknown) => void;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** @param failed told of an error of a task; the tasks after it run */
  constructor(socket: WebSocket, failed: (error: unknown) => void) {
    this.#socket = socket;
    this.#failed = failed;
  }

  put(task: () => Promise<void>): void {
    this.#waiting += 1;
    if (this.#waiting >= PAUSE_AT && !this.#socket.isPaused) this.#socket.pause();
    this.#last = this.#last
      .then(task)
      .catch(this.#failed)
      .finally(() => {
        this.#waiting -= 1;
        if (this.#waiting < PAUSE_AT / 2 && this.#socket.isPaused) this.#socket.resume();
      });
  }

  /** Resolves when everything put in so far is done. */
  drained(): Promise<void> {
    return this.#last;
  }
}
