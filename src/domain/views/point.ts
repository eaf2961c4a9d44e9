/** A charging point as upstream systems see it (VDV 463 ChargingPointInfo's source). */
import type { PointView, VehicleView } from '../model.js';
import type { Leaf } from '../source.js';
import type { Fault, PointState, ProcessState, StationState } from '../state.js';
import {
  limitAt,
  limitInForce,
  livePower,
  processView,
  scheduledViews,
  unmeasuredRequest,
} from './process.js';
import { compact, type Sources, type ViewContext } from './view.js';

/** The newest active fault of one or more sets, with its origin. */
export function newestFault(
  ...sets: readonly Readonly<Record<string, Leaf<Fault | null>>>[]
): Leaf<Fault> | undefined {
  const active = sets
    .flatMap((faults) => Object.values(faults))
    .filter((leaf): leaf is Leaf<Fault> => leaf.value !== null);
  return active.sort((a, b) => (a.at < b.at ? 1 : -1))[0];
}

/** `prefix` is the path of this view inside the one that holds it, with a trailing dot, or empty. */
export function pointView(
  context: ViewContext,
  station: StationState,
  point: PointState,
  prefix: string,
): PointView {
  const { state, now, sources, requests } = context;
  const process = point.processId ? state.processes.get(point.processId) : undefined;
  const vehicleId = (point.vehicle ?? process?.vehicle)?.value.vehicleId;
  const fault = newestFault(point.faults);
  if (fault) sources.note(`${prefix}fault`, fault);
  const powerLimitW = limitAt(point, process, now);
  const limit = limitInForce(point, process);
  if (limit) sources.note(`${prefix}powerLimitW`, limit);
  const scheduled = requests.waiting(point.pointId, process?.processId, vehicleId);
  const unmeasured = process && unmeasuredRequest(requests, point, process);
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
    process: process && processView(context, station, point, process, `${prefix}process.`),
    scheduled: scheduledViews(scheduled, sources, `${prefix}scheduled.`),
    scheduledOrUnmeasured: scheduledViews(
      unmeasured ? [unmeasured, ...scheduled] : scheduled,
      sources,
      `${prefix}scheduledOrUnmeasured.`,
    ),
  });
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
  return soc && process && soc.at > process.startedAt ? soc : undefined;
}
