import { paced } from './clock.js';
import type { Dialect } from './dialect.js';
import { CallFailure, SimulatorError } from './errors.js';
import { CallRefusal, ConnectionRefused, type Link, noAnswer, openLink } from './link.js';
import type { AnswerRule } from './oddities.js';
import { TransactionQueue } from './queue.js';
import type { Station } from './station.js';
import { failureOfAnswer, refusalOf, type Violation, violationOf } from './wire.js';

/** Told when the station may talk. `afterBoot`: it has just been switched on. */
export type OnAccepted = (afterBoot: boolean, offlineMs: number) => void;

/** The station's line to its CSMS: connects and reconnects, boots, beats, checks every message. */
export class Connection {
  readonly queue: TransactionQueue;
  readonly #station: Station;
  readonly #onAccepted: OnAccepted;
  #dialect: Dialect | undefined;
  #link: Link | undefined;
  /** Counts `open` and `shut`: an attempt to connect that outlives its time is given up. */
  #epoch = 0;
  #wanted = false;
  #booted = false;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #lostAt: number | undefined;
  /** Ends the waits of answers that are to come late. */
  #onLeave = new Set<() => void>();

  constructor(station: Station, onAccepted: OnAccepted) {
    this.#station = station;
    this.#onAccepted = onAccepted;
    const { events, settings, timers } = station;
    events.on('passwordChanged', () => setImmediate(() => void this.#link?.close()));
    this.queue = new TransactionQueue({
      attempts: () => settings.messageAttempts,
      retryMs: () => settings.messageRetryS * 1000,
      wait: (ms) => new Promise((resolve) => timers.set('queue', ms, resolve)),
      send: (action, payload) => this.call(action, payload),
      onDropped: (action) => station.events.emit('dropped', { action }),
      pipelined: station.options.quirks?.pipelined === true,
    });
  }

  /** Whether frames can go to the CSMS, be the station accepted or not. */
  get connected(): boolean {
    return this.#link !== undefined;
  }

  /** Connected, and the CSMS has accepted the station. */
  get online(): boolean {
    return this.#link !== undefined && this.#booted;
  }

  open(dialect: Dialect): void {
    this.#dialect = dialect;
    this.#wanted = true;
    this.#epoch += 1;
    clearTimeout(this.#retry);
    void this.#connect();
  }

  /** Stays away until `open`. `politely`: with a close frame. */
  async shut(politely: boolean): Promise<void> {
    this.#wanted = false;
    this.#epoch += 1;
    clearTimeout(this.#retry);
    for (const end of this.#onLeave) end();
    const link = this.#link;
    if (!link) return;
    if (politely) await link.close();
    else link.cut();
    this.#gone(link, 1006, '');
  }

  /** Breaks the connection; the station comes back by itself. */
  cut(): void {
    this.#link?.cut();
  }

  /** Sends any text as it stands. @throws SimulatorError when there is no connection */
  sendRaw(frame: string): void {
    if (!this.#link) throw new SimulatorError('the station is not connected');
    this.#link.sendRaw(frame);
  }

  /** Leaves the socket as it is, open and silent, and connects anew. Whoever asked for it must cut it some day. */
  abandon(): Link {
    const link = this.#link;
    if (!link) throw new SimulatorError('the station is not connected');
    link.freeze();
    this.#gone(link, 1006, 'left half open');
    return link;
  }

  /** Forgets that it was accepted, as a restart does. */
  forgetBoot(): void {
    this.#booted = false;
  }

  /** Boots at once instead of waiting; when accepted already, it just repeats itself (TriggerMessage). */
  async bootAgain(): Promise<void> {
    const link = this.#link;
    if (!link) return;
    if (!this.#booted) return this.#boot(link);
    try {
      await this.#dialect?.boot();
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      this.#station.events.emit('failed', error);
    }
  }

  /** Sends a call and waits for its answer. @throws CallFailure */
  async call(action: string, payload: object): Promise<unknown> {
    const link = this.#link;
    if (!link) throw new CallFailure('lost', action, 'not connected');
    this.#check('sent', action, 'req', payload);
    const lost = this.#station.oddities.loses(action);
    const answer = await (lost ? link.callAndBreak(action, payload) : link.call(action, payload));
    const violation = this.#check('received', action, 'conf', answer);
    if (violation) throw failureOfAnswer(violation);
    return answer;
  }

  /**
   * Sends a call whose answer says nothing. Nothing is sent while the station is not accepted. False when it
   * was not sent; `onFailure` when no answer came.
   */
  notify(action: string, payload: object, onFailure?: () => void): boolean {
    if (!this.online) return false;
    this.call(action, payload).catch((error: unknown) => {
      if (!(error instanceof CallFailure)) throw error;
      this.#station.events.emit('failed', error);
      onFailure?.();
    });
    return true;
  }

  async #connect(): Promise<void> {
    const { events, oddities, options, password } = this.#station;
    const epoch = this.#epoch;
    let closed = false;
    let link: Link | undefined;
    try {
      link = await openLink(options, password, {
        onCall: (action, payload) => this.#onCall(action, payload),
        onFrame: (direction, frame) => {
          if (direction === 'sent') oddities.noteSent(frame);
          events.emit(direction, frame);
        },
        onGarbled: (frame, reason) => events.emit('garbled', { frame, reason }),
        onClosed: (code, reason) => {
          closed = true;
          if (link) this.#gone(link, code, reason);
        },
      });
    } catch (error) {
      if (!(error instanceof ConnectionRefused)) throw error;
      events.emit('refused', error);
      if (epoch === this.#epoch) this.#connectLater();
      return;
    }
    if (epoch !== this.#epoch) link.cut();
    else if (closed) this.#connectLater();
    else await this.#arrived(link);
  }

  async #arrived(link: Link): Promise<void> {
    this.#failures = 0;
    this.#link = link;
    this.#station.events.emit('connected', { subprotocol: link.subprotocol });
    if (this.#booted) this.#accepted(false);
    else await this.#boot(link);
  }

  #connectLater(): void {
    if (!this.#wanted) return;
    const { initialMs, maxMs } = this.#station.options.reconnect ?? { initialMs: 500, maxMs: 10_000 };
    const delayMs = Math.min(maxMs, initialMs * 2 ** this.#failures);
    this.#failures += 1;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#connect(), delayMs * (0.75 + Math.random() / 2));
  }

  #gone(link: Link, code: number, reason: string): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.#lostAt = this.#station.clock.rightNow();
    this.queue.close();
    this.#station.timers.clear('heartbeat');
    this.#station.timers.clear('boot');
    this.#station.events.emit('disconnected', { code, reason });
    this.#connectLater();
  }

  async #boot(link: Link): Promise<void> {
    const { clock, timers } = this.#station;
    const again = (seconds: number): void => {
      if (this.#link !== link) return;
      timers.set('boot', paced(clock, Math.max(1, seconds) * 1000), () => void this.#boot(link));
    };
    timers.clear('boot');
    try {
      const answer = await this.#dialect?.boot();
      if (!answer || this.#link !== link) return;
      if (answer.status !== 'Accepted') return again(answer.interval || 60);
      if (answer.interval > 0) this.#station.settings.heartbeatS = answer.interval;
      this.#accepted(true);
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      this.#station.events.emit('failed', error);
      again(60);
    }
  }

  #accepted(afterBoot: boolean): void {
    const { clock, events } = this.#station;
    this.#booted = true;
    const offlineMs = this.#lostAt === undefined ? 0 : clock.rightNow() - this.#lostAt;
    this.beat();
    if (afterBoot) events.emit('accepted');
    this.#onAccepted(afterBoot, offlineMs);
    this.queue.open();
  }

  /** Sets the next heartbeat; called again when the interval changes. */
  beat(): void {
    const { clock, settings, timers } = this.#station;
    timers.clear('heartbeat');
    if (settings.heartbeatS <= 0) return;
    timers.set('heartbeat', paced(clock, settings.heartbeatS * 1000), () => {
      this.#dialect?.heartbeat().catch((error: unknown) => {
        if (!(error instanceof CallFailure)) throw error;
        this.#station.events.emit('failed', error);
      });
      this.beat();
    });
  }

  async #onCall(action: string, payload: unknown): Promise<object | typeof noAnswer> {
    if (!this.#dialect) throw new CallRefusal('InternalError', 'the station is not ready');
    const rule = this.#station.oddities.ruleFor(action);
    if (rule?.how === 'never') return noAnswer;
    if (rule?.how === 'error')
      throw new CallRefusal(rule.code ?? 'InternalError', 'as the scenario wants it');
    if (rule?.how === 'reject') {
      const reply = { status: rule.status ?? 'Rejected' };
      if (!violationOf(this.#station.options.protocol, 'sent', action, 'conf', reply)) return reply;
    }
    const { reply, afterwards } = this.#dialect.onCall(action, payload);
    this.#check('sent', action, 'conf', reply);
    if (rule?.how === 'late' && !(await this.#late(rule))) return noAnswer;
    if (afterwards) setImmediate(afterwards);
    return reply;
  }

  /** Waits as long as the rule says; false when the station has left meanwhile. */
  #late({ afterMs = 60_000 }: AnswerRule): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (stillHere: boolean): void => {
        this.#onLeave.delete(leave);
        resolve(stillHere);
      };
      const cancel = this.#station.clock.after(afterMs, () => done(true));
      const leave = (): void => {
        cancel();
        done(false);
      };
      this.#onLeave.add(leave);
    });
  }

  /** Refuses a received call that does not fit its schema. @throws CallRefusal */
  checkCall(action: string, payload: unknown): void {
    const violation = this.#check('received', action, 'req', payload);
    if (violation) throw refusalOf(violation);
  }

  #check(
    direction: 'sent' | 'received',
    action: string,
    part: 'req' | 'conf',
    payload: unknown,
  ): Violation | undefined {
    const violation = violationOf(this.#station.options.protocol, direction, action, part, payload);
    if (violation) this.#station.events.emit('violation', violation);
    return violation;
  }
}
