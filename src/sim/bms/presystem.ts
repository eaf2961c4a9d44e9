import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { PresystemError } from './errors.js';
import type { ChargingInformation, ChargingRequest, Dialect, PresystemKind } from './messages.js';
import { Outbox } from './outbox.js';
import { type RequestChange, RequestList } from './request-list.js';
import { Session, type SessionConfig } from './session.js';
import type { Answer } from './slot.js';
import { type PlacedPoint, SnapshotBoard } from './snapshot.js';
import { dial, offeredSubprotocols, type PresystemTls } from './socket.js';
import type { Unkind } from './unkind.js';
import type { Violation } from './watch.js';

export interface PresystemOptions {
  /** `ws://host:port/any/path` or `wss://…` of the CMS. */
  readonly url: string;
  readonly presystemId: string;
  readonly kind: PresystemKind;
  readonly dialect: Dialect;
  readonly user?: string;
  readonly password?: string;
  /** Position 1 of the envelope; the kind if left out. */
  readonly source?: string;
  /** What to offer instead of what the dialect offers. */
  readonly subprotocols?: readonly string[];
  readonly tls?: PresystemTls;
  /** 30 s; 0 = never. Two pings without any sign of life end the connection. */
  readonly pingIntervalMs?: number;
  /** How long an answer may take: 10 s. */
  readonly timeoutMs?: number;
  /** How often a request is sent again: 3. */
  readonly retries?: number;
  /** 15 s doubling to 5 min; false = a lost connection stays lost. */
  readonly reconnect?: false | { readonly initialMs: number; readonly maxMs: number };
  /** The clock of this system: it stamps envelopes with it. */
  readonly now?: () => Date;
  readonly unkind?: Unkind;
}

export interface PresystemEvents {
  readonly sent: [raw: string];
  readonly received: [raw: string];
  readonly violation: [violation: Violation];
  readonly information: [information: ChargingInformation, raw: string];
  /** BootNotification was accepted. */
  readonly connected: [subprotocol: string];
  readonly closed: [code: number, reason: string];
  /** An attempt to connect failed. */
  readonly refused: [error: PresystemError];
}

const RECONNECT = { initialMs: 15_000, maxMs: 300_000 };

/**
 * An upstream system (BMS or ITCS) of VDV 463: dials a CMS, keeps its full list of charging requests known there
 * over any number of connections, keeps the newest depot snapshot, and counts what the CMS does wrong.
 */
export class Presystem {
  readonly events = new EventEmitter<PresystemEvents>();
  /** Everything the CMS did that the standard does not allow, oldest first. */
  readonly violations: Violation[] = [];
  /** What this system does wrong on purpose; may be replaced at any time. */
  unkind: Unkind;
  readonly #options: PresystemOptions;
  readonly #requests: RequestList;
  readonly #outbox = new Outbox();
  readonly #board = new SnapshotBoard();
  readonly #stop = new AbortController();
  #session: Session | undefined;
  #life: Promise<void> | undefined;
  #everListed = false;

  constructor(options: PresystemOptions) {
    this.#options = options;
    this.#requests = new RequestList(options.dialect);
    this.unkind = options.unkind ?? {};
  }

  /** The newest snapshot, of whichever connection. */
  get latest(): ChargingInformation | undefined {
    return this.#board.latest;
  }

  get requests(): readonly ChargingRequest[] {
    return this.#requests.all;
  }

  /** BootNotification is accepted on the present connection. */
  get connected(): boolean {
    return this.#session?.booted ?? false;
  }

  /**
   * Dials until BootNotification is accepted. With `reconnect: false` the first failure is final.
   * @throws PresystemError why it is final, or `closed`
   */
  connect(): Promise<void> {
    if (this.#life) throw new Error('connect() was called before');
    return new Promise((resolve, reject) => {
      this.events.once('connected', () => resolve());
      this.#life = this.#live().then(
        () => reject(new PresystemError('closed', `${this.#options.presystemId} was closed`)),
        reject,
      );
    });
  }

  /** Ends the connection and all attempts. Lists that wait are answered `closed`. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#outbox.end();
    this.#session?.close();
    const cut = setTimeout(() => this.#session?.terminate(), 1_000);
    await this.#life;
    clearTimeout(cut);
  }

  /** Cuts the link as a dead network does; the system reconnects by its own rule. */
  drop(): void {
    this.#session?.terminate();
  }

  /** Replaces the list of charging requests and makes it known. */
  async setRequests(requests: readonly ChargingRequest[]): Promise<Answer> {
    this.#mustBeExpressible(requests.length);
    this.#requests.set(requests);
    return this.publish();
  }

  /** Adds a request, or replaces the one with its id. */
  order(request: ChargingRequest): Promise<Answer> {
    this.#requests.order(request);
    return this.publish();
  }

  /** Changes fields of a request. @throws PresystemError if the id is unknown */
  change(chargingRequestId: string, change: RequestChange): Promise<Answer> {
    this.#requests.change(chargingRequestId, change);
    return this.publish();
  }

  /** Ends a request that may be running: `Terminate` in 1.x, leaving it out in 2.0. */
  terminate(chargingRequestId: string): Promise<Answer> {
    this.#requests.terminate(chargingRequestId);
    return this.publish();
  }

  /** Leaves a request out from now on. In 1.0.0 the last one cannot be left out. */
  async withdraw(chargingRequestId: string): Promise<Answer> {
    this.#mustBeExpressible(this.#requests.all.length - 1);
    this.#requests.withdraw(chargingRequestId);
    return this.publish();
  }

  /** Makes the list known as it is: now, or as soon as the connection allows. */
  publish(): Promise<Answer> {
    this.#everListed = true;
    const answer = this.#outbox.post();
    this.#pump();
    return answer;
  }

  /** One request of any action and payload, past the list. @throws PresystemError without a connection */
  request(action: string, payload: unknown, messageId?: string): Promise<Answer> {
    return this.#current().ask(action, payload, messageId);
  }

  /** Any text, as it is. @throws PresystemError without a connection */
  sendRaw(raw: string): void {
    this.#current().sendRaw(raw);
  }

  /** A charging point of the newest snapshot. */
  point(chargingPointId: string): PlacedPoint | undefined {
    return this.#board.points().find((point) => point.chargingPointId === chargingPointId);
  }

  /** Every charging point of the newest snapshot. */
  points(): readonly PlacedPoint[] {
    return this.#board.points();
  }

  /** Waits for a snapshot, the newest or one to come. @throws PresystemError `timeout` */
  waitFor(
    predicate: (information: ChargingInformation) => boolean,
    timeoutMs = 5_000,
  ): Promise<ChargingInformation> {
    return this.#board.waitFor(predicate, timeoutMs);
  }

  #current(): Session {
    if (!this.#session) throw new PresystemError('not-connected', 'there is no connection to the CMS');
    return this.#session;
  }

  #mustBeExpressible(length: number): void {
    if (this.#options.dialect === '1.0.0' && length < 1 && !this.unkind.dropEmptyList) {
      throw new PresystemError('not-expressible', '1.0.0 forbids an empty list; terminate the last request');
    }
  }

  async #live(): Promise<void> {
    const { reconnect = RECONNECT } = this.#options;
    let waitMs = reconnect ? reconnect.initialMs : 0;
    while (!this.#stop.signal.aborted) {
      const failure = await this.#connection();
      if (this.#stop.signal.aborted) return;
      if (!reconnect) {
        this.#outbox.end();
        if (failure) throw failure;
        return;
      }
      if (!failure) waitMs = reconnect.initialMs;
      await delay(waitMs, undefined, { signal: this.#stop.signal }).catch(() => {});
      waitMs = Math.min(waitMs * 2, reconnect.maxMs);
    }
  }

  /** One connection from dialling to its end. @returns why it never became usable, if so */
  async #connection(): Promise<PresystemError | undefined> {
    const { url, user, password, tls, dialect, subprotocols } = this.#options;
    try {
      const socket = await dial({
        url,
        subprotocols: subprotocols ?? offeredSubprotocols(dialect),
        ...(user === undefined ? {} : { user }),
        ...(password === undefined ? {} : { password }),
        ...(tls ? { tls } : {}),
      });
      const session = new Session(socket, this.#sessionConfig());
      return await this.#use(session);
    } catch (error) {
      if (!(error instanceof PresystemError)) throw error;
      this.events.emit('refused', error);
      return error;
    }
  }

  async #use(session: Session): Promise<undefined> {
    const ended = new Promise<void>((resolve) => session.events.once('closed', () => resolve()));
    this.#relay(session);
    this.#session = session;
    if (this.#stop.signal.aborted) session.close();
    // A CMS keeps requests over a lost link, but only a full list says what still holds.
    if (this.#everListed) this.#outbox.post();
    session.start();
    try {
      if (this.unkind.requestsBeforeBoot) this.#pump();
      else await this.#boot(session);
      await ended;
    } finally {
      session.terminate();
      await ended;
      this.#session = undefined;
    }
  }

  async #boot(session: Session): Promise<void> {
    const answer = await session.boot();
    if (session.booted) {
      this.events.emit('connected', session.subprotocol);
      return;
    }
    if (answer.outcome === 'conf') throw new PresystemError('boot-rejected', 'BootNotification was rejected');
    const text = answer.outcome === 'err' ? `err: ${answer.text}` : answer.outcome;
    throw new PresystemError('boot-failed', `BootNotification was not accepted (${text})`);
  }

  #relay(session: Session): void {
    session.events.on('sent', (raw) => this.events.emit('sent', raw));
    session.events.on('received', (raw) => this.events.emit('received', raw));
    session.events.on('closed', (code, reason) => this.events.emit('closed', code, reason));
    session.events.on('violation', (violation) => {
      this.violations.push(violation);
      this.events.emit('violation', violation);
    });
    session.events.on('beforeAnswer', () => {
      if (this.unkind.crossing && !session.busy) this.publish();
    });
    session.events.on('information', (information, raw) => {
      this.#board.put(information);
      this.events.emit('information', information, raw);
      this.#pump();
    });
  }

  #pump(): void {
    const session = this.#session;
    if (!session || session.busy || !this.#outbox.waiting || !this.#maySend(session)) return;
    const due = this.#outbox.take();
    if (!due) return;
    session.ask('ProvideChargingRequests', this.#payload()).then((answer) => {
      if (answer.outcome === 'closed' && this.#options.reconnect !== false && !this.#stop.signal.aborted) {
        this.#outbox.giveBack(due);
        return;
      }
      due.resolve(answer);
      this.#pump();
    });
  }

  #maySend(session: Session): boolean {
    const { requestsBeforeBoot, requestsBeforeInformation } = this.unkind;
    if (requestsBeforeBoot) return true;
    return session.booted && (session.informed || requestsBeforeInformation === true);
  }

  #payload(): unknown {
    const chargingRequestList = this.#requests.all;
    if (this.unkind.dropEmptyList && chargingRequestList.length === 0) return {};
    return { chargingRequestList };
  }

  #sessionConfig(): SessionConfig {
    const { presystemId, kind, dialect, source, timeoutMs, retries, pingIntervalMs, now } = this.#options;
    return {
      presystemId,
      kind,
      dialect,
      source: source ?? kind,
      timeoutMs: timeoutMs ?? 10_000,
      retries: retries ?? 3,
      pingIntervalMs: pingIntervalMs ?? 30_000,
      now: now ?? (() => new Date()),
      unkind: () => this.unkind,
    };
  }
}
