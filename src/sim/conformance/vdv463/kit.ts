import { WebSocket } from 'ws';
import {
  basicAuthorization,
  type ChargingInformation,
  type ChargingProcessInfo,
  type ChargingRequest,
  CONF,
  type Envelope,
  errorText,
  offeredSubprotocols,
  type PlacedPoint,
  pointsOf,
  type ScheduledChargingProcess,
} from '../../bms/index.js';
import type { Bench, ConformanceOptions, Identity } from './options.js';
import { Deviation, Missing, must, NotPlayable, needed } from './verdicts.js';
import { Wire } from './wire.js';

/** What goes wrong with frames in any scenario, each once. */
export type Blemishes = Record<'envelope' | 'payload' | 'answer', Set<string>>;

/** How to dial, where a scenario wants it otherwise than usual. */
export interface DialChange {
  readonly subprotocols?: readonly string[];
  /** The whole Authorization header; null leaves it out. */
  readonly authorization?: string | null;
  readonly identity?: Identity & { readonly url?: string };
}

/** Where a request shows in a snapshot. */
export interface Sighting {
  readonly point: PlacedPoint;
  readonly scheduled?: ScheduledChargingProcess;
  readonly process?: ChargingProcessInfo;
}

export const REQUESTS = 'ProvideChargingRequests';
export const BOOT = 'BootNotification';
export const INFORMATION = 'ProvideChargingInformation';

/** What scenarios play with: connections in any state, requests that fit the dialect, waits that fit the CMS. */
export class Kit {
  readonly options: ConformanceOptions;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly answerMs: number;
  readonly #blemishes: Blemishes;
  readonly #maxWaitMs: number;
  readonly #wires: Wire[] = [];
  #latest: ChargingInformation | undefined;

  constructor(options: ConformanceOptions, blemishes: Blemishes) {
    this.options = options;
    this.#blemishes = blemishes;
    this.intervalMs = options.intervalMs ?? 15_000;
    this.timeoutMs = options.timeoutMs ?? 10_000;
    this.retries = options.retries ?? 3;
    this.answerMs = options.answerMs ?? 5_000;
    this.#maxWaitMs = options.maxWaitMs ?? 120_000;
  }

  /** How long a change may take to show: the next information is at most one interval away. */
  get showsWithinMs(): number {
    return this.wait(this.intervalMs + this.answerMs);
  }

  /** How long a charging process may take to show: before 2.0 as long as its first measured power. */
  get chargesWithinMs(): number {
    const { dialect, meterIntervalMs = 60_000 } = this.options;
    return this.wait(this.showsWithinMs + (dialect === '2.0.0' ? 0 : meterIntervalMs));
  }

  /** How long the first retry of an unanswered information may take. */
  get retriesWithinMs(): number {
    return this.wait(this.timeoutMs + this.answerMs);
  }

  /** @throws NotPlayable if that is longer than the user wants to wait */
  wait(ms: number): number {
    if (ms > this.#maxWaitMs) throw new NotPlayable(`would wait ${ms} ms, allowed are ${this.#maxWaitMs}`);
    return ms;
  }

  get bench(): Bench {
    return needed(this.options.bench, 'needs a bench that can plug vehicles in');
  }

  get second(): Identity & { readonly url?: string } {
    return needed(this.options.second, 'needs a second upstream system');
  }

  get transcript(): readonly string[] {
    return this.#wires.flatMap((wire, index) =>
      wire.transcript.map((line) => (this.#wires.length > 1 ? `#${index + 1} ${line}` : line)),
    );
  }

  async end(): Promise<void> {
    await Promise.all(this.#wires.map((wire) => wire.close()));
  }

  /** Dials. @throws Deviation with the HTTP status if the upgrade is refused */
  async open(change: DialChange = {}): Promise<Wire> {
    const identity = change.identity ?? this.options;
    const { presystemId, user, password, dialect, kind } = identity;
    const offered = change.subprotocols ?? offeredSubprotocols(dialect);
    const authorization =
      change.authorization === undefined ? basicAuthorization(user, password) : change.authorization;
    const socket = await this.#dial(identity.url ?? this.options.url, offered, authorization);
    const wire = new Wire(socket, {
      presystemId,
      source: kind,
      dialect,
      answerMs: this.answerMs,
      blemish: (where, message) => this.#blemishes[where].add(message),
    });
    this.#wires.push(wire);
    return wire;
  }

  /** Dials with an offer the WebSocket library does not look at, so that any answer to it can be seen. */
  async #dial(url: string, offered: readonly string[], authorization: string | null): Promise<WebSocket> {
    const known = offered.every((name) => KNOWN.has(name));
    const socket = new WebSocket(url, known ? [...offered] : [], {
      ...this.options.tls,
      handshakeTimeout: this.answerMs,
      perMessageDeflate: false,
      headers: {
        ...(authorization === null ? {} : { authorization }),
        ...(known ? {} : { 'sec-websocket-protocol': offered.join(', ') }),
      },
    });
    return new Promise((resolve, reject) => {
      socket.once('open', () => {
        socket.pause();
        resolve(socket);
      });
      socket.once('unexpected-response', (request, { statusCode }) => {
        request.destroy();
        reject(new Refused(statusCode ?? 0));
      });
      socket.once('error', (error) => reject(new Deviation(`no connection: ${error.message}`)));
    });
  }

  /** A connection whose BootNotification was accepted. */
  async booted(identity: DialChange['identity'] = undefined): Promise<Wire> {
    const wire = await this.open(identity ? { identity } : {});
    const { kind } = identity ?? this.options;
    const { envelope } = await wire.ask(BOOT, { presystem: kind });
    must(accepted(envelope), `BootNotification was not accepted: ${JSON.stringify(envelope.payload)}`);
    return wire;
  }

  /** A booted connection that has its first information. */
  async informed(identity: DialChange['identity'] = undefined): Promise<Wire> {
    const wire = await this.booted(identity);
    const { information } = await wire.information(this.showsWithinMs, undefined, 'the first information', 0);
    this.#latest = information;
    return wire;
  }

  /** An informed connection without any request of ours in force. */
  async ready(identity: DialChange['identity'] = undefined): Promise<Wire> {
    const wire = await this.informed(identity);
    await this.clear(wire, identity);
    return wire;
  }

  /** Leaves all requests out. 1.0.0 knows no empty list: there one that ends at once takes their place. */
  async clear(wire: Wire, identity: Identity = this.options): Promise<void> {
    const idle = this.order('idle', { chargingInstruction: 'Terminate' });
    await wire.ask(REQUESTS, { chargingRequestList: identity.dialect === '1.0.0' ? [idle] : [] });
  }

  /** A charging request of this dialect; in 1.0.0 the id is a URI as its schema wants. */
  order(name: string, extra: Partial<ChargingRequest> = {}): ChargingRequest {
    return {
      vehicleId: `vehicle-${name}`,
      chargingRequestId: this.id(name),
      chargingRequestData: { minTargetSoc: 80, maxTargetSoc: 95 },
      ...extra,
    };
  }

  id(name: string): string {
    return this.options.dialect === '1.0.0' ? `urn:conformance:${name}` : name;
  }

  /** The id of a charging point the CMS announced. @throws NotPlayable if it announced fewer */
  point(index = 0): string {
    const points = this.#latest ? pointsOf(this.#latest) : [];
    return needed(points[index]?.chargingPointId, `needs ${index + 1} charging points`);
  }

  /** Sends a list that must be confirmed. */
  async list(wire: Wire, requests: readonly ChargingRequest[]): Promise<Envelope> {
    const { envelope } = await wire.ask(REQUESTS, { chargingRequestList: requests });
    must(envelope.type === CONF, `the list was answered err: ${errorText(envelope.payload)}`);
    return envelope;
  }

  /** Sends a list and waits for a snapshot after it that satisfies. */
  async listUntil(
    wire: Wire,
    requests: readonly ChargingRequest[],
    wanted: (information: ChargingInformation) => boolean,
    what: string,
  ): Promise<ChargingInformation> {
    const from = wire.mark;
    await this.list(wire, requests);
    return (await wire.information(this.showsWithinMs, wanted, what, from)).information;
  }

  /**
   * The same for a request that is to appear. 1.0.0 cannot show a pending request without predicting, and a CMS
   * that has nothing to predict with may leave it out.
   */
  async listShown(...play: Parameters<Kit['listUntil']>): Promise<ChargingInformation> {
    try {
      return await this.listUntil(...play);
    } catch (error) {
      if (this.options.dialect !== '1.0.0' || !(error instanceof Missing)) throw error;
      throw new NotPlayable('this CMS shows no pending request in 1.0.0, which cannot without predicting');
    }
  }

  /** Where a request shows, if it does. */
  sighting(
    information: ChargingInformation,
    name: string,
    presystemId = this.options.presystemId,
  ): Sighting | undefined {
    const chargingRequestId = this.id(name);
    const mine = (candidate: { readonly chargingRequestId?: string; readonly presystemId?: string }) =>
      candidate.chargingRequestId === chargingRequestId &&
      (candidate.presystemId === undefined || this.names(candidate.presystemId, presystemId));
    for (const point of pointsOf(information)) {
      const process = point.chargingProcessInfo;
      if (process && mine(process)) return { point, process };
      const scheduled = point.scheduledChargingProcessList?.find(mine);
      if (scheduled) return { point, scheduled };
    }
    return undefined;
  }

  /** Whether a payload names this upstream system. 1.0.0 wants a URI: one that ends in a plain id stands for it. */
  names(written: string | undefined, presystemId = this.options.presystemId): boolean {
    if (written === undefined || written === presystemId) return written !== undefined;
    const wrapped = written.endsWith(`:${presystemId}`) || written.endsWith(`/${presystemId}`);
    return this.options.dialect === '1.0.0' && wrapped;
  }

  /** A request shows in a snapshot as taken, not as refused. */
  shows(information: ChargingInformation, name: string, presystemId?: string): boolean {
    const seen = this.sighting(information, name, presystemId);
    return seen !== undefined && seen.process?.processStatus !== 'ChargingRejectedTechnically';
  }
}

/** The upgrade was answered with a status other than 101. */
export class Refused extends Deviation {
  readonly status: number;

  constructor(status: number) {
    super(`the upgrade was refused with HTTP ${status}`);
    this.status = status;
  }
}

const KNOWN: ReadonlySet<string> = new Set(['v1.463.vdv.de', 'v2.463.vdv.de']);

export function accepted({ type, payload }: Envelope): boolean {
  return type === CONF && (payload as { status?: unknown } | null)?.status === 'Accepted';
}
