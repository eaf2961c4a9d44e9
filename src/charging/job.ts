/** What the planner knows of one vehicle to charge, and where the knowledge came from. */
import type {
  ChargingRequest,
  DepotState,
  Instant,
  PointState,
  ProcessState,
  RequestState,
} from '../domain/index.js';
import { byClaim, requestOf } from '../domain/index.js';

/** What a place can deliver. Powers in W, as total over all phases. */
export interface PlaceLimits {
  readonly pointId: string;
  readonly stationId: string;
  readonly maxPowerW: number;
  /** Below this a vehicle does not charge at all (AC: 6 A per phase, IEC 61851-1); 0 for DC. */
  readonly minPowerW: number;
  /** By how many volts an ampere of a limit of another CSMS counts, and in how many phases at most (DC: 1). */
  readonly nominalV?: number;
  readonly phases?: number;
  /** Another CSMS governs the place, and nothing may be set there. */
  readonly observed?: true;
  /** What a vehicle without a plan may draw here if the depot can spare it; absent: we set no such limit. */
  readonly beforePlugInW?: number;
}

/** What is known of a vehicle besides what it says itself. */
export interface VehicleFacts {
  readonly batteryWh?: number;
  readonly maxPowerW?: number;
}

/** Everything the planner looks at; the same inputs give the same plan. */
export interface PlanInputs {
  readonly state: DepotState;
  readonly now: Instant;
  readonly policy: 'forward' | 'asap' | 'deadline';
  readonly horizonHours: number;
  readonly gridLimitW?: number;
  readonly stationLimitsW: ReadonlyMap<string, number>;
  readonly places: ReadonlyMap<string, PlaceLimits>;
  readonly vehicles: ReadonlyMap<string, VehicleFacts>;
}

/** One vehicle to charge. Without `energy` the planner sets nothing and says what was missing. */
export interface Job {
  readonly place: PlaceLimits;
  readonly process?: ProcessState;
  readonly request?: RequestState;
  /** When it can begin: now, or the expected arrival. */
  readonly from: Instant;
  readonly departureAt?: Instant;
  readonly maxPowerW: number;
  readonly adHoc: boolean;
  readonly missing: readonly string[];
  readonly energy?: {
    readonly batteryWh: number;
    readonly socPct: number;
    readonly minTargetSocPct: number;
    readonly maxTargetSocPct: number;
  };
}

/** Every process at a bay and every request that names a bay and waits, in order of their claim. */
export function jobsOf(inputs: PlanInputs): Job[] {
  const present: Job[] = [];
  const waiting: Job[] = [];
  for (const station of inputs.state.stations.values()) {
    for (const point of Object.values(station.points)) {
      const process = point.processId ? inputs.state.processes.get(point.processId) : undefined;
      if (process && !process.closedAt && !process.endedAt) present.push(presentJob(inputs, point, process));
    }
  }
  for (const presystem of Object.values(inputs.state.presystems)) {
    for (const request of Object.values(presystem.requests)) {
      const job =
        request.status === 'pending' && !request.processId ? waitingJob(inputs, request) : undefined;
      if (job) waiting.push(job);
    }
  }
  return [...present, ...waiting].sort((a, b) => claim(a, b));
}

/** Requests by their claim; a vehicle that nobody ordered comes last. */
function claim(a: Job, b: Job): number {
  if (a.request && b.request) return byClaim(a.request, b.request);
  if (a.request || b.request) return a.request ? -1 : 1;
  return a.place.pointId < b.place.pointId ? -1 : 1;
}

function presentJob(inputs: PlanInputs, point: PointState, process: ProcessState): Job {
  const request = requestOf(inputs.state, process);
  const vehicleId =
    point.vehicle?.value.vehicleId ?? process.vehicle?.value.vehicleId ?? request?.request.vehicleId;
  const since = point.readings.socPct;
  const socPct =
    process.readings.socPct?.value ?? (since && since.at > process.startedAt ? since.value : undefined);
  return job(inputs, {
    point,
    process,
    ...(request ? { request } : {}),
    ...(vehicleId ? { vehicleId } : {}),
    ...(socPct === undefined ? {} : { socPct }),
    from: inputs.now,
  });
}

function waitingJob(inputs: PlanInputs, request: RequestState): Job | undefined {
  const { chargingPointId, expectedArrivalAt, expectedSocAtArrivalPct, vehicleId } = request.request;
  const point = chargingPointId ? findPoint(inputs.state, chargingPointId) : undefined;
  if (!point) return undefined;
  const arrival =
    expectedArrivalAt && Date.parse(expectedArrivalAt) > Date.parse(inputs.now)
      ? expectedArrivalAt
      : inputs.now;
  return job(inputs, {
    point,
    request,
    vehicleId,
    ...(expectedSocAtArrivalPct === undefined ? {} : { socPct: expectedSocAtArrivalPct }),
    from: arrival,
  });
}

function findPoint(state: DepotState, pointId: string): PointState | undefined {
  for (const station of state.stations.values()) {
    if (Object.hasOwn(station.points, pointId)) return station.points[pointId];
  }
  return undefined;
}

interface Known {
  readonly point: PointState;
  readonly process?: ProcessState;
  readonly request?: RequestState;
  readonly vehicleId?: string;
  readonly socPct?: number;
  readonly from: Instant;
}

function job(inputs: PlanInputs, known: Known): Job {
  const { point, process, request, vehicleId, socPct, from } = known;
  const place = inputs.places.get(point.pointId) ?? unknownPlace(point.pointId);
  const facts = vehicleId ? inputs.vehicles.get(vehicleId) : undefined;
  const needs = point.needs?.value;
  const batteryWh = facts?.batteryWh ?? needs?.batteryCapacityWh;
  const ceilings = [place.maxPowerW, facts?.maxPowerW, needs?.maxPowerW].filter(
    (w): w is number => w !== undefined,
  );
  const departureAt = request?.request.departureAt ?? (request ? undefined : needs?.departureAt);
  const missing = [
    ...(place.observed ? ['control'] : []),
    ...(request ? [] : ['request']),
    ...(batteryWh === undefined ? ['batteryCapacity'] : []),
    ...(socPct === undefined ? ['soc'] : []),
  ];
  return {
    place,
    from,
    missing,
    maxPowerW: Math.min(...ceilings),
    adHoc: request?.request.adHocCharging ?? false,
    ...(process ? { process } : {}),
    ...(request ? { request } : {}),
    ...(departureAt ? { departureAt } : {}),
    ...(request && batteryWh !== undefined && socPct !== undefined && !place.observed
      ? { energy: { batteryWh, socPct, ...targets(request.request) } }
      : {}),
  };
}

function targets({ minTargetSocPct, maxTargetSocPct }: ChargingRequest) {
  return { minTargetSocPct, maxTargetSocPct };
}

function unknownPlace(pointId: string): PlaceLimits {
  return { pointId, stationId: '', maxPowerW: 0, minPowerW: 0 };
}
