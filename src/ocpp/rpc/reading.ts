/** Reading from a WebSocket, which several may want to pause. */
import type { WebSocket } from 'ws';

export class Reading<Reason extends string> {
  readonly #socket: Pick<WebSocket, 'pause' | 'resume'>;
  readonly #pausedBy = new Set<Reason>();

  constructor(socket: Pick<WebSocket, 'pause' | 'resume'>) {
    this.#socket = socket;
  }

  pause(by: Reason): void {
    this.#pausedBy.add(by);
    this.#socket.pause();
  }

  /** Reads on, unless somebody else still wants it paused. */
  resume(by: Reason): void {
    if (this.#pausedBy.delete(by) && this.#pausedBy.size === 0) this.#socket.resume();
  }
}
