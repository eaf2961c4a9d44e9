/** How far a station's clock is off: what is sent to it with an instant must be told in its own time. */
import type { DomainEvent } from '../../domain/index.js';

/** Less is a matter of the network and of whole seconds; the same bound decides whose clock counts in the state. */
const NOTICED_MS = 5 * 60_000;

export class StationClock {
  #aheadMs = 0;
  /** What one status said of a clock that is behind. */
  #onceMs: number | undefined;

  /** Milliseconds by which the station is ahead of us; negative: behind; 0 while it is about right. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  /**
   * Learns from what the station said. A status is of now. Readings and transactions may have waited: only what lies in
   * the future tells of the clock.
   */
  learn(events: readonly DomainEvent[]): void {
    for (const event of events) {
      if (event.type === 'PointStatusReported') this.#take(event.payload.at, event.payload.receivedAt, true);
      else if (event.type === 'TransactionStarted' || event.type === 'TransactionUpdated')
        this.#take(event.payload.at, event.payload.receivedAt, false);
    }
  }

  #take(at: string, receivedAt: string, isNow: boolean): void {
    // A station that names no time is given the time of receipt: that says nothing of its clock.
    if (at === receivedAt) return;
    const aheadMs = Date.parse(at) - Date.parse(receivedAt);
    if (aheadMs > NOTICED_MS) this.#aheadMs = aheadMs;
    else if (isNow && aheadMs < -NOTICED_MS) this.#behind(aheadMs);
    else if (isNow) {
      this.#aheadMs = 0;
      this.#onceMs = undefined;
    }
  }

  /** Some stations keep a status while they are offline: one that is old is believed when the next is as old. */
  #behind(aheadMs: number): void {
    if (this.#onceMs !== undefined && Math.abs(this.#onceMs - aheadMs) < NOTICED_MS) this.#aheadMs = aheadMs;
    this.#onceMs = aheadMs;
  }
}
