/** How far a station's clock is off: what is sent to it with an instant must be told in its own time. */
import type { ClockState, DomainEvent } from '../../domain/index.js';

/** Less is a matter of the network and of whole seconds; the same bound decides whose clock counts in the state. */
const NOTICED_MS = 5 * 60_000;

export class StationClock {
  readonly #known: () => ClockState | undefined;
  #aheadMs = 0;

  /** `known`: what the state has learned of messages that are late; it tells a slow clock from what waited. */
  constructor(known: () => ClockState | undefined) {
    this.#known = known;
  }

  /** Milliseconds by which the station is ahead of us; negative: behind; 0 while it is about right. */
  get aheadMs(): number {
    return this.#aheadMs > 0 ? this.#aheadMs : 0 - (this.#known()?.behindMs ?? 0);
  }

  /** Learns from what the station said: nothing comes from the future, so such a time tells of the clock. */
  learn(events: readonly DomainEvent[]): void {
    for (const event of events) {
      if (event.type === 'PointStatusReported') this.#take(event.payload.at, event.payload.receivedAt, true);
      else if (event.type === 'TransactionStarted' || event.type === 'TransactionUpdated')
        this.#take(event.payload.at, event.payload.receivedAt, false);
    }
  }

  /** A status that is not ahead ends it; readings and transactions may have waited. */
  #take(at: string, receivedAt: string, isNow: boolean): void {
    // A station that names no time is given the time of receipt: that says nothing of its clock.
    if (at === receivedAt) return;
    const aheadMs = Date.parse(at) - Date.parse(receivedAt);
    if (aheadMs > NOTICED_MS) this.#aheadMs = aheadMs;
    else if (isNow) this.#aheadMs = 0;
  }
}
