/** What a schema cannot say of prices. */
import type { ConfigProblem } from './load.js';
import type { Config, TariffConfig } from './types.js';

type Path = ConfigProblem['path'];

/** Grants name tariffs that there are; prices can be sent as they stand. */
export function tariffs({ ocpi }: Config): ConfigProblem[] {
  if (!ocpi) return [];
  const ids = ocpi.tariffs.map(({ id }) => id);
  return [
    ...ocpi.tariffs.flatMap((tariff, t) => {
      const path: Path = ['ocpi', 'tariffs', t];
      return [
        ...again(ids, t, path),
        ...decimals(tariff, path),
        ...bounds(tariff, path),
        ...empty(tariff, path),
      ];
    }),
    ...ocpi.partners.flatMap((partner, p) =>
      partner.grants.flatMap(({ tariff }, g): ConfigProblem[] => {
        if (tariff === undefined || ids.includes(tariff)) return [];
        const known = ids.length > 0 ? `there are ${ids.join(', ')}` : 'ocpi.tariffs has none';
        const path: Path = ['ocpi', 'partners', p, 'grants', g, 'tariff'];
        return [{ code: 'CONFIG_REFERENCE', message: `${tariff} is not a tariff; ${known}`, path }];
      }),
    ),
  ];
}

/** CiStrings: ids that differ only in case are the same to partners. */
function again(ids: readonly string[], t: number, path: Path): ConfigProblem[] {
  const same = ids.findIndex((id) => id.toUpperCase() === ids[t]?.toUpperCase());
  return same === t
    ? []
    : [{ code: 'CONFIG_REFERENCE', message: `tariff id ${ids[t]} is used twice`, path: [...path, 'id'] }];
}

function decimals({ elements, minPrice, maxPrice }: TariffConfig, path: Path): ConfigProblem[] {
  const amounts: [number | undefined, Path][] = [
    [minPrice?.exclVat, ['minPrice', 'exclVat']],
    [minPrice?.inclVat, ['minPrice', 'inclVat']],
    [maxPrice?.exclVat, ['maxPrice', 'exclVat']],
    [maxPrice?.inclVat, ['maxPrice', 'inclVat']],
    ...elements.flatMap(({ prices, restrictions }, e): [number | undefined, Path][] => [
      [restrictions?.minKwh, ['elements', e, 'restrictions', 'minKwh']],
      [restrictions?.maxKwh, ['elements', e, 'restrictions', 'maxKwh']],
      ...prices.flatMap(({ price, vat }, p): [number | undefined, Path][] => [
        [price, ['elements', e, 'prices', p, 'price']],
        [vat, ['elements', e, 'prices', p, 'vat']],
      ]),
    ]),
  ];
  return amounts.flatMap(([amount, where]): ConfigProblem[] =>
    amount === undefined || /^\d{1,9}(\.\d{1,4})?$/.test(String(amount))
      ? []
      : [
          {
            code: 'CONFIG_INVALID',
            message: `${amount} has more than four decimals or nine digits, which OCPI cannot carry`,
            path: [...path, ...where],
          },
        ],
  );
}

function bounds({ elements, minPrice, maxPrice }: TariffConfig, path: Path): ConfigProblem[] {
  const taxed = elements.some(({ prices }) => prices.some(({ vat }) => vat !== undefined));
  const wrong = (message: string, key: string): ConfigProblem[] => [
    { code: 'CONFIG_INVALID', message, path: [...path, key] },
  ];
  const each = (['minPrice', 'maxPrice'] as const).flatMap((key) => {
    const bound = key === 'minPrice' ? minPrice : maxPrice;
    if (!bound) return [];
    if (taxed !== (bound.inclVat !== undefined))
      return wrong(
        taxed ? `${key} needs inclVat, because prices have vat` : `${key} has inclVat, but no price has vat`,
        key,
      );
    return (bound.inclVat ?? bound.exclVat) < bound.exclVat
      ? wrong(`${key}: inclVat is less than exclVat`, key)
      : [];
  });
  const isCrossed =
    minPrice &&
    maxPrice &&
    (minPrice.exclVat > maxPrice.exclVat || (minPrice.inclVat ?? 0) > (maxPrice.inclVat ?? 0));
  return [...each, ...(isCrossed ? wrong('maxPrice is less than minPrice', 'maxPrice') : [])];
}

/** Restrictions that are never met are a slip. */
function empty({ elements }: TariffConfig, path: Path): ConfigProblem[] {
  return elements.flatMap(({ restrictions: r = {} }, e): ConfigProblem[] => {
    const never =
      (r.minKwh !== undefined && r.maxKwh !== undefined && r.minKwh >= r.maxKwh) ||
      (r.minDuration !== undefined && r.maxDuration !== undefined && r.minDuration >= r.maxDuration) ||
      (r.startDate !== undefined && r.endDate !== undefined && r.startDate >= r.endDate);
    const message = 'these restrictions are never met: the end is not after the beginning';
    return never ? [{ code: 'CONFIG_INVALID', message, path: [...path, 'elements', e, 'restrictions'] }] : [];
  });
}
