/** The part of the configuration's schema about prices and charge detail records. */
import { list, object, ref, text } from './schema-parts.js';

const amount = { type: 'number', minimum: 0 } as const;
const clock = { type: 'string', pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' } as const;
const date = { type: 'string', pattern: '^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' } as const;

const DAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'] as const;

export const tariffSchemas = {
  TariffConfig: object('What guests of partners pay. A grant names it by its id.', ['id', 'elements'], {
    id: { type: 'string', pattern: '^[A-Za-z0-9._*+-]{1,36}$' },
    currency: { type: 'string', pattern: '^[A-Z]{3}$', description: 'As ocpi.currency, if left out.' },
    elements: list(ref('TariffElementConfig'), {
      minItems: 1,
      description: 'Of each kind of price the first element counts whose restrictions are met.',
    }),
    minPrice: ref('PriceBoundConfig'),
    maxPrice: ref('PriceBoundConfig'),
    taxName: { ...text, default: 'VAT', description: 'What the tax is called in OCPI 2.3.0.' },
    texts: list(
      object('More about the tariff, without prices.', ['language', 'text'], {
        language: { type: 'string', pattern: '^[a-z]{2}$' },
        text: { type: 'string', minLength: 1, maxLength: 512 },
      }),
    ),
  }),
  TariffElementConfig: object('Prices that hold together.', ['prices'], {
    prices: list(ref('PriceConfig'), { minItems: 1 }),
    restrictions: ref('TariffRestrictionsConfig'),
  }),
  PriceConfig: object('One price, without VAT; at most four decimals.', ['type', 'price'], {
    type: {
      enum: ['ENERGY', 'TIME', 'PARKING_TIME', 'FLAT'],
      description: 'Per kWh, per hour of charging, per hour after the vehicle has stopped, per session.',
    },
    price: amount,
    vat: { ...amount, maximum: 100, description: '%. Left out: no VAT applies, which is not the same as 0.' },
    stepSize: {
      type: 'integer',
      minimum: 1,
      default: 1,
      description: 'What is billed at once: Wh of ENERGY, seconds of TIME and PARKING_TIME.',
    },
  }),
  PriceBoundConfig: object('What a session costs at least or at most.', ['exclVat'], {
    exclVat: amount,
    inclVat: { ...amount, description: 'Needed where any price has vat.' },
  }),
  TariffRestrictionsConfig: object('When an element holds; times and dates are those of the depot.', [], {
    startTime: clock,
    endTime: { ...clock, description: 'Not after startTime: of the next day.' },
    startDate: date,
    endDate: { ...date, description: 'Until this day, which is not in it any more.' },
    daysOfWeek: list({ enum: DAYS }, { minItems: 1 }),
    minKwh: amount,
    maxKwh: amount,
    minDuration: { type: 'integer', minimum: 0, description: 's, of the session' },
    maxDuration: { type: 'integer', minimum: 0, description: 's, of the session' },
  }),
  CdrsConfig: object('When charge detail records are made, and how long they are kept.', [], {
    afterMinutes: {
      type: 'number',
      minimum: 0,
      default: 15,
      description: 'After the last change of a session whose end the charger told.',
    },
    withoutEndHours: {
      type: 'number',
      minimum: 0,
      maximum: 144,
      default: 24,
      description: 'The same where the charger has not told the end: it may still have it in its queue.',
    },
    keepDays: { type: 'number', exclusiveMinimum: 0, default: 400 },
  }),
} as const;
