import { EventEmitter } from 'node:events';
import type { ChargingRequest } from './messages.js';
import { type Plan, requestsAt } from './planner.js';
import type { Answer } from './slot.js';

/** A clock that may run faster than the wall's. */
export interface PlanClock {
  readonly now: () => Date;
  /** Simulated milliseconds per real one. */
  readonly speed: number;
}

/** A clock that shows `start` now and runs `speed` times as fast as the wall's. */
export function runningClock(start: Date, speed = 1): PlanClock {
  const began = performance.now();
  return { speed, now: () => new Date(start.getTime() + (performance.now() - began) * speed) };
}

/** Whoever makes a request list known: a `Presystem`. */
export interface ListTaker {
  setRequests(requests: readonly ChargingRequest[]): Promise<Answer>;
}

export interface PlanRunnerEvents {
  /** A new list was handed over. */
  readonly list: [requests: readonly ChargingRequest[], at: Date];
  readonly answer: [answer: Answer, at: Date];
  readonly error: [error: Error];
}

/** Plays a plan to an upstream system: hands over a list whenever it differs from the one before. */
export class PlanRunner {
  readonly events = new EventEmitter<PlanRunnerEvents>();
  readonly #plan: Plan;
  readonly #to: ListTaker;
  readonly #clock: PlanClock;
  readonly #stepMs: number;
  #timer: NodeJS.Timeout | undefined;
  #last: string | undefined;

  /** @param stepMs how often to look, in simulated milliseconds */
  constructor(plan: Plan, to: ListTaker, clock: PlanClock, stepMs = 60_000) {
    this.#plan = plan;
    this.#to = to;
    this.#clock = clock;
    this.#stepMs = stepMs;
  }

  start(): void {
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), Math.max(1, this.#stepMs / this.#clock.speed));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const at = this.#clock.now();
    const requests = requestsAt(this.#plan, at);
    const text = JSON.stringify(requests);
    // A system that never ordered anything has nothing to make known.
    if (text === this.#last || (this.#last === undefined && requests.length === 0)) return;
    this.#last = text;
    this.events.emit('list', requests, at);
    this.#to.setRequests(requests).then(
      (answer) => this.events.emit('answer', answer, at),
      (error: Error) => this.events.emit('error', error),
    );
  }
}
