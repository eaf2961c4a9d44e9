import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { type ChargerOptions, ChargerSimulator, type Vehicle } from '../../../src/sim/charger/index.js';
import { type CsmsOptions, CsmsSimulator } from '../../../src/sim/csms/index.js';

/** A CSMS that listens, and ends with the test. */
export async function csms(options: CsmsOptions = {}): Promise<CsmsSimulator> {
  const simulator = new CsmsSimulator({ callTimeoutMs: 5_000, ...options });
  onTestFinished(() => simulator.stop());
  await simulator.start();
  return simulator;
}

/** A DC station with one 150 kW point, which ends with the test. */
export function charger(url: string, more: Partial<ChargerOptions> = {}): ChargerSimulator {
  const { protocol = 'ocpp1.6' } = more;
  const point = protocol === 'ocpp1.6' ? { connectorId: 1 } : { evseId: 1 };
  const station = new ChargerSimulator({
    url,
    protocol,
    identity: 'CP-1',
    points: [{ ...point, powerType: 'DC', maxPowerW: 150_000 }],
    reconnect: { initialMs: 10, maxMs: 50 },
    callTimeoutMs: 5_000,
    ...more,
  });
  onTestFinished(() => station.stop());
  return station;
}

export const bus: Vehicle = { idTag: 'BUS4711', batteryWh: 350_000, socPct: 40, maxPowerW: 150_000 };

/** A station reduced to its socket. */
export class Raw {
  readonly socket: WebSocket;
  readonly heard: string[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(url: string, protocols: string | string[] = 'ocpp1.6', options: ClientOptions = {}) {
    this.socket = new WebSocket(url, protocols, { perMessageDeflate: false, ...options });
    this.socket.on('message', (data) => {
      this.heard.push(String(data));
      for (const look of [...this.#waiting]) look();
    });
    this.socket.on('error', () => {});
    onTestFinished(() => this.socket.terminate());
  }

  async open(): Promise<this> {
    await once(this.socket, 'open', { signal: AbortSignal.timeout(5_000) });
    return this;
  }

  /** HTTP status of the refusal; 101 if it was none, 0 if there was no answer. */
  async status(): Promise<number> {
    const refused = new Promise<number>((resolve) => {
      this.socket.once('unexpected-response', (_request, { statusCode = 0 }) => resolve(statusCode));
      this.socket.once('open', () => resolve(101));
      this.socket.once('close', () => resolve(0));
    });
    return refused;
  }

  say(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** The first frame that came or will come and fits. */
  async hear(fits: (frame: unknown[]) => boolean): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      const look = () => {
        const found = this.heard.map((text) => JSON.parse(text) as unknown[]).find(fits);
        if (!found) return;
        done();
        resolve(found);
      };
      const timer = setTimeout(() => {
        done();
        reject(new Error(`not heard within 5 s; heard ${this.heard.join(' ')}`));
      }, 5_000);
      this.#waiting.add(look);
      look();
    });
  }

  /** Calls, and gives the frame that answers. */
  async ask(id: string, action: string, payload: object | null = {}): Promise<unknown[]> {
    this.say([2, id, action, payload]);
    return this.hear(([type, messageId]) => type !== 2 && messageId === id);
  }

  async closed(): Promise<{ code: number; reason: string }> {
    if (this.socket.readyState === WebSocket.CLOSED) throw new Error('closed already');
    const [code, reason] = await once(this.socket, 'close', { signal: AbortSignal.timeout(5_000) });
    return { code: code as number, reason: String(reason) };
  }
}
