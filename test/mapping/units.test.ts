import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Conversion,
  conversion,
  converter,
  knownUnits,
  precisionOf,
  roundTo,
  shift,
} from '../../src/mapping/units.js';
import { runs } from '../support/properties.js';

function convert(value: number, from: string, to: string): number {
  const rule = conversion(from, to);
  if (rule === undefined) throw new Error('no conversion');
  return rule === null ? value : converter(rule)(value);
}

describe('units', () => {
  it('divides instead of multiplying by a fraction: no noise in any of 400,001 watts', () => {
    let noisy = 0;
    for (let watts = 0; watts <= 400_000; watts++)
      if (convert(watts, 'W', 'kW') !== Number((watts / 1000).toFixed(3))) noisy++;
    expect(noisy).toBe(0);
  });

  it('has no noise in any of 400,001 readings to a hundredth of a watt, there and back', () => {
    let noisy = 0;
    for (let hundredths = 0; hundredths <= 400_000; hundredths++)
      if (
        convert(Number(`${hundredths}e-5`), 'kW', 'W') !== Number(`${hundredths}e-2`) ||
        convert(Number(`${hundredths}e-2`), 'W', 'kW') !== Number(`${hundredths}e-5`)
      )
        noisy++;
    expect(noisy).toBe(0);
  });

  it('knows temperatures', () => {
    expect(convert(68, 'degF', 'degC')).toBe(20);
    expect(convert(300, 'K', 'degC')).toBe(26.85);
    expect(convert(-40, 'degC', 'degF')).toBe(-40);
  });

  it('has no conversion between quantities', () => {
    expect(conversion('W', 'Wh')).toBeUndefined();
    expect(conversion('W', 'VA')).toBeUndefined();
    expect(conversion('W', 'parsec')).toBeUndefined();
  });

  it('goes there and back for every pair, as closely as each way is rounded', () => {
    const halfStep = (rule: Conversion): number => 0.5 / precisionOf(rule);
    fc.assert(
      fc.property(
        fc.integer({ min: -1_000_000, max: 1_000_000 }),
        fc.constantFrom(...knownUnits),
        fc.constantFrom(...knownUnits),
        (value, from, to) => {
          const [there, back] = [conversion(from, to), conversion(to, from)];
          if (!there || !back) return;
          const off = Math.abs(converter(back)(converter(there)(value)) - value);
          const farthest = (halfStep(there) * back.multiply) / back.divide + halfStep(back);
          expect(off).toBeLessThanOrEqual(farthest + 1e-9);
        },
      ),
      { examples: [[-1, 'ms', 'h']] },
    );
  });

  it('keeps every digit of power, energy, current and voltage, up to the largest register', () => {
    const decimal = ['W', 'Wh', 'VA', 'VAh', 'var', 'varh', 'A', 'V'].map((base) =>
      knownUnits.filter((unit) => conversion(unit, base) !== undefined),
    );
    const pair = fc
      .constantFrom(...decimal)
      .chain((units) => fc.tuple(fc.constantFrom(...units), fc.constantFrom(...units)));
    // 15 digits are what a double holds of any decimal number; two of them are decimals that meters send.
    const reading = fc
      .tuple(fc.integer({ min: 1, max: 15 }), fc.double({ min: -1, max: 1, noNaN: true }), fc.nat(2))
      .map(([digits, share, decimals]) => shift(Math.trunc(share * 10 ** digits), -decimals));
    fc.assert(
      fc.property(pair, reading, ([from, to], value) => {
        const there = conversion(from, to);
        const places = there ? Math.log10(there.multiply / there.divide) : 0;
        expect(convert(value, from, to) + 0).toBe(shift(value, Math.round(places)) + 0);
        expect(convert(convert(value, from, to), to, from) + 0).toBe(value + 0);
      }),
      {
        numRuns: runs(2_000),
        examples: [
          [['W', 'kW'], 4_384_656_746],
          [['W', 'kW'], 2_210_908_852.3],
          [['kW', 'W'], 67_773_274.1],
          [['MWh', 'Wh'], 66_301.9],
        ],
      },
    );
  });
});

describe('rounding', () => {
  it('works on the decimal text', () => {
    expect(roundTo(1.005, 2, 'half')).toBe(1.01);
    expect(roundTo(-2.5, 0, 'half')).toBe(-3);
    expect(roundTo(1.29, 1, 'down')).toBe(1.2);
    expect(roundTo(-1.21, 1, 'down')).toBe(-1.3);
    expect(roundTo(1.21, 1, 'up')).toBe(1.3);
    expect(Object.is(roundTo(-0.4, 0, 'half'), 0)).toBe(true);
  });

  it('never moves a value by more than half a step, nor one that has few decimals', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e9, max: 1e9 }),
        fc.integer({ min: 0, max: 6 }),
        (mantissa, decimals) => {
          const exact = shift(mantissa, -decimals);
          expect(roundTo(exact, decimals, 'half')).toBe(exact === 0 ? 0 : exact);
          expect(roundTo(exact, decimals, 'down')).toBe(exact === 0 ? 0 : exact);
          expect(Math.abs(roundTo(exact, 0, 'half') - exact)).toBeLessThanOrEqual(0.5);
        },
      ),
    );
  });

  it('shifts the decimal point exactly, also for tiny and huge numbers', () => {
    expect([shift(1.1, 3), shift(1e-7, 3), shift(1e21, -3), shift(0, 5)]).toEqual([1100, 1e-4, 1e18, 0]);
  });
});
