/** `depotbridge parked`: objects that no table could make whole; list, show, run again, remove. */
import { pino } from 'pino';
import { type Config, loadConfig } from '../config/index.js';
import { Depot } from '../depot/index.js';
import { IdentityRegistry } from '../identity/index.js';
import { type JournalEntry, openJournal } from '../journal/index.js';
import { openStore } from '../store/index.js';
import { Parked, type ParkedObject, type Rerun, Tables } from '../tables/index.js';
import { runningBridge } from './bridge-client.js';

export interface ParkedOptions {
  readonly config: string;
  /** Only what came from this station. */
  readonly station?: string;
  readonly show?: string;
  /** An id, or true for all. */
  readonly rerun?: string | true;
  readonly dryRun?: boolean;
  readonly remove?: string;
  readonly format: 'text' | 'json';
}

/** Where the parked list is: the running bridge, or the store itself while none runs. */
interface ParkedSource {
  list(wanted: { station?: string }): Promise<readonly ParkedObject[]>;
  show(raw: string): Promise<ParkedObject & { readonly entry: JournalEntry }>;
  rerun(options: { raw?: string; station?: string; dryRun: boolean }): Promise<readonly Rerun[]>;
  remove(raw: string): Promise<unknown>;
  close(): Promise<void>;
}

/** Exit code 1 if a rerun left something that still fails. */
export async function parked(options: ParkedOptions): Promise<number> {
  const config = loadConfig(options.config);
  const source = (await overHttp(config)) ?? (await inStore(config));
  const ofStation = options.station === undefined ? {} : { station: options.station };
  const print = (value: unknown, lines: () => string[]) =>
    process.stdout.write(
      `${options.format === 'json' ? JSON.stringify(value, null, 2) : lines().join('\n')}\n`,
    );
  try {
    if (options.show !== undefined) {
      const shown = await source.show(options.show);
      print(shown, () => [
        ...parkedLines(shown),
        `  ${shown.entry.link} ${shown.entry.action}`,
        `  ${shown.entry.raw}`,
      ]);
    } else if (options.remove !== undefined) {
      await source.remove(options.remove);
      print({ removed: options.remove }, () => [`${options.remove} is no longer parked`]);
    } else if (options.rerun !== undefined) {
      const which = options.rerun === true ? ofStation : { raw: options.rerun };
      const results = await source.rerun({ ...which, dryRun: options.dryRun ?? false });
      print(results, () => (results.length === 0 ? ['nothing is parked'] : results.flatMap(rerunLines)));
      return results.some(({ outcome }) => outcome === 'fails' || outcome === 'unsupported') ? 1 : 0;
    } else {
      const list = await source.list(ofStation);
      print(list, () => (list.length === 0 ? ['nothing is parked'] : list.flatMap(parkedLines)));
    }
    return 0;
  } finally {
    await source.close();
  }
}

function parkedLines({ raw, station, presystem, failures }: ParkedObject): string[] {
  return [[raw, station ?? presystem].filter(Boolean).join('  '), ...failures.map(failureLine)];
}

function failureLine({ code, mapping, rule, path, message }: ParkedObject['failures'][number]): string {
  const place = [rule ? `rule ${rule}` : '', path ? `at ${path}` : ''].filter(Boolean).join(', ');
  return `  ${mapping}: ${code} ${message}${place ? ` (${place})` : ''}`;
}

function rerunLines({ raw, outcome, message, events, failures }: Rerun): string[] {
  return [
    `${raw} ${outcome}${message ? ` (${message})` : ''}`,
    ...events.map(({ type, payload }) => `  ${type} ${JSON.stringify(payload)}`),
    ...failures.map(failureLine),
  ];
}

async function overHttp(config: Config): Promise<ParkedSource | undefined> {
  const bridge = await runningBridge(config);
  if (!bridge) return undefined;
  const path = (raw: string) => `/api/v1/parked/${encodeURIComponent(raw)}`;
  return {
    list: ({ station }) =>
      bridge.call('GET', `/api/v1/parked${station ? `?${new URLSearchParams({ station })}` : ''}`),
    show: (raw) => bridge.call('GET', path(raw)),
    rerun: ({ raw, station, dryRun }) => {
      const query = new URLSearchParams({ dryRun: String(dryRun), ...(station ? { station } : {}) });
      return bridge.call('POST', `${raw === undefined ? '/api/v1/parked' : path(raw)}/rerun?${query}`);
    },
    remove: (raw) => bridge.call('DELETE', path(raw)),
    close: async () => undefined,
  };
}

async function inStore(config: Config): Promise<ParkedSource> {
  const log = pino({ level: 'silent' });
  const [{ id, stations }] = config.depots;
  const store = await openStore(config.store, config.durability);
  const journal = openJournal(store, id);
  const places = stations.map((station) => ({
    stationId: station.id,
    pointIds: station.points.map((point) => point.id),
  }));
  const depot = await Depot.open(id, places, store, journal);
  const list = await Parked.open(store, id, log);
  const world = () => {
    const tables = Tables.load(config.mappings).current;
    return { config, depot, identity: new IdentityRegistry(config), tables: () => tables };
  };
  return {
    list: (wanted) => list.list(wanted),
    show: async (raw) => ({ ...(await list.find(raw)), entry: await journal.read(raw) }),
    rerun: async (options) => list.rerun(world(), options),
    remove: (raw) => list.remove(raw),
    close: async () => {
      await depot.settled();
      await journal.close();
      await store.close();
    },
  };
}
