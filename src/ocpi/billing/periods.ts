/** A session cut into charging periods: wherever a price may change, the vehicle stops or goes on, and now and then. */
import type { TariffView } from '../../domain/index.js';
import { rounded, type Tenk, tenk } from './exact.js';
import type { WallClock } from './local-time.js';
import { dependsOnClock, durationSteps, energySteps, type Prices, pricesAt } from './restrictions.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000n;

/** How much had been charged at an instant. */
export interface EnergyPoint {
  readonly atMs: number;
  readonly wh: number;
}

/** From this instant on the vehicle asks for nothing, or asks again. */
export interface IdleChange {
  readonly atMs: number;
  readonly idle: boolean;
}

/** What is known of a session that is over. Points and changes are in time order and inside of it. */
export interface MeteredSession {
  readonly startMs: number;
  readonly endMs: number;
  /** Never falling; the last one is the whole. */
  readonly energy: readonly EnergyPoint[];
  readonly idle: readonly IdleChange[];
}

export interface Period {
  readonly startMs: number;
  readonly endMs: number;
  readonly isIdle: boolean;
  /** Ten-thousandths of a kWh. */
  readonly energy: Tenk;
  /** Ten-thousandths of an hour, so that all periods together are the whole. */
  readonly time: Tenk;
  readonly prices: Prices;
}

export interface CutOptions {
  readonly tariff: TariffView;
  readonly clock: WallClock;
  /** A period ends at the first reading after so long. */
  readonly intervalMs: number;
}

/** At least one period; they follow one another from the start to the end. */
export function periodsOf(session: MeteredSession, { tariff, clock, intervalMs }: CutOptions): Period[] {
  const { startMs, endMs } = session;
  const curve = new EnergyCurve(session);
  const starts = new Map<number, Tenk>();
  const cutAt = (atMs: number, energy = curve.at(atMs)) => {
    if (atMs > startMs && atMs < endMs) starts.set(atMs, energy);
  };
  for (const atMs of everyInterval(session, intervalMs)) cutAt(atMs);
  for (const { atMs } of session.idle) cutAt(atMs);
  for (const ms of durationSteps(tariff)) cutAt(startMs + ms);
  if (dependsOnClock(tariff)) for (const atMs of wholeMinutes(startMs, endMs)) cutAt(atMs);
  for (const energy of energySteps(tariff)) {
    const atMs = curve.reaches(energy);
    if (atMs !== undefined) cutAt(atMs, energy);
  }
  const kept = new Set([...everyInterval(session, intervalMs), ...session.idle.map(({ atMs }) => atMs)]);
  return joined(cutIn(session, starts, curve, tariff, clock), kept);
}

function cutIn(
  session: MeteredSession,
  starts: ReadonlyMap<number, Tenk>,
  curve: EnergyCurve,
  tariff: TariffView,
  clock: WallClock,
): Period[] {
  const { startMs, endMs, idle } = session;
  const edges = [...starts.entries()].sort(([a], [b]) => a - b);
  const all: (readonly [number, Tenk])[] = [[startMs, 0n], ...edges, [endMs, curve.total]];
  const highest = running(all.map(([, energy]) => energy));
  return all.slice(0, -1).map(([from], index) => {
    const to = all[index + 1]?.[0] ?? endMs;
    const before = highest[index] ?? 0n;
    return {
      startMs: from,
      endMs: to,
      isIdle: idle.findLast(({ atMs }) => atMs <= from)?.idle ?? false,
      energy: (highest[index + 1] ?? 0n) - before,
      time: hours(to - startMs) - hours(from - startMs),
      prices: pricesAt(tariff, { atMs: from, durationMs: from - startMs, energy: before }, clock),
    };
  });
}

/** Where nothing changed, two periods are one. */
function joined(periods: readonly Period[], kept: ReadonlySet<number>): Period[] {
  const result: Period[] = [];
  for (const period of periods) {
    const last = result.at(-1);
    const isSame = last && !kept.has(period.startMs) && isSamePrice(last.prices, period.prices);
    if (!isSame || last.isIdle !== period.isIdle) result.push(period);
    else {
      const { endMs, energy, time } = period;
      result[result.length - 1] = { ...last, endMs, energy: last.energy + energy, time: last.time + time };
    }
  }
  return result;
}

function isSamePrice(a: Prices, b: Prices): boolean {
  return (
    a.energy === b.energy && a.time === b.time && a['parking-time'] === b['parking-time'] && a.flat === b.flat
  );
}

/** Energy between readings is taken to have flowed evenly. */
class EnergyCurve {
  readonly #points: readonly { readonly atMs: number; readonly energy: Tenk }[];
  readonly total: Tenk;

  constructor({ startMs, endMs, energy }: MeteredSession) {
    const told = energy.map(({ atMs, wh }) => ({ atMs, energy: tenk(wh / 1000) }));
    this.total = told.at(-1)?.energy ?? 0n;
    const inside = told.filter(({ atMs }) => atMs > startMs && atMs < endMs);
    this.#points = [{ atMs: startMs, energy: 0n }, ...inside, { atMs: endMs, energy: this.total }];
  }

  at(ms: number): Tenk {
    const next = this.#points.findIndex(({ atMs }) => atMs >= ms);
    const [to, from] = [this.#points[next], this.#points[next - 1]];
    if (!to) return this.total;
    if (!from || to.atMs === from.atMs) return to.energy;
    const part = BigInt(ms - from.atMs) * (to.energy - from.energy);
    return from.energy + rounded(part, BigInt(to.atMs - from.atMs));
  }

  /** When so much had been charged; undefined: never. */
  reaches(energy: Tenk): number | undefined {
    const next = this.#points.findIndex((point) => point.energy >= energy);
    const [to, from] = [this.#points[next], this.#points[next - 1]];
    if (!to || !from) return undefined;
    const grown = to.energy - from.energy;
    const part = BigInt(to.atMs - from.atMs) * (energy - from.energy);
    return from.atMs + Number((part + grown - 1n) / grown);
  }
}

/** The readings at which a period may end: each the first that is an interval after the one before. */
function everyInterval({ startMs, energy }: MeteredSession, intervalMs: number): number[] {
  const found: number[] = [];
  let last = startMs;
  for (const { atMs } of energy) {
    if (atMs - last < intervalMs) continue;
    found.push(atMs);
    last = atMs;
  }
  return found;
}

/** Clocks on walls go over in whole minutes of UTC too. */
function* wholeMinutes(startMs: number, endMs: number): Generator<number> {
  for (let at = (Math.floor(startMs / MINUTE_MS) + 1) * MINUTE_MS; at < endMs; at += MINUTE_MS) yield at;
}

function running(values: readonly Tenk[]): Tenk[] {
  let highest = 0n;
  return values.map((value) => {
    highest = value > highest ? value : highest;
    return highest;
  });
}

/** Ten-thousandths of an hour. */
export function hours(ms: number): Tenk {
  return rounded(BigInt(ms) * 10_000n, HOUR_MS);
}
