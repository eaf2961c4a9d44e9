import { setTimeout as pause } from 'node:timers/promises';
import type { ChargerOptions } from './options.js';
import { runScenario, type Scenario } from './scenario/index.js';
import { ChargerSimulator } from './simulator.js';
import type { ChargerTransaction } from './transaction.js';

/** Many stations in one process. */
export class Fleet {
  readonly chargers: readonly ChargerSimulator[];

  constructor(chargers: readonly ChargerSimulator[]) {
    this.chargers = chargers;
  }

  /** Switches every station on, one every `apartMs` real ms. Resolves when the CSMS has accepted them all. */
  async start(apartMs = 2): Promise<void> {
    const accepted: Promise<void>[] = [];
    for (const charger of this.chargers) {
      accepted.push(charger.start());
      await pause(apartMs);
    }
    await Promise.all(accepted);
  }

  async stop(): Promise<void> {
    await Promise.all(this.chargers.map((charger) => charger.stop()));
  }

  /** Runs a scenario at every station. Resolves when the last step of the last station is done. */
  async run(scenario: Scenario, signal?: AbortSignal): Promise<void> {
    const runs = this.chargers.map((charger, index) =>
      runScenario(charger, scenario, { station: index + 1, ...(signal ? { signal } : {}) }),
    );
    await Promise.all(runs);
  }

  /** Every transaction of which the CSMS has answered at least the start, by station. */
  acknowledgedTransactions(): ReadonlyMap<string, readonly ChargerTransaction[]> {
    return new Map(this.chargers.map((charger) => [charger.identity, charger.acknowledgedTransactions()]));
  }
}

/** Makes `count` stations and starts them. `optionsOf` is asked with 1 to `count`. */
export async function runFleet(
  count: number,
  optionsOf: (station: number) => ChargerOptions,
): Promise<Fleet> {
  const stations = Array.from({ length: count }, (_, index) => index + 1);
  const fleet = new Fleet(stations.map((station) => new ChargerSimulator(optionsOf(station))));
  await fleet.start();
  return fleet;
}
