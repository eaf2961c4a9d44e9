/**
 * New tables before they count: the last payloads received, and what presystems are told now, go through both, and what
 * differs is told.
 */
import type { JournalEntry } from '../journal/index.js';
import type { Generation, Json } from '../mapping/index.js';
import { composeInformation } from '../vdv463/index.js';
import { payloadOf, type Replayed, type ReplayWorld, replayEntry } from './replay.js';

/** One field that the new tables would have set otherwise. */
export interface ShadowDifference {
  /** Journal id of the payload; absent for what is made from the state. */
  readonly raw?: string;
  readonly link: string;
  readonly message: string;
  /** What the payload becomes: an event of the domain, or `failure`. */
  readonly target: string;
  readonly path: string;
  /** Absent: not set. */
  readonly before?: Json;
  readonly after?: Json;
}

export interface ShadowReport {
  /** Payloads that went through both. */
  readonly payloads: number;
  /** Payloads that came out otherwise. */
  readonly changed: number;
  /** Presystems that would be told something else. */
  readonly told: number;
  /** The first differences, oldest payload first. */
  readonly differences: readonly ShadowDifference[];
  /** How many more there are. */
  readonly more: number;
  /** Payloads that could not be replayed, and why: they say nothing of the tables, and hold no reload back. */
  readonly skipped: readonly { readonly raw: string; readonly reason: string }[];
}

const SHOWN = 100;
const YIELD_EVERY = 50;

/** @param most how many of the last inbound payloads are taken */
export async function shadowReplay(
  before: Generation,
  after: Generation,
  world: ReplayWorld,
  most: number,
): Promise<ShadowReport> {
  const entries: JournalEntry[] = [];
  if (most > 0)
    for await (const entry of world.depot.journal.entries({ direction: 'in', reverse: true, count: most }))
      entries.push(entry);
  const differences: ShadowDifference[] = [];
  const skipped: ShadowReport['skipped'][number][] = [];
  let payloads = 0;
  let changed = 0;
  for (const [i, entry] of entries.reverse().entries()) {
    // Frames are served between the slices.
    if (i % YIELD_EVERY === YIELD_EVERY - 1) await new Promise((resolve) => setImmediate(resolve));
    try {
      const found = throughBoth(entry, before, after, world);
      if (!found) continue;
      payloads += 1;
      if (found.length > 0) changed += 1;
      differences.push(...found);
    } catch (error) {
      skipped.push({ raw: entry.id, reason: reasonOf(error) });
    }
  }
  const told = world.config.upstreams.map((upstream) =>
    informationDifferences(before, after, world, upstream),
  );
  differences.push(...told.flat());
  return {
    payloads,
    changed,
    told: told.filter((found) => found.length > 0).length,
    differences: differences.slice(0, SHOWN),
    more: Math.max(0, differences.length - SHOWN),
    skipped,
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Undefined for what no table reads. */
function throughBoth(
  entry: JournalEntry,
  before: Generation,
  after: Generation,
  world: ReplayWorld,
): ShadowDifference[] | undefined {
  const [old, now] = [before, after].map((generation) => replayEntry(entry, generation, world));
  return old && now && compare(entry, old, now);
}

/** What a presystem would be told otherwise of the state as it is. */
function informationDifferences(
  before: Generation,
  after: Generation,
  { config, depot, identity }: ReplayWorld,
  upstream: ReplayWorld['config']['upstreams'][number],
): ShadowDifference[] {
  const now = new Date().toISOString();
  const [{ name: depotName }] = config.depots;
  const [old, next] = [before, after].map((generation): Json => {
    const source = { state: depot.state, depotName, generation, identity, now };
    try {
      const made = composeInformation(source, upstream);
      return made.ok ? (made.payload as Json) : { failure: `${made.code}: ${made.message}` };
    } catch (error) {
      return { failure: reasonOf(error) };
    }
  });
  return fieldDifferences(old, next).map((difference) => ({
    link: `vdv463:${upstream.presystemId}`,
    message: 'ProvideChargingInformation',
    target: `vdv463-${upstream.dialect}`,
    ...difference,
  }));
}

function compare(entry: JournalEntry, before: Replayed, after: Replayed): ShadowDifference[] {
  const [old, now] = [outputsOf(before), outputsOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((key) =>
    fieldDifferences(old.get(key), now.get(key)).map((difference) => ({
      raw: entry.id,
      link: entry.link,
      message: after.message,
      target: key.split('#')[0] ?? key,
      ...difference,
    })),
  );
}

/** What a payload became, by kind and number of its kind. */
function outputsOf({ events, failures }: Replayed): Map<string, Json> {
  const outputs = new Map<string, Json>();
  const add = (kind: string, value: Json): void => {
    let number = 0;
    while (outputs.has(`${kind}#${number}`)) number += 1;
    outputs.set(`${kind}#${number}`, value);
  };
  for (const event of events) add(event.type, payloadOf(event));
  for (const { code, mapping, message } of failures) add('failure', { code, mapping, message });
  return outputs;
}

/** Leaves in which two values differ; a value that is on one side only counts as one leaf. */
export function fieldDifferences(
  before: Json | undefined,
  after: Json | undefined,
  path = '',
): { path: string; before?: Json; after?: Json }[] {
  if (isNode(before) && isNode(after) && Array.isArray(before) === Array.isArray(after)) {
    const [old, now] = [Object.entries(before), Object.entries(after)].map(
      (list) => new Map<string, Json>(list),
    );
    return [...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])].flatMap((key) =>
      fieldDifferences(old?.get(key), now?.get(key), path === '' ? key : `${path}.${key}`),
    );
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  return [
    {
      path,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    },
  ];
}

function isNode(value: Json | undefined): value is Json[] | { [key: string]: Json } {
  return typeof value === 'object' && value !== null;
}
