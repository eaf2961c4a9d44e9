import { PresystemError } from './errors.js';
import type { ChargingInformation, ChargingPointInfo, RejectedChargingRequestInfo } from './messages.js';

/** A charging point of a snapshot together with where it stands. */
export interface PlacedPoint extends ChargingPointInfo {
  readonly depotId: string;
  readonly chargingStationId: string;
}

/** The newest picture of the depot, and waiting for a picture one hopes for. */
export class SnapshotBoard {
  #latest: ChargingInformation | undefined;
  readonly #waiting = new Set<(information: ChargingInformation) => void>();

  get latest(): ChargingInformation | undefined {
    return this.#latest;
  }

  put(information: ChargingInformation): void {
    this.#latest = information;
    for (const look of [...this.#waiting]) look(information);
  }

  /** Every charging point of the newest snapshot, of all depots and stations. */
  points(): readonly PlacedPoint[] {
    return this.#latest ? pointsOf(this.#latest) : [];
  }

  rejections(): readonly RejectedChargingRequestInfo[] {
    return this.#latest?.rejectedChargingRequestInfoList ?? [];
  }

  /** @throws PresystemError `timeout` if no snapshot, old or new, satisfies in time */
  waitFor(
    predicate: (information: ChargingInformation) => boolean,
    timeoutMs: number,
  ): Promise<ChargingInformation> {
    if (this.#latest && predicate(this.#latest)) return Promise.resolve(this.#latest);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        const seen = this.#latest ? JSON.stringify(this.#latest) : 'none';
        reject(new PresystemError('timeout', `no such snapshot in ${timeoutMs} ms; the newest is ${seen}`));
      }, timeoutMs);
      const look = (information: ChargingInformation) => {
        if (!predicate(information)) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(information);
      };
      this.#waiting.add(look);
    });
  }
}

/** Every charging point of a snapshot. A snapshot that breaks its schema gives what can be read. */
export function pointsOf(information: ChargingInformation): readonly PlacedPoint[] {
  return (information.depotInfoList ?? []).flatMap(({ depotId, chargingStationInfoList }) =>
    (chargingStationInfoList ?? []).flatMap(({ chargingStationId, chargingPointInfoList }) =>
      (chargingPointInfoList ?? []).map((point) => ({ ...point, depotId, chargingStationId })),
    ),
  );
}
