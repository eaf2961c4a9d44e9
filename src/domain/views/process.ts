/** A charging process as upstream systems see it (VDV 463 ChargingProcessInfo's source), and those to come. */
import type { Prediction, ProcessView, ScheduledProcessView } from '../model.js';
import type { Instant, Leaf, Source } from '../source.js';
import type {
  DepotState,
  LimitOutcome,
  Plan,
  PointState,
  ProcessState,
  Readings,
  RequestState,
  StationState,
} from '../state.js';
import { requestByKey } from '../state.js';
import type { RequestsOfDepot } from './requests.js';
import { compact, type Sources, type ViewContext } from './view.js';

/**
 * The limit of ours that rules at a point: that of the running transaction if the charger has taken one, else the one
 * for whoever has none. A limit ends with the transaction it was for.
 */
export function limitInForce(
  point: PointState,
  process: ProcessState | undefined,
): Leaf<LimitOutcome> | undefined {
  const { limit, defaultLimit } = point;
  if (limit && process?.transactionId && !process.endedAt && isFor(limit, process)) {
    if (limit.value.outcome === 'accepted') return limit;
  }
  return defaultLimit?.value.outcome === 'accepted' ? defaultLimit : undefined;
}

/** Limits from before they named their process belong to the one that was there. */
function isFor({ value, at }: Leaf<LimitOutcome>, process: ProcessState): boolean {
  return value.processId === undefined ? at >= process.startedAt : value.processId === process.processId;
}

/** The power that our limit at a point allows at this instant, in W; undefined: we set none. */
export function limitAt(
  point: PointState,
  process: ProcessState | undefined,
  now: Instant,
): number | undefined {
  const steps = limitInForce(point, process)?.value.steps ?? [];
  return (steps.filter((step) => step.at <= now).at(-1) ?? steps[0])?.powerW;
}

/** A reading of another process, or from before the transaction ended, says nothing of the power now. */
export function livePower(point: PointState, process: ProcessState | undefined): Leaf<number> | undefined {
  const { powerW } = point.readings;
  if (!powerW || !process || powerW.at < process.startedAt) return undefined;
  return process.endedAt && process.endedAt >= powerW.at ? undefined : powerW;
}

/** `prefix` is the path of this view inside the one that holds it, with a trailing dot. */
export function processView(
  { state, now, sources, requests }: ViewContext,
  station: StationState,
  point: PointState,
  process: ProcessState,
  prefix: string,
): ProcessView {
  const request = requests.of(process);
  const energyFlowed = (process.deliveredWh?.value ?? 0) > 0;
  const open = Boolean(process.transactionId && !process.endedAt);
  noteProcess(sources, prefix, point, process, request);
  const phase = process.phase ?? point.phase;
  if (phase?.value) sources.note(`${prefix}phase`, phase);
  // Without an open transaction only a power measured since then is the power now.
  const live: Readings = open ? process.readings : withPower(livePower(point, process));
  return compact({
    processId: process.processId,
    presystemId: request?.presystemId,
    chargingRequestId: request?.request.chargingRequestId,
    startedAt: process.startedAt,
    transaction: process.endedAt ? ('ended' as const) : open ? ('open' as const) : ('none' as const),
    phase: phase?.value ?? undefined,
    ...sources.take(prefix, 'stopClass', process.stopClass),
    pointFaulted: point.status?.value === 'Faulted' || station.status?.value === 'Faulted',
    heldByLimit: !energyFlowed && limitAt(point, process, now) === 0,
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

function withPower(powerW: Leaf<number> | undefined): Readings {
  return powerW ? { powerW } : {};
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
    heldByLimit: limitInForce(point, process),
    energyFlowed: process.deliveredWh,
    requestRejected: request?.rejection,
    prediction: process.plan,
  };
  for (const [key, origin] of Object.entries(origins)) if (origin) sources.note(`${prefix}${key}`, origin);
}

/** The request a process serves. */
export function requestOf(state: DepotState, process: ProcessState): RequestState | undefined {
  const key = process.requestKey?.value;
  return key === undefined ? undefined : requestByKey(state, key);
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

/** The request of a process that is not over and whose power nobody has told. */
export function unmeasuredRequest(
  requests: RequestsOfDepot,
  point: PointState,
  process: ProcessState,
): RequestState | undefined {
  const measured = process.transactionId ? process.readings.powerW : livePower(point, process);
  return measured || process.endedAt ? undefined : requests.of(process);
}

/** `prefix` is the path of the list, with a trailing dot; undefined for none. */
export function scheduledViews(
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
