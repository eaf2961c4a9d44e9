/** Why a plan allows as much as it does: the same plan made once more, and without one bound at a time. */
import { constantsOf, type PlanInputs, planDepot } from '../charging/index.js';
import type { DepotState, Instant, LimitStep, Plan, ProcessState } from '../domain/index.js';
import type { Bay, Case } from './case.js';
import { configOf } from './case.js';
import type { Planned } from './past.js';
import { kw, span } from './words.js';

/** What holds a planned power where it is, in words; undefined: the configuration of now plans otherwise. */
export function boundBy(
  one: Case,
  { process, point }: Bay,
  planned: Planned,
  at: Instant,
): string | undefined {
  if (!process) return undefined;
  const { at: now } = JSON.parse(planned.entry.raw) as { at: Instant };
  const inputs: PlanInputs = { ...constantsOf(one), state: planned.before, now };
  const plan = planOf(inputs, process.processId);
  const told = process.plan?.value;
  if (!plan || !told || powerAt(plan.steps, at) !== powerAt(told.steps, at)) return undefined;
  const powerW = powerAt(plan.steps, at) ?? 0;
  if (plan.finished) return 'the vehicle has reached its maxTargetSoc, so it gets 0 kW';
  const without = (change: Partial<PlanInputs>) =>
    powerAt(planOf({ ...inputs, ...change }, process.processId)?.steps ?? [], at) ?? 0;
  const { gridLimitW, ...unbound } = inputs;
  if (
    gridLimitW !== undefined &&
    (powerAt(planOf(unbound, process.processId)?.steps ?? [], at) ?? 0) > powerW
  )
    return gridText(planned.before, inputs, process, gridLimitW, at);
  if (without({ stationLimitsW: new Map() }) > powerW)
    return `charger ${process.stationId} can give ${kw(inputs.stationLimitsW.get(process.stationId) ?? 0)} to all its points together, and another one has the rest`;
  return ownBound(one, { process, point }, powerW, inputs);
}

function gridText(
  state: DepotState,
  inputs: PlanInputs,
  process: ProcessState,
  gridLimitW: number,
  at: Instant,
): string {
  const others = planDepot(inputs).processes.filter(({ processId }) => processId !== process.processId);
  const drawing = others.flatMap(({ processId, plan }) => {
    const powerW = powerAt(plan.steps, at) ?? 0;
    const other = state.processes.get(processId);
    return powerW > 0 && other ? [{ powerW, pointId: other.pointId }] : [];
  });
  const sum = drawing.reduce((all, { powerW }) => all + powerW, 0);
  const unplanned = others.filter(({ plan }) => plan.steps.length === 0);
  const rooms = unplanned.flatMap(({ processId }) => state.processes.get(processId)?.pointId ?? []);
  const kept = rooms.length > 0 ? `; room is kept for ${rooms.join(', ')}, whose vehicles get no plan` : '';
  const who =
    drawing.length > 0
      ? `; ${drawing.map(({ pointId, powerW }) => `${pointId} ${kw(powerW)}`).join(', ')} are planned too (${kw(sum)} together)`
      : '';
  return `the grid limit of the depot, ${kw(gridLimitW)}, leaves no more${who}${kept}`;
}

/** What bounds a vehicle that has all it could get. */
function ownBound(
  one: Case,
  { process, point }: Pick<Bay, 'point'> & { process: ProcessState },
  powerW: number,
  inputs: PlanInputs,
): string {
  const place = inputs.places.get(process.pointId);
  const vehicleId = (point.vehicle ?? process.vehicle)?.value.vehicleId;
  const vehicleW = vehicleId === undefined ? undefined : inputs.vehicles.get(vehicleId)?.maxPowerW;
  if (vehicleW === powerW) return `it is all that vehicle ${vehicleId} takes (vehicles: maxPowerKw)`;
  if (point.needs?.value.maxPowerW === powerW) return 'it is all that the vehicle said it takes';
  if (place?.maxPowerW === powerW) {
    const maxKw = configOf(one, process.pointId)?.station.maxPowerKw;
    const of =
      maxKw !== undefined && maxKw * 1000 === powerW
        ? `charger ${process.stationId}`
        : `charging point ${process.pointId}`;
    return `it is all that ${of} can deliver`;
  }
  if (powerW === 0) return 'nothing is planned for now: what the vehicle needs is planned for later or done';
  return `no more is needed in these ${span(5 * 60_000)} to reach the target`;
}

function planOf(inputs: PlanInputs, processId: string): Plan | undefined {
  return planDepot(inputs).processes.find((each) => each.processId === processId)?.plan;
}

/** The limit in force at an instant; before the first step the first one's. */
export function powerAt(steps: readonly LimitStep[], at: Instant): number | undefined {
  return (steps.filter((step) => step.at <= at).at(-1) ?? steps[0])?.powerW;
}
