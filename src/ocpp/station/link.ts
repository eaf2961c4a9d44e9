/** Whether a station is reachable: opened with its socket, lost when it stays away beyond its grace. */
import type { Runtime } from '../../depot/index.js';
import type { StationEvent } from '../../domain/index.js';
import type { FrameJournal } from './frames.js';

export class LinkWatch {
  readonly #runtime: Runtime;
  readonly #frames: FrameJournal;
  readonly #stationId: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(runtime: Runtime, frames: FrameJournal, stationId: string) {
    this.#runtime = runtime;
    this.#frames = frames;
    this.#stationId = stationId;
  }

  /** A bridge that comes back finds stations that were connected when it went: they have the grace to return. */
  resume(): void {
    if (this.#runtime.depot.state.stations.get(this.#stationId)?.link.value === 'connected') this.closed();
  }

  opened(facts: { readonly protocol: string; readonly remoteAddress: string }): void {
    this.stop();
    this.#tell('LinkOpened', facts);
  }

  closed(): void {
    this.stop();
    const graceMs = this.#runtime.config.ocpp.linkGraceSeconds * 1000;
    this.#timer = setTimeout(() => this.#tell('LinkLost', {}), graceMs);
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #tell(type: 'LinkOpened' | 'LinkLost', facts: object): void {
    const { depot, log } = this.#runtime;
    const stationId = this.#stationId;
    const begun = this.#frames.beginNote({ action: type, value: { stationId, ...facts } });
    if (!begun) return;
    const { entry, stored } = begun;
    const at = new Date(entry.at).toISOString();
    const event: StationEvent = {
      type,
      stationId,
      payload: { at, receivedAt: at },
      raw: entry.id,
      ruleOf: () => 'bridge/link',
    };
    depot
      .apply([event], stored)
      .catch((error: unknown) => log.error({ err: error, stationId }, 'state was not stored'));
  }
}
