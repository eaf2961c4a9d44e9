/** A charging point as upstream systems see it (VDV 463 ChargingPointInfo's source). */
import type { PointView, Prediction, ProcessView, ScheduledProcessView, VehicleView } from '../model.js';
import { byClaim } from '../reduce/match.js';
import type { Instant, Leaf, Source } from '../source.js';
import type {
  DepotState,
  Fault,
  Plan,
  PointState,
  ProcessState,
  RequestState,
  StationState,
} from '../state.js';
import { compact, type Sources } from './view.js';

/** The newest active fault of a set, with its origin. */
export function newestFault(faults: Readonly<Record<string, Leaf<Fault | null>>>): Leaf<Fault> | undefined {
  const active = Object.values(faults).filter((leaf): leaf is Leaf<Fault> => leaf.value !== null);
  return active.sort((a, b) => (a.at < b.at ? 1 : -1))[0];
}

/** The limit that our newest accepted plan sets at this instant; undefined: we set none. */
export function limitAt(point: PointState, now: Instant): number | undefined {
  const limit = point.limit?.value;
  if (limit?.outcome !== 'accepted') return undefined;
  return limit.steps.filter((step) => step.at <= now).at(-1)?.powerW;
}

/** `prefix` is the path of this view inside the one that holds it, with a trailing dot, or empty. */
export function pointView(
  state: DepotState,
  station: StationState,
  point: PointState,
  now: Instant,
  sources: Sources,
  prefix: string,
): PointView {
  const process = point.processId ? state.processes[point.processId] : undefined;
  const fault = newestFault(point.faults);
  if (fault) sources.note(`${prefix}fault`, fault);
  const powerLimitW = limitAt(point, now);
  if (powerLimitW !== undefined && point.limit) sources.note(`${prefix}powerLimitW`, point.limit);
  const scheduled = requestsHere(state, point, process);
  const unmeasured = process && unmeasuredRequest(state, process);
  sources.note(`${prefix}linkState`, station.link);
  if (point.phase?.value) sources.note(`${prefix}phase`, point.phase);
  return compact({
    pointId: point.pointId,
    linkState: station.link.value,
    transactionOpen: Boolean(process?.transactionId && !process.endedAt),
    ...sources.take(prefix, 'status', point.status),
    ...sources.take(prefix, 'stationStatus', station.status),
    phase: point.phase?.value ?? undefined,
    ...sources.take(prefix, 'energyWh', point.readings.energyWh),
    ...sources.take(prefix, 'powerW', livePower(point, process)),
    powerLimitW,
    fault: fault && faultView(fault),
    vehicle: vehicleView(point, process, sources, `${prefix}vehicle.`),
    process: process && processView(state, station, point, process, now, sources, `${prefix}process.`),
    scheduled: listView(scheduled, sources, `${prefix}scheduled.`),
    scheduledOrUnmeasured: listView(
      unmeasured ? [unmeasured, ...scheduled] : scheduled,
      sources,
      `${prefix}scheduledOrUnmeasured.`,
    ),
  });
}

/** A reading taken before the transaction ended says nothing of the power now. */
function livePower(point: PointState, process: ProcessState | undefined): Leaf<number> | undefined {
  const { powerW } = point.readings;
  if (!powerW || !process) return undefined;
  return process.endedAt && process.endedAt >= powerW.at ? undefined : powerW;
}

function faultView(fault: Leaf<Fault>): PointView['fault'] {
  const { pointFaultCode, text } = fault.value;
  return compact({ code: pointFaultCode ?? 'OtherChargingPointFailure', text, at: fault.at });
}

function vehicleView(
  point: PointState,
  process: ProcessState | undefined,
  sources: Sources,
  prefix: string,
): VehicleView | undefined {
  const vehicle = point.vehicle ?? process?.vehicle;
  const vehicleId = vehicle?.value.vehicleId;
  if (!vehicle || !vehicleId) return undefined;
  sources.note(`${prefix}vehicleId`, vehicle);
  sources.note(`${prefix}evccId`, vehicle);
  const said = process?.readings.socPct ?? socSince(point, process);
  // No vehicle has less than nothing or more than all: such a reading says nothing.
  const soc = said && said.value >= 0 && said.value <= 100 ? said : undefined;
  return compact({ vehicleId, evccId: vehicle.value.evccId, ...sources.take(prefix, 'socPct', soc) });
}

function socSince(point: PointState, process: ProcessState | undefined): Leaf<number> | undefined {
  const soc = point.readings.socPct;
  return soc && process && soc.at >= process.startedAt ? soc : undefined;
}

function processView(
  state: DepotState,
  station: StationState,
  point: PointState,
  process: ProcessState,
  now: Instant,
  sources: Sources,
  prefix: string,
): ProcessView {
  const request = requestOf(state, process);
  const energyFlowed = (process.deliveredWh?.value ?? 0) > 0;
  const open = Boolean(process.transactionId && !process.endedAt);
  noteProcess(sources, prefix, point, process, request);
  const phase = process.phase ?? point.phase;
  if (phase?.value) sources.note(`${prefix}phase`, phase);
  const live = open ? process.readings : {};
  return compact({
    processId: process.processId,
    presystemId: request?.presystemId,
    chargingRequestId: request?.request.chargingRequestId,
    startedAt: process.startedAt,
    transaction: process.endedAt ? ('ended' as const) : open ? ('open' as const) : ('none' as const),
    phase: phase?.value ?? undefined,
    ...sources.take(prefix, 'stopClass', process.stopClass),
    pointFaulted: point.status?.value === 'Faulted' || station.status?.value === 'Faulted',
    heldByLimit: !energyFlowed && limitAt(point, now) === 0,
    energyFlowed,
    requestRejected: request !== undefined && isRejected(state, request),
    ...sources.take(prefix, 'deliveredEnergyWh', process.deliveredWh),
    ...sources.take(prefix, 'powerW', live.powerW),
    ...sources.take(prefix, 'currentA', live.currentA),
    ...sources.take(prefix, 'voltageV', live.voltageV),
    ...sources.take(prefix, 'reactivePowerVar', live.reactivePowerVar),
    prediction: prediction(process.plan, Boolean(process.endedAt)),
  });
}

/** The origins of what is known of a process beside its readings. */
function noteProcess(
  sources: Sources,
  prefix: string,
  point: PointState,
  process: ProcessState,
  request: RequestState | undefined,
): void {
  const transaction = process.stopReason ?? process.stopClass ?? process.transactionId;
  const origins: Readonly<Record<string, Source | undefined>> = {
    processId: process.startSource,
    startedAt: process.startSource,
    presystemId: request?.source,
    chargingRequestId: request?.source,
    transaction,
    pointFaulted: point.status,
    heldByLimit: point.limit,
    energyFlowed: process.deliveredWh,
    requestRejected: request?.rejection,
    prediction: process.plan,
  };
  for (const [key, origin] of Object.entries(origins)) if (origin) sources.note(`${prefix}${key}`, origin);
}

/** The request a process serves. */
export function requestOf(state: DepotState, process: ProcessState): RequestState | undefined {
  const key = process.requestKey?.value;
  if (!key) return undefined;
  for (const presystem of Object.values(state.presystems)) {
    for (const request of Object.values(presystem.requests)) if (request.key === key) return request;
  }
  return undefined;
}

function prediction(plan: Leaf<Plan> | undefined, ended: boolean): Prediction {
  const { minTarget, maxTarget, departure, final, progress } = plan?.value ?? {};
  const finished = ended || plan?.value.finished;
  return compact({
    status: finished ? ('Finished' as const) : ('Ongoing' as const),
    minTarget,
    maxTarget,
    departure,
    final,
    progress: progress && [...progress],
  });
}

/** The request was refused as last listed, or cannot be served. */
function isRejected(state: DepotState, request: RequestState): boolean {
  const { refused } = state.presystems[request.presystemId] ?? {};
  return request.rejection !== undefined || Object.hasOwn(refused ?? {}, request.request.chargingRequestId);
}

/** Requests that wait for this point: named for it, or for the vehicle at it; the one in progress is not among them. */
function requestsHere(
  state: DepotState,
  point: PointState,
  process: ProcessState | undefined,
): RequestState[] {
  const vehicleId = point.vehicle?.value.vehicleId ?? process?.vehicle?.value.vehicleId;
  return Object.values(state.presystems)
    .flatMap((presystem) => Object.values(presystem.requests))
    .filter((request) => request.status === 'pending' && !request.processId)
    .filter(({ request }) => isFor(request, point.pointId, process?.processId, vehicleId))
    .sort(byClaim);
}

function isFor(
  request: RequestState['request'],
  pointId: string,
  processId: string | undefined,
  vehicleId: string | undefined,
): boolean {
  if (request.chargingPointId) return request.chargingPointId === pointId;
  if (request.chargingProcessId) return request.chargingProcessId === processId;
  return vehicleId !== undefined && request.vehicleId === vehicleId;
}

/** The request of a process that is not over and whose power nobody has told. */
function unmeasuredRequest(state: DepotState, process: ProcessState): RequestState | undefined {
  const measured = process.transactionId && !process.endedAt && process.readings.powerW;
  return measured || process.endedAt ? undefined : requestOf(state, process);
}

function listView(
  requests: readonly RequestState[],
  sources: Sources,
  prefix: string,
): ScheduledProcessView[] | undefined {
  if (requests.length === 0) return undefined;
  return requests.map((request, index) => {
    sources.note(`${prefix}${index}`, request.source);
    if (request.plan) sources.note(`${prefix}${index}.prediction`, request.plan);
    return compact({
      presystemId: request.presystemId,
      chargingRequestId: request.request.chargingRequestId,
      processId: request.processId,
      vehicleId: request.request.vehicleId,
      startAt: request.plan?.value.steps.find((step) => step.powerW > 0)?.at,
      prediction: prediction(request.plan, false),
    });
  });
}
