/** The charger side alone: a real server on a free port, a real store and journal, the shipped tables. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Config, parseConfig } from '../../src/config/index.js';
import { Depot, Metrics, type Runtime } from '../../src/depot/index.js';
import { IdentityRegistry } from '../../src/identity/index.js';
import { type JournalEntry, openJournal } from '../../src/journal/index.js';
import { type Generation, loadGeneration, type MapFailure } from '../../src/mapping/index.js';
import { type OcppOptions, type RunningOcpp, startOcpp } from '../../src/ocpp/index.js';
import { openStore } from '../../src/store/index.js';

const EXAMPLE = new URL('../../config/depot.example.yaml', import.meta.url);

let tables: Generation | undefined;
let withOverlays: Generation | undefined;

/** The shipped tables of the charger side, loaded once. */
export function shippedTables(): Generation {
  tables ??= load(['mappings/ocpp16', 'mappings/ocpp201']);
  return tables;
}

/** All tables that ship, with the overlays for what chargers are known to do. */
export function tablesWithOverlays(): Generation {
  withOverlays ??= load(['mappings']);
  return withOverlays;
}

function load(folders: readonly string[]): Generation {
  const result = loadGeneration([...folders]);
  if ('diagnostics' in result) throw new Error(JSON.stringify(result.diagnostics[0]));
  return result.generation;
}

export function exampleConfig(edit: (text: string) => string = (text) => text): Config {
  const text = readFileSync(EXAMPLE, 'utf8').replace('port: 7461', 'port: 0');
  return parseConfig(edit(text), 'config/depot.example.yaml');
}

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly code?: string;
  readonly identity?: string;
}

/** A bridge of nothing but chargers. */
export class OcppHarness {
  readonly config: Config;
  readonly options: OcppOptions;
  readonly parked: { raw: string; failure: MapFailure }[] = [];
  readonly log: LogLine[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'depotbridge-ocpp-'));
  readonly #tables: () => Generation;
  readonly #redis: string | undefined;
  #undo: (() => Promise<unknown>)[] = [];
  runtime!: Runtime;
  ocpp!: RunningOcpp;
  port = 0;

  private constructor(
    config: Config,
    options: OcppOptions,
    tables: () => Generation,
    redis: string | undefined,
  ) {
    this.config = config;
    this.options = options;
    this.#tables = tables;
    this.#redis = redis;
  }

  static async start(
    setup: {
      edit?: (text: string) => string;
      config?: Config;
      options?: OcppOptions;
      tables?: () => Generation;
      /** URL of a store of its own; a folder if left out. */
      redis?: string;
    } = {},
  ): Promise<OcppHarness> {
    const harness = new OcppHarness(
      setup.config ?? exampleConfig(setup.edit),
      setup.options ?? {},
      setup.tables ?? shippedTables,
      setup.redis,
    );
    await harness.begin();
    return harness;
  }

  /** Starts, or starts again on the same store and port, perhaps with another configuration. */
  async begin(config = this.config): Promise<void> {
    const store = await openStore(
      this.#redis ? { kind: 'redis', url: this.#redis } : { kind: 'lmdb', path: this.#folder },
      'everysec',
    );
    const [depotConfig] = config.depots;
    const journal = openJournal(store, depotConfig.id);
    const stations = depotConfig.stations.map(({ id, points }) => ({
      stationId: id,
      pointIds: points.map((point) => point.id),
    }));
    const depot = await Depot.open(depotConfig.id, stations, store, journal);
    const write = (line: string) => {
      this.log.push(JSON.parse(line) as LogLine);
    };
    this.runtime = {
      config: { ...config, listen: { ...config.listen, ocpp: { ...config.listen.ocpp, port: this.port } } },
      depot,
      identity: new IdentityRegistry(config),
      log: pino({ level: 'info' }, { write }),
      metrics: new Metrics(),
      tables: this.#tables,
      now: () => new Date(),
      park: (raw, failure) => this.parked.push({ raw, failure }),
    };
    this.ocpp = await startOcpp(this.runtime, { store, ...this.options });
    this.port = this.ocpp.port;
    this.#undo = [
      () => this.ocpp.stop(1_000),
      () => depot.settled(),
      () => journal.close(),
      () => store.close(),
    ];
  }

  /** Ends the bridge; the store stays for {@link begin}. */
  async end(): Promise<void> {
    for (const step of this.#undo.splice(0)) await step();
  }

  async remove(): Promise<void> {
    await this.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ocpp`;
  }

  get state() {
    return this.runtime.depot.state;
  }

  point(stationId: string, pointId: string) {
    const point = this.state.stations.get(stationId)?.points[pointId];
    if (!point) throw new Error(`no point ${pointId}`);
    return point;
  }

  async journal(filter: Parameters<Runtime['depot']['journal']['entries']>[0] = {}): Promise<JournalEntry[]> {
    const entries: JournalEntry[] = [];
    for await (const entry of this.runtime.depot.journal.entries(filter)) entries.push(entry);
    return entries;
  }

  /** A journalled entry to stand for an intent. */
  async intent(): Promise<string> {
    const { depot } = this.runtime;
    const entry = await depot.journal.append({
      depotId: depot.id,
      link: 'bridge',
      protocol: 'bridge',
      direction: 'internal',
      action: 'TestIntent',
      raw: '{}',
      causes: [],
    });
    return entry.id;
  }
}

/** Waits until something is true, looking every 10 ms. */
export async function until<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  what: string,
  withinMs = 30_000,
): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end) throw new Error(`${what} did not happen in ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
