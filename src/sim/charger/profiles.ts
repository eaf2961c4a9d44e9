import type { PointSpec } from './options.js';
import { changesOf, type Profile, type RateUnit, type RawLimit, topOfStack } from './schedule.js';

/** A limit in both units. On AC, `amps` is per phase and `watts` the total over `phases`. */
export interface Limit {
  readonly watts: number;
  readonly amps: number;
  readonly phases: number;
}

/** One step of a composite schedule. */
export interface CompositePeriod {
  readonly startPeriod: number;
  readonly limit: number;
  /** AC: where it is not three, which is what leaving it out means. */
  readonly numberPhases?: number;
}

export const acVoltageV = 230;
/** What a DC station counts with where it must turn amperes into watts without a vehicle. */
export const nominalDcVoltageV = 650;

/**
 * Both units of a limit. AC without numberPhases means three phases, whatever the station or the vehicle has
 * (1.6 errata 3.34): a one-phase vehicle then gets a third of the watts.
 */
export function inBothUnits(raw: RawLimit, powerType: 'AC' | 'DC', dcVoltageV = nominalDcVoltageV): Limit {
  const phases = powerType === 'AC' ? (raw.numberPhases ?? 3) : 1;
  const voltsPerAmp = powerType === 'AC' ? acVoltageV * phases : dcVoltageV;
  return raw.unit === 'W'
    ? { watts: raw.limit, amps: raw.limit / voltsPerAmp, phases }
    : { watts: raw.limit * voltsPerAmp, amps: raw.limit, phases };
}

/** What the profiles are measured against. */
export interface ProfileContext {
  readonly points: readonly PointSpec[];
  /** Power all points share, W. */
  readonly maxPowerW: number;
  /** Start of the transaction on a point: what Relative profiles count from. */
  transactionStart(pointId: number): number | undefined;
  /** 1.6: a TxDefaultProfile of a connector replaces those of connector 0; 2.0.1: they share one stack. */
  readonly specificReplacesGeneral: boolean;
}

/** Which profiles a clear or a query means: every field given must fit; none given means all. */
export interface ProfileFilter {
  readonly id?: number;
  readonly pointId?: number;
  readonly purpose?: Profile['purpose'];
  readonly stackLevel?: number;
}

function fits(profile: Profile, filter: ProfileFilter): boolean {
  return (
    (filter.id === undefined || profile.id === filter.id) &&
    (filter.pointId === undefined || profile.pointId === filter.pointId) &&
    (filter.purpose === undefined || profile.purpose === filter.purpose) &&
    (filter.stackLevel === undefined || profile.stackLevel === filter.stackLevel)
  );
}

/** The charging profiles a station holds, and what they add up to. They survive a reboot (1.6 errata 3.37). */
export class ProfileStore {
  readonly #context: ProfileContext;
  #profiles: readonly Profile[] = [];

  constructor(context: ProfileContext) {
    this.#context = context;
  }

  get all(): readonly Profile[] {
    return this.#profiles;
  }

  /** Puts a profile in place of those that `replaces` names. Whether it may be installed is the protocol's rule. */
  install(profile: Profile, replaces: (other: Profile) => boolean): void {
    this.#profiles = [...this.#profiles.filter((other) => !replaces(other)), profile];
  }

  find(filter: ProfileFilter): Profile[] {
    return this.#profiles.filter((profile) => fits(profile, filter));
  }

  /** Returns what it removed. */
  clear(filter: ProfileFilter): Profile[] {
    const removed = this.find(filter);
    this.#profiles = this.#profiles.filter((profile) => !removed.includes(profile));
    return removed;
  }

  /** A TxProfile dies with its transaction. */
  endTransaction(pointId: number): void {
    this.clear({ pointId, purpose: 'Tx' });
  }

  /**
   * Limit of a point by Tx and TxDefault profiles alone; undefined = none. Without a transaction a Relative
   * profile counts from `origin`.
   */
  pointLimit(pointId: number, at: number, origin = at): RawLimit | undefined {
    const anchor = this.#context.transactionStart(pointId) ?? origin;
    const top = (profiles: readonly Profile[]) => topOfStack(profiles, at, () => anchor);
    const ofTransaction = top(this.find({ pointId, purpose: 'Tx' }));
    if (ofTransaction) return ofTransaction;
    const specific = this.find({ pointId, purpose: 'TxDefault' });
    const general = this.find({ pointId: 0, purpose: 'TxDefault' });
    if (!this.#context.specificReplacesGeneral) return top([...specific, ...general]);
    return specific.length > 0 ? top(specific) : top(general);
  }

  /** What the whole station may draw, W. */
  stationLimitW(at: number): number {
    const top = topOfStack(this.find({ purpose: 'StationMax' }), at, () => at);
    const powerType = this.#context.points[0]?.powerType ?? 'DC';
    return Math.min(
      this.#context.maxPowerW,
      top ? inBothUnits(top, powerType).watts : Number.POSITIVE_INFINITY,
    );
  }

  /** Every moment in (from, to] at which some limit may change, ascending. */
  changes(from: number, to: number): number[] {
    const moments = this.#profiles.flatMap((profile) => {
      const anchor = profile.pointId > 0 ? this.#context.transactionStart(profile.pointId) : undefined;
      if (profile.kind !== 'Relative' || anchor !== undefined)
        return changesOf(profile, from, to, anchor ?? from);
      const starts = this.#context.points.map((point) => this.#context.transactionStart(point.id) ?? from);
      return starts.flatMap((start) => changesOf(profile, from, to, start));
    });
    return [...new Set(moments)].sort((a, b) => a - b);
  }

  /**
   * The composite schedule from `at` on: per moment the lowest of the station's limit, the rated power and the
   * Tx or TxDefault limit, with the phases it is meant for. Point 0 = what the station expects to draw from the
   * grid. Limits are rounded down to one decimal.
   */
  composite(pointId: number, at: number, durationS: number, unit: RateUnit): CompositePeriod[] {
    const starts = [at, ...this.changes(at, at + durationS * 1000 - 1)];
    const periods: CompositePeriod[] = [];
    for (const start of starts) {
      const { value, phases } = this.#compositeAt(pointId, start, unit, at);
      const limit = Math.floor(value * 10 + 1e-6) / 10;
      const startPeriod = Math.round((start - at) / 1000);
      const period = { startPeriod, limit, ...(phases === 3 ? {} : { numberPhases: phases }) };
      if (periods.at(-1)?.startPeriod === startPeriod) periods.pop();
      const last = periods.at(-1);
      if (last?.limit !== limit || last.numberPhases !== period.numberPhases) periods.push(period);
    }
    return periods;
  }

  /** `phases` is 3 where they mean nothing: on DC, and for the station as a whole. */
  #compositeAt(
    pointId: number,
    at: number,
    unit: RateUnit,
    origin: number,
  ): { value: number; phases: number } {
    const { points } = this.#context;
    const stationW = this.stationLimitW(at);
    const point = points.find((candidate) => candidate.id === pointId);
    const powerType = (point ?? points[0])?.powerType ?? 'DC';
    const sumW = points.reduce((sum, each) => sum + this.#pointW(each, at, origin).watts, 0);
    const own = point ? this.#pointW(point, at, origin) : { watts: sumW, phases: 3 };
    const watts = Math.min(stationW, own.watts);
    const phases = powerType === 'AC' ? own.phases : 3;
    if (unit === 'W') return { value: watts, phases };
    return { value: watts / (powerType === 'AC' ? acVoltageV * phases : nominalDcVoltageV), phases };
  }

  #pointW(point: PointSpec, at: number, origin: number): { watts: number; phases: number } {
    const raw = this.pointLimit(point.id, at, origin);
    if (!raw) return { watts: point.maxPowerW, phases: point.phases };
    const limit = inBothUnits(raw, point.powerType);
    return { watts: Math.min(point.maxPowerW, limit.watts), phases: Math.min(limit.phases, point.phases) };
  }
}
