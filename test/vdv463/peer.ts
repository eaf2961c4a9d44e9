/** A presystem by hand: raw frames, everything received kept, everything of the CMS checked. */
import { randomUUID } from 'node:crypto';
import { type EventEmitter, once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';
import type { UpstreamConfig } from '../../src/config/index.js';
import { validatorOf } from '../../src/schemas/index.js';
import type { Cms } from './cms.js';

export type Frame = [
  type: number,
  string,
  string,
  string,
  messageId: string,
  action: string,
  payload: unknown,
];

/** What a peer needs of a WebSocket client; it emits `open`, `message`, `ping`, `pong`, `error`, `close` as `ws` does. */
export interface PeerSocket extends EventEmitter {
  /** The subprotocol that the CMS chose. */
  readonly protocol: string;
  send(text: string): void;
  ping(): void;
  close(code: number): void;
  /** Ends without a closing handshake. */
  terminate(): void;
}

export interface Dialling {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly protocols: readonly string[];
}

export type Connect<Socket extends PeerSocket> = (dialling: Dialling) => Socket;

export interface PeerOptions {
  readonly protocols?: readonly string[];
  readonly user?: string;
  readonly password?: string;
  /** What snapshots are answered with; `nothing` withholds it. */
  readonly answer?: 'conf' | 'nothing' | ((frame: Frame) => Frame | undefined);
  readonly ws?: ClientOptions;
}

export interface Sending {
  readonly messageId?: string;
  readonly source?: string;
  readonly presystemId?: string;
  readonly timestamp?: string;
}

const WAIT_MS = 30_000;
const PCI = 'ProvideChargingInformation';
const PCR = 'ProvideChargingRequests';

export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** Dials with the library `ws`. */
export const overWs =
  (options?: ClientOptions): Connect<WebSocket> =>
  ({ url, user, password, protocols }) =>
    new WebSocket(url, [...protocols], { headers: { authorization: basic(user, password) }, ...options });

export class Peer<Socket extends PeerSocket = WebSocket> {
  readonly socket: Socket;
  readonly upstream: UpstreamConfig;
  readonly received: Frame[] = [];
  readonly raw: string[] = [];
  /** What the CMS sent that does not fit the dialect. */
  readonly violations: string[] = [];
  answer: PeerOptions['answer'];
  pings = 0;
  closed: { code: number; reason: string } | undefined;
  readonly #watchers = new Set<() => void>();

  private constructor(socket: Socket, upstream: UpstreamConfig, options: PeerOptions) {
    this.socket = socket;
    this.upstream = upstream;
    this.answer = options.answer ?? 'conf';
    socket.on('message', (data) => this.#receive(String(data)));
    socket.on('ping', () => {
      this.pings += 1;
      this.#changed();
    });
    socket.on('error', () => {});
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
      this.#changed();
    });
  }

  /** Dials; rejects with the HTTP status in the message if refused. */
  static dial(cms: Cms, presystemId?: string, options: PeerOptions = {}): Promise<Peer> {
    return Peer.over(overWs(options.ws), cms, presystemId, options);
  }

  /** Dials with a client of choice; rejects with what it says if refused. */
  static async over<Socket extends PeerSocket>(
    connect: Connect<Socket>,
    cms: Cms,
    presystemId = 'BMS-1',
    options: PeerOptions = {},
  ): Promise<Peer<Socket>> {
    const upstream = cms.runtime.config.upstreams.find((one) => one.presystemId === presystemId);
    if (!upstream) throw new Error(`${presystemId} is not configured`);
    const { user = upstream.user, password = upstream.password } = options;
    const protocols = options.protocols ?? [upstream.dialect === '2.0.0' ? 'v2.463.vdv.de' : 'v1.463.vdv.de'];
    const socket = connect({ url: cms.url(presystemId), user, password, protocols });
    const peer = new Peer(socket, upstream, options);
    await once(socket, 'open');
    return peer;
  }

  /** Dials, boots, and has the first snapshot. */
  static async booted(cms: Cms, presystemId = 'BMS-1', options: PeerOptions = {}): Promise<Peer> {
    const peer = await Peer.dial(cms, presystemId, options);
    await peer.boot();
    await peer.informed();
    return peer;
  }

  boot(kind: string = this.upstream.kind): Promise<Frame> {
    return this.ask('BootNotification', { presystem: kind });
  }

  /** Waits for the n-th snapshot. */
  informed(n = 1): Promise<Frame> {
    return this.wait(() => this.snapshots[n - 1], `snapshot ${n}`);
  }

  get snapshots(): Frame[] {
    return this.received.filter(([type, , , , , action]) => type === 1 && action === PCI);
  }

  /** Sends a request and waits for its answer. */
  async ask(action: string, payload: unknown, sending: Sending = {}): Promise<Frame> {
    const before = this.received.length;
    const messageId = this.send(1, action, payload, sending);
    return this.wait(
      () => this.received.slice(before).find((frame) => frame[0] !== 1 && frame[4] === messageId),
      `an answer to ${action}`,
    );
  }

  list(chargingRequestList: readonly unknown[], sending: Sending = {}): Promise<Frame> {
    return this.ask(PCR, { chargingRequestList }, sending);
  }

  send(type: number, action: string, payload: unknown, sending: Sending = {}): string {
    const { messageId = randomUUID(), presystemId = this.upstream.presystemId } = sending;
    const { source = this.upstream.kind, timestamp = new Date().toISOString() } = sending;
    this.socket.send(JSON.stringify([type, source, presystemId, timestamp, messageId, action, payload]));
    return messageId;
  }

  /** The newest snapshot, as soon as it satisfies. */
  async see<T>(find: (payload: never) => T | undefined): Promise<T> {
    return this.wait(() => {
      const newest = this.snapshots.at(-1)?.[6];
      return newest === undefined ? undefined : (find(newest as never) ?? undefined);
    }, 'a snapshot that satisfies');
  }

  async wait<T>(find: () => T | undefined | false, what: string, withinMs = WAIT_MS): Promise<T> {
    const found = find();
    if (found !== undefined && found !== false) return found;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#watchers.delete(look);
        const seen = this.raw.map((text) => text.slice(0, 300)).join('\n');
        reject(new Error(`${what} did not come; closed ${JSON.stringify(this.closed)}; received:\n${seen}`));
      }, withinMs);
      const look = () => {
        const now = find();
        if (now === undefined || now === false) return;
        clearTimeout(late);
        this.#watchers.delete(look);
        resolve(now);
      };
      this.#watchers.add(look);
    });
  }

  ended(): Promise<{ code: number; reason: string }> {
    return this.wait(() => this.closed, 'the end of the connection');
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.socket.terminate();
    await this.ended();
  }

  #receive(text: string): void {
    this.raw.push(text);
    const frame = JSON.parse(text) as Frame;
    this.received.push(frame);
    this.#check(frame);
    if (frame[0] === 1 && frame[5] === PCI) this.#answerTo(frame);
    this.#changed();
  }

  #check(frame: Frame): void {
    const [type, , , , , action, payload] = frame;
    const space = `vdv463-${this.upstream.dialect}`;
    const known = ['BootNotification', PCR, PCI].includes(action);
    if (known) this.#note(validatorOf(`${space}.MessageStructure`)(frame));
    if (type === 3) {
      if (this.upstream.dialect === '2.0.0') this.#note(validatorOf(`${space}.ErrorResponse`)(payload));
    } else this.#note(validatorOf(`${space}.${action}${type === 1 ? 'Request' : 'Response'}`)(payload));
  }

  #note(issues: readonly { path: string; message: string }[]): void {
    for (const { path, message } of issues) this.violations.push(`${path}: ${message}`);
  }

  #answerTo(frame: Frame): void {
    if (this.answer === 'nothing') return;
    const answer = typeof this.answer === 'function' ? this.answer(frame) : confOf(frame);
    if (answer) this.socket.send(JSON.stringify(answer));
  }

  #changed(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}

/** The conf that a kind presystem gives. */
export function confOf([, source, presystemId, , messageId, action]: Frame): Frame {
  return [2, source, presystemId, new Date().toISOString(), messageId, action, {}];
}

/** A charging request in every dialect. */
export const order = (chargingRequestId: string, vehicleId: string, more: object = {}): object => ({
  vehicleId,
  chargingRequestId,
  chargingRequestData: { minTargetSoc: 80, maxTargetSoc: 95 },
  ...more,
});

interface Point {
  readonly chargingPointId: string;
  readonly chargingPointStatus: string;
  readonly presentPower?: number;
  readonly chargingProcessInfo?: Record<string, unknown> & {
    readonly chargingProcessId: string;
    readonly processStatus: string;
    readonly chargingRequestId?: string;
    readonly presystemId?: string;
    readonly electricData: { readonly chargingPower?: number };
  };
  readonly vehicleInfo?: {
    readonly vehicleId: string;
    readonly tractionBatteryInfo?: { stateOfCharge?: number };
  };
  readonly scheduledChargingProcessList?: readonly { chargingRequestId: string; presystemId?: string }[];
}

/** A charging point of a snapshot's payload. */
export function pointIn(payload: unknown, pointId: string): Point | undefined {
  const { depotInfoList } = payload as {
    depotInfoList: { chargingStationInfoList: { chargingPointInfoList: Point[] }[] }[];
  };
  return depotInfoList
    .flatMap((depot) => depot.chargingStationInfoList)
    .flatMap((station) => station.chargingPointInfoList)
    .find((point) => point.chargingPointId === pointId);
}
