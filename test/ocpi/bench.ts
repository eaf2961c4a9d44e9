/** A depot with an OCPI side on a real socket and a store on disk; what chargers say is put in as events. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Config, parseConfig } from '../../src/config/index.js';
import {
  type CommandOutcome,
  Depot,
  Metrics,
  type Runtime,
  type StationCommands,
  type StationControl,
} from '../../src/depot/index.js';
import type { DomainEvent } from '../../src/domain/index.js';
import { IdentityRegistry } from '../../src/identity/index.js';
import { type JournalEntry, openJournal } from '../../src/journal/index.js';
import { type Generation, loadGeneration } from '../../src/mapping/index.js';
import { type RunningOcpi, startOcpi } from '../../src/ocpi/index.js';
import { openStore, type Store } from '../../src/store/index.js';

const EXAMPLE = readFileSync(new URL('../../config/depot.example.yaml', import.meta.url), 'utf8');

let loaded: Generation | undefined;

/** The shipped tables of this protocol. */
function tables(): Generation {
  if (loaded) return loaded;
  const result = loadGeneration([new URL('../../mappings/ocpi', import.meta.url).pathname]);
  if (!('generation' in result)) throw new Error(result.diagnostics.map(({ message }) => message).join('\n'));
  loaded = result.generation;
  return loaded;
}

/** The shipped example with every listener on any free port, and no prices. */
export function exampleConfig(change: (config: Config) => void = () => {}): Config {
  const config = parseConfig(EXAMPLE, 'depot.example.yaml');
  config.listen.ocpi = { host: '127.0.0.1', port: 0, publicUrl: 'http://127.0.0.1:0' };
  for (const grant of config.ocpi?.partners.flatMap(({ grants }) => grants) ?? []) delete grant.tariff;
  change(config);
  return config;
}

/** Chargers that answer as told; what they were asked stays to be looked at. */
export class FakeChargers implements StationCommands {
  readonly asked: { readonly command: string; readonly details: Readonly<Record<string, unknown>> }[] = [];
  outcome: CommandOutcome['outcome'] = 'accepted';
  connected = true;
  control: StationControl = 'full';
  delayMs = 0;

  isConnected(): boolean {
    return this.connected;
  }
  controlOf(): StationControl {
    return this.control;
  }
  setLimit = (details: object) => this.#ask('setLimit', details);
  clearLimit = (details: object) => this.#ask('clearLimit', details);
  stop = (details: object) => this.#ask('stop', details);
  start = (details: object) => this.#ask('start', details);
  unlock = (details: object) => this.#ask('unlock', details);
  readLimit = async () => ({ outcome: 'refused', reason: 'NotSupported', frames: [] }) as const;
  onOthersLimits = () => () => undefined;

  async #ask(command: string, details: object): Promise<CommandOutcome> {
    this.asked.push({ command, details: details as Record<string, unknown> });
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    return { outcome: this.outcome, frames: [] };
  }
}

export class Bench {
  readonly config: Config;
  readonly chargers = new FakeChargers();
  readonly metrics = new Metrics();
  /** Lines of the log from warnings on, parsed. */
  readonly log: Record<string, unknown>[] = [];
  readonly #folder: string;
  #store: Store | undefined;
  #runtime: Runtime | undefined;
  #ocpi: RunningOcpi | undefined;
  #clock = 0;

  constructor(change?: (config: Config) => void, folder?: string) {
    this.config = exampleConfig(change);
    this.#folder = folder ?? mkdtempSync(join(tmpdir(), 'depotbridge-ocpi-'));
  }

  async start(): Promise<this> {
    const store = await openStore({ kind: 'lmdb', path: this.#folder }, 'everysec');
    const [depotConfig] = this.config.depots;
    const journal = openJournal(store, depotConfig.id);
    const stations = depotConfig.stations.map(({ id, points }) => ({
      stationId: id,
      pointIds: points.map((point) => point.id),
    }));
    const runtime: Runtime = {
      config: this.config,
      depot: await Depot.open(depotConfig.id, stations, store, journal),
      identity: new IdentityRegistry(this.config),
      log: pino({ level: 'warn' }, { write: (line: string) => void this.log.push(JSON.parse(line)) }),
      metrics: this.metrics,
      tables,
      now: () => new Date(),
      park: () => {},
    };
    this.#store = store;
    this.#runtime = runtime;
    this.#ocpi = await startOcpi(runtime, { store, commands: this.chargers });
    return this;
  }

  /** Where its store lies. */
  get folder(): string {
    return this.#folder;
  }

  get runtime(): Runtime {
    if (!this.#runtime) throw new Error('start() first');
    return this.#runtime;
  }

  get ocpi(): RunningOcpi {
    if (!this.#ocpi) throw new Error('start() first');
    return this.#ocpi;
  }

  get versionsUrl(): string {
    return `http://127.0.0.1:${this.ocpi.port}/ocpi/versions`;
  }

  evseUid(pointId: string): string {
    return this.runtime.identity.points.get(pointId)?.evseUid ?? '';
  }

  /** What a station said, as the OCPP side would hand it over. */
  async say(stationId: string, type: DomainEvent['type'], payload: object = {}): Promise<void> {
    const at = new Date().toISOString();
    this.#clock += 1;
    const entry = await this.runtime.depot.journal.append({
      depotId: this.runtime.depot.id,
      link: `ocpp:${stationId}`,
      protocol: 'ocpp2.0.1',
      direction: 'in',
      action: type,
      raw: JSON.stringify(payload),
      causes: [],
    });
    const event = { type, stationId, payload: { at, receivedAt: at, ...payload }, raw: entry.id };
    await this.runtime.depot.apply([{ ...event, ruleOf: () => `test/${type}` } as unknown as DomainEvent]);
  }

  /** A guest or bus plugs in and charges. */
  async charge(
    stationId: string,
    pointId: string,
    who: { token?: string; vehicleId?: string },
    transactionId = 'T1',
  ) {
    await this.say(stationId, 'LinkOpened');
    await this.say(stationId, 'PointStatusReported', { pointId, status: 'Occupied' });
    await this.say(stationId, 'TransactionStarted', {
      pointId,
      transactionId,
      meterStartWh: 1000,
      phase: 'Charging',
      ...who,
    });
  }

  async meter(stationId: string, transactionId: string, energyWh: number): Promise<void> {
    const at = new Date().toISOString();
    await this.say(stationId, 'MeterSampled', { transactionId, samples: [{ at, energyWh }] });
  }

  async journal(): Promise<JournalEntry[]> {
    const entries: JournalEntry[] = [];
    for await (const entry of this.runtime.depot.journal.entries()) entries.push(entry);
    return entries;
  }

  /** Ends the bridge's side; the folder stays, so that another bench can go on with it. */
  async stop(): Promise<string> {
    await this.#ocpi?.stop(500);
    await this.#runtime?.depot.settled();
    await this.#runtime?.depot.journal.close();
    await this.#store?.close();
    this.#ocpi = undefined;
    return this.#folder;
  }

  async end(): Promise<void> {
    rmSync(await this.stop(), { recursive: true, force: true });
  }
}
