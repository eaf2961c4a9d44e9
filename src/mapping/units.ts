/**
 * Units and exact conversion between them. A conversion is `(n + shift) * multiply / divide`, with integers
 * wherever the units allow, and rounded to as many decimals as no measurement has, or to the 15 digits that a number
 * holds where it is too large for so many decimals: what is left is free of binary noise.
 */
interface Unit {
  readonly quantity: string;
  /** Size in the quantity's smallest unit, as a fraction. */
  readonly size: readonly [numerator: number, denominator: number];
  /** Added before scaling, in this unit, to reach the base's zero. */
  readonly offset?: number;
}

const unit = (quantity: string, numerator = 1, denominator = 1): Unit => ({
  quantity,
  size: [numerator, denominator],
});

const units: ReadonlyMap<string, Unit> = new Map([
  ['W', unit('power')],
  ['kW', unit('power', 1000)],
  ['MW', unit('power', 1_000_000)],
  ['Wh', unit('energy')],
  ['kWh', unit('energy', 1000)],
  ['MWh', unit('energy', 1_000_000)],
  ['VA', unit('apparent power')],
  ['kVA', unit('apparent power', 1000)],
  ['VAh', unit('apparent energy')],
  ['kVAh', unit('apparent energy', 1000)],
  ['var', unit('reactive power')],
  ['kvar', unit('reactive power', 1000)],
  ['varh', unit('reactive energy')],
  ['kvarh', unit('reactive energy', 1000)],
  ['A', unit('current')],
  ['mA', unit('current', 1, 1000)],
  ['V', unit('voltage')],
  ['kV', unit('voltage', 1000)],
  ['mV', unit('voltage', 1, 1000)],
  ['Hz', unit('frequency')],
  ['%', unit('share')],
  ['1', unit('share', 100)],
  ['degC', { quantity: 'temperature', size: [1, 1], offset: 273.15 }],
  ['K', { quantity: 'temperature', size: [1, 1], offset: 0 }],
  ['degF', { quantity: 'temperature', size: [5, 9], offset: 459.67 }],
  ['s', unit('time')],
  ['min', unit('time', 60)],
  ['h', unit('time', 3600)],
  ['ms', unit('time', 1, 1000)],
  ['m', unit('length')],
  ['km', unit('length', 1000)],
]);

/** A linear conversion in integers where possible. */
export interface Conversion {
  readonly multiply: number;
  readonly divide: number;
  /** Subtracted and added around the scaling (temperatures). */
  readonly before: number;
  readonly after: number;
  /** Whether a whole number can become a fraction. */
  readonly fractional: boolean;
}

/** How the standards spell units that they do not write by their symbol; OCPP 1.6 has one of them misspelt. */
const spelt: ReadonlyMap<string, string> = new Map([
  ['Celsius', 'degC'],
  ['Celcius', 'degC'],
  ['Fahrenheit', 'degF'],
  ['Percent', '%'],
  ['Hertz', 'Hz'],
]);

/** The unit that a word can only mean; undefined for words nobody agreed on. */
export function meaningOf(word: string): string | undefined {
  return units.has(word) ? word : spelt.get(word);
}

export const knownUnits: readonly string[] = [...units.keys()];

/** The conversion, `null` if both are the same, or undefined if there is none. */
export function conversion(from: string, to: string): Conversion | null | undefined {
  if (from === to) return null;
  const [source, target] = [units.get(from), units.get(to)];
  if (!source || !target || source.quantity !== target.quantity) return undefined;
  const numerator = source.size[0] * target.size[1];
  const denominator = source.size[1] * target.size[0];
  const common = greatestCommonDivisor(numerator, denominator);
  const multiply = numerator / common;
  const divide = denominator / common;
  const before = source.offset ?? 0;
  const after = target.offset ?? 0;
  return { multiply, divide, before, after, fractional: divide !== 1 || before !== after };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Ten to the power of the decimals that a conversion keeps: few where numbers become larger, many where they become smaller. */
export function precisionOf({ multiply }: Conversion): number {
  return multiply === 1 ? 1e9 : 1e5;
}

/** From as many steps of its precision on, the noise of a value can reach half a step: rounding to steps would add to it. */
export const mostSteps = 2 ** 50;

/** A function that converts, without binary noise: 6350.73 W are 6.35073 kW and not 6.3507299999999995, and back. */
export function converter(rule: Conversion): (value: number) => number {
  const { multiply, divide, before, after } = rule;
  const precision = precisionOf(rule);
  const settle = (value: number): number => {
    const steps = value * precision;
    return steps < mostSteps && steps > -mostSteps
      ? Math.round(steps) / precision
      : Number(value.toPrecision(15));
  };
  if (before !== 0 || after !== 0) return (value) => settle(((value + before) * multiply) / divide - after);
  return (value) => settle((value * multiply) / divide);
}

/** Rounds to decimals in the way named: `half` = half away from zero. Works on the decimal text, so 1.005 → 1.01. */
export function roundTo(value: number, decimals: number, mode: 'half' | 'down' | 'up'): number {
  if (!Number.isFinite(value)) return value;
  const scaled = shift(value, decimals);
  const magnitude = Math.abs(scaled);
  const whole =
    mode === 'half'
      ? Math.sign(scaled) * Math.floor(magnitude + 0.5)
      : mode === 'down'
        ? Math.floor(scaled)
        : Math.ceil(scaled);
  const result = shift(whole, -decimals);
  return result === 0 ? 0 : result;
}

/** Moves the decimal point without binary noise. */
export function shift(value: number, places: number): number {
  if (places === 0 || value === 0) return value;
  const [mantissa = '0', exponent = '0'] = String(value).split('e');
  return Number(`${mantissa}e${Number(exponent) + places}`);
}
