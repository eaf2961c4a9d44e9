/** The newest reading of each quantity. */
import type { Leaf } from '../source.js';
import type { Quantity, Readings } from '../state.js';
import { lateness } from '../time.js';
import { type Changing, newer } from './update.js';

export const QUANTITIES = [
  'energyWh',
  'powerW',
  'currentA',
  'voltageV',
  'reactivePowerVar',
  'socPct',
  'temperatureDegC',
] as const satisfies readonly Quantity[];

/** Some stations write a state of charge of zero where they know none: after one above this… */
const NEARLY_EMPTY_PCT = 5;
/** …a zero at the same point is no reading for so long. */
const PLACEHOLDER_MS = 30 * 60_000;

/** Where each quantity stands in the samples of an event, of the first few: they are asked for with every reading. */
const PATHS = Array.from({ length: 16 }, (_, index) =>
  Object.fromEntries(QUANTITIES.map((quantity) => [quantity, `samples.${index}.${quantity}`])),
);

/** The path at which the rule of a sample's quantity is asked for. */
export function pathOf(index: number, quantity: Quantity): string {
  return PATHS[index]?.[quantity] ?? `samples.${index}.${quantity}`;
}

/** Of a process: while a vehicle is plugged in, its battery does not become empty. */
export function withNewestOfProcess(readings: Readings, told: Readings): Readings {
  return withNewest(readings, told, Number.POSITIVE_INFINITY);
}

/** Of a point, where another vehicle may stand later. */
export function withNewestOfPoint(readings: Readings, told: Readings): Readings {
  return withNewest(readings, told, PLACEHOLDER_MS);
}

function withNewest(readings: Readings, told: Readings, placeholderMs: number): Readings {
  const changed: Changing<Readings> = { ...readings };
  for (const quantity of QUANTITIES) {
    const leaf = told[quantity];
    if (!leaf) continue;
    const before = readings[quantity];
    const kept = quantity === 'socPct' && before ? notPlaceholder(before, leaf, placeholderMs) : undefined;
    changed[quantity] = kept ?? newer(before, leaf);
  }
  return changed;
}

/** Of two states of charge the one that is told, if the other is a zero that stands for none. */
function notPlaceholder(a: Leaf<number>, b: Leaf<number>, withinMs: number): Leaf<number> | undefined {
  const [zero, other] = a.value === 0 ? [a, b] : [b, a];
  if (zero.value !== 0 || other.value <= NEARLY_EMPTY_PCT) return undefined;
  return Math.abs(lateness(zero.at, other.at)) <= withinMs ? other : undefined;
}
