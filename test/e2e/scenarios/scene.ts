/** A whole bridge in this process on real sockets, and whoever talks to it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { onTestFinished, type TestContext } from 'vitest';
import { type Bridge, startBridge } from '../../../src/bridge.js';
import { parseConfig } from '../../../src/config/index.js';
import type { DepotState, ProcessState } from '../../../src/domain/index.js';
import type { JournalEntry } from '../../../src/journal/index.js';
import { Presystem } from '../../../src/sim/bms/index.js';
import { type ChargerOptions, ChargerSimulator } from '../../../src/sim/charger/index.js';
import { RawStation } from '../../support/raw-station.js';

const EXAMPLE = new URL('../../../config/depot.example.yaml', import.meta.url);

export interface SceneSetup {
  /** Changes the example's text. */
  readonly edit?: (text: string) => string;
  /** The clock of the bridge; the machine's if left out. */
  readonly now?: () => Date;
}

export class Scene {
  readonly violations: unknown[] = [];
  readonly #log: string[] = [];
  #setup: SceneSetup;
  readonly #folder = mkdtempSync(join(tmpdir(), 'depotbridge-scene-'));
  readonly #peers: (() => Promise<unknown>)[] = [];
  #bridge: Bridge | undefined;
  #ports = { ocpp: 0, vdv463: 0 };

  private constructor(setup: SceneSetup) {
    this.#setup = setup;
  }

  static async begin(setup: SceneSetup = {}): Promise<Scene> {
    const scene = new Scene(setup);
    await scene.start();
    return scene;
  }

  /** Starts the bridge, or starts it again with its store and ports, and the configuration if it is given anew. */
  async start(setup = this.#setup): Promise<void> {
    this.#setup = setup;
    const example = readFileSync(EXAMPLE, 'utf8')
      .replace(/^store:.*$/m, `store: { kind: lmdb, path: ${this.#folder} }`)
      .replace(/746[02]/g, '0')
      .replace('7461', String(this.#ports.ocpp))
      .replace('7463', String(this.#ports.vdv463))
      .replaceAll('intervalSeconds: 15', 'intervalSeconds: 1')
      .replace(/^ocpi:[\s\S]*?(?=^journal:)/m, '');
    const text = this.#setup.edit ? this.#setup.edit(example) : example;
    this.#bridge = await startBridge(parseConfig(text, 'scene.yaml'), this.#logger(), this.#setup.now);
    this.#ports = { ocpp: this.#bridge.ports.ocpp, vdv463: this.#bridge.ports.vdv463 };
  }

  #logger() {
    return pino({ level: 'warn' }, { write: (line: string) => void this.#log.push(line) });
  }

  /** Lines of the log, warnings and worse, that have these words in them. */
  warnings(words: string): string[] {
    return this.#log.filter((line) => line.includes(words));
  }

  async stop(): Promise<void> {
    await this.#bridge?.stop();
    this.#bridge = undefined;
  }

  async end(): Promise<void> {
    for (const end of this.#peers.splice(0).reverse()) await end();
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get state(): DepotState {
    if (!this.#bridge) throw new Error('the bridge does not run');
    return this.#bridge.runtime.depot.state;
  }

  /** Journal entries under the same action, oldest first. */
  async journal(action: string): Promise<JournalEntry[]> {
    const entries: JournalEntry[] = [];
    for await (const entry of this.#bridge?.runtime.depot.journal.entries({ action }) ?? [])
      entries.push(entry);
    return entries;
  }

  /** An operator's command over the admin API. @returns the station's answer @throws the code of the problem */
  async send({
    stationId,
    ...order
  }: {
    stationId: string;
    action: string;
    payload: object;
    force?: boolean;
  }) {
    const told = await this.#admin('POST', `stations/${stationId}/commands`, order);
    return told['answer'] as Record<string, unknown>;
  }

  /** A station as the admin API tells it. */
  station(stationId: string): Promise<Record<string, unknown>> {
    return this.#admin('GET', `stations/${stationId}`);
  }

  async #admin(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const response = await fetch(`http://127.0.0.1:${this.#bridge?.ports.admin}/api/v1/${path}`, {
      method,
      headers: { authorization: 'Bearer demo-admin', 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(30_000),
    });
    const told = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw Object.assign(new Error(JSON.stringify(told)), { code: told['code'] });
    return told;
  }

  /** The process at a point, if there is one. */
  processAt(pointId: string): ProcessState | undefined {
    const point = this.state.stations.values().flatMap((station) => station.points[pointId] ?? [])[0];
    return point?.processId ? this.state.processes.get(point.processId) : undefined;
  }

  /** A simulated charger of the example depot: N1 and N2 speak 1.6J, N3 and N4 2.0.1. */
  async charger(station: 'N1' | 'N2' | 'N3' | 'N4', more: Partial<ChargerOptions> = {}) {
    const is16 = station === 'N1' || station === 'N2';
    const number = (point: number) => (is16 ? { connectorId: point } : { evseId: point });
    const points = station === 'N2' || station === 'N3' ? [1, 2] : [1];
    const charger = new ChargerSimulator({
      url: `ws://127.0.0.1:${this.#ports.ocpp}/ocpp`,
      identity: `CP-${station}`,
      password: passwordOf(station),
      protocol: is16 ? 'ocpp1.6' : 'ocpp2.0.1',
      points: points.map((point) => ({
        ...number(point),
        powerType: station === 'N4' ? 'AC' : 'DC',
        maxPowerW: station === 'N4' ? 22_000 : 150_000,
      })),
      reconnect: { initialMs: 50, maxMs: 200 },
      ...more,
    });
    charger.events.on('violation', (violation) => this.violations.push(violation));
    this.#peers.push(() => charger.stop());
    await charger.start();
    return charger;
  }

  async raw(station: 'N1' | 'N2' | 'N3' | 'N4'): Promise<RawStation> {
    const protocol = station === 'N1' || station === 'N2' ? 'ocpp1.6' : 'ocpp2.0.1';
    const raw = await RawStation.connect(this.#ports.ocpp, `CP-${station}`, passwordOf(station), protocol);
    this.#peers.push(() => raw.close());
    return raw;
  }

  async presystem(presystemId: 'BMS-1' | 'ITCS-1'): Promise<Presystem> {
    const isBms = presystemId === 'BMS-1';
    const presystem = new Presystem({
      url: `ws://127.0.0.1:${this.#ports.vdv463}/vdv463/${presystemId}`,
      presystemId,
      kind: isBms ? 'BMS' : 'ITCS',
      user: isBms ? 'bms' : 'itcs',
      password: isBms ? 'bms-secret' : 'itcs-secret',
      dialect: isBms ? '1.1.0' : '2.0.0',
      reconnect: { initialMs: 50, maxMs: 200 },
    });
    presystem.events.on('violation', (violation) => this.violations.push(violation));
    this.#peers.push(() => presystem.close());
    await presystem.connect();
    return presystem;
  }
}

/** A scene that ends with the test; a test that runs beside others gives its context. */
export async function scene(
  setup: SceneSetup = {},
  context: Pick<TestContext, 'onTestFinished'> = { onTestFinished },
): Promise<Scene> {
  const begun = await Scene.begin(setup);
  context.onTestFinished(() => begun.end());
  return begun;
}

const passwordOf = (station: string): string => `cp-n${station.slice(1)}-secret-000${station.slice(1)}`;

/** Waits until something is there, looking every 10 ms. */
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

/** A bus of the example's first vehicle. */
export const BUS = { idTag: 'BUS4711', batteryWh: 350_000, socPct: 40, maxPowerW: 150_000 };

/** An order for a vehicle of the example. */
export const orderFor = (vehicle: number, chargingPointId?: string, data: object = {}) => ({
  vehicleId: `WEB6283461320000${vehicle}`,
  chargingRequestId: `R${vehicle}`,
  ...(chargingPointId ? { chargingPointId } : {}),
  chargingRequestData: { minTargetSoc: 80, maxTargetSoc: 95, ...data },
});
