/** Where each field of a message came from: the rule that wrote it, the raw frame, and the rule that read that. */
import { compareJournalIds, type JournalId, type Source } from '../domain/index.js';
import type { FieldSource } from '../journal/index.js';
import type { Provenance } from '../mapping/index.js';

/** State that nobody has spoken of yet has this origin; there is no such entry. */
const NOBODY: JournalId = '0-0';

/**
 * The origins of every leaf of a payload, as far as somebody said it; ids and other configured values have none.
 * Where several frames decided one value, the newest comes first.
 *
 * @param sources origins of the view, by path in it (`evses.0.status`)
 * @param alias of the view in the mapping
 */
export function fieldSources(
  payload: unknown,
  provenance: Provenance,
  sources: Readonly<Record<string, Source>>,
  alias: string,
): FieldSource[] {
  const found: FieldSource[] = [];
  for (const path of leavesOf(payload)) {
    const rule = provenance.ruleOf(path);
    if (rule === undefined) continue;
    const origins = new Map<string, Source>();
    for (const read of provenance.sourcesOf(path)) {
      const origin = originOf(read, sources, `${alias}.`);
      if (origin && origin.raw !== NOBODY) origins.set(`${origin.raw} ${origin.rule}`, origin);
    }
    const newestFirst = [...origins.values()].sort((a, b) => compareJournalIds(b.raw, a.raw));
    found.push(...newestFirst.map((origin) => ({ path, rule, raw: origin.raw, read: origin.rule })));
  }
  return found;
}

/** The raw frames behind a message, once each. */
export function causesOf(fields: readonly FieldSource[]): JournalId[] {
  return [...new Set(fields.map(({ raw }) => raw))];
}

/** The origin noted for a path of the view, or for the nearest object around it. */
function originOf(
  path: string,
  sources: Readonly<Record<string, Source>>,
  prefix: string,
): Source | undefined {
  if (!path.startsWith(prefix)) return undefined;
  let at = path.slice(prefix.length).replaceAll(/\[(\d+)\]/g, '.$1');
  while (at !== '') {
    const source = sources[at];
    if (source) return source;
    at = at.slice(0, Math.max(0, at.lastIndexOf('.')));
  }
  return undefined;
}

/** Paths of all scalars: `evses[0].status`. */
function* leavesOf(value: unknown, path = ''): Generator<string> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* leavesOf(item, `${path}[${index}]`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) yield* leavesOf(item, path ? `${path}.${key}` : key);
  } else if (path) yield path;
}
