import type { Connection } from './connection.js';
import { SimulatorError } from './errors.js';
import { ConnectionRefused, type Link, noAnswer, openLink } from './link.js';
import type { AnswerRule } from './oddities.js';
import type { Sessions } from './sessions.js';
import type { Station } from './station.js';

/** Above all levels that a CSMS may use. */
const OTHERS_LEVEL = 1_000_000;

/** What a station does that it should not: real frames and sockets, but not what the standard says. */
export class Strange {
  readonly #station: Station;
  readonly #connection: Connection;
  readonly #sessions: Sessions;
  /** Sockets beside the station's own. */
  readonly #sockets = new Set<Link>();
  #opened = 0;
  #ended = false;

  constructor(station: Station, connection: Connection, sessions: Sessions) {
    this.#station = station;
    this.#connection = connection;
    this.#sessions = sessions;
  }

  /** Whether there is a connection over which frames can go, accepted or not. */
  get connected(): boolean {
    return this.#connection.connected;
  }

  /** Sets the clock of the station wrong by this much, in timestamps and schedules; 0 sets it right. */
  setClock(offsetMs: number): void {
    this.#sessions.jump(offsetMs - this.#station.clock.offsetMs);
  }

  /** Sets the clock of the station to this instant. */
  setClockTo(instant: number): void {
    this.#sessions.jump(instant - this.#station.clock.now());
  }

  /** The next call (of this action) is sent, and the connection breaks before its answer is read. */
  loseAnswer(action?: string): void {
    this.#station.oddities.loseAnswer(action);
  }

  /** Sends the last call (of this action) again as it was. @throws SimulatorError when there was none */
  repeatLast(action?: string): void {
    const frame = this.#station.oddities.lastFrame(action);
    if (frame === undefined)
      throw new SimulatorError(`no ${action ?? 'call'} was sent that could be repeated`);
    this.#connection.sendRaw(frame);
  }

  /** What comes first after a reconnection. */
  statusOrder(status: 'beforeQueue' | 'afterQueue'): void {
    this.#station.oddities.statusAfterQueue = status === 'afterQueue';
  }

  /** The energy register of a point jumps. */
  resetMeter(point: number, toWh: number): void {
    const outlet = this.#station.point(point);
    this.#sessions.catchUp();
    outlet.meter.reset(toWh);
  }

  /** All charging profiles are gone, as after a firmware update. */
  loseLimits(): void {
    const at = this.#sessions.catchUp();
    this.#station.profiles.clear({});
    this.#sessions.settle(at);
  }

  /**
   * Somebody else than the CSMS gives the transaction at a point a limit that goes before all others: a technician, a
   * local energy manager.
   */
  otherLimit(point: number, watts: number): void {
    const at = this.#sessions.catchUp();
    this.#station.point(point);
    const periods = [{ startPeriod: 0, limit: watts }];
    const raw = { otherLimit: watts };
    this.#station.profiles.install(
      {
        id: -1,
        pointId: point,
        purpose: 'Tx',
        stackLevel: OTHERS_LEVEL,
        kind: 'Absolute',
        startSchedule: at,
        unit: 'W',
        periods,
        raw,
      },
      (other) => other.id === -1 && other.pointId === point,
    );
    this.#sessions.settle(at);
  }

  /** Keeps and tells the charging profiles of a point, and does not follow them. */
  ignoreLimits(point: number): void {
    const at = this.#sessions.catchUp();
    this.#station.point(point).ignoresLimits = true;
    this.#sessions.settle(at);
  }

  /** These measurands are not measured any more; an empty list hides nothing. */
  hide(measurands: readonly string[]): void {
    this.#station.oddities.hidden = measurands;
  }

  /** Answers the calls of the CSMS otherwise from now on; `normally` takes it back, for one action or for all. */
  answerCalls(rule: AnswerRule | { readonly how: 'normally'; readonly action?: string }): void {
    const { oddities } = this.#station;
    if (rule.how === 'normally') oddities.answerNormally(rule.action);
    else oddities.answer(rule);
  }

  /** Sends any text. @throws SimulatorError when there is no connection */
  sendRaw(frame: string): void {
    this.#connection.sendRaw(frame);
  }

  /** Leaves the socket open and silent; the station connects anew. @throws SimulatorError without a connection */
  halfOpen(): void {
    this.#sockets.add(this.#connection.abandon());
  }

  /** Connects once more under the same identity, for some simulated time. Whether the CSMS lets it is an event. */
  async secondSocket(forMs: number): Promise<void> {
    const { clock, events, options, password, timers } = this.#station;
    const closed = (): void => void events.emit('secondSocket', { what: 'closed' });
    try {
      const link = await openLink(options, password, {
        onCall: () => Promise.resolve(noAnswer),
        onFrame: () => undefined,
        onGarbled: () => undefined,
        onClosed: closed,
      });
      events.emit('secondSocket', { what: 'opened' });
      if (this.#ended) return link.cut();
      this.#sockets.add(link);
      link.sendRaw(`[2,"second-socket-${clock.rightNow()}","Heartbeat",{}]`);
      this.#opened += 1;
      timers.set(`second socket ${this.#opened}`, forMs, () => this.#cut(link));
    } catch (error) {
      if (!(error instanceof ConnectionRefused)) throw error;
      events.emit('secondSocket', { what: 'refused' });
    }
  }

  /** Cuts every socket beside the station's own. */
  end(): void {
    this.#ended = true;
    for (const link of this.#sockets) this.#cut(link);
  }

  #cut(link: Link): void {
    if (this.#sockets.delete(link)) link.cut();
  }
}
