/** Tariffs as the configuration has them, in the words of the canonical model. */
import type { OcpiConfig, PriceConfig, TariffConfig } from '../config/index.js';
import type { PriceComponentView, PriceView, TariffElementView, TariffView } from '../domain/index.js';
import { compact } from '../domain/index.js';

/** A tariff without the time it was changed. */
export type TariffFacts = Omit<TariffView, 'lastUpdated'>;

const DIMENSIONS: Readonly<Record<PriceConfig['type'], PriceComponentView['dimension']>> = {
  ENERGY: 'energy',
  TIME: 'time',
  PARKING_TIME: 'parking-time',
  FLAT: 'flat',
};

/** The tariff of this id, or undefined. */
export function tariffFacts(ocpi: OcpiConfig, id: string | undefined): TariffFacts | undefined {
  const tariff = ocpi.tariffs.find((each) => each.id === id);
  return tariff && factsOf(ocpi, tariff);
}

function factsOf({ party, currency }: OcpiConfig, tariff: TariffConfig): TariffFacts {
  const { id, elements, texts, minPrice, maxPrice, taxName = 'VAT' } = tariff;
  return compact({
    countryCode: party.countryCode,
    partyId: party.partyId,
    tariffId: id,
    currency: tariff.currency ?? currency,
    texts: texts?.map(({ language, text }) => ({ language, text })),
    minPrice: boundOf(minPrice),
    maxPrice: boundOf(maxPrice),
    taxName,
    taxed: elements.some(({ prices }) => prices.some(({ vat }) => vat !== undefined)),
    elements: elements.map(elementOf),
  });
}

function boundOf(bound: TariffConfig['minPrice']): PriceView | undefined {
  return bound && { ...bound, taxes: [] };
}

function elementOf({ prices, restrictions }: TariffConfig['elements'][number]): TariffElementView {
  const { minDuration, maxDuration, ...rest } = restrictions ?? {};
  const narrowed = compact({ ...rest, minDurationS: minDuration, maxDurationS: maxDuration });
  return {
    components: prices.map(({ type, price, vat, stepSize = 1 }) =>
      compact({ dimension: DIMENSIONS[type], price, vatPct: vat, stepSize }),
    ),
    ...(Object.keys(narrowed).length > 0 ? { restrictions: narrowed } : {}),
  };
}
