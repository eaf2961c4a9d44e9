/** Hand-made WebSocket clients: what a station must never do, done. */
import { once } from 'node:events';
import { request } from 'node:http';
import WebSocket from 'ws';
import { until } from './harness.js';

export interface DialOptions {
  readonly identity?: string;
  readonly path?: string;
  /** `user:password`; the identity is the user if only a password is given. */
  readonly password?: string | undefined;
  readonly user?: string;
  readonly protocols?: string[];
  readonly localAddress?: string;
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** A socket that says what it is told. */
export class Dialled {
  readonly socket: WebSocket;
  readonly heard: string[] = [];
  closed: { code: number; reason: string } | undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => this.heard.push(String(data)));
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    socket.on('error', () => undefined);
  }

  /** Sends a frame and waits for the next one that is no call. */
  async ask(frame: unknown): Promise<unknown[]> {
    const before = this.answers().length;
    this.socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
    const answer = await until(() => this.answers()[before], 'an answer');
    return answer;
  }

  answers(): unknown[][] {
    return this.heard.map((text) => JSON.parse(text) as unknown[]).filter((frame) => frame[0] !== 2);
  }

  async end(): Promise<void> {
    this.socket.terminate();
    await until(() => this.closed, 'the close');
  }
}

export async function dial(port: number, options: DialOptions = {}): Promise<Dialled> {
  const { identity = 'CP-N1', password = 'cp-n1-secret-0001', user = identity } = options;
  const socket = new WebSocket(
    `ws://127.0.0.1:${port}${options.path ?? `/ocpp/${identity}`}`,
    options.protocols ?? ['ocpp1.6'],
    {
      headers: password === '' ? {} : { authorization: basic(user, password) },
      ...(options.localAddress ? { localAddress: options.localAddress } : {}),
    },
  );
  const dialled = new Dialled(socket);
  await once(socket, 'open');
  return dialled;
}

/** The HTTP status with which an upgrade is refused; 101 if it is not. */
export async function knock(
  port: number,
  options: DialOptions & { header?: Record<string, string> } = {},
): Promise<number> {
  const { identity = 'CP-N1', password = 'cp-n1-secret-0001', user = identity } = options;
  const protocols = options.protocols ?? ['ocpp1.6'];
  return new Promise((resolve, reject) => {
    const asked = request({
      host: '127.0.0.1',
      port,
      path: options.path ?? `/ocpp/${identity}`,
      ...(options.localAddress ? { localAddress: options.localAddress } : {}),
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...(protocols.length ? { 'sec-websocket-protocol': protocols.join(', ') } : {}),
        ...(password === '' ? {} : { authorization: basic(user, password) }),
        ...options.header,
      },
    });
    asked.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', reject);
    asked.end();
  });
}
