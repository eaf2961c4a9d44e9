/**
 * Everything that can change the state. Events of stations and presystems come out of mapping tables; the
 * others are decisions of the bridge (a clock, a plan, an answer to a command), journalled before they count.
 */
import type * as model from './model.js';
import type { Instant, JournalId } from './source.js';
import type {
  DefaultPlan,
  LimitOutcome,
  Plan,
  PointId,
  PresystemId,
  ProcessId,
  StationId,
  StopOutcome,
} from './state.js';

/** How a presystem's dialect treats omission (VDV 463 §2 rules 25, 26). */
export interface ListRules {
  /** 2.0: omission ends a running request, unless the mass-omission guard trips. 1.x: only Terminate does. */
  readonly omissionEndsRunning: boolean;
}

/** Payloads that stations cause, made by tables. */
export interface StationEvents {
  StationBooted: model.StationBooted;
  StationStatusReported: model.StationStatusReported;
  PointStatusReported: model.PointStatusReported;
  FaultReported: model.FaultReported;
  TransactionStarted: model.TransactionStarted;
  TransactionUpdated: model.TransactionUpdated;
  TransactionEnded: model.TransactionEnded;
  MeterSampled: model.MeterSampled;
  TokenPresented: model.TokenPresented;
  VehicleIdentified: model.VehicleIdentified;
  ChargingNeedsReported: model.ChargingNeedsReported;
  /** What another CSMS does with the limits of its station. */
  CsmsLimitSet: model.CsmsLimitSet;
  CsmsLimitCleared: model.CsmsLimitCleared;
  /** The socket of a station opened, or stayed closed beyond its grace. */
  LinkOpened: { readonly at: Instant; readonly receivedAt: Instant };
  LinkLost: { readonly at: Instant; readonly receivedAt: Instant };
  /** How the charger answered our order to end a transaction. */
  StopAnswered: StopOutcome & {
    readonly processId: ProcessId;
    readonly at: Instant;
    readonly receivedAt: Instant;
  };
  LimitAnswered: LimitOutcome & {
    readonly pointId: PointId;
    readonly at: Instant;
    readonly receivedAt: Instant;
  };
  /** The same for the limit that holds at a point while no transaction has one of its own. */
  DefaultLimitAnswered: LimitOutcome & {
    readonly pointId: PointId;
    readonly at: Instant;
    readonly receivedAt: Instant;
  };
}

/** Payloads that presystems cause. */
export interface PresystemEvents {
  PresystemBooted: { readonly receivedAt: Instant };
  /** An operator confirmed an omission that the mass-omission guard had held back. */
  OmissionConfirmed: { readonly receivedAt: Instant };
  RequestListReceived: {
    readonly requests: readonly model.ChargingRequest[];
    /** Entries that could not be read, by chargingRequestId, with the reason for the presystem. */
    readonly refused: readonly { readonly chargingRequestId: string; readonly reason: string }[];
    readonly rules: ListRules;
    readonly receivedAt: Instant;
  };
}

/** A plan of the scheduler for processes, for requests that wait and for points. */
export interface DepotEvents {
  PlanMade: {
    readonly processes: readonly { readonly processId: ProcessId; readonly plan: Plan }[];
    readonly requests: readonly {
      readonly presystemId: PresystemId;
      readonly chargingRequestId: string;
      readonly plan?: Plan;
      readonly rejection?: string;
    }[];
    /** What vehicles without a plan may draw; absent in plans from before there were such limits. */
    readonly points?: readonly {
      readonly stationId: StationId;
      readonly pointId: PointId;
      readonly plan: DefaultPlan;
    }[];
    readonly at: Instant;
  };
  /** Closed processes and ended requests from before this instant may be forgotten. */
  HistoryExpired: { readonly before: Instant };
}

export interface Origin {
  /** The journal entry that this event was derived from. */
  readonly raw: JournalId;
  /** The rule that set a path of the payload; `''` asks for the event as a whole. */
  ruleOf(path: string): string;
}

export type StationEvent = {
  [K in keyof StationEvents]: Origin & {
    readonly type: K;
    readonly stationId: StationId;
    readonly payload: StationEvents[K];
  };
}[keyof StationEvents];

export type PresystemEvent = {
  [K in keyof PresystemEvents]: Origin & {
    readonly type: K;
    readonly presystemId: PresystemId;
    readonly payload: PresystemEvents[K];
  };
}[keyof PresystemEvents];

export type DepotEvent = {
  [K in keyof DepotEvents]: Origin & { readonly type: K; readonly payload: DepotEvents[K] };
}[keyof DepotEvents];

export type DomainEvent = StationEvent | PresystemEvent | DepotEvent;
