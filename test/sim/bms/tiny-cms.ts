import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

type Frame = [number, string, string, string, string, string, unknown];

export interface TinyCmsOptions {
  readonly boot?: 'Accepted' | 'Rejected';
  /** The first information follows the boot conf at once. */
  readonly informAtOnce?: boolean;
  /** What to answer a list with; nothing = no answer. */
  readonly answer?: (frame: Frame, nth: number) => string | undefined;
  readonly credentials?: string;
}

export const depot = (status = 'Available') => ({
  depotInfoList: [
    {
      depotId: 'depot-nord',
      chargingStationInfoList: [
        {
          chargingStationId: 'N1',
          chargingStationStatus: 'Available',
          chargingPointInfoList: [{ chargingPointId: 'N1-1', chargingPointStatus: status }],
        },
      ],
    },
  ],
});

/** A CMS of a screenful: enough of the other side to see what a presystem does. */
export class TinyCms {
  readonly received: string[] = [];
  readonly upgrades: IncomingMessage[] = [];
  pings = 0;
  readonly #http: Server = createServer();
  readonly #server: WebSocketServer;
  readonly #options: TinyCmsOptions;
  #lists = 0;
  socket: WebSocket | undefined;

  constructor(options: TinyCmsOptions = {}) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      handleProtocols: (offered) => (offered.has('v1.463.vdv.de') ? 'v1.463.vdv.de' : false),
    });
    this.#http.on('upgrade', (request, socket, head) => {
      this.upgrades.push(request);
      const { credentials } = options;
      if (credentials && request.headers.authorization !== `Basic ${btoa(credentials)}`) {
        socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      this.#server.handleUpgrade(request, socket, head, (ws) => this.#attach(ws));
    });
  }

  async listen(): Promise<string> {
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}/vdv463/any`;
  }

  async close(): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    this.#http.close();
    await once(this.#http, 'close');
  }

  /** The requests of this action heard so far. */
  requests(action: string): Frame[] {
    return this.received.flatMap((raw) => {
      const frame = parse(raw);
      return frame?.[0] === 1 && frame[5] === action ? [frame] : [];
    });
  }

  answers(): Frame[] {
    return this.received.flatMap((raw) => {
      const frame = parse(raw);
      return frame && frame[0] !== 1 ? [frame] : [];
    });
  }

  send(type: number, action: string, payload: unknown, messageId: string = randomUUID()): string {
    this.socket?.send(this.frame(type, action, payload, messageId));
    return messageId;
  }

  frame(type: number, action: string, payload: unknown, messageId: string): string {
    return JSON.stringify([type, 'CMS', 'BMS-1', new Date().toISOString(), messageId, action, payload]);
  }

  #attach(ws: WebSocket): void {
    this.socket = ws;
    ws.on('ping', () => {
      this.pings++;
    });
    ws.on('message', (data) => {
      const raw = String(data);
      this.received.push(raw);
      const frame = parse(raw);
      if (frame?.[0] === 1) this.#request(frame);
    });
  }

  #request(frame: Frame): void {
    const [, , , , messageId, action] = frame;
    const { boot = 'Accepted', informAtOnce = true, answer } = this.#options;
    if (action === 'BootNotification') {
      this.send(2, action, { status: boot }, messageId);
      if (boot === 'Accepted' && informAtOnce) this.send(1, 'ProvideChargingInformation', depot());
      return;
    }
    const text = answer ? answer(frame, ++this.#lists) : this.frame(2, action, {}, messageId);
    if (text !== undefined) this.socket?.send(text);
  }
}

function parse(raw: string): Frame | undefined {
  try {
    const frame: unknown = JSON.parse(raw);
    return Array.isArray(frame) ? (frame as Frame) : undefined;
  } catch {
    return undefined;
  }
}
