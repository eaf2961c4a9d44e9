/** What a transform gives when the value cannot be transformed. */
export const failed: unique symbol = Symbol('failed');
/** What a transform gives when there is no value after all. */
export const absent: unique symbol = Symbol('absent');
export type Transformed = string | number | boolean | typeof failed | typeof absent;
export type TransformType = 'string' | 'number' | 'integer' | 'boolean' | 'date-time';

/** One of the closed list of transforms (docs/mapping-format.md §4). */
export interface Transform {
  readonly in: readonly TransformType[];
  readonly out: TransformType;
  /** Whether some inputs of the right type fail. */
  readonly fallible: boolean;
  /** Whether a value can become absent. */
  readonly drops?: boolean;
  /** Name of the transform that takes it back. */
  readonly reverse?: string;
  /** Documented pairs, each run by a test. `null` = absent, `undefined` = failure. */
  readonly examples: readonly (readonly [
    string | number | boolean,
    string | number | boolean | null | undefined,
  ])[];
  /** `limit` is the target's maxLength. */
  apply(value: string | number | boolean, limit: number): Transformed;
}

const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A decimal number from text; undefined for anything else (`""`, `NaN`, `0x10`, `1,5`). */
export function parseDecimal(text: string): number | undefined {
  // Digits and a point are what meters send. So few of them make a whole number that is exact, and the quotient of
  // two exact numbers is rounded as the text's value would be.
  const { length } = text;
  if (length === 0 || length > 15) return parseRareDecimal(text);
  let digits = 0;
  let point = length;
  for (let i = 0; i < length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) digits = digits * 10 + digit;
    else if (digit === -2 && point === length) point = i;
    else return parseRareDecimal(text);
  }
  if (point === length) return digits;
  return length === 1 ? undefined : digits / (powersOfTen[length - 1 - point] ?? Number.NaN);
}

const powersOfTen = Array.from({ length: 16 }, (_, i) => 10 ** i);

function parseRareDecimal(text: string): number | undefined {
  const trimmed = text.trim();
  if (!decimal.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : undefined;
}

const instantPattern =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)$/;

/** Milliseconds of an RFC 3339 instant (also `+0200`, `+02`, a space for the T); undefined without a zone. */
export function parseInstant(text: string): number | undefined {
  const match = instantPattern.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', sign, zoneHour = '0', zoneMinute = '0'] =
    match;
  const [d, h, mi, s, zh, zm] = [day, hour, minute, second, zoneHour, zoneMinute].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (h > 23 || mi > 59 || s > 60 || zh > 23 || zm > 59) return undefined;
  const midnight = new Date(Date.UTC(Number(year), Number(month) - 1, d));
  // Out-of-range months and days roll over into another date.
  if (midnight.getUTCDate() !== d || midnight.getUTCMonth() !== Number(month) - 1) return undefined;
  const offset = (zh * 60 + zm) * (sign === '-' ? -1 : 1);
  const milliseconds = Math.floor(Number(`0${fraction}`) * 1000 + 1e-9);
  return midnight.getTime() + ((h * 60 + mi - offset) * 60 + Math.min(s, 59)) * 1000 + milliseconds;
}

/** Two digits as a number, -1 if they are not. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

/** Whether a text begins with a date and a time of day as `2026-01-30T23:59:59`. */
function beginsPlainly(text: string): boolean {
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  return (
    text.charCodeAt(4) === 45 &&
    text.charCodeAt(7) === 45 &&
    text.charCodeAt(10) === 84 &&
    text.charCodeAt(13) === 58 &&
    text.charCodeAt(16) === 58 &&
    twoDigits(text, 0) >= 0 &&
    twoDigits(text, 2) >= 0 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    // The 31st, and the end of February, depend on month and year: those are read in full.
    (day <= 28 || (day <= 30 && month !== 2)) &&
    hour >= 0 &&
    hour <= 23 &&
    minute >= 0 &&
    minute <= 59 &&
    second >= 0 &&
    second <= 59
  );
}

/** `2026-01-31T23:59:59Z` exactly, which most senders write and which is left as it is. */
function isPlainUtc(text: string): boolean {
  return text.length === 20 && text.charCodeAt(19) === 90 && beginsPlainly(text);
}

/** `2026-01-31T23:59:59.123Z` exactly, with a fraction that is not zero: it is left as it is too. */
function isPlainUtcWithMilliseconds(text: string): boolean {
  if (text.length !== 24 || text.charCodeAt(23) !== 90 || text.charCodeAt(19) !== 46) return false;
  const tens = twoDigits(text, 20);
  const ones = text.charCodeAt(22) - 48;
  return (
    tens >= 0 && ones >= 0 && ones <= 9 && tens + ones > 0 && twoDigits(text, 0) > 0 && beginsPlainly(text)
  );
}

function toUtc(value: unknown, seconds: boolean): string | typeof failed {
  if (typeof value === 'string') {
    if (isPlainUtc(value)) return value;
    if (isPlainUtcWithMilliseconds(value)) return seconds ? `${value.slice(0, 19)}Z` : value;
  }
  const time = parseInstant(String(value).trim());
  if (time === undefined) return failed;
  const utc = new Date(time).toISOString();
  return seconds || utc.endsWith('.000Z') ? `${utc.slice(0, 19)}Z` : utc;
}

const list = {
  text: {
    in: ['number', 'integer', 'boolean'],
    out: 'string',
    fallible: false,
    reverse: 'integer',
    examples: [
      [42, '42'],
      [-0, '0'],
      [true, 'true'],
    ],
    apply: (value) => String(value === 0 ? 0 : value),
  },
  integer: {
    in: ['string'],
    out: 'integer',
    fallible: true,
    reverse: 'text',
    examples: [
      ['-7', -7],
      ['007', undefined],
      ['1.5', undefined],
      ['9007199254740993', undefined],
    ],
    apply: (value) => {
      const number = /^(?:0|-?[1-9]\d*)$/.test(String(value)) ? Number(value) : Number.NaN;
      return Number.isSafeInteger(number) ? number : failed;
    },
  },
  number: {
    in: ['string'],
    out: 'number',
    fallible: true,
    examples: [
      ['1.50', 1.5],
      ['', undefined],
      ['1,5', undefined],
    ],
    apply: (value) => parseDecimal(String(value)) ?? failed,
  },
  flag: {
    in: ['string'],
    out: 'boolean',
    fallible: true,
    examples: [
      ['True', true],
      ['0', false],
      ['maybe', undefined],
    ],
    apply: (value) => {
      const word = String(value).trim().toLowerCase();
      return word === 'true' || word === '1' ? true : word === 'false' || word === '0' ? false : failed;
    },
  },
  not: {
    in: ['boolean'],
    out: 'boolean',
    fallible: false,
    reverse: 'not',
    examples: [[true, false]],
    apply: (value) => !value,
  },
  cut: {
    in: ['string'],
    out: 'string',
    fallible: false,
    examples: [],
    // By code point: half a surrogate pair is not text.
    apply: (value, limit) => {
      const text = String(value);
      return text.length <= limit
        ? text
        : [...text]
            .slice(0, limit)
            .join('')
            .slice(0, limit)
            .replace(/[\ud800-\udbff]$/, '');
    },
  },
  upper: {
    in: ['string'],
    out: 'string',
    fallible: false,
    examples: [['ab', 'AB']],
    apply: (value) => String(value).toUpperCase(),
  },
  lower: {
    in: ['string'],
    out: 'string',
    fallible: false,
    examples: [['AB', 'ab']],
    apply: (value) => String(value).toLowerCase(),
  },
  nonblank: {
    in: ['string'],
    out: 'string',
    fallible: false,
    drops: true,
    examples: [
      [' a ', 'a'],
      ['  ', null],
    ],
    apply: (value) => String(value).trim() || absent,
  },
  utc: {
    in: ['string', 'date-time'],
    out: 'date-time',
    fallible: true,
    reverse: 'utc',
    examples: [
      ['2026-01-01T01:00:00+01:00', '2026-01-01T00:00:00Z'],
      ['2026-01-01T00:00:00.5Z', '2026-01-01T00:00:00.500Z'],
      ['2026-01-01T00:00:00', undefined],
    ],
    apply: (value) => toUtc(value, false),
  },
  'utc-seconds': {
    in: ['string', 'date-time'],
    out: 'date-time',
    fallible: true,
    examples: [['2026-01-01T00:00:00.987Z', '2026-01-01T00:00:00Z']],
    apply: (value) => toUtc(value, true),
  },
  'evcc-id': {
    in: ['string'],
    out: 'string',
    fallible: true,
    examples: [
      ['VID:a0:b1:c2:d3:e4:f5', 'A0B1C2D3E4F5'],
      ['xyz', undefined],
    ],
    apply: (value) => {
      const hex = String(value).trim().replace(/^VID:/i, '').replace(/[:-]/g, '').toUpperCase();
      return /^(?:[0-9A-F]{2})+$/.test(hex) ? hex : failed;
    },
  },
} as const satisfies Record<string, Transform>;

/** The closed list. */
export const transforms: ReadonlyMap<string, Transform> = new Map(Object.entries(list));

/** Transforms that only `repair` rows may use: they mend what validation would refuse. */
export const repairTransforms: ReadonlyMap<string, Transform> = new Map<string, Transform>([
  ...transforms,
  [
    'zone-utc',
    {
      in: ['string'],
      out: 'string',
      fallible: true,
      examples: [
        ['2026-01-01T00:00:00', '2026-01-01T00:00:00Z'],
        ['2026-01-01 00:00', '2026-01-01T00:00:00Z'],
      ],
      apply: (value) => {
        const said = String(value);
        // Asked of every time that a station sends, and nearly all are as they should be.
        if (said[10] === 'T' && parseInstant(said) !== undefined) return said;
        const text = said
          .trim()
          .replace(/^(\d{4}-\d\d-\d\d) +(?=\d)/, '$1T')
          .replace(/T(\d\d:\d\d)(?=$|Z|[+-]\d\d:\d\d$)/, 'T$1:00');
        return parseInstant(text) !== undefined
          ? text
          : parseInstant(`${text}Z`) !== undefined
            ? `${text}Z`
            : failed;
      },
    },
  ],
  ['fit', list.cut],
]);

/** What a repair can do to a value that is no scalar: an object or value becomes a list of one. */
export const toList = 'list';
/** Everything that may stand behind `by` in a repair. */
export const repairWords: readonly string[] = [...repairTransforms.keys(), toList];
