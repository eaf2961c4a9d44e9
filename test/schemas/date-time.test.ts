import { fullFormats } from 'ajv-formats/dist/formats.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDateTime } from '../../src/schemas/date-time.js';
import { runs } from '../support/properties.js';

const reference = (fullFormats['date-time'] as { validate: (text: string) => boolean }).validate;

describe('date-time', () => {
  it.each([
    '2026-11-21T02:14:00Z',
    '2026-11-21t02:14:00z',
    '2026-11-21T02:14:00.123456789+01:00',
    '2026-11-21T02:14:00+0200',
    '2026-11-21T02:14:00-05',
    '2024-02-29T00:00:00Z',
    '2026-06-30T23:59:60Z',
    '2026-07-01T01:59:60+02:00',
  ])('takes %s', (text) => expect(isDateTime(text)).toBe(true));

  it.each([
    '2026-11-21T02:14:00',
    '2026-11-21T02:14Z',
    '2026-11-21',
    '2026-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-11-21T24:00:00Z',
    '2026-11-21T02:60:00Z',
    '2026-11-21T02:14:60Z',
    '2026-06-30T23:59:61Z',
    '2026-11-21T02:14:00.Z',
    '2026-11-21T02:14:00+24:00',
    '2026-11-21T02:14:00+02:',
    '2026-11-21T02:14:00+02:00[Europe/Berlin]',
    '1970-1-1T00:00:00Z',
    '',
  ])('refuses %s', (text) => expect(isDateTime(text)).toBe(false));

  it('agrees with ajv-formats', () => {
    const digits = (length: number) =>
      fc.integer({ min: 0, max: 10 ** length - 1 }).map((value) => String(value).padStart(length, '0'));
    const zone = fc.oneof(
      fc.constantFrom('Z', 'z', '', '+01:00', '-0530', '+02', '+2'),
      fc.tuple(digits(2), digits(2)).map(([h, m]) => `-${h}:${m}`),
    );
    const parts = fc.tuple(
      digits(4),
      fc.integer({ min: 0, max: 13 }).map((value) => String(value).padStart(2, '0')),
      fc.integer({ min: 0, max: 32 }).map((value) => String(value).padStart(2, '0')),
      fc.constantFrom('T', 't', ' ', '_'),
      fc.constantFrom('00', '12', '21', '22', '23', '24'),
      fc.constantFrom('00', '29', '58', '59', '60'),
      fc.constantFrom('00', '59', '60', '61', '7'),
      fc.constantFrom('', '.1', '.123456', '.'),
      zone,
    );
    fc.assert(
      fc.property(parts, ([y, mo, d, t, h, mi, s, fraction, z]) => {
        const text = `${y}-${mo}-${d}${t}${h}:${mi}:${s}${fraction}${z}`;
        // ajv-formats lets 24:59:00+01:00 pass as if it were a leap second.
        const slack = h === '24' || mi === '60';
        expect(isDateTime(text), text).toBe(!slack && reference(text));
      }),
      { numRuns: runs(20_000) },
    );
  });

  it('survives a slip of one character the same way', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('2026-11-21T02:14:00Z', '2026-11-21T02:14:00.5+01:00'),
        fc.nat({ max: 30 }),
        fc.string({ minLength: 0, maxLength: 1, unit: 'binary-ascii' }),
        (text, at, char) => {
          const slipped = text.slice(0, at) + char + text.slice(at + 1);
          if (!/\s/.test(char) || char === ' ') expect(isDateTime(slipped), slipped).toBe(reference(slipped));
        },
      ),
      { numRuns: runs(5_000) },
    );
  });
});
