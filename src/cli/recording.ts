/** The recording that `replay` and `explain` read: of the running bridge over its admin API, else of the store itself. */
import type { Config } from '../config/index.js';
import type { StatePoint } from '../depot/index.js';
import type { JournalId } from '../domain/index.js';
import { BridgeError } from '../errors/index.js';
import type { JournalEntry, JournalFilter, TraceNode } from '../journal/index.js';
import { found, type Recording, storeRecording } from '../replay/index.js';
import { openStore } from '../store/index.js';
import { type BridgeClient, runningBridge } from './bridge-client.js';

/** Entries and characters of one answer of the bridge: it serves chargers meanwhile. */
const PAGE = { count: 1_000, chars: 2_000_000 } as const;

/** Opens the recording of the depot of a configuration; its `close` ends all that was opened. */
export async function openRecording(config: Config): Promise<Recording> {
  const bridge = await runningBridge(config);
  if (bridge) return bridgeRecording(bridge, config);
  const store = await openStore(config.store, config.durability);
  const recording = storeRecording(store, config);
  return {
    ...recording,
    close: async () => {
      await recording.close();
      await store.close();
    },
  };
}

/** The recording of a bridge that runs. */
export function bridgeRecording(bridge: BridgeClient, config: Config): Recording {
  const one = (id: JournalId): string => `/api/v1/journal/${encodeURIComponent(id)}`;
  return {
    depotId: config.depots[0].id,
    entries: (filter) => pages(bridge, filter),
    find: (id) => found(bridge.call<JournalEntry>('GET', one(id))),
    async effects(id) {
      const node = await found(bridge.call<TraceNode>('GET', `${one(id)}/trace?direction=forward`));
      return node?.children.map(({ entry }) => entry) ?? [];
    },
    point: async (before) =>
      (await bridge.call<StatePoint | null>('GET', `/api/v1/past/state?before=${before}`)) ?? undefined,
    identity: (version) => kept(bridge.call('GET', `/api/v1/past/identities/${version}`)),
    now: () => bridge.call('GET', '/api/v1/past/now'),
    partners: () => bridge.call('GET', '/api/v1/past/partners'),
    close: async () => undefined,
  };
}

async function* pages(bridge: BridgeClient, filter: JournalFilter = {}): AsyncGenerator<JournalEntry> {
  let left = filter.count ?? Number.POSITIVE_INFINITY;
  let bounds: JournalFilter = filter;
  while (left > 0) {
    const page = await bridge.call<JournalEntry[]>('GET', `/api/v1/journal?${queryOf(bounds, left)}`);
    yield* page;
    const last = page.at(-1);
    if (!last) return;
    left -= page.length;
    bounds = filter.reverse ? { ...filter, to: idBefore(last.id) } : { ...filter, after: last.id };
  }
}

function queryOf(filter: JournalFilter, left: number): string {
  const query = new URLSearchParams();
  // The origins of thousands of fields are read with the one entry that somebody asks about.
  const wanted = { ...filter, count: Math.min(PAGE.count, left), chars: PAGE.chars, fields: false };
  for (const [key, value] of Object.entries(wanted)) if (value !== undefined) query.set(key, String(value));
  return query.toString();
}

function idBefore(id: JournalId): JournalId {
  const [ms = '0', seq = '0'] = id.split('-');
  return seq === '0' ? String(Number(ms) - 1) : `${ms}-${Number(seq) - 1}`;
}

/** What was not kept is answered 404. */
async function kept<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'CLI_BRIDGE_REFUSED') return undefined;
    throw error;
  }
}
