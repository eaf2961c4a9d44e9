/**
 * The state of one depot: plain in JSON, built by the reducer alone. Every leaf keeps its source, because one
 * snapshot upward mixes many raw frames. Objects are never changed in place.
 */
import type {
  ChargingNeedsReported,
  ChargingRequest,
  CsmsLimitSet,
  LinkState,
  MeterSampled,
  PointFaultCode,
  PointStatus,
  ProcessPhase,
  StationBooted,
  StationFaultCode,
  StationStatus,
  StopClass,
  TransactionEnded,
  TransactionUpdated,
} from './model.js';
import { PersistentMap } from './persistent-map.js';
import type { Instant, JournalId, Leaf, Source } from './source.js';

export type StationId = string;
export type PointId = string;
export type ProcessId = string;
export type PresystemId = string;
/** `presystemId` and `chargingRequestId` as one key: request ids are unique per presystem only. */
export type RequestKey = string;

export interface Fault {
  readonly stationFaultCode?: StationFaultCode;
  readonly pointFaultCode?: PointFaultCode;
  readonly text?: string;
  readonly vendorCode?: string;
}

/** The newest reading of each quantity; a quantity nobody sent is absent. */
export interface Readings {
  readonly energyWh?: Leaf<number>;
  readonly powerW?: Leaf<number>;
  readonly currentA?: Leaf<number>;
  readonly voltageV?: Leaf<number>;
  readonly reactivePowerVar?: Leaf<number>;
  readonly socPct?: Leaf<number>;
  readonly temperatureDegC?: Leaf<number>;
}

export type Quantity = keyof Readings;

/** Who is plugged in, as far as anybody said. */
export interface VehicleAtPoint {
  readonly vehicleId?: string;
  readonly evccId?: string;
  readonly token?: string;
}

/** A step of a limit over time: from `at`, at most `powerW`. */
export interface LimitStep {
  readonly at: Instant;
  readonly powerW: number;
}

export interface SocForecast {
  readonly socPct: number;
  readonly at: Instant;
}

/** What we mean to let a process draw, why, and what we expect of it. `steps` empty: we set nothing. */
export interface Plan {
  readonly policy: 'forward' | 'asap' | 'deadline';
  readonly steps: readonly LimitStep[];
  /** What the plan lacked to be exact: `batteryCapacity`, `soc`, `departure`; `control`: another CSMS governs the place. */
  readonly missing: readonly string[];
  readonly minTarget?: SocForecast;
  readonly maxTarget?: SocForecast;
  readonly departure?: SocForecast;
  readonly final?: SocForecast;
  readonly progress?: readonly SocForecast[];
  readonly finished: boolean;
}

/** What a vehicle may draw at a point while it has no plan of its own. `steps` empty: we set nothing. */
export interface DefaultPlan {
  readonly steps: readonly LimitStep[];
  /** For whom it is more than for anybody: a process without a plan, or the request that a vehicle is to come for. */
  readonly processId?: ProcessId;
  readonly requestKey?: RequestKey;
}

/** How the charger answered our newest limit. */
export interface LimitOutcome {
  readonly intentId: JournalId;
  /** The process whose transaction it governs; absent: a limit for whoever has none. */
  readonly processId?: ProcessId;
  readonly steps: readonly LimitStep[];
  readonly outcome: 'accepted' | 'rejected' | 'failed' | 'cleared';
  readonly reason?: string;
}

/** How the charger answered our order to end a transaction. */
export interface StopOutcome {
  readonly intentId: JournalId;
  readonly outcome: 'accepted' | 'rejected' | 'failed';
  readonly reason?: string;
}

export interface PointState {
  readonly pointId: PointId;
  readonly status?: Leaf<PointStatus>;
  /** The connector whose word the status is; absent: it is that of the point as a whole. */
  readonly statusConnector?: string;
  /** What the other connectors of this point said last; absent if it has none. */
  readonly otherConnectors?: Readonly<Record<string, Leaf<PointStatus>>>;
  /** null: a status came that has no phase. */
  readonly phase?: Leaf<ProcessPhase | null>;
  readonly faults: Readonly<Record<string, Leaf<Fault | null>>>;
  readonly readings: Readings;
  readonly vehicle?: Leaf<VehicleAtPoint>;
  readonly needs?: Leaf<ChargingNeedsReported>;
  /** The process in progress, or the last one until the bay is free. */
  readonly processId?: ProcessId;
  /** A transaction told as history and not over: it waits for a word that it is at the bay now. */
  readonly waitingId?: ProcessId;
  readonly limit?: Leaf<LimitOutcome>;
  readonly defaultPlan?: Leaf<DefaultPlan>;
  readonly defaultLimit?: Leaf<LimitOutcome>;
}

/** A message of a transaction whose start was not told yet, as the reducer will see it; `rules` by path. */
export type HeldEvent = {
  readonly raw: JournalId;
  readonly rules: Readonly<Record<string, string>>;
} & (
  | { readonly type: 'TransactionUpdated'; readonly payload: TransactionUpdated }
  | { readonly type: 'TransactionEnded'; readonly payload: TransactionEnded }
  | { readonly type: 'MeterSampled'; readonly payload: MeterSampled }
);

/** What late messages tell of a station's clock; absent while they come on time. */
export interface ClockState {
  /** By how much it is behind: two messages, a minute apart or more, were late by the same amount. */
  readonly behindMs?: number;
  /** By how much the message that began the newest suspicion was late, and when it came. */
  readonly lateMs: number;
  readonly receivedAt: Instant;
}

/** One reading of an energy register, in Wh. */
export interface RegisterReading {
  readonly at: Instant;
  readonly wh: number;
  /** The instant is that of receipt: how much time lies between two such readings is not known. */
  readonly received?: true;
}

/**
 * A stretch in which a register only grew. A transaction has one, unless its register was reset or jumped by more than
 * a vehicle can take; what lies between two stretches is not counted.
 */
export interface RegisterSpan {
  readonly from: RegisterReading;
  readonly to: RegisterReading;
  readonly after?: 'reset' | 'jump';
}

export interface StationState {
  readonly stationId: StationId;
  readonly link: Leaf<LinkState>;
  readonly clock?: ClockState;
  readonly boot?: Leaf<StationBooted>;
  readonly status?: Leaf<StationStatus>;
  /** By fault key; null: it went. */
  readonly faults: Readonly<Record<string, Leaf<Fault | null>>>;
  readonly points: Readonly<Record<PointId, PointState>>;
  /** Transaction ids of this station that are known, newest last; closed ones stay until they expire. */
  readonly transactions: Readonly<Record<string, ProcessId>>;
  /** Charging profiles that its own CSMS has given it, oldest first; absent while it has none. */
  readonly csmsLimits?: readonly Leaf<CsmsLimitSet>[];
  /** Messages that wait for the start of their transaction, in the order they came; absent if none do. */
  readonly held?: readonly HeldEvent[];
}

export interface ProcessState {
  readonly processId: ProcessId;
  readonly stationId: StationId;
  readonly pointId: PointId;
  readonly startedAt: Instant;
  readonly startSource: Source;
  readonly transactionId?: Leaf<string>;
  /** The connector of the transaction, where the point may have several. */
  readonly connectorId?: number;
  /** Set once energy may have flowed: the transaction's own start. */
  readonly transactionStartedAt?: Instant;
  /** The same as the station wrote it: by this a repeated StartTransaction is known, whatever its clock. */
  readonly transactionStartedByDevice?: string;
  readonly vehicle?: Leaf<VehicleAtPoint>;
  readonly requestKey?: Leaf<RequestKey>;
  readonly phase?: Leaf<ProcessPhase>;
  readonly readings: Readings;
  readonly meterStartWh?: Leaf<number>;
  readonly meterStopWh?: Leaf<number>;
  /** By how much its register grew, never falling. Absent while nobody knows. */
  readonly deliveredWh?: Leaf<number>;
  /** The register in time order, as far as it tells of energy. */
  readonly register?: readonly RegisterSpan[];
  /** The newest instant that a message naming the transaction spoke of. */
  readonly toldAt?: Instant;
  /** Something of the transaction was told as it happened: it was at the bay then. */
  readonly toldLive?: true;
  /** Nobody said where the transaction is; it was taken for that of this point. */
  readonly placeGuessed?: true;
  /** An earlier transaction of the station that had the same id. */
  readonly sameIdBefore?: ProcessId;
  /** Its register was told under its own transaction id: readings that name only the point no longer count. */
  readonly meteredById?: true;
  readonly lastSeqNo?: number;
  readonly stopReason?: Leaf<string>;
  readonly stopClass?: Leaf<StopClass>;
  /** The transaction ended; later readings may still complete the energy. */
  readonly endedAt?: Instant;
  /** The bay was left: nothing changes any more. */
  readonly closedAt?: Instant;
  readonly plan?: Leaf<Plan>;
  readonly stop?: Leaf<StopOutcome>;
}

/**
 * `pending`: no transaction yet; `running`: a transaction exists at the charger (VDV 463 §2 rule 37);
 * `stopping`: the presystem wants a running one ended; `ended`: its transaction is over.
 */
export type RequestStatus = 'pending' | 'running' | 'stopping' | 'ended';

export interface RequestState {
  readonly key: RequestKey;
  readonly presystemId: PresystemId;
  readonly request: ChargingRequest;
  readonly source: Source;
  readonly receivedAt: Instant;
  readonly status: RequestStatus;
  readonly processId?: ProcessId;
  readonly plan?: Leaf<Plan>;
  /** Why it cannot be served, in words for the presystem. */
  readonly rejection?: Leaf<string>;
}

export interface PresystemState {
  readonly presystemId: PresystemId;
  readonly requests: Readonly<Record<string, RequestState>>;
  /** The newest list that was applied. */
  readonly listRaw?: JournalId;
  /** Entries of the newest list that were refused, by chargingRequestId. */
  readonly refused: Readonly<Record<string, Leaf<string>>>;
  /** True until the first list after a (re)connect arrived. */
  readonly awaitingList: boolean;
  /** Requests kept although the newest list omitted them, and why an operator should look. */
  readonly alarm?: Leaf<string>;
  /** The requests that the alarm is about, by chargingRequestId. */
  readonly omittedIds?: readonly string[];
}

export interface DepotState {
  readonly depotId: string;
  /** By station id, in the order of the configuration. */
  readonly stations: PersistentMap<StationState>;
  /** By process id; closed ones stay until they expire. */
  readonly processes: PersistentMap<ProcessState>;
  readonly presystems: Readonly<Record<PresystemId, PresystemState>>;
}

/** The same read from JSON. */
export interface DepotStateJson extends Omit<DepotState, 'stations' | 'processes'> {
  readonly stations: Readonly<Record<StationId, StationState>>;
  readonly processes: Readonly<Record<ProcessId, ProcessState>>;
}

/** The key of a request; the separator cannot occur in a JSON-decoded id by accident (U+001F). */
export function requestKey(presystemId: PresystemId, chargingRequestId: string): RequestKey {
  return `${presystemId}\u001f${chargingRequestId}`;
}

function requestIn({ presystemId, requests }: PresystemState, key: RequestKey): RequestState | undefined {
  const prefix = requestKey(presystemId, '');
  if (!key.startsWith(prefix)) return undefined;
  const id = key.slice(prefix.length);
  return Object.hasOwn(requests, id) ? requests[id] : undefined;
}

/** The request of this key, if it is still known. */
export function requestByKey({ presystems }: DepotState, key: RequestKey): RequestState | undefined {
  for (const presystem of Object.values(presystems)) {
    const request = requestIn(presystem, key);
    if (request) return request;
  }
  return undefined;
}

/** The state before anything was heard: every configured station and point, nothing known of them. */
export function initialState(
  depotId: string,
  stations: readonly { readonly stationId: StationId; readonly pointIds: readonly PointId[] }[],
): DepotState {
  const never: Leaf<LinkState> = {
    value: 'never',
    raw: '0-0',
    rule: 'bridge/initial',
    at: '1970-01-01T00:00:00.000Z',
    receivedAt: '1970-01-01T00:00:00.000Z',
  };
  return {
    depotId,
    processes: PersistentMap.of(),
    presystems: {},
    stations: PersistentMap.of(
      stations.map(({ stationId, pointIds }) => [
        stationId,
        {
          stationId,
          link: never,
          faults: {},
          transactions: {},
          points: Object.fromEntries(
            pointIds.map((pointId) => [pointId, { pointId, faults: {}, readings: {} }]),
          ),
        },
      ]),
    ),
  };
}
