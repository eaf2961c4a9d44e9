/** A whole VDV 463 side on a real socket: store, journal, tables, depot; stations speak through events. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { type Config, loadConfig, type TlsConfig, type UpstreamConfig } from '../../src/config/index.js';
import { Depot, Metrics, type Runtime } from '../../src/depot/index.js';
import type { StationEvents } from '../../src/domain/index.js';
import { IdentityRegistry } from '../../src/identity/index.js';
import { type JournalEntry, openJournal } from '../../src/journal/index.js';
import { type Generation, type LoadedGeneration, loadGeneration } from '../../src/mapping/index.js';
import { openStore, type Store } from '../../src/store/index.js';
import { type RunningVdv463, startVdv463 } from '../../src/vdv463/index.js';

let generation: LoadedGeneration | undefined;

/** The shipped tables of VDV 463, loaded once. */
export function tables(): LoadedGeneration {
  if (generation) return generation;
  const loaded = loadGeneration(['mappings/vdv463'], { examples: false });
  if ('diagnostics' in loaded) throw new Error(`${loaded.diagnostics.length} faults in mappings/vdv463`);
  generation = loaded.generation;
  return generation;
}

export const upstream = (more: Partial<UpstreamConfig> = {}): UpstreamConfig => ({
  presystemId: 'BMS-1',
  kind: 'BMS',
  user: 'bms',
  password: 'bms-secret',
  dialect: '1.1.0',
  intervalSeconds: 600,
  lenient: false,
  timeoutSeconds: 10,
  retries: 3,
  pingSeconds: 600,
  ...more,
});

export const ITCS = upstream({
  presystemId: 'ITCS-1',
  kind: 'ITCS',
  user: 'itcs',
  password: 'itcs-secret',
  dialect: '2.0.0',
});

export interface CmsOptions {
  readonly upstreams?: readonly UpstreamConfig[];
  readonly tls?: TlsConfig;
  /** A folder to go on with, as after a restart. */
  readonly folder?: string;
  readonly now?: () => Date;
  readonly tables?: () => Generation;
  readonly host?: string;
  /** Instead of the example's stations. */
  readonly stations?: Config['depots'][0]['stations'];
}

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [key: string]: unknown;
}

export class Cms {
  readonly runtime: Runtime;
  readonly listener: RunningVdv463;
  readonly folder: string;
  readonly logged: LogLine[];
  readonly #store: Store;
  #transactions = Date.now();

  private constructor(
    runtime: Runtime,
    listener: RunningVdv463,
    folder: string,
    store: Store,
    logged: LogLine[],
  ) {
    this.runtime = runtime;
    this.listener = listener;
    this.folder = folder;
    this.#store = store;
    this.logged = logged;
  }

  static async start(options: CmsOptions = {}): Promise<Cms> {
    const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'vdv463-')));
    const config = configOf(folder, options);
    const logged: LogLine[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => logged.push(JSON.parse(line)) });
    const [{ id, stations }] = config.depots;
    const store = await openStore(config.store, config.durability);
    const journal = openJournal(store, id);
    const places = stations.map(({ id: stationId, points }) => ({
      stationId,
      pointIds: points.map((point) => point.id),
    }));
    const depot = await Depot.open(id, places, store, journal);
    const runtime: Runtime = {
      config,
      depot,
      identity: new IdentityRegistry(config),
      log,
      metrics: new Metrics(),
      now: options.now ?? (() => new Date()),
      tables: options.tables ?? tables,
      park: () => {},
    };
    try {
      return new Cms(runtime, await startVdv463(runtime), folder, store, logged);
    } catch (error) {
      await journal.close();
      await store.close();
      throw error;
    }
  }

  url(presystemId = 'BMS-1'): string {
    const scheme = this.runtime.config.listen.vdv463.tls ? 'wss' : 'ws';
    return `${scheme}://127.0.0.1:${this.listener.port}/vdv463/${presystemId}`;
  }

  /** A station says something: the frame is journalled, its event applied. */
  async say<K extends keyof StationEvents>(
    stationId: string,
    type: K,
    payload: Partial<StationEvents[K]> & object,
  ): Promise<JournalEntry> {
    const { depot, now } = this.runtime;
    const receivedAt = now().toISOString();
    const whole = { at: receivedAt, receivedAt, ...payload };
    const entry = await depot.journal.append({
      depotId: depot.id,
      link: `ocpp:CP-${stationId}`,
      protocol: 'ocpp1.6',
      direction: 'in',
      action: type,
      raw: JSON.stringify([2, 'x', type, payload]),
      causes: [],
    });
    const event = {
      type,
      stationId,
      payload: whole,
      raw: entry.id,
      ruleOf: (path: string) => `test/${path}`,
    };
    await depot.apply([event as never]);
    return entry;
  }

  /** A bus plugs in and a transaction runs; gives its id. */
  async charge(
    stationId: string,
    pointId: string,
    vehicleId: string | undefined,
    more: { powerW?: number; socPct?: number; energyWh?: number } = {},
  ): Promise<string> {
    const transactionId = `T${this.#transactions++}`;
    await this.say(stationId, 'LinkOpened', {});
    await this.say(stationId, 'PointStatusReported', { pointId, status: 'Occupied', phase: 'Charging' });
    await this.say(stationId, 'TransactionStarted', {
      pointId,
      transactionId,
      meterStartWh: 1_000,
      ...(vehicleId ? { vehicleId } : {}),
    });
    if (Object.keys(more).length > 0) await this.measure(stationId, pointId, more);
    return transactionId;
  }

  measure(
    stationId: string,
    pointId: string,
    sample: { powerW?: number; socPct?: number; energyWh?: number },
  ): Promise<JournalEntry> {
    const at = this.runtime.now().toISOString();
    return this.say(stationId, 'MeterSampled', { pointId, samples: [{ at, ...sample }] });
  }

  async journalled(
    filter: Parameters<Runtime['depot']['journal']['entries']>[0] = {},
  ): Promise<JournalEntry[]> {
    const found: JournalEntry[] = [];
    for await (const entry of this.runtime.depot.journal.entries(filter)) found.push(entry);
    return found;
  }

  async count(metric: 'forgiven' | 'schemaViolations' | 'losses', code?: string): Promise<number> {
    const { values } = await this.runtime.metrics[metric].get();
    const chosen = values.filter(({ labels }) => !code || Object.values(labels).includes(code));
    return chosen.reduce((sum, { value }) => sum + value, 0);
  }

  /** Ends everything; `keep` leaves the folder for a restart. */
  async stop(keep = false): Promise<void> {
    await this.listener.stop(500);
    await this.runtime.depot.settled();
    await this.runtime.depot.journal.close();
    await this.#store.close();
    if (!keep) await rm(this.folder, { recursive: true, force: true });
  }
}

function configOf(folder: string, { upstreams, tls, host = '127.0.0.1', stations }: CmsOptions): Config {
  const config = loadConfig('config/depot.example.yaml');
  config.store = { kind: 'lmdb', path: folder };
  config.listen.vdv463 = { host, port: 0, ...(tls ? { tls } : {}) };
  if (stations) config.depots[0].stations = stations;
  config.upstreams = [...(upstreams ?? [upstream(), ITCS])];
  return config;
}
