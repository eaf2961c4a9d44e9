/** Where each field of a message came from: the rule that wrote it, the raw frame, and the rule that read that. */
import type { JournalId, Source } from '../domain/index.js';
import type { FieldSource } from '../journal/index.js';
import type { Provenance } from '../mapping/index.js';

/** Sources of a view, by path in it (`depots.0.stations.1.status`). */
type ViewSources = Readonly<Record<string, Source>>;

/** State that nobody has spoken of yet has this origin; there is no such entry. */
const NOBODY: JournalId = '0-0';

/**
 * The origins of every leaf of a payload, as far as somebody said it; ids and other configured values have none.
 * Where several frames decided one value, the newest comes first.
 *
 * @param prefix alias of the view in the mapping, with a dot: its paths start with it
 */
export function fieldSources(
  payload: unknown,
  provenance: Provenance,
  sources: ViewSources,
  prefix: string,
): FieldSource[] {
  const found: FieldSource[] = [];
  for (const path of leavesOf(payload)) {
    const rule = provenance.ruleOf(path);
    if (rule === undefined) continue;
    const origins = provenance
      .sourcesOf(path)
      .map((source) => originOf(source, sources, prefix))
      .filter((origin) => origin !== undefined && origin.raw !== NOBODY);
    found.push(...unique(origins as Source[]).map(({ raw, rule: read }) => ({ path, rule, raw, read })));
  }
  return found;
}

/** The raw frames behind a message, once each. */
export function causesOf(fields: readonly FieldSource[]): JournalId[] {
  return [...new Set(fields.map(({ raw }) => raw))];
}

/** The origin noted for a path of the view, or for the nearest object around it. */
function originOf(path: string, sources: ViewSources, prefix: string): Source | undefined {
  if (!path.startsWith(prefix)) return undefined;
  let at = path.slice(prefix.length).replaceAll(/\[(\d+)\]/g, '.$1');
  while (at !== '') {
    const source = sources[at];
    if (source) return source;
    at = at.slice(0, Math.max(0, at.lastIndexOf('.')));
  }
  return undefined;
}

function unique(origins: readonly Source[]): Source[] {
  const byKey = new Map(origins.map((origin) => [`${origin.raw} ${origin.rule}`, origin]));
  return [...byKey.values()].sort((a, b) => newestFirst(a.raw, b.raw));
}

function newestFirst(a: JournalId, b: JournalId): number {
  const [aMs = 0, aSeq = 0] = a.split('-').map(Number);
  const [bMs = 0, bSeq = 0] = b.split('-').map(Number);
  return bMs - aMs || bSeq - aSeq;
}

/** Paths of all scalars: `depotInfoList[0].name`. */
function* leavesOf(value: unknown, path = ''): Generator<string> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* leavesOf(item, `${path}[${index}]`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) yield* leavesOf(item, path ? `${path}.${key}` : key);
  } else if (path) yield path;
}
