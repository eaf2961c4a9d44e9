import type { ConnectionRefused } from '../link.js';
import type { ChargerSimulator } from '../simulator.js';
import { type Outcome, runScenario } from './run.js';
import { isExpectation, type Scenario } from './steps.js';
import { Trace } from './trace.js';

/** What came out of a station. */
export interface StationVerdict {
  readonly identity: string;
  readonly passed: boolean;
  /** That it connects, each expectation, that every message was one. */
  readonly outcomes: readonly Outcome[];
  readonly transactions: number;
  readonly energyWh: number;
}

/** No station waits so long between two attempts to connect, real ms. */
const pauseMs = 30_000;

/** One station from its start to its verdict. Nothing here rejects: what fails becomes an outcome. */
export class StationRun {
  readonly charger: ChargerSimulator;
  readonly #number: number;
  readonly #connectWithinMs: number;
  readonly #trace: Trace;
  readonly #outcomes: Outcome[] = [];
  readonly #end = new AbortController();
  #broken = false;

  /** `number` in the fleet, from 1; `connectWithinMs` in real time. */
  constructor(charger: ChargerSimulator, number: number, connectWithinMs: number) {
    this.charger = charger;
    this.#number = number;
    this.#connectWithinMs = connectWithinMs;
    this.#trace = new Trace(charger);
  }

  /** Switches it on. Resolves when it is accepted, or has failed to be in time. */
  async start(): Promise<void> {
    const from = performance.now();
    const { events } = this.charger;
    let why = 'the CSMS has not accepted it';
    const note = (error: ConnectionRefused): void => {
      why = reasonOf(error);
    };
    const seconds = this.#connectWithinMs / 1000;
    const late = setTimeout(
      () => this.#breakOff('connects', `not within ${seconds} s: ${why}`),
      this.#connectWithinMs,
    );
    events.on('refused', note);
    // Rejects only when it is stopped, by us or by the user.
    await this.charger.start().catch(() => undefined);
    clearTimeout(late);
    events.off('refused', note);
    if (this.#broken || !this.charger.online) return;
    this.#outcomes.push({ title: 'connects', ms: performance.now() - from });
    this.#watchConnection();
  }

  /** Plays the scenario. Resolves when it is over for this station. */
  async run(scenario: Scenario, signal?: AbortSignal): Promise<void> {
    if (this.#broken) return;
    const from = performance.now();
    const either = signal ? AbortSignal.any([signal, this.#end.signal]) : this.#end.signal;
    try {
      await runScenario(this.charger, scenario, {
        station: this.#number,
        signal: either,
        trace: this.#trace,
        onOutcome: (outcome) => this.#outcomes.push(outcome),
      });
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      const cutShort = !scenario.steps.some(isExpectation);
      if (this.#broken || (signal?.aborted && cutShort)) return;
      this.#outcomes.push({ title: 'every step can be done', failure, ms: performance.now() - from });
    }
  }

  verdict(): StationVerdict {
    const { misfits } = this.#trace;
    const messages = {
      title: 'every message fits its schema',
      ms: 0,
      ...(misfits === 0 ? {} : { failure: `${misfits} do not` }),
    };
    const outcomes = [...this.#outcomes, messages];
    const transactions = this.charger.acknowledgedTransactions();
    return {
      identity: this.charger.identity,
      passed: outcomes.every(({ failure }) => failure === undefined),
      outcomes,
      transactions: transactions.length,
      energyWh: transactions.reduce((sum, each) => sum + (each.energyWh ?? 0), 0),
    };
  }

  /** A station that is refused again and again for too long has failed. */
  #watchConnection(): void {
    let since: number | undefined;
    let last = 0;
    const { events } = this.charger;
    events.on('connected', () => {
      since = undefined;
    });
    events.on('refused', (error) => {
      const now = performance.now();
      // Longer than between two attempts: it was offline because the scenario wanted it.
      if (since === undefined || now - last > pauseMs) since = now;
      last = now;
      if (now - since >= this.#connectWithinMs) {
        this.#breakOff(
          'stays connected',
          `no connection for ${this.#connectWithinMs / 1000} s: ${reasonOf(error)}`,
        );
      }
    });
  }

  #breakOff(title: string, failure: string): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#outcomes.push({ title, failure, ms: this.#connectWithinMs });
    this.#end.abort();
    void this.charger.stop();
  }
}

/** `HTTP 401 Unauthorized`, or why there was no HTTP at all. */
export function reasonOf({ statusCode, message }: ConnectionRefused): string {
  return statusCode === undefined ? message : `HTTP ${statusCode} ${message}`;
}
