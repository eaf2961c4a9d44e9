import type { Outlet } from './outlet.js';
import type { ProfileStore } from './profiles.js';

/** The curve of a battery is followed in steps of this length, ms. */
const stepMs = 30_000;

/**
 * Shares `totalW` among demands: everybody gets an equal part, and what one does not need goes to the others.
 * The sum never exceeds `totalW`, and no part exceeds its demand.
 */
export function shareOut(totalW: number, demandsW: readonly number[]): number[] {
  const parts = demandsW.map(() => 0);
  let leftW = Math.max(0, totalW);
  let open = demandsW.map((_, index) => index).filter((index) => (demandsW[index] ?? 0) > 0);
  while (open.length > 0) {
    const equalW = leftW / open.length;
    const modest = open.filter((index) => (demandsW[index] ?? 0) <= equalW);
    if (modest.length === 0) {
      for (const index of open) parts[index] = equalW;
      break;
    }
    for (const index of modest) {
      parts[index] = demandsW[index] ?? 0;
      leftW -= demandsW[index] ?? 0;
    }
    open = open.filter((index) => !modest.includes(index));
  }
  return parts;
}

/** The power electronics of a station: moves energy into vehicles as time passes, within all limits. */
export class Plant {
  readonly #outlets: readonly Outlet[];
  readonly #profiles: ProfileStore;
  #at: number;

  constructor(outlets: readonly Outlet[], profiles: ProfileStore, at: number) {
    this.#outlets = outlets;
    this.#profiles = profiles;
    this.#at = at;
  }

  /** The moment up to which energy has flowed. */
  get at(): number {
    return this.#at;
  }

  /** The clock jumps: no time passes. */
  jump(byMs: number): void {
    this.#at += byMs;
  }

  /** Lets time pass until `to`, then sets the power of that moment. A moment in the past changes no energy. */
  advance(to: number): void {
    const changes = this.#profiles.changes(this.#at, to);
    while (this.#at < to) {
      this.#drive();
      const change = changes.find((moment) => moment > this.#at) ?? to;
      const next = Math.min(to, change, this.#at + stepMs);
      for (const outlet of this.#outlets) outlet.flow(next - this.#at);
      this.#at = next;
    }
    this.#drive();
  }

  /** When something may change by itself: a limit, or a vehicle that is full. Undefined within the next day: none. */
  nextChange(): number | undefined {
    const limit = this.#profiles.changes(this.#at, this.#at + 86_400_000)[0];
    const full = this.#outlets
      .filter((outlet) => outlet.powerW > 0)
      .map(
        (outlet) => this.#at + 1 + Math.ceil(((outlet.battery?.missingWh ?? 0) / outlet.powerW) * 3_600_000),
      );
    const moments = [...full, ...(limit === undefined ? [] : [limit])];
    return moments.length > 0 ? Math.min(...moments) : undefined;
  }

  #drive(): void {
    const offers = this.#outlets.map((outlet) =>
      outlet.offerUnder(
        outlet.ignoresLimits ? undefined : this.#profiles.pointLimit(outlet.spec.id, this.#at),
      ),
    );
    const demands = this.#outlets.map((outlet, index) =>
      Math.min(offers[index] ?? 0, outlet.battery?.acceptsW ?? 0),
    );
    const stationW = this.#profiles.stationLimitW(this.#at);
    const parts = shareOut(stationW, demands);
    this.#outlets.forEach((outlet, index) => {
      const demand = demands[index] ?? 0;
      const part = parts[index] ?? 0;
      const limited = part < demand || stationW <= 0;
      outlet.drive(limited ? part : (offers[index] ?? 0));
    });
  }
}
