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
  readonly intent: JournalId;
}

export interface StationCommands {
  isConnected(stationId: StationId): boolean;
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
