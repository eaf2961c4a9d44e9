/** A charger that answers each request as a test says; what it was asked stays to be looked at. */
import { once } from 'node:events';
import WebSocket from 'ws';

type Answer = object | 'silence' | { readonly error: string; readonly text?: string };

export class AnsweringCharger {
  readonly asked: { readonly action: string; readonly payload: unknown }[] = [];
  answers: Record<string, Answer> = {};
  readonly #socket: WebSocket;
  #next = 1;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#hear(JSON.parse(String(data)) as unknown[]));
  }

  static async connect(port: number, identity: string, password: string, protocol = 'ocpp1.6') {
    const authorization = `Basic ${Buffer.from(`${identity}:${password}`).toString('base64')}`;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ocpp/${identity}`, protocol, {
      headers: { authorization },
    });
    const charger = new AnsweringCharger(socket);
    await once(socket, 'open');
    return charger;
  }

  /** Sends a call and gives the frame that answers it. */
  async call(action: string, payload: object): Promise<unknown[]> {
    const id = `c${this.#next++}`;
    const answered = new Promise<unknown[]>((resolve) => {
      const look = (data: WebSocket.RawData) => {
        const frame = JSON.parse(String(data)) as unknown[];
        if (frame[0] === 2 || frame[1] !== id) return;
        this.#socket.off('message', look);
        resolve(frame);
      };
      this.#socket.on('message', look);
    });
    this.#socket.send(JSON.stringify([2, id, action, payload]));
    return answered;
  }

  count(action: string): number {
    return this.asked.filter((each) => each.action === action).length;
  }

  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #hear([kind, id, action, payload]: unknown[]): void {
    if (kind !== 2) return;
    this.asked.push({ action: String(action), payload });
    const answer = this.answers[String(action)] ?? { error: 'NotImplemented' };
    if (answer === 'silence') return;
    const frame =
      'error' in answer ? [4, id, answer.error, 'text' in answer ? answer.text : 'no', {}] : [3, id, answer];
    this.#socket.send(JSON.stringify(frame));
  }
}
