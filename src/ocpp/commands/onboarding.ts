/**
 * What is done when a station comes: read what it can, set what it should measure, and ask for its status if it did
 * not start anew (then it tells by itself). Nothing is written that is already as it should be.
 */
import type { Runtime } from '../../depot/index.js';
import type { JournalId } from '../../domain/index.js';
import type { Metering } from '../options.js';
import type { Station } from '../station/index.js';
import { type Asker, NoReply } from './ask.js';
import {
  type CommandDialect,
  type MeteringWish,
  NOTHING_WRITTEN,
  type Survey,
  type Written,
} from './dialect.js';
import type { Abilities } from './schedule.js';

export interface OnboardingOptions {
  /** What to measure; null: left as it is. */
  readonly metering: Metering | null;
  /** A station that connects again without having restarted sends no BootNotification: so long it has for it. */
  readonly bootWaitMs: number;
}

export class Onboarding {
  readonly #station: Station;
  readonly #asker: Asker;
  readonly #runtime: Runtime;
  readonly #options: OnboardingOptions;
  readonly #dialect: () => CommandDialect | undefined;
  #survey: Promise<Survey | undefined> = Promise.resolve(undefined);
  #written: Written = NOTHING_WRITTEN;
  #timer: NodeJS.Timeout | undefined;
  /** Open from a connection until the station has introduced itself on it, or had time to. */
  #arrival: Promise<void> = Promise.resolve();
  #arrived: () => void = () => undefined;

  constructor(
    asker: Asker,
    runtime: Runtime,
    options: OnboardingOptions,
    dialect: () => CommandDialect | undefined,
  ) {
    this.#station = asker.station;
    this.#asker = asker;
    this.#runtime = runtime;
    this.#options = options;
    this.#dialect = dialect;
    this.#station.listen({
      onConnected: () => {
        this.#arrived();
        this.#arrival = new Promise((resolve) => {
          this.#arrived = resolve;
        });
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#begin(true), options.bootWaitMs);
        this.#timer.unref();
      },
      onBooted: () => this.#begin(false),
      onDisconnected: () => {
        clearTimeout(this.#timer);
        this.#arrived();
      },
    });
  }

  /** What the station can; empty if it did not say. Waits for a survey that is under way. */
  async abilities(): Promise<Abilities> {
    return (await this.#survey)?.abilities ?? {};
  }

  /** Resolves when the station has introduced itself on its present connection, has had the time to, or has gone. */
  introduced(): Promise<void> {
    return this.#arrival;
  }

  /** The newest survey, or undefined. */
  survey(): Promise<Survey | undefined> {
    return this.#survey;
  }

  /** What became of the settings that were written when the station was last surveyed. */
  get written(): Written {
    return this.#written;
  }

  #begin(withStatus: boolean): void {
    clearTimeout(this.#timer);
    // Another's station is not asked.
    if (this.#station.control === 'observe') {
      this.#arrived();
      return;
    }
    this.#survey = this.#run(withStatus).catch((error: unknown) => {
      const stationId = this.#station.config.id;
      // What a station answers, or that it goes, is no defect: it needs no stack.
      const why = error instanceof NoReply ? { code: error.code, reason: error.message } : { err: error };
      this.#runtime.log.warn({ ...why, stationId }, 'a station could not be surveyed');
      return undefined;
    });
    this.#arrived();
  }

  async #run(withStatus: boolean): Promise<Survey | undefined> {
    const dialect = this.#dialect();
    if (!dialect) return undefined;
    const stationId = this.#station.config.id;
    const begun = await this.#station.frames.note({ action: 'Onboarding', value: { stationId, withStatus } });
    const intent = begun?.id;
    if (withStatus) await this.#askForStatus(dialect, intent);
    const survey = await dialect.survey(this.#asker, this.#wish(), intent);
    const { refused, untilRestart } = survey;
    this.#written = { refused, untilRestart };
    if (refused.length > 0) this.#runtime.log.warn({ stationId, refused }, 'a station refused settings');
    if (untilRestart.length > 0)
      this.#runtime.log.warn(
        { stationId, untilRestart },
        'a station took settings for after its next restart',
      );
    const causes = intent ? [intent] : [];
    await this.#station.frames.note({ action: 'StationSurveyed', value: { stationId, ...survey }, causes });
    return survey;
  }

  async #askForStatus(dialect: CommandDialect, intent: JournalId | undefined): Promise<void> {
    for (const point of this.#station.config.points) {
      try {
        await this.#asker.ask(dialect.trigger('StatusNotification', { point }), intent);
      } catch (error) {
        // Remote trigger is optional in 1.6: such a station tells its status when it changes.
        if (!(error instanceof NoReply && error.refused)) throw error;
      }
    }
  }

  #wish(): MeteringWish | undefined {
    const { metering } = this.#options;
    // Settings are for its own CSMS to write.
    if (!metering || this.#station.control !== 'full') return undefined;
    const hasDc = this.#station.config.points.some((point) => point.powerType === 'DC');
    const { intervalSeconds, measurands } = metering;
    return { intervalSeconds, measurands: measurands.filter((measurand) => hasDc || measurand !== 'SoC') };
  }
}
