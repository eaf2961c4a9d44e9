/** How a starting overlay is written down. */
import { stringify } from 'yaml';
import type { Json } from '../../mapping/index.js';

/** One line of YAML for a value. */
export function flow(value: Json): string {
  return stringify(value, {
    collectionStyle: 'flow',
    lineWidth: 0,
    flowCollectionPadding: false,
    aliasDuplicateObjects: false,
  }).trim();
}

/** A text that stands for itself, whatever cells of that spelling mean. */
export function quoted(value: Json): string {
  return JSON.stringify(value);
}

/** `Acme Ltd` → `acme-ltd`, for the name of an overlay. */
export function slug(text: string): string {
  return (
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '') || 'any'
  );
}

/** A station that a selection fits: `GreenUp*` → `GreenUp`, `<2.4` → `0`. */
export function exampleOf(select: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(select).map(([key, pattern]) => {
      const [, sign, bound = ''] = /^(<=|>=|<|>)\s*([\w.-]+)/.exec(pattern.trim()) ?? [];
      if (sign === undefined) return [key, pattern.replaceAll('*', '') || 'x'];
      return [key, sign === '<' ? '0' : sign === '>' ? `${bound}.1` : bound];
    }),
  );
}

export function nameOf(select: Readonly<Record<string, string>>, what: string): string {
  const { vendor = 'any', model } = select;
  return ['vendor', slug(vendor), ...(model === undefined ? [] : [slug(model)]), slug(what)].join('.');
}
