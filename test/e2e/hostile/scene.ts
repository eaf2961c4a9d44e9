/** A bridge under attack, and the well-behaved peers beside it that must not notice. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type BridgeProcess, type BridgeSetup, startBridgeProcess } from '../../support/bridge.js';
import { basic, Peer } from './peer.js';

const TOKEN_A = Buffer.from('demo-registration-token-emsp').toString('base64');

export class Scene {
  readonly bridge: BridgeProcess;
  readonly #peers: Peer[] = [];
  #watch: Watch | undefined;

  private constructor(bridge: BridgeProcess) {
    this.bridge = bridge;
  }

  static async open(setup: BridgeSetup): Promise<Scene> {
    return new Scene(await startBridgeProcess(setup));
  }

  /** A connected station CP-N<n>. */
  async station(n: number, subprotocol = 'ocpp1.6'): Promise<Peer> {
    const identity = `CP-N${n}`;
    const url = `ws://127.0.0.1:${this.bridge.ports.ocpp}/ocpp/${identity}`;
    return this.#keep(new Peer(url, subprotocol, basic(identity, `cp-n${n}-secret-000${n}`))).opened();
  }

  /** A connected presystem that confirms what it is told. */
  async presystem(presystemId: 'BMS-1' | 'ITCS-1'): Promise<Peer> {
    const user = presystemId === 'BMS-1' ? 'bms' : 'itcs';
    const subprotocol = presystemId === 'BMS-1' ? 'v1.463.vdv.de' : 'v2.463.vdv.de';
    const url = `ws://127.0.0.1:${this.bridge.ports.vdv463}/vdv463/${presystemId}`;
    const peer = this.#keep(new Peer(url, subprotocol, basic(user, `${user}-secret`)));
    peer.socket.on('message', (data) => {
      const [type, ...rest] = JSON.parse(String(data)) as unknown[];
      const [source, id, , messageId, action] = rest;
      const conf = [2, source, id, new Date().toISOString(), messageId, action, {}];
      if (type === 1 && peer.socket.readyState === peer.socket.OPEN) peer.socket.send(JSON.stringify(conf));
    });
    return peer.opened();
  }

  /** A presystem that has booted and heard of the depot. */
  async booted(presystemId: 'BMS-1' | 'ITCS-1'): Promise<Peer> {
    const peer = await this.presystem(presystemId);
    await peer.vdv(presystemId, 'BootNotification', { presystem: presystemId.split('-', 1)[0] });
    await peer.wait((frame) => frame[0] === 1);
    return peer;
  }

  ocpi(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Token ${TOKEN_A}`, ...init.headers };
    return fetch(`http://127.0.0.1:${this.bridge.ports.ocpi}${path}`, { ...init, headers });
  }

  /** Log lines since `from`, as text to look into. */
  logSince(from: number): string[] {
    return this.bridge.log.slice(from).map((line) => JSON.stringify(line));
  }

  /** Memory of the bridge's own, MB; pages of the store's file, which the system may take back, are none. */
  memoryMb(): number {
    const pid = this.bridge.log.findLast((line) => line['msg'] === 'ready')?.['pid'];
    const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
    return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  }

  async metric(name: string): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.bridge.ports.admin}/metrics`, {
      headers: { authorization: 'Bearer demo-admin' },
    });
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await response.text())?.[1] ?? Number.NaN);
  }

  /** Sets the well-behaved to work: station N4, presystem ITCS-1, the partner, an operator. */
  async watch(): Promise<Watch> {
    const station = await this.station(4, 'ocpp2.0.1');
    const itcs = await this.booted('ITCS-1');
    this.#watch = new Watch({
      station: async () => (await station.ocpp('Heartbeat', {}))?.[0] === 3,
      presystem: async () =>
        (await itcs.vdv('ITCS-1', 'ProvideChargingRequests', { chargingRequestList: [] }))?.type === 2,
      partner: async () => (await this.ocpi('/ocpi/versions')).status === 200,
      operator: async () => (await this.bridge.get<{ status: string }>('/readyz')).status === 'ok',
    });
    return this.#watch;
  }

  async close(): Promise<void> {
    await this.#watch?.end();
    for (const peer of this.#peers) peer.cut();
    await this.bridge.remove();
  }

  #keep(peer: Peer): Peer {
    this.#peers.push(peer);
    return peer;
  }
}

/** Asks every 100 ms on behalf of each of the well-behaved. */
export class Watch {
  /** Who was not served. */
  readonly unserved: string[] = [];
  worstMs = 0;
  served = 0;
  readonly #loops: Promise<void>[];
  #over = false;

  constructor(asks: Readonly<Record<string, () => Promise<boolean>>>) {
    this.#loops = Object.entries(asks).map(([name, ask]) => this.#loop(name, ask));
  }

  async end(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#loops);
  }

  async #loop(name: string, ask: () => Promise<boolean>): Promise<void> {
    while (!this.#over) {
      const began = performance.now();
      const good = await ask().catch(() => false);
      this.worstMs = Math.max(this.worstMs, performance.now() - began);
      if (good) this.served += 1;
      else this.unserved.push(name);
      await delay(100);
    }
  }
}
