/**
 * Free power over time, in slots of five minutes by the clock: what the grid, each station and each point still have.
 * Slots keep their bounds from plan to plan, so that an unchanged world gives an unchanged plan.
 */
import type { Instant, LimitStep } from '../domain/index.js';
import { csmsCeilings, leastIn } from './ceilings.js';
import type { PlaceLimits, PlanInputs } from './job.js';

export const SLOT_MS = 5 * 60_000;

export class PowerGrid {
  readonly slots: number;
  readonly #nowMs: number;
  readonly #startMs: number;
  readonly #grid: Float64Array;
  readonly #stations = new Map<string, Float64Array>();
  readonly #points = new Map<string, Float64Array>();
  readonly #used = new Map<string, Float64Array>();
  readonly #instants: Instant[] = [];

  constructor(inputs: PlanInputs) {
    this.#nowMs = Math.floor(Date.parse(inputs.now) / 1000) * 1000;
    this.#startMs = Math.floor(this.#nowMs / SLOT_MS) * SLOT_MS;
    this.slots = Math.ceil((inputs.horizonHours * 3_600_000) / SLOT_MS);
    this.#grid = this.#filled(inputs.gridLimitW);
    for (const [id, limitW] of inputs.stationLimitsW) this.#stations.set(id, this.#filled(limitW));
    for (const place of inputs.places.values()) {
      this.#points.set(place.pointId, this.#filled(place.maxPowerW));
      this.#used.set(place.pointId, this.#filled(0));
    }
    this.#heed(inputs);
  }

  /** Nothing is planned that the CSMS of a station does not allow. */
  #heed(inputs: PlanInputs): void {
    const untilMs = this.startOf(this.slots);
    for (const { of, id, steps } of csmsCeilings(inputs, untilMs)) {
      const sums = of === 'station' ? this.#stationSums(id) : this.#points.get(id);
      for (let slot = 0; sums && slot < this.slots; slot += 1) {
        const leastW = leastIn(steps, this.startOf(slot), this.startOf(slot + 1));
        sums[slot] = Math.min(sums[slot] ?? 0, leastW);
      }
    }
  }

  #stationSums(stationId: string): Float64Array {
    const known = this.#stations.get(stationId) ?? this.#filled(undefined);
    this.#stations.set(stationId, known);
    return known;
  }

  #filled(limitW: number | undefined): Float64Array {
    return new Float64Array(this.slots).fill(limitW ?? Number.POSITIVE_INFINITY);
  }

  /** Milliseconds since 1970 at which a slot begins; the first began before now, of which only the rest counts. */
  startOf(slot: number): number {
    return Math.max(this.#nowMs, this.#startMs + slot * SLOT_MS);
  }

  /** The same as an instant. */
  instantOf(slot: number): Instant {
    this.#instants[slot] ??= new Date(this.startOf(slot)).toISOString();
    return this.#instants[slot] as Instant;
  }

  /** Power over all slots as steps: equal neighbours are one. */
  steps(powerOf: (slot: number) => number): LimitStep[] {
    const steps: LimitStep[] = [];
    for (let slot = 0; slot < this.slots; slot += 1) {
      const powerW = powerOf(slot);
      if (steps.at(-1)?.powerW !== powerW) steps.push({ at: this.instantOf(slot), powerW });
    }
    return steps;
  }

  /** How much of a slot is left, in hours. */
  hours(slot: number): number {
    return (this.startOf(slot + 1) - this.startOf(slot)) / 3_600_000;
  }

  /** The slot that holds an instant; before the plan 0, after it `slots`. */
  slotOf(instant: string): number {
    const slot = Math.floor((Date.parse(instant) - this.#startMs) / SLOT_MS);
    return Math.min(Math.max(slot, 0), this.slots);
  }

  /** What a place may still take in a slot, in W. */
  free(place: PlaceLimits, slot: number): number {
    const station = this.#stations.get(place.stationId)?.[slot] ?? Number.POSITIVE_INFINITY;
    const point = this.#points.get(place.pointId)?.[slot] ?? 0;
    return Math.max(0, Math.min(this.#grid[slot] ?? 0, station, point));
  }

  /** What the depot may still take in a slot, in W. */
  freeOfDepot(slot: number): number {
    return this.#grid[slot] ?? 0;
  }

  /** What a station may still take in a slot, in W, whatever the depot has left. */
  freeOfStation(stationId: string, slot: number): number {
    return this.#stations.get(stationId)?.[slot] ?? Number.POSITIVE_INFINITY;
  }

  /** What was taken for a place, slot by slot, in W. */
  used({ pointId }: PlaceLimits): ArrayLike<number> {
    return this.#used.get(pointId) ?? [];
  }

  take(place: PlaceLimits, slot: number, powerW: number): void {
    const add = (sums: Float64Array | undefined, change: number) => {
      if (sums) sums[slot] = (sums[slot] ?? 0) + change;
    };
    add(this.#grid, -powerW);
    add(this.#stations.get(place.stationId), -powerW);
    add(this.#points.get(place.pointId), -powerW);
    add(this.#used.get(place.pointId), powerW);
  }
}
