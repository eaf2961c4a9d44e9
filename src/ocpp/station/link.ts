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
    if (this.#runtime.depot.state.stations[this.#stationId]?.link.value === 'connected') this.closed();
  }

  async opened(facts: { readonly protocol: string; readonly remoteAddress: string }): Promise<void> {
    this.stop();
    await this.#tell('LinkOpened', facts);
  }

  closed(): void {
    this.stop();
    const graceMs = this.#runtime.config.ocpp.linkGraceSeconds * 1000;
    this.#timer = setTimeout(() => void this.#tell('LinkLost', {}), graceMs);
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #tell(type: 'LinkOpened' | 'LinkLost', facts: object): Promise<void> {
    const { depot, log } = this.#runtime;
    const stationId = this.#stationId;
    const entry = await this.#frames.note({ action: type, value: { stationId, ...facts } });
    if (!entry) return;
    const at = new Date(entry.at).toISOString();
    const event: StationEvent = {
      type,
      stationId,
      payload: { at, receivedAt: at },
      raw: entry.id,
      ruleOf: () => 'bridge/link',
    };
    depot
      .apply([event])
      .catch((error: unknown) => log.error({ err: error, stationId }, 'state was not stored'));
  }
}
