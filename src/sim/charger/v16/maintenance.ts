import type { Connection } from '../connection.js';
import type { Answer } from '../dialect.js';
import type { Station } from '../station.js';

/** Simulated time that each step of an update or upload takes, ms. */
const stepMs = 10_000;

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
  firmware(restart: () => void): Answer {
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
    return { reply: {}, afterwards: () => this.#walk('firmware', steps) };
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
      afterwards: () => this.#walk('diagnostics', [report('Uploading'), report('Uploaded')]),
    };
  }

  reportFirmware(): void {
    this.#connection.notify('FirmwareStatusNotification', { status: this.#firmwareStatus });
  }

  reportDiagnostics(): void {
    this.#connection.notify('DiagnosticsStatusNotification', { status: this.#diagnosticsStatus });
  }

  #walk(name: string, steps: readonly (() => void)[]): void {
    const [step, ...rest] = steps;
    if (!step) return;
    step();
    this.#station.timers.set(name, stepMs, () => this.#walk(name, rest));
  }
}
