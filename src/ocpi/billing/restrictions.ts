/** Which prices hold at a moment of a session (mod_tariffs of 2.2.1, TariffRestrictions and Tariff). */
import type { PriceComponentView, TariffElementView, TariffView } from '../../domain/index.js';
import { type Tenk, tenk } from './exact.js';
import type { LocalTime, WallClock } from './local-time.js';

export type Restrictions = NonNullable<TariffElementView['restrictions']>;
export type Dimension = PriceComponentView['dimension'];

/** A moment of a session. */
export interface Moment {
  readonly atMs: number;
  /** Since the start of the session. */
  readonly durationMs: number;
  /** Charged until then, in ten-thousandths of a kWh. */
  readonly energy: Tenk;
}

/** The price of each dimension that holds at a moment; a dimension without one costs nothing. */
export type Prices = Partial<Record<Dimension, PriceComponentView>>;

const DIMENSIONS: readonly Dimension[] = ['energy', 'time', 'parking-time', 'flat'];

/** Of each dimension the price in the first element that has one and whose restrictions are met. */
export function pricesAt(tariff: TariffView, moment: Moment, clock: WallClock): Prices {
  const local = clock.at(moment.atMs);
  const fitting = tariff.elements.filter(({ restrictions }) => meets(restrictions, moment, local));
  const prices: Prices = {};
  for (const dimension of DIMENSIONS) {
    const component = fitting
      .flatMap(({ components }) => components)
      .find((each) => each.dimension === dimension);
    if (component) prices[dimension] = component;
  }
  return prices;
}

function meets(restrictions: Restrictions = {}, moment: Moment, local: LocalTime): boolean {
  const { minKwh, maxKwh, minDurationS, maxDurationS } = restrictions;
  return (
    (minKwh === undefined || moment.energy >= tenk(minKwh)) &&
    (maxKwh === undefined || moment.energy < tenk(maxKwh)) &&
    (minDurationS === undefined || moment.durationMs >= minDurationS * 1000) &&
    (maxDurationS === undefined || moment.durationMs < maxDurationS * 1000) &&
    isOnDay(restrictions, local) &&
    isInHours(restrictions, local)
  );
}

function isOnDay({ startDate, endDate, daysOfWeek }: Restrictions, { date, day }: LocalTime): boolean {
  return (
    (startDate === undefined || date >= startDate) &&
    (endDate === undefined || date < endDate) &&
    (daysOfWeek === undefined || daysOfWeek.length === 0 || daysOfWeek.some((each) => each === day))
  );
}

/** An end that is not after the start is one of the next day. */
function isInHours({ startTime = '00:00', endTime = '00:00' }: Restrictions, { clock }: LocalTime): boolean {
  if (startTime < endTime) return clock >= startTime && clock < endTime;
  return clock >= startTime || clock < endTime;
}

/** Whether any price depends on the clock or the calendar. */
export function dependsOnClock({ elements }: TariffView): boolean {
  return elements.some(({ restrictions: r }) =>
    Boolean(r && (r.startTime ?? r.endTime ?? r.startDate ?? r.endDate ?? r.daysOfWeek)),
  );
}

/** The amounts of energy at which a price may change. */
export function energySteps({ elements }: TariffView): Tenk[] {
  return elements.flatMap(({ restrictions: r }) =>
    [r?.minKwh, r?.maxKwh].flatMap((kwh) => (kwh === undefined ? [] : [tenk(kwh)])),
  );
}

/** The durations of a session, in milliseconds, at which a price may change. */
export function durationSteps({ elements }: TariffView): number[] {
  return elements.flatMap(({ restrictions: r }) =>
    [r?.minDurationS, r?.maxDurationS].flatMap((s) => (s === undefined ? [] : [s * 1000])),
  );
}
