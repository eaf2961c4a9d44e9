/** What every edge of the bridge is given; an edge adds only its own listener. */
import type { Logger } from 'pino';
import type { Config } from '../config/index.js';
import type { JournalId } from '../domain/index.js';
import type { IdentityRegistry } from '../identity/index.js';
import type { Generation, MapFailure } from '../mapping/index.js';
import type { Depot } from './depot.js';
import type { Metrics } from './metrics.js';

export interface Runtime {
  readonly config: Config;
  readonly depot: Depot;
  readonly identity: IdentityRegistry;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** The tables in force. Read it once per message and keep it for that message. */
  tables(): Generation;
  now(): Date;
  /**
   * Keeps an object that no table could make whole, to be run again after a fix (`depotbridge parked`).
   * The protocol's own answer is the caller's business. `peer`: whose payload it is.
   */
  park(raw: JournalId, failure: MapFailure, peer?: { station?: string; presystem?: string }): void;
}

/** A listener that was started; `port` is the one really bound. */
export interface Running {
  readonly host: string;
  readonly port: number;
  /** Ends it: no new peers, open exchanges finished or cut within the time given. */
  stop(withinMs: number): Promise<void>;
}
