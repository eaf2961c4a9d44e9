/** Overlays for stations and sites that the configuration does not know: they would never apply. */
import type { Config } from '../config/index.js';
import { type Diagnostic, didYouMean, Findings, type LoadedGeneration, like } from '../mapping/index.js';

/** No error: depots may share a set of tables. */
export function strayOverlays({ parts }: LoadedGeneration, { depots }: Config): readonly Diagnostic[] {
  const known = {
    station: depots.flatMap(({ stations }) => stations.map(({ id }) => id)),
    site: depots.map(({ id }) => id),
  };
  const findings = new Findings();
  const overlays = new Set([
    ...parts.overlays.map(({ ast }) => ast),
    ...parts.repairs.map(({ overlay }) => overlay),
  ]);
  for (const { select } of overlays)
    for (const key of ['station', 'site'] as const)
      for (const { value, at } of select.get(key) ?? [])
        if (!known[key].some((id) => like(value, id)))
          findings.add(
            'MAP_OVERLAY',
            at,
            `the configuration has no ${key} ${value}`,
            didYouMean(value, known[key]) ?? `it has ${listOf(known[key])}`,
          );
  return findings.list();
}

const SHOWN = 12;

/** The first of many names. */
export function listOf(names: readonly string[]): string {
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return `${names.slice(0, SHOWN).join(', ')}${more}`;
}
