import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conversion, converter, knownUnits, roundTo, shift } from '../../src/mapping/units.js';

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

  it('goes there and back for every pair, after rounding to nine decimals', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1_000_000, max: 1_000_000 }),
        fc.constantFrom(...knownUnits),
        fc.constantFrom(...knownUnits),
        (value, from, to) => {
          if (conversion(from, to) === undefined) return;
          expect(convert(convert(value, from, to), to, from)).toBeCloseTo(value, 5);
        },
      ),
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
