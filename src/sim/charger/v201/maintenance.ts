import type { Connection } from '../connection.js';
import type { Answer } from '../dialect.js';
import type { Station } from '../station.js';

/** Simulated time that each step of an update or upload takes, ms. */
const stepMs = 10_000;

type Step = () => unknown;

/** Firmware updates and logs: nothing is fetched or sent, only the status messages are. */
export class Maintenance201 {
  readonly #station: Station;
  readonly #connection: Connection;
  #firmware: object = { status: 'Idle' };
  #log: object = { status: 'Idle' };

  constructor(station: Station, connection: Connection) {
    this.#station = station;
    this.#connection = connection;
  }

  /** UpdateFirmware: downloads, installs, restarts, and says so. */
  firmware(requestId: number, restart: () => Promise<boolean>): Answer {
    const report = (status: string) => () => {
      this.#firmware = { status, requestId };
      this.reportFirmware();
    };
    const steps = ['Downloading', 'Downloaded', 'Installing', 'InstallRebooting'].map(report);
    return {
      reply: { status: 'Accepted' },
      afterwards: () => void this.#walk('firmware', [...steps, restart, report('Installed')]),
    };
  }

  /** GetLog: names a file and pretends to upload it. */
  log(requestId: number): Answer {
    const report = (status: string) => () => {
      this.#log = { status, requestId };
      this.reportLog();
    };
    return {
      reply: { status: 'Accepted', filename: `log-${this.#station.options.identity}.log` },
      afterwards: () => void this.#walk('log', [report('Uploading'), report('Uploaded')]),
    };
  }

  reportFirmware(): void {
    this.#connection.notify('FirmwareStatusNotification', this.#firmware);
  }

  reportLog(): void {
    this.#connection.notify('LogStatusNotification', this.#log);
  }

  /** A step that takes longer, as a restart does, is waited for; one that fails is the last. */
  async #walk(name: string, steps: readonly Step[]): Promise<void> {
    const [step, ...rest] = steps;
    if (!step || (await step()) === false) return;
    this.#station.timers.set(name, stepMs, () => void this.#walk(name, rest));
  }
}
