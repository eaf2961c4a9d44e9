import type { Dialect } from './dialect.js';
import type { Outlet } from './outlet.js';
import type { Station } from './station.js';

/** When meter values are due: every interval of a transaction, and at clock-aligned moments. */
export class Sampling {
  readonly #station: Station;
  readonly #next = new Map<Outlet, number>();
  #nextAligned: number | undefined;

  constructor(station: Station) {
    this.#station = station;
  }

  /** A transaction has begun, or the interval is another. */
  schedule(outlet: Outlet, at: number): void {
    const { meterIntervalS } = this.#station.settings;
    if (meterIntervalS > 0) this.#next.set(outlet, at + meterIntervalS * 1000);
    else this.#next.delete(outlet);
  }

  end(outlet: Outlet): void {
    this.#next.delete(outlet);
  }

  /** Settings have changed: the next sample of everything is due one new interval from `at`. */
  restart(at: number): void {
    this.#nextAligned = undefined;
    for (const outlet of this.#station.outlets) if (outlet.transaction) this.schedule(outlet, at);
  }

  /** The clock jumps: intervals go on, clock-aligned moments are found anew. */
  jump(byMs: number): void {
    this.#nextAligned = undefined;
    for (const [outlet, due] of this.#next) this.#next.set(outlet, due + byMs);
  }

  /** When the next sample is due, seen from `at`. */
  due(at: number): number | undefined {
    const due = [...this.#next.values()];
    const aligned = this.#aligned(at);
    if (aligned !== undefined) due.push(aligned);
    return due.length > 0 ? Math.min(...due) : undefined;
  }

  /** Takes the samples that are due at `at`. */
  take(at: number, dialect: Dialect): void {
    const withSoc = this.#station.options.quirks?.noSoc !== true;
    for (const [outlet, due] of this.#next) {
      if (due > at || !outlet.transaction) continue;
      this.schedule(outlet, due);
      dialect.sampled(outlet, outlet.transaction, outlet.read(at, 'Sample.Periodic', withSoc));
    }
    const aligned = this.#aligned(at);
    if (aligned === undefined || aligned > at) return;
    this.#nextAligned = aligned + this.#station.settings.alignedIntervalS * 1000;
    for (const outlet of this.#station.outlets) {
      dialect.sampled(outlet, outlet.transaction, outlet.read(at, 'Sample.Clock', withSoc));
    }
  }

  #aligned(at: number): number | undefined {
    const everyMs = this.#station.settings.alignedIntervalS * 1000;
    if (everyMs <= 0) return undefined;
    this.#nextAligned ??= (Math.floor(at / everyMs) + 1) * everyMs;
    return this.#nextAligned;
  }
}
