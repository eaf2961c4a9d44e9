import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  absent,
  failed,
  parseDecimal,
  parseInstant,
  repairTransforms,
  transforms,
} from '../../src/mapping/transforms.js';

describe('every transform does what its documented examples say', () => {
  for (const [name, transform] of repairTransforms)
    for (const [input, output] of transform.examples)
      it(`${name}: ${JSON.stringify(input)}`, () => {
        const result = transform.apply(input, Number.POSITIVE_INFINITY);
        expect(result).toBe(output === undefined ? failed : output === null ? absent : output);
      });

  it('only those declared fallible fail, only those declared drop', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const [name, { in: takes, fallible, drops, apply }] of transforms) {
          if (!(takes as readonly string[]).includes('string')) continue;
          const result = apply(text, 20);
          if (result === failed) expect([name, fallible]).toEqual([name, true]);
          if (result === absent) expect([name, drops]).toEqual([name, true]);
        }
      }),
    );
  });

  it('reverses take back what they undo', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.boolean(), (number, flag) => {
        const back = (name: string, value: number | string | boolean) => {
          const there = transforms.get(name);
          const again = transforms.get(there?.reverse ?? '');
          return again?.apply(there?.apply(value, 99) as string, 99);
        };
        expect(back('text', number)).toBe(number === 0 ? 0 : number);
        expect(back('not', flag)).toBe(flag);
      }),
    );
  });

  it('cut never leaves half a character', () => {
    expect(transforms.get('cut')?.apply('ab😀', 3)).toBe('ab');
    expect(transforms.get('cut')?.apply('ab😀', 4)).toBe('ab😀');
  });
});

describe('reading numbers and instants', () => {
  it('takes decimal numbers and nothing else', () => {
    expect([' 12.5 ', '1e3', '.5', '-3'].map(parseDecimal)).toEqual([12.5, 1000, 0.5, -3]);
    for (const text of ['', ' ', 'NaN', 'Infinity', '0x10', '1,5', '12 kWh', '1e999', '--1'])
      expect(parseDecimal(text)).toBeUndefined();
  });

  it('reads back every instant that a Date can write', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1970-01-01'), max: new Date('2199-01-01'), noInvalidDate: true }),
        (date) => {
          expect(parseInstant(date.toISOString())).toBe(date.getTime());
        },
      ),
    );
  });

  it('refuses dates that do not exist', () => {
    for (const text of [
      '2026-02-30T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-01-01T24:00:00Z',
      '2026-01-01',
      '',
    ])
      expect(parseInstant(text)).toBeUndefined();
  });
});
