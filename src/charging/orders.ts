/**
 * What is asked of chargers, and in which order: whoever is to draw less is told first, and nobody may draw more before
 * they have answered. So the limits in force never add up to more than the plan, not even while it is carried out.
 */

import { setTimeout } from 'node:timers/promises';

/** Something to be asked of a charger now. */
export interface Order {
  /** One order at a time per key. */
  readonly key: string;
  readonly station: string;
  readonly point: string;
  readonly change: 'lower' | 'raise' | 'other';
  run(): Promise<void>;
}

/** What an order does to the power in force, in W; undefined: none of ours is. */
export function changeOf(inForceW: number | undefined, nextW: number): Order['change'] {
  if (inForceW === undefined || inForceW === nextW) return 'other';
  return nextW < inForceW ? 'lower' : 'raise';
}

export class Orders {
  /** By key, those under way. */
  readonly #busy = new Map<string, Order>();
  readonly #running = new Set<Promise<void>>();
  readonly #onDone: (order: Order, failure?: unknown) => void;

  constructor(onDone: (order: Order, failure?: unknown) => void) {
    this.#onDone = onDone;
  }

  isBusy(key: string): boolean {
    return this.#busy.has(key);
  }

  /** Begins what may begin; who waits for others is left for the next time. */
  begin(orders: readonly Order[]): void {
    const idle = orders.filter(({ key }) => !this.#busy.has(key));
    for (const order of idle) if (order.change !== 'raise') this.#begin(order);
    const lowering = [...this.#busy.values()].some(({ change }) => change === 'lower');
    if (!lowering) for (const order of idle) if (order.change === 'raise') this.#begin(order);
  }

  /** Waits for something that is no order of a charger, together with those that are. */
  track(work: Promise<void>): void {
    const done = work.finally(() => this.#running.delete(done));
    this.#running.add(done);
  }

  /** Waits for those under way, but not longer than this: a charger may be mute. What it was asked is on record. */
  async settled(withinMs: number): Promise<void> {
    const patience = new AbortController();
    const late = setTimeout(withinMs, undefined, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([Promise.allSettled(this.#running), late]);
    patience.abort();
  }

  #begin(order: Order): void {
    if (this.#busy.has(order.key)) return;
    this.#busy.set(order.key, order);
    this.track(
      order.run().then(
        () => this.#done(order),
        (failure: unknown) => this.#done(order, failure),
      ),
    );
  }

  #done(order: Order, failure?: unknown): void {
    this.#busy.delete(order.key);
    this.#onDone(order, failure);
  }
}
