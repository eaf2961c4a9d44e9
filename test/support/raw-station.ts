/** An OCPP-J charger reduced to its socket: sends exactly what it is told, keeps what it hears. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import WebSocket from 'ws';

type Payload = Record<string, unknown>;

export class RawStation {
  readonly socket: WebSocket;
  /** Frames heard, parsed, oldest first. */
  readonly heard: unknown[][] = [];
  readonly #waiting = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as unknown[];
      this.heard.push(frame);
      // Whatever the CSMS asks is accepted, so that its queue moves on.
      if (frame[0] === 2) socket.send(JSON.stringify([3, frame[1], { status: 'Accepted' }]));
      for (const look of [...this.#waiting]) look();
    });
  }

  /** Connects with HTTP Basic; rejects with the HTTP status if it is refused. */
  static async connect(
    port: number,
    identity: string,
    password: string,
    subprotocol = 'ocpp1.6',
  ): Promise<RawStation> {
    const authorization = `Basic ${Buffer.from(`${identity}:${password}`).toString('base64')}`;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ocpp/${identity}`, subprotocol, {
      headers: { authorization },
    });
    const station = new RawStation(socket);
    await once(socket, 'open');
    return station;
  }

  /** Sends a CALL and resolves with the payload of its answer; rejects on a CALLERROR. */
  async call(action: string, payload: Payload, timeoutMs = 30_000): Promise<Payload> {
    const id = randomUUID();
    this.socket.send(JSON.stringify([2, id, action, payload]));
    const answer = await this.#wait(
      (frame) => frame[1] === id && frame[0] !== 2,
      timeoutMs,
      `an answer to ${action}`,
    );
    if (answer[0] !== 3) throw new Error(`${action} was answered with ${JSON.stringify(answer)}`);
    return answer[2] as Payload;
  }

  /** The payload of the first CALL that the CSMS sent or will send and that `fits`. */
  async waitForCall(
    action: string,
    timeoutMs: number,
    fits: (payload: Payload) => boolean = () => true,
  ): Promise<Payload> {
    const isIt = (each: unknown[]) => each[0] === 2 && each[2] === action && fits(each[3] as Payload);
    const frame = await this.#wait(isIt, timeoutMs, action);
    return frame[3] as Payload;
  }

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.socket, 'close');
    this.socket.close();
    await closed;
  }

  #wait(fits: (frame: unknown[]) => boolean, timeoutMs: number, what: string): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(
          new Error(
            `${what} did not come in ${timeoutMs} ms; heard ${JSON.stringify(this.heard).slice(0, 500)}`,
          ),
        );
      }, timeoutMs);
      const look = () => {
        const found = this.heard.find(fits);
        if (!found) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }
}
