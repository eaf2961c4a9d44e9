import { EventEmitter } from 'node:events';
import type { CsmsHandshake } from './admission.js';
import type { AnswerContext } from './answers.js';
import type { CallHow } from './calls.js';
import type { CsmsCall } from './connection.js';
import { Door } from './door.js';
import { CsmsError } from './errors.js';
import { type CsmsEvents, waitFor } from './events.js';
import { type CsmsFrame, Kept } from './kept.js';
import type { CsmsOddities } from './oddities.js';
import type { BootAnswer, CsmsOptions, OwnAnswer, Payload, Plan } from './options.js';
import { Orders } from './orders.js';
import { Planner } from './planner.js';
import type { StationRecord } from './records.js';
import { type Goodbye, Roster } from './roster.js';
import type { CsmsViolation } from './wire.js';

/** A depot's existing CSMS: answers, plans, commands, remembers, and is as odd as real ones when told to. */
export class CsmsSimulator {
  readonly events = new EventEmitter<CsmsEvents>();
  /** Calls that are made often. */
  readonly order: Orders;
  /** What stations did, and what we did, against the schemas and OCPP-J; the oldest, if there are too many. */
  readonly violations: CsmsViolation[] = [];
  /** What it does otherwise than one would like, from now on. */
  oddities: CsmsOddities;
  /** How the next BootNotification is answered. */
  boot: BootAnswer;
  /** Answers of one's own, by action, from now on. */
  answers: Readonly<Record<string, OwnAnswer>>;
  readonly #options: CsmsOptions;
  readonly #passwords: Map<string, string | null>;
  readonly #frames: Kept<CsmsFrame>;
  readonly #calls: Kept<CsmsCall>;
  readonly #handshakes: Kept<CsmsHandshake>;
  readonly #roster: Roster;
  readonly #planner: Planner;
  readonly #door: Door;
  #nextTransactionId: number;

  constructor(options: CsmsOptions = {}) {
    const { keep = 100_000, callTimeoutMs = 30_000 } = options;
    this.#options = options;
    this.oddities = options.oddities ?? {};
    this.boot = options.boot ?? {};
    this.answers = options.answers ?? {};
    this.#nextTransactionId = options.firstTransactionId ?? 1;
    this.#passwords = new Map(Object.entries(options.stations ?? {}));
    this.#frames = new Kept(keep);
    this.#calls = new Kept(keep);
    this.#handshakes = new Kept(keep);
    this.events.setMaxListeners(0);
    this.events.on('violation', (violation) => {
      if (this.violations.length < keep) this.violations.push(violation);
    });
    this.#roster = new Roster({
      ...{ events: this.events, frames: this.#frames, calls: this.#calls, callTimeoutMs },
      oddities: () => this.oddities,
      context: (station) => this.#context(station),
      ownAnswer: (action) => (Object.hasOwn(this.answers, action) ? this.answers[action] : undefined),
    });
    this.order = new Orders({
      station: (identity) => this.station(identity),
      call: (identity, action, payload) => this.call(identity, action, payload),
      now: () => this.#now(),
      passwordChanged: (identity, password) => this.#passwords.set(identity, password),
    });
    this.#planner = new Planner(this.order);
    this.#planner.plan = options.plan;
    this.#door = this.#makeDoor();
  }

  /** Where stations find it, without the identity: `ws://127.0.0.1:<port>/ocpp`. @throws CsmsError `usage` */
  get url(): string {
    const { tls, host = '127.0.0.1', path = '/ocpp' } = this.#options;
    if (this.port === 0) throw new CsmsError('usage', 'start() first');
    return `${tls ? 'wss' : 'ws'}://${host}:${this.port}${path.replace(/\/+$/, '')}`;
  }

  /** 0 before the first start. */
  get port(): number {
    return this.#door.port;
  }

  /** Every station that was ever connected. */
  get stations(): ReadonlyMap<string, StationRecord> {
    return this.#roster.stations;
  }

  /** Load management for transactions that begin from now on. */
  get plan(): Plan | undefined {
    return this.#planner.plan;
  }

  set plan(plan: Plan | undefined) {
    this.#planner.plan = plan;
  }

  /** Every upgrade request, oldest first. */
  get handshakes(): readonly CsmsHandshake[] {
    return this.#handshakes.all;
  }

  /**
   * Listens; after `stop` again, on the same port, which the system may have given away meanwhile if it chose it.
   * @returns the URL for stations
   */
  async start(): Promise<string> {
    if (!this.#door.isOpen) await this.#door.open();
    return this.url;
  }

  /** Is down: the port is closed and every connection ends, as `cut` says. What it knows stays. */
  async stop(goodbye?: Goodbye): Promise<void> {
    if (!this.#door.isOpen) return;
    await Promise.all([this.#door.shut(), this.cut(undefined, goodbye)]);
    this.#planner.rest();
  }

  /** Ends the connections of one station, or of all; without `goodbye` as a broken cable does. @returns once they are gone */
  cut(identity?: string, goodbye?: Goodbye): Promise<void> {
    return this.#roster.cut(identity, goodbye);
  }

  /** The connection stays open, but is never read or written again. @throws CsmsError `not-connected` */
  freeze(identity: string): void {
    this.#roster.connection(identity).freeze();
  }

  /** A station as it is known. @throws CsmsError `usage` if it never connected */
  station(identity: string): StationRecord {
    return this.#roster.station(identity);
  }

  /** Every frame that is kept, oldest first; of one station if named. */
  frames(identity?: string): readonly CsmsFrame[] {
    const { all } = this.#frames;
    return identity === undefined ? all : all.filter((frame) => frame.identity === identity);
  }

  /** Calls of stations, oldest first; of one station, of one action if named. */
  calls(identity?: string, action?: string): readonly CsmsCall[] {
    return this.#calls.all.filter(
      (call) =>
        (identity === undefined || call.identity === identity) &&
        (action === undefined || call.action === action),
    );
  }

  /**
   * Calls a station: any action, any payload.
   * @returns the payload of its answer
   * @throws CsmsError `not-connected`, `refused` (with the code of the CALLERROR), `timeout`, `lost`
   */
  async call(identity: string, action: string, payload: object = {}, how: CallHow = {}): Promise<Payload> {
    try {
      const answer = await this.#roster.connection(identity).call(action, payload, how);
      this.events.emit('called', identity, action, payload, answer);
      return answer;
    } catch (error) {
      if (error instanceof CsmsError) this.events.emit('called', identity, action, payload, error);
      throw error;
    }
  }

  /** Sends any text to a station, as it stands. @throws CsmsError `not-connected` */
  sendRaw(identity: string, text: string): void {
    this.#roster.connection(identity).write(text);
  }

  /** Sets the password of a station without telling it; null: it needs none. */
  setPassword(identity: string, password: string | null): void {
    this.#passwords.set(identity, password);
  }

  /** The first call of an action, and perhaps fitting, that came or will come. @throws CsmsError `timeout` */
  waitForCall(
    identity: string,
    action: string,
    fits: (payload: Payload) => boolean = () => true,
    timeoutMs = 5_000,
  ): Promise<CsmsCall> {
    const find = () => this.calls(identity, action).find(({ payload }) => fits(payload));
    return this.waitFor(`${action} of ${identity}`, find, timeoutMs);
  }

  /** Waits until something is so, looking whenever anything happens here, and now and then. @throws CsmsError `timeout` */
  waitFor<T>(what: string, look: () => T | undefined | false, timeoutMs = 5_000): Promise<T> {
    return waitFor(this.events, what, look, timeoutMs);
  }

  #makeDoor(): Door {
    return new Door(this.#options, {
      oddities: () => this.oddities,
      passwordOf: (identity) => this.#passwordOf(identity),
      isConnected: (identity) => this.#roster.isConnected(identity),
      admitted: (...admitted) => this.#roster.admit(...admitted),
      handshake: (handshake, why) => {
        this.#handshakes.add(handshake);
        this.events.emit('handshake', handshake, why);
      },
    });
  }

  #now(): Date {
    return this.#options.now?.() ?? new Date();
  }

  #passwordOf(identity: string): string | null | undefined {
    const { stations, password = null } = this.#options;
    const own = this.#passwords.get(identity);
    return own === undefined && stations ? undefined : (own ?? password);
  }

  #context(station: StationRecord): AnswerContext {
    const { tokens } = this.#options;
    return {
      station,
      now: () => this.#now(),
      boot: this.boot,
      mayCharge: (token) => tokens?.includes(token) ?? true,
      nextTransactionId: () => this.#nextTransactionId++,
      plans: this.plan !== undefined,
      started: (transaction) => {
        this.events.emit('started', transaction);
        this.#planner.started(transaction);
      },
      ended: (transaction) => {
        this.events.emit('ended', transaction);
        this.#planner.ended(transaction);
      },
    };
  }
}
