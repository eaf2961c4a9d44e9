/**
 * What a vehicle may draw that has no plan yet, or gets none: the limit that a charging point is given before anybody
 * plugs in. It comes out of what the plans leave, so that at every instant the plans of running transactions and the
 * default limits of all points together fit under the limits of the depot and of each station.
 */
import type { DefaultPlan, LimitStep, PointState } from '../domain/index.js';
import type { PowerGrid } from './grid.js';
import type { Job, PlaceLimits, PlanInputs } from './job.js';
import type { PlanMade } from './plan.js';
import { powerAt } from './steps.js';

/** Parts of the wanted limit that are given if there is not enough for all of it: few, so that chargers are told seldom. */
const PARTS = [1, 0.5, 0.25] as const;
const STEP_W = 100;
const HOUR_MS = 3_600_000;

/** What was planned for a job, whether it is told to anybody or only kept free. */
export interface Planned {
  readonly job: Job;
  readonly steps: readonly LimitStep[];
}

/** A charger that is away keeps the limit it holds: whoever plugs in there may draw it. */
export function keepForLost(inputs: PlanInputs, grid: PowerGrid): void {
  for (const { point, place } of pointsOf(inputs)) {
    const held = point.defaultLimit?.value;
    const process = point.processId ? inputs.state.processes.get(point.processId) : undefined;
    const link = inputs.state.stations.get(place.stationId)?.link.value;
    if (link === 'connected' || held?.outcome !== 'accepted' || (process && !process.endedAt)) continue;
    for (let slot = 0; slot < grid.slots; slot += 1) {
      const heldW = powerAt(held.steps, grid.instantOf(slot)) ?? 0;
      grid.take(place, slot, Math.min(heldW, grid.free(place, slot)));
    }
  }
}

/** The default limit of every point that is to have one; nothing is taken from the grid for them. */
export function defaultPlans(
  inputs: PlanInputs,
  grid: PowerGrid,
  planned: readonly Planned[],
): NonNullable<PlanMade['points']> {
  const wishes = pointsOf(inputs).flatMap(({ place }) =>
    place.beforePlugInW === undefined ? [] : [{ place, wishW: place.beforePlugInW, usedW: grid.used(place) }],
  );
  if (wishes.length === 0) return [];
  const partsOf = partsByStation(grid, wishes);
  const ungoverned = new Map<string, Planned[]>();
  for (const each of planned) {
    const { pointId } = each.job.place;
    if (!isGoverned(each.job)) ungoverned.set(pointId, [...(ungoverned.get(pointId) ?? []), each]);
  }
  return wishes.map(({ place, wishW }) => {
    const { stationId, pointId } = place;
    const own = ungoverned.get(pointId) ?? [];
    const parts = partsOf.get(stationId) ?? [];
    const steps = grid.steps((slot) => {
      const shareW = roundDown(wishW * (parts[slot] ?? 0));
      return Math.max(keptW(own, grid, slot), shareW < place.minPowerW ? 0 : shareW);
    });
    return { stationId, pointId, plan: { steps, ...ownerOf(own) } };
  });
}

/** What is planned in a slot for those who get no limit of their own. */
function keptW(own: readonly Planned[], grid: PowerGrid, slot: number): number {
  let sumW = 0;
  for (const { steps } of own) sumW += powerAt(steps, grid.instantOf(slot)) ?? 0;
  return sumW;
}

interface Wish {
  readonly place: PlaceLimits;
  readonly wishW: number;
  /** What is planned at the place, slot by slot. */
  readonly usedW: ArrayLike<number>;
}

/** Which part of its wish a point of each station is given, slot by slot: what the depot and the station have. */
function partsByStation(grid: PowerGrid, wishes: readonly Wish[]): Map<string, number[]> {
  const ofDepot = hourly(grid, (slot) => partFor(wishes, slot, grid.freeOfDepot(slot)));
  const found = new Map<string, number[]>();
  for (const stationId of new Set(wishes.map(({ place }) => place.stationId))) {
    const own = wishes.filter(({ place }) => place.stationId === stationId);
    const ofStation = hourly(grid, (slot) => partFor(own, slot, grid.freeOfStation(stationId, slot)));
    found.set(
      stationId,
      ofDepot.map((part, slot) => Math.min(part, ofStation[slot] ?? 0)),
    );
  }
  return found;
}

/** A point for which more is planned than its share needs nothing beside it. */
function partFor(wishes: readonly Wish[], slot: number, freeW: number): number {
  return PARTS.find((part) => needsW(wishes, slot, part) <= freeW) ?? 0;
}

function needsW(wishes: readonly Wish[], slot: number, part: number): number {
  let sumW = 0;
  for (const { wishW, usedW } of wishes) sumW += Math.max(0, part * wishW - (usedW[slot] ?? 0));
  return sumW;
}

/** The least of each hour by the clock: chargers are told seldom. */
function hourly(grid: PowerGrid, partOf: (slot: number) => number): number[] {
  const parts = Array.from({ length: grid.slots }, (_, slot) => partOf(slot));
  const least = new Map<number, number>();
  const hourOf = (slot: number) => Math.floor(grid.startOf(slot) / HOUR_MS);
  for (const [slot, part] of parts.entries())
    least.set(hourOf(slot), Math.min(part, least.get(hourOf(slot)) ?? 1));
  return parts.map((_, slot) => least.get(hourOf(slot)) ?? 0);
}

/** Its transaction has, or is about to get, a limit of its own. */
function isGoverned({ process, energy }: Job): boolean {
  return process?.transactionId !== undefined && energy !== undefined;
}

function ownerOf(planned: readonly Planned[]): Pick<DefaultPlan, 'processId' | 'requestKey'> {
  const here = planned.find(({ job }) => job.process)?.job.process;
  const awaited = planned.find(({ steps }) => steps.length > 0)?.job.request;
  return {
    ...(here ? { processId: here.processId } : {}),
    ...(awaited ? { requestKey: awaited.key } : {}),
  };
}

function pointsOf(inputs: PlanInputs): { point: PointState; place: PlaceLimits }[] {
  return [...inputs.places.values()].flatMap((place) => {
    const point = inputs.state.stations.get(place.stationId)?.points[place.pointId];
    return point ? [{ point, place }] : [];
  });
}

function roundDown(powerW: number): number {
  return Math.floor(powerW / STEP_W) * STEP_W;
}
