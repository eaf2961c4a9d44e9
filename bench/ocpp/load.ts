/** Stations reduced to their sockets: as little work as possible on this side, so that the server is what is measured. */
import { once } from 'node:events';
import WebSocket from 'ws';
import { identityOf, PASSWORD } from './depot.js';

const CONNECT_AT_ONCE = 50;

/** One kB of readings, as a DC station sends them. */
function readings(transactionId: number, index: number, turn: number): string {
  const at = new Date().toISOString();
  const value = (measurand: string, amount: number | string, unit: string, more = '') =>
    `{"value":"${amount}","context":"Sample.Periodic","format":"Raw","measurand":"${measurand}","unit":"${unit}"${more}}`;
  const sampled = [
    value('Energy.Active.Import.Register', 1_000_000 + index * 1000 + turn, 'Wh', ',"location":"Outlet"'),
    value('Power.Active.Import', 42_000 + (turn % 1000), 'W', ',"location":"Outlet"'),
    value('Current.Import', 64.5, 'A', ',"location":"Outlet"'),
    value('Voltage', 651.2, 'V', ',"location":"Outlet"'),
    value('SoC', Math.min(99, 40 + (turn >> 7)), 'Percent', ',"location":"EV"'),
    value('Temperature', 31.4, 'Celsius', ',"location":"Body"'),
    value('Power.Offered', 150_000, 'W', ',"location":"Outlet"'),
  ];
  return `{"connectorId":1,"transactionId":${transactionId},"meterValue":[{"timestamp":"${at}","sampledValue":[${sampled.join()}]}]}`;
}

/** One station: asks one thing at a time. */
class Station {
  readonly #index: number;
  readonly #socket: WebSocket;
  #answered: ((payload: string) => void) | undefined;
  #turn = 0;
  transactionId = 0;

  private constructor(index: number, socket: WebSocket) {
    this.#index = index;
    this.#socket = socket;
    socket.on('message', (data) => {
      const frame = String(data);
      if (frame.startsWith('[2')) this.#obey(frame);
      else this.#answered?.(frame);
    });
  }

  static async connect(port: number, index: number): Promise<Station> {
    const identity = identityOf(index);
    const authorization = `Basic ${Buffer.from(`${identity}:${PASSWORD}`).toString('base64')}`;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ocpp/${identity}`, 'ocpp1.6', {
      headers: { authorization },
      perMessageDeflate: false,
    });
    await once(socket, 'open');
    return new Station(index, socket);
  }

  ask(action: string, payload: string): Promise<string> {
    const answer = new Promise<string>((resolve, reject) => {
      this.#answered = resolve;
      this.#socket.once('close', () => reject(new Error('the server closed a connection')));
    });
    this.#socket.send(`[2,"${this.#index}-${this.#turn++}","${action}",${payload}]`);
    return answer.finally(() => this.#socket.removeAllListeners('close'));
  }

  async begin(): Promise<void> {
    await this.ask('BootNotification', '{"chargePointVendor":"Bench","chargePointModel":"One"}');
    await this.ask('StatusNotification', '{"connectorId":1,"errorCode":"NoError","status":"Charging"}');
    const at = new Date().toISOString();
    const answer = await this.ask(
      'StartTransaction',
      `{"connectorId":1,"idTag":"BENCH","meterStart":1000000,"timestamp":"${at}"}`,
    );
    this.transactionId = (JSON.parse(answer) as [number, string, { transactionId: number }])[2].transactionId;
  }

  /** Sends readings as fast as they are answered. @returns how many */
  async report(until: number): Promise<number> {
    let count = 0;
    while (performance.now() < until) {
      const answer = await this.ask('MeterValues', readings(this.transactionId, this.#index, this.#turn));
      if (!answer.startsWith('[3')) throw new Error(`not accepted: ${answer}`);
      count += 1;
    }
    return count;
  }

  end(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.terminate();
  }

  #obey(frame: string): void {
    const [, id, action] = JSON.parse(frame) as [number, string, string];
    const answer = action === 'GetConfiguration' ? '{"configurationKey":[]}' : '{"status":"Accepted"}';
    this.#socket.send(`[3,"${id}",${answer}]`);
  }
}

/** Many stations towards one server. */
export class Load {
  readonly #stations: Station[] = [];

  /** `begin`: with a running transaction each. */
  async connect(port: number, count: number, begin: boolean): Promise<void> {
    for (let first = 0; first < count; first += CONNECT_AT_ONCE) {
      const batch = Array.from({ length: Math.min(CONNECT_AT_ONCE, count - first) }, async (_, offset) => {
        const station = await Station.connect(port, first + offset);
        if (begin) await station.begin();
        this.#stations.push(station);
      });
      await Promise.all(batch);
    }
  }

  /** Everybody reports for so long. @returns messages answered per second, and how many */
  async run(ms: number): Promise<{ readonly perSecond: number; readonly count: number }> {
    const began = performance.now();
    const counts = await Promise.all(this.#stations.map((station) => station.report(began + ms)));
    const count = counts.reduce((sum, each) => sum + each, 0);
    return { count, perSecond: (count * 1000) / (performance.now() - began) };
  }

  end(): void {
    for (const station of this.#stations.splice(0)) station.end();
  }
}
