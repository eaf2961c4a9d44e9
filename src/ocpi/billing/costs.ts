/** What a session costs: exact until the sums are rounded to four decimals, once per kind of cost and rate of tax. */
import type { PriceComponentView, PriceView, TariffView } from '../../domain/index.js';
import { rounded, type Tenk, tenk, toNumber, upTo } from './exact.js';
import type { Period } from './periods.js';
import type { Dimension } from './restrictions.js';

export interface Costs {
  readonly total: PriceView;
  readonly fixed?: PriceView;
  readonly energy?: PriceView;
  readonly time?: PriceView;
  readonly parking?: PriceView;
}

/** So much of something at one price. Energy: ten-thousandths of a kWh; time: milliseconds; flat: one. */
interface Line {
  readonly component: PriceComponentView;
  readonly quantity: bigint;
}

/** By how much quantity times price is more than ten-thousandths of the currency. */
const DIVISOR: Readonly<Record<Dimension, bigint>> = {
  energy: 10_000n,
  time: 3_600_000n,
  'parking-time': 3_600_000n,
  flat: 1n,
};
/** What `step_size` 1 is: a watt-hour, a second. */
const STEP: Readonly<Record<Dimension, bigint>> = {
  energy: 10n,
  time: 1_000n,
  'parking-time': 1_000n,
  flat: 1n,
};
/** Percent in ten-thousandths, of ten-thousandths. */
const PERCENT = 1_000_000n;

/** An amount and its taxes by rate, in ten-thousandths; without a rate no tax applies. */
interface Amount {
  readonly excl: Tenk;
  readonly taxes: ReadonlyMap<number, Tenk>;
}

/** A kind of price that never held is not among the costs. */
export function costsOf(periods: readonly Period[], tariff: TariffView): Costs {
  const lines: Record<Dimension, Line[]> = {
    energy: linesOf(periods, 'energy', ({ energy }) => energy),
    time: linesOf(periods, 'time', ({ isIdle, startMs, endMs }) => (isIdle ? 0n : BigInt(endMs - startMs))),
    'parking-time': linesOf(periods, 'parking-time', ({ isIdle, startMs, endMs }) =>
      isIdle ? BigInt(endMs - startMs) : 0n,
    ),
    flat: linesOf(periods, 'flat', () => 1n).slice(0, 1),
  };
  // Once per session for energy, and once for both kinds of time: where parking was paid for, it alone is rounded up.
  stepUp(lines.energy);
  stepUp(lines['parking-time'].length > 0 ? lines['parking-time'] : lines.time);
  const parts = {
    fixed: amountOf(lines.flat),
    energy: amountOf(lines.energy),
    time: amountOf(lines.time),
    parking: amountOf(lines['parking-time']),
  };
  const sum = Object.values(parts).reduce<Amount>((all, part) => (part ? plus(all, part) : all), NOTHING);
  const view = (amount: Amount | undefined) => amount && priceOf(amount, tariff.taxName);
  const found = { fixed: view(parts.fixed), energy: view(parts.energy), time: view(parts.time) };
  const costs = { ...found, parking: view(parts.parking) };
  return {
    ...Object.fromEntries(Object.entries(costs).filter(([, price]) => price !== undefined)),
    total: bounded(priceOf(sum, tariff.taxName), tariff),
  };
}

/** The same with every amount below zero where it was above. */
export function negative({ exclVat, inclVat, taxes }: PriceView): PriceView {
  return {
    exclVat: minus(exclVat),
    ...(inclVat === undefined ? {} : { inclVat: minus(inclVat) }),
    taxes: taxes.map((tax) => ({ ...tax, amount: minus(tax.amount) })),
  };
}

function minus(value: number): number {
  return value === 0 ? 0 : -value;
}

function linesOf(
  periods: readonly Period[],
  dimension: Dimension,
  quantityOf: (period: Period) => bigint,
): Line[] {
  return periods.flatMap((period) => {
    const component = period.prices[dimension];
    const quantity = quantityOf(period);
    return component && quantity > 0n ? [{ component, quantity }] : [];
  });
}

/** The whole is rounded up to the step of the price that held last, and what that adds is paid at that price. */
function stepUp(lines: Line[]): void {
  const last = lines.at(-1);
  if (!last) return;
  const total = lines.reduce((sum, { quantity }) => sum + quantity, 0n);
  const step = BigInt(last.component.stepSize) * STEP[last.component.dimension];
  lines[lines.length - 1] = { ...last, quantity: last.quantity + upTo(total, step) - total };
}

const NOTHING: Amount = { excl: 0n, taxes: new Map() };

function amountOf(lines: readonly Line[]): Amount | undefined {
  const [first] = lines;
  if (!first) return undefined;
  const by = DIVISOR[first.component.dimension];
  const worth = ({ component, quantity }: Line) => quantity * tenk(component.price);
  const byRate = new Map<number, bigint>();
  for (const line of lines) {
    const { vatPct } = line.component;
    if (vatPct !== undefined) byRate.set(vatPct, (byRate.get(vatPct) ?? 0n) + worth(line));
  }
  return {
    excl: rounded(
      lines.reduce((sum, line) => sum + worth(line), 0n),
      by,
    ),
    taxes: new Map([...byRate].map(([rate, sum]) => [rate, rounded(sum * tenk(rate), by * PERCENT)])),
  };
}

function plus(a: Amount, b: Amount): Amount {
  const taxes = new Map(a.taxes);
  for (const [rate, amount] of b.taxes) taxes.set(rate, (taxes.get(rate) ?? 0n) + amount);
  return { excl: a.excl + b.excl, taxes };
}

function priceOf({ excl, taxes }: Amount, name: string): PriceView {
  const exclVat = toNumber(excl);
  if (taxes.size === 0) return { exclVat, taxes: [] };
  const sum = [...taxes.values()].reduce((all, amount) => all + amount, excl);
  return {
    exclVat,
    inclVat: toNumber(sum),
    taxes: [...taxes].map(([percentage, amount]) => ({ name, percentage, amount: toNumber(amount) })),
  };
}

/** Not less than the least price and not more than the highest, with and without tax each for itself. */
function bounded(total: PriceView, { minPrice, maxPrice, taxName, taxed }: TariffView): PriceView {
  const exclVat = within(total.exclVat, minPrice?.exclVat, maxPrice?.exclVat);
  const before = total.inclVat ?? total.exclVat;
  const inclVat = Math.max(exclVat, within(before, minPrice?.inclVat, maxPrice?.inclVat));
  if (exclVat === total.exclVat && inclVat === before) return total;
  if (!taxed) return { exclVat, taxes: [] };
  const amount = toNumber(tenk(inclVat) - tenk(exclVat));
  return { exclVat, inclVat, taxes: [{ name: taxName, amount }] };
}

function within(value: number, least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY): number {
  return Math.max(Math.min(value, most), least);
}
