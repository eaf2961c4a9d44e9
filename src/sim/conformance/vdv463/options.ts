import type { Dialect, PresystemKind, PresystemTls } from '../../bms/index.js';

/** Who the kit is when it talks to the CMS. */
export interface Identity {
  readonly presystemId: string;
  readonly kind: PresystemKind;
  readonly user: string;
  readonly password: string;
  readonly dialect: Dialect;
}

/** Hands on the depot behind the CMS, for what only a plugged vehicle shows. */
export interface Bench {
  /** Plugs a vehicle in; resolves when the depot knows. Without a vehicle id the vehicle stays anonymous. */
  plug(chargingPointId: string, vehicleId?: string): Promise<void>;
  unplug(chargingPointId: string): Promise<void>;
}

export interface ConformanceOptions extends Identity {
  readonly url: string;
  readonly tls?: PresystemTls;
  /** A second upstream system the CMS knows, under another presystemId, possibly at another URL. */
  readonly second?: Identity & { readonly url?: string };
  /** How often the CMS is set to send information: 15 s. */
  readonly intervalMs?: number;
  /** How long the CMS is set to wait for an answer: 10 s. */
  readonly timeoutMs?: number;
  /** How often the CMS is set to send a request again: 3. */
  readonly retries?: number;
  /**
   * How often the chargers measure: 60 s. Before 2.0 a process shows its power or does not show, so it may
   * come that late.
   */
  readonly meterIntervalMs?: number;
  /** How long the kit waits for an answer of the CMS: 5 s. */
  readonly answerMs?: number;
  /** Scenarios that would have to wait longer are skipped: 2 min. */
  readonly maxWaitMs?: number;
  readonly bench?: Bench;
  /** Only scenarios whose id begins with one of these. */
  readonly only?: readonly string[];
  /** Recommendations count as failures too. */
  readonly strict?: boolean;
  readonly onResult?: (result: ScenarioResult) => void;
}

export type Verdict = 'pass' | 'fail' | 'advice' | 'skip';

export interface ScenarioResult {
  readonly id: string;
  readonly title: string;
  /** The rule or vector it stands on. */
  readonly basis: string;
  readonly verdict: Verdict;
  /** Why it failed or was skipped. */
  readonly reason?: string;
  readonly durationMs: number;
  /** What went over the wire, for a scenario that did not pass. */
  readonly transcript?: readonly string[];
}

export interface ConformanceReport {
  readonly url: string;
  readonly dialect: Dialect;
  readonly results: readonly ScenarioResult[];
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly durationMs: number;
  /** No scenario failed. */
  readonly passed: boolean;
}
