/** Whether the other side still lives: any frame of it counts, pings included (rule 16). */
import type { WebSocket } from 'ws';

/** Intervals without any sign of life after which a link is dead (rule 37). */
const MISSES = 2;

export interface HeartbeatEvents {
  dead(): void;
  /** The presystem has never pinged since the connection began, two intervals ago. */
  neverPings(): void;
}

/** Pings a socket and listens for life. */
export class Heartbeat {
  readonly #socket: WebSocket;
  readonly #events: HeartbeatEvents;
  readonly #timer: NodeJS.Timeout;
  #silent = 0;
  #intervals = 0;
  #pinged = false;

  constructor(socket: WebSocket, intervalMs: number, events: HeartbeatEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on('ping', () => {
      this.#pinged = true;
      this.alive();
    });
    socket.on('pong', () => this.alive());
    this.#timer = setInterval(() => this.#beat(), intervalMs);
  }

  alive(): void {
    this.#silent = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    if (this.#silent >= MISSES) {
      this.#events.dead();
      return;
    }
    this.#silent += 1;
    this.#intervals += 1;
    if (this.#intervals === MISSES && !this.#pinged) this.#events.neverPings();
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }
}
