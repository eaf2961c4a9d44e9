/**
 * What the bridge can ask of chargers, in the domain's words. Whoever attaches chargers (terminating server,
 * proxy, feed) implements it; charging and partners use it. Every command that can move power or open access
 * carries an intent: the journal id of who asked for what and why.
 */
import type { JournalId, LimitStep, PointId, ProcessId, StationId } from '../domain/index.js';

/** How a command ended. `failed`: no answer, or the station is not connected. */
export interface CommandOutcome {
  readonly outcome: 'accepted' | 'rejected' | 'failed';
  /** The station's own words, or why it could not be asked. */
  readonly reason?: string;
  /** Journal ids of the frames exchanged. */
  readonly frames: readonly JournalId[];
  /** The limit that was really set, where it is not the one asked for: a CSMS beside us allows less. */
  readonly applied?: readonly LimitStep[];
}

export interface SetLimit {
  readonly stationId: StationId;
  readonly pointId: PointId;
  /** The process whose transaction the limit governs; without one it governs transactions to come. */
  readonly processId?: ProcessId;
  /** Total power over time; the last step lasts until `endsAt` or the transaction's end. */
  readonly steps: readonly LimitStep[];
  /** Not before the station has introduced itself on its present connection, or has had the time to. */
  readonly whenIntroduced?: boolean;
  /** Whatever other limits the transaction has are cleared first. */
  readonly alone?: boolean;
  readonly intent: JournalId;
}

/** What a station says that it applies at a point. `steps`: total power over time; empty: it knows no limit there. */
export type AppliedLimit = Pick<CommandOutcome, 'frames'> &
  (
    | { readonly outcome: 'told'; readonly steps: readonly LimitStep[] }
    | { readonly outcome: 'refused' | 'untold'; readonly reason: string }
  );

/** What may be asked of a station: anything, nothing, or limits that end by themselves. */
export type StationControl = 'full' | 'observe' | 'lease';

export interface StationCommands {
  isConnected(stationId: StationId): boolean;
  controlOf(stationId: StationId): StationControl;
  /** Asks what limit a station applies at a point from now on. `refused`: it does not tell; `untold`: it did not this time. */
  readLimit(command: { stationId: StationId; pointId: PointId; intent: JournalId }): Promise<AppliedLimit>;
  /** Calls back after somebody else than the planner has changed limits at a station; returns how to stop. */
  onOthersLimits(listener: (stationId: StationId) => void): () => void;
  setLimit(command: SetLimit): Promise<CommandOutcome>;
  /** Takes back limits of a point; `only: 'default'`: that of a running transaction stays. */
  clearLimit(command: Omit<SetLimit, 'steps'> & { readonly only?: 'default' }): Promise<CommandOutcome>;
  /** Ends the running transaction of a process. */
  stop(command: { stationId: StationId; processId: ProcessId; intent: JournalId }): Promise<CommandOutcome>;
  /** Asks the station to begin a transaction for a token. */
  start(command: {
    stationId: StationId;
    pointId: PointId;
    token: string;
    intent: JournalId;
  }): Promise<CommandOutcome>;
  unlock(command: { stationId: StationId; pointId: PointId; intent: JournalId }): Promise<CommandOutcome>;
}
