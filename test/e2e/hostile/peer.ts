/** A peer that says whatever it is told to and never tires: frames as text, nothing checked. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import WebSocket from 'ws';

const ANSWER_MS = 60_000;

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

export interface Ending {
  readonly code: number;
  readonly reason: string;
}

export class Peer {
  readonly socket: WebSocket;
  /** Frames heard, parsed. */
  readonly heard: unknown[][] = [];
  ending: Ending | undefined;
  readonly #looks = new Set<() => void>();

  constructor(url: string, subprotocols: string | string[], authorization: string) {
    this.socket = new WebSocket(url, subprotocols, {
      headers: { authorization },
      perMessageDeflate: false,
    });
    this.socket.on('message', (data) => {
      this.heard.push(JSON.parse(String(data)) as unknown[]);
      this.#look();
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', (code, reason) => {
      this.ending = { code, reason: String(reason) };
      this.#look();
    });
  }

  async opened(): Promise<this> {
    if (this.socket.readyState !== WebSocket.OPEN) await once(this.socket, 'open');
    return this;
  }

  /** The first frame heard that fits; undefined if the connection ended or none came in time. */
  wait(fits: (frame: unknown[]) => boolean, withinMs = ANSWER_MS): Promise<unknown[] | undefined> {
    return new Promise((resolve) => {
      const done = (frame: unknown[] | undefined) => {
        clearTimeout(timer);
        this.#looks.delete(look);
        resolve(frame);
      };
      const look = () => {
        const found = this.heard.find(fits);
        if (found || this.ending) done(found);
      };
      const timer = setTimeout(() => done(undefined), withinMs);
      this.#looks.add(look);
      look();
    });
  }

  /** How the connection ended; undefined if it did not. */
  async ended(withinMs = ANSWER_MS): Promise<Ending | undefined> {
    await this.wait(() => false, withinMs);
    return this.ending;
  }

  /** OCPP: one call, its whole answer. */
  ocpp(action: string, payload: unknown, withinMs = ANSWER_MS): Promise<unknown[] | undefined> {
    const id = randomUUID();
    this.#send(JSON.stringify([2, id, action, payload]));
    return this.wait((frame) => frame[1] === id && frame[0] !== 2, withinMs);
  }

  /** VDV 463: one request as `source`, its type and payload in return. */
  async vdv(presystemId: string, action: string, payload: unknown, withinMs = ANSWER_MS) {
    const id = randomUUID();
    const source = presystemId.split('-', 1)[0];
    this.#send(JSON.stringify([1, source, presystemId, new Date().toISOString(), id, action, payload]));
    const answer = await this.wait((frame) => frame[4] === id && frame[0] !== 1, withinMs);
    return answer && { type: answer[0], payload: answer[6] as Record<string, unknown> };
  }

  cut(): void {
    this.socket.terminate();
  }

  #send(text: string): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
  }

  #look(): void {
    for (const look of [...this.#looks]) look();
  }
}

/** Sends bytes to a port, from a loopback address, and gives the status line's number; 0 if there was none. */
export function rawRequest(
  port: number,
  head: string,
  withinMs = 30_000,
  localAddress = '127.0.0.1',
): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress }, () => socket.write(head));
    let text = '';
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0));
    };
    const timer = setTimeout(done, withinMs);
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (text.includes('\r\n\r\n')) done();
    });
    socket.on('error', done);
    socket.on('close', done);
  });
}

/** The head of a WebSocket upgrade; a header given as '' is left out. */
export function upgradeHead(path: string, headers: Readonly<Record<string, string>> = {}): string {
  const all: Record<string, string> = {
    Host: '127.0.0.1',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value ? [`${name}: ${value}\r\n`] : []));
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
