import type { Connection } from '../connection.js';
import type { Answer } from '../dialect.js';
import type { Station } from '../station.js';

/** Simulated time that each step of an update or upload takes, ms. */
const stepMs = 10_000;

type Step = () => unknown;

/** Firmware updates and diagnostics: nothing is fetched or sent, only the status messages are. */
export class Maintenance {
  readonly #station: Station;
  readonly #connection: Connection;
  #firmwareStatus = 'Idle';
  #diagnosticsStatus = 'Idle';

  constructor(station: Station, connection: Connection) {
    this.#station = station;
    this.#connection = connection;
  }

  /** UpdateFirmware: downloads, installs, restarts, and says so. */
  firmware(restart: () => Promise<boolean>): Answer {
    const report = (status: string) => () => {
      this.#firmwareStatus = status;
      this.reportFirmware();
    };
    const steps = [
      report('Downloading'),
      report('Downloaded'),
      report('Installing'),
      restart,
      report('Installed'),
    ];
    return { reply: {}, afterwards: () => void this.#walk('firmware', steps) };
  }

  /** GetDiagnostics: names a file and pretends to upload it. */
  diagnostics(): Answer {
    const report = (status: string) => () => {
      this.#diagnosticsStatus = status;
      this.reportDiagnostics();
    };
    const fileName = `diagnostics-${this.#station.options.identity}.log`;
    return {
      reply: { fileName },
      afterwards: () => void this.#walk('diagnostics', [report('Uploading'), report('Uploaded')]),
    };
  }

  reportFirmware(): void {
    this.#connection.notify('FirmwareStatusNotification', { status: this.#firmwareStatus });
  }

  reportDiagnostics(): void {
    this.#connection.notify('DiagnosticsStatusNotification', { status: this.#diagnosticsStatus });
  }

  /** A step that takes longer, as a restart does, is waited for; one that fails is the last. */
  async #walk(name: string, steps: readonly Step[]): Promise<void> {
    const [step, ...rest] = steps;
    if (!step || (await step()) === false) return;
    this.#station.timers.set(name, stepMs, () => void this.#walk(name, rest));
  }
}
