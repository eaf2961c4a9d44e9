import { SimulatorError } from './errors.js';

/** Takes back what `after` has set. Harmless when it has already run. */
export type Cancel = () => void;

/** Simulated time. */
export interface Clock {
  /** Whole milliseconds since 1970 (UTC). */
  now(): number;
  /** Runs `task` once `delayMs` simulated milliseconds have passed, never before. */
  after(delayMs: number, task: () => void): Cancel;
  /** How many simulated milliseconds pass in one real millisecond. */
  readonly timeScale: number;
}

const longestTimeoutMs = 2_000_000_000;

/** A clock that runs `timeScale` times as fast as the real one, from `startAt` (default: now) on. */
export class ScaledClock implements Clock {
  readonly timeScale: number;
  readonly #startAt: number;
  readonly #origin = performance.now();

  constructor(options: { readonly startAt?: number | Date; readonly timeScale?: number } = {}) {
    this.timeScale = options.timeScale ?? 1;
    if (!(this.timeScale > 0)) throw new SimulatorError(`timeScale must be above 0, not ${this.timeScale}`);
    this.#startAt = Number(options.startAt ?? Date.now());
    if (!Number.isFinite(this.#startAt)) throw new SimulatorError('startAt is not a point in time');
  }

  now(): number {
    return Math.floor(this.#startAt + (performance.now() - this.#origin) * this.timeScale);
  }

  after(delayMs: number, task: () => void): Cancel {
    const due = this.now() + delayMs;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const realMs = Math.max(0, Math.ceil((due - this.now()) / this.timeScale));
      timer = setTimeout(() => (this.now() < due ? arm() : task()), Math.min(realMs, longestTimeoutMs));
    };
    arm();
    return () => clearTimeout(timer);
  }
}

/** A clock as a station believes it: `offsetMs` away from the right one, and it may jump. */
export class StationClock implements Clock {
  readonly #right: Clock;
  offsetMs: number;

  constructor(right: Clock, offsetMs: number) {
    this.#right = right;
    this.offsetMs = offsetMs;
  }

  get timeScale(): number {
    return this.#right.timeScale;
  }

  now(): number {
    return this.#right.now() + this.offsetMs;
  }

  /** The right time, which never jumps. */
  rightNow(): number {
    return this.#right.now();
  }

  after(delayMs: number, task: () => void): Cancel {
    return this.#right.after(delayMs, task);
  }
}

/**
 * Simulated ms to wait for something that keeps a real connection alive: `ms`, but in a clock that runs fast
 * never less than a real second unless `ms` itself is.
 */
export function paced(clock: Clock, ms: number): number {
  return Math.max(ms, Math.min(ms, 1000) * clock.timeScale);
}

/** Named timers of one station: setting a name again replaces it, and all end together. */
export class Timers {
  readonly #clock: Clock;
  readonly #running = new Map<string, Cancel>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  set(name: string, delayMs: number, task: () => void): void {
    this.clear(name);
    this.#running.set(
      name,
      this.#clock.after(delayMs, () => {
        this.#running.delete(name);
        task();
      }),
    );
  }

  clear(name: string): void {
    this.#running.get(name)?.();
    this.#running.delete(name);
  }

  clearAll(): void {
    for (const cancel of this.#running.values()) cancel();
    this.#running.clear();
  }
}
