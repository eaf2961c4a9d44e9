/** Chargers that begin and end transactions without pause, and remember exactly what was acknowledged. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Peer } from './peer.js';
import type { Scene } from './scene.js';

/** A transaction id is one station's own: another may have the same at the same time. */
export const transactionOf = (stationId: string, transactionId: unknown): string =>
  `${stationId}/${transactionId}`;

export class Fleet {
  /** Transactions whose StartTransaction.conf a charger has read. */
  readonly begun = new Set<string>();
  /** Transactions whose StopTransaction was confirmed. */
  readonly ended = new Set<string>();
  /** Calls that were answered by a CALLERROR: the charger repeats them. */
  refused = 0;
  readonly #loops: Promise<void>[];
  #over = false;

  constructor(scene: Scene, stations: readonly number[]) {
    this.#loops = stations.map((n) => this.#charge(scene, n));
  }

  async end(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#loops);
  }

  async #charge(scene: Scene, n: number): Promise<void> {
    while (!this.#over) {
      const station = await scene.station(n).catch(() => undefined);
      if (station) await this.#charges(station, n);
      else await delay(50);
      station?.cut();
    }
  }

  async #charges(station: Peer, n: number): Promise<void> {
    await station.ocpp('BootNotification', { chargePointVendor: 'Acme', chargePointModel: 'One' });
    for (let meter = 0; !this.#over && !station.ending; meter += 1_000) {
      const timestamp = new Date().toISOString();
      const start = { connectorId: 1, idTag: `BUS471${n}`, meterStart: meter, timestamp };
      const begun = this.#answered(await station.ocpp('StartTransaction', start, 2_000));
      if (!begun) continue;
      const transaction = transactionOf(`N${n}`, begun['transactionId']);
      this.begun.add(transaction);
      const stop = { transactionId: begun['transactionId'], meterStop: meter + 500, timestamp };
      if (this.#answered(await station.ocpp('StopTransaction', stop, 2_000))) this.ended.add(transaction);
      await delay(5);
    }
  }

  #answered(frame: unknown[] | undefined): Record<string, unknown> | undefined {
    if (frame?.[0] === 4) this.refused += 1;
    return frame?.[0] === 3 ? (frame[2] as Record<string, unknown>) : undefined;
  }
}
