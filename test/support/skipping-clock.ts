import { type Clock, ScaledClock } from '../../src/sim/charger/index.js';

interface Alarm {
  readonly due: number;
  readonly task: () => void;
  cancel: () => void;
}

/** A clock that runs at `timeScale`, and can skip what is left of an hour. */
export class SkippingClock implements Clock {
  readonly timeScale: number;
  readonly #running: Clock;
  readonly #alarms = new Set<Alarm>();
  #skippedMs = 0;

  constructor(options: { readonly startAt: number; readonly timeScale: number }) {
    this.#running = new ScaledClock(options);
    this.timeScale = options.timeScale;
  }

  now(): number {
    return this.#running.now() + this.#skippedMs;
  }

  after(delayMs: number, task: () => void): () => void {
    const alarm: Alarm = { due: this.now() + delayMs, task, cancel: () => {} };
    this.#alarms.add(alarm);
    this.#arm(alarm);
    return () => {
      alarm.cancel();
      this.#alarms.delete(alarm);
    };
  }

  /** Lets this much pass at once; what falls due meanwhile is done soon. */
  advance(ms: number): void {
    this.#skippedMs += ms;
    for (const alarm of this.#alarms) {
      alarm.cancel();
      this.#arm(alarm);
    }
  }

  #arm(alarm: Alarm): void {
    alarm.cancel = this.#running.after(Math.max(0, alarm.due - this.now()), () => {
      this.#alarms.delete(alarm);
      alarm.task();
    });
  }
}
