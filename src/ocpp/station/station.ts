/** One configured station: at most one socket at a time, its frames in order, its link, its calls. */
import { type Control, controlOf, type StationConfig } from '../../config/index.js';
import type { Runtime } from '../../depot/index.js';
import type { DomainEvent } from '../../domain/index.js';
import { BridgeError, catalogue } from '../../errors/index.js';
import type { Beginning } from '../../journal/index.js';
import type { OcppLimits } from '../options.js';
import type { OcppProtocol } from '../protocol.js';
import type { InboundCall, RpcConnection, RpcOwner } from '../rpc/index.js';
import { StationClock } from './clock.js';
import { type ConnectionOwner, type RepeatCode, StationConnection } from './connection.js';
import { FrameJournal } from './frames.js';
import { type InboundContext, type ReadingContext, SelectorMemo, type Taken, takeCall } from './inbound.js';
import { LinkWatch } from './link.js';
import { Overheard, type OverheardCall } from './overheard.js';
import type { CallOptions, CallResult } from './own-calls.js';
import { RelayedConnection, type RelayedOwner } from './relayed.js';
import type { FrameTallies } from './tallies.js';
import type { Admit } from './tokens.js';
import { TransactionIds } from './transaction-ids.js';

/** What a station shares with all others. */
export interface StationShared {
  readonly runtime: Runtime;
  readonly limits: OcppLimits;
  readonly tallies: FrameTallies;
  readonly admit: Admit;
}

export interface StationEventsListener {
  /** The station told that it started anew, and is about to be answered. */
  onBooted(): void;
  onConnected(): void;
  onDisconnected(): void;
  /** A call between the station and its own CSMS was answered; `answer` is undefined for a CALLERROR. */
  onOverheard?(call: OverheardCall, answer: unknown): void;
}

/** A socket of a station, whoever answers on it. */
type Connection = StationConnection | RelayedConnection;

export class Station implements ConnectionOwner, RelayedOwner {
  readonly config: StationConfig;
  readonly frames: FrameJournal;
  readonly csmsFrames: FrameJournal;
  /** What we may send to it. */
  readonly control: Control;
  /** How far its clock is off. */
  readonly clock: StationClock;
  readonly #shared: StationShared;
  readonly #link: LinkWatch;
  readonly #listeners: StationEventsListener[] = [];
  readonly #transactionIds = new TransactionIds();
  #connection: Connection | undefined;
  #connections = 0;
  /** What the calls of one connection are taken with; made once for it. */
  #context: { readonly of: StationConnection; readonly context: InboundContext } | undefined;

  constructor(config: StationConfig, shared: StationShared) {
    this.config = config;
    this.#shared = shared;
    const { runtime, tallies } = shared;
    this.frames = new FrameJournal(runtime, tallies, `ocpp:${config.ocpp.identity}`);
    this.csmsFrames = new FrameJournal(runtime, tallies, `csms:${config.ocpp.identity}`);
    this.control = controlOf(runtime.config, config);
    this.clock = new StationClock(() => shared.runtime.depot.state.stations.get(config.id)?.clock);
    this.#link = new LinkWatch(shared.runtime, this.frames, config.id);
    this.#link.resume();
  }

  get limits(): OcppLimits {
    return this.#shared.limits;
  }

  /** How many sockets it has had since the start. */
  get connections(): number {
    return this.#connections;
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** The version spoken on the present socket. */
  get protocol(): OcppProtocol | undefined {
    return this.#connection?.rpc.protocol;
  }

  listen(listener: StationEventsListener): void {
    this.#listeners.push(listener);
  }

  /** Takes over a new socket; the old one, if there is one, is cut and can change nothing any more. */
  connect(rpc: RpcConnection): RpcOwner {
    const connection = new StationConnection(rpc, this);
    this.#begin(connection);
    return connection;
  }

  /** As {@link connect}, for a station that talks to its own CSMS through us. */
  relay(rpc: RpcConnection): RelayedConnection {
    const connection = new RelayedConnection(rpc, this, this.#readingContext(rpc));
    this.#begin(connection);
    return connection;
  }

  /**
   * What listens to copies of frames of this station and its CSMS, whether it is connected now or not.
   *
   * @param isOfNow whether the frame at hand was on the wire just now: what is older is heard, and nobody acts on it
   */
  overhear(protocol: OcppProtocol, isOfNow: () => boolean): Overheard {
    return new Overheard(this.#readingContext({ protocol }), {
      csmsFrames: this.csmsFrames,
      learn: (events) => this.learn(events),
      answered: (call, answer) => {
        if (this.#connection && isOfNow()) this.#told(call, answer);
      },
      bad: (by, reason) => this.#noteBad('', by === 'csms' ? `of the CSMS: ${reason}` : reason),
    });
  }

  #begin(connection: Connection): void {
    const old = this.#connection;
    this.#connection = connection;
    this.#connections += 1;
    const { runtime } = this.#shared;
    const { protocol, remoteAddress } = connection.rpc;
    const stationId = this.config.id;
    if (old) {
      runtime.log.warn(
        { stationId, remoteAddress, before: old.rpc.remoteAddress },
        'a newer connection displaces the old one',
      );
      old.rpc.terminate();
    } else runtime.metrics.connected.inc({ protocol: 'ocpp' });
    runtime.log.info({ stationId, protocol, remoteAddress }, 'charging station connected');
    // The link opens before the first frame of this socket counts.
    this.#link.opened({ protocol, remoteAddress });
    for (const listener of this.#listeners) listener.onConnected();
  }

  take(connection: StationConnection, call: InboundCall, begun: Beginning | null): Taken {
    const { action, payload } = call;
    const taken = takeCall(this.#contextOf(connection), { action, payload, begun });
    this.clock.learn(taken.events);
    return taken;
  }

  learn(events: readonly DomainEvent[]): void {
    this.clock.learn(events);
  }

  heard(connection: RelayedConnection, call: OverheardCall, answer: unknown): void {
    if (this.#connection === connection) this.#told(call, answer);
  }

  #told(call: OverheardCall, answer: unknown): void {
    const status = (answer as { status?: unknown } | null | undefined)?.status;
    if (call.action === 'BootNotification' && status === 'Accepted') this.answered(call.action);
    for (const listener of this.#listeners) listener.onOverheard?.(call, answer);
  }

  answered(action: string): void {
    if (action !== 'BootNotification') return;
    for (const listener of this.#listeners) setImmediate(() => listener.onBooted());
  }

  failed(action: string, err: unknown): void {
    this.#shared.runtime.log.error(
      { err, stationId: this.config.id, action },
      'a call of a station could not be answered: this is a defect of the bridge',
    );
  }

  closed(connection: Connection, code: number, reason: string): void {
    const { runtime } = this.#shared;
    const stationId = this.config.id;
    // The end of a displaced socket says nothing of the one that displaced it.
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#context = undefined;
    runtime.metrics.connected.dec({ protocol: 'ocpp' });
    runtime.log.info({ stationId, code, reason: reason.slice(0, 100) }, 'charging station disconnected');
    this.#link.closed();
    for (const listener of this.#listeners) listener.onDisconnected();
  }

  bad(connection: Connection, reason: string): void {
    this.#noteBad(connection.rpc.remoteAddress, reason);
  }

  #noteBad(remoteAddress: string, reason: string): void {
    this.#shared.runtime.log.warn(
      { code: 'OCPP_BAD_FRAME', stationId: this.config.id, remoteAddress, reason },
      'a frame is no OCPP',
    );
  }

  repeats(connection: StationConnection, code: RepeatCode, action: string): void {
    const { remoteAddress } = connection.rpc;
    const { title } = catalogue[code];
    this.#shared.runtime.log.warn({ code, stationId: this.config.id, remoteAddress, action }, title);
  }

  /**
   * Sends one call; the caller sees to it that only one is open.
   *
   * @throws BridgeError OCPP_NOT_CONNECTED, CallFailure
   */
  async call(action: string, payload: object, options: CallOptions): Promise<CallResult> {
    const connection = this.#connection;
    if (!connection) {
      const station = this.config.id;
      throw new BridgeError('OCPP_NOT_CONNECTED', `station ${station} is not connected`, { station });
    }
    return connection.call(action, payload, options);
  }

  /** Asks the present socket for a sign of life. */
  async isAlive(withinMs: number): Promise<boolean> {
    const connection = this.#connection;
    if (!connection) return false;
    const asked = performance.now();
    connection.rpc.ping();
    while (performance.now() - asked < withinMs && connection.aliveAt < asked)
      await new Promise((resolve) => setTimeout(resolve, 20));
    return this.#connection === connection && connection.aliveAt >= asked;
  }

  /** Pings; cuts a socket from which nothing came for too long. */
  keepAlive(silenceMs: number): void {
    const connection = this.#connection;
    if (!connection) return;
    if (performance.now() - connection.aliveAt > silenceMs) connection.rpc.terminate();
    else connection.rpc.ping();
  }

  /** Says goodbye; the bridge ends, so the link is not lost by it. */
  async stop(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#link.stop();
    if (connection) {
      this.#shared.runtime.metrics.connected.dec({ protocol: 'ocpp' });
      connection.rpc.close(1001, 'the bridge ends');
      for (const listener of this.#listeners) listener.onDisconnected();
    }
  }

  #contextOf(connection: StationConnection): InboundContext {
    if (this.#context?.of !== connection) this.#context = { of: connection, context: this.#made(connection) };
    return this.#context.context;
  }

  #made(connection: StationConnection): InboundContext {
    return {
      ...this.#readingContext(connection.rpc),
      transactionIds: this.#transactionIds,
      admit: (token: string) => this.#shared.admit(token, this.config.id),
    };
  }

  #readingContext({ protocol }: Pick<RpcConnection, 'protocol'>): ReadingContext {
    const { runtime, limits } = this.#shared;
    const stationId = this.config.id;
    const { frames } = this;
    return {
      runtime,
      stationId,
      frames,
      protocol,
      maxDepth: limits.maxDepth,
      selector: new SelectorMemo(),
    };
  }
}
