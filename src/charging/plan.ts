/**
 * From requests to limits over time: pure arithmetic over slots. `asap`: everybody as much as there is, in
 * order of claim. `deadline`: first the minimum of each, by departure where there is one, then the maximum.
 * A vehicle whose battery or state of charge nobody told gets no limit from us; room for its full power is
 * kept free, so that the others together still fit under the grid limit.
 */
import type { DomainEvent, Instant, LimitStep, Plan, SocForecast } from '../domain/index.js';
import { defaultPlans, keepForLost } from './defaults.js';
import { PowerGrid } from './grid.js';
import { type Job, jobsOf, type PlanInputs } from './job.js';

export type PlanMade = Extract<DomainEvent, { type: 'PlanMade' }>['payload'];

const STEP_W = 100;

interface Allocation {
  readonly job: Job;
  readonly powerW: Float64Array;
}

/** The plan of the whole depot at `inputs.now`. */
export function planDepot(inputs: PlanInputs): PlanMade {
  const jobs = jobsOf(inputs);
  const grid = new PowerGrid(inputs);
  const managed = inputs.policy === 'forward' ? [] : jobs.filter((job) => job.energy);
  keepForLost(inputs, grid);
  const rooms = new Map<Job, readonly LimitStep[]>();
  for (const job of jobs) if (!managed.includes(job) && job.process) rooms.set(job, reserve(grid, job));
  const allocations = managed.map((job): Allocation => ({ job, powerW: new Float64Array(grid.slots) }));
  const urgent = allocations.filter(({ job }) => job.adHoc);
  for (const allocation of urgent) fill(grid, allocation, allocation.job.energy?.maxTargetSocPct ?? 0);
  const others = allocations.filter(({ job }) => !job.adHoc);
  if (inputs.policy === 'deadline') {
    for (const allocation of others) fill(grid, allocation, allocation.job.energy?.minTargetSocPct ?? 0);
  }
  for (const allocation of others) fill(grid, allocation, allocation.job.energy?.maxTargetSocPct ?? 0);
  const plans = new Map<Job, Plan>();
  for (const job of jobs) plans.set(job, unmanaged(job));
  for (const allocation of allocations) plans.set(allocation.job, managedPlan(inputs, grid, allocation));
  return {
    at: inputs.now,
    processes: jobs.flatMap((job) => {
      const plan = plans.get(job);
      return job.process && plan ? [{ processId: job.process.processId, plan }] : [];
    }),
    requests: jobs.flatMap((job) => {
      const plan = plans.get(job);
      if (!job.request || !plan) return [];
      const { presystemId, request } = job.request;
      return [{ presystemId, chargingRequestId: request.chargingRequestId, plan }];
    }),
    points: defaultPlans(
      inputs,
      grid,
      jobs.map((job) => ({ job, steps: rooms.get(job) ?? plans.get(job)?.steps ?? [] })),
    ),
  };
}

/** Keeps room for a vehicle that draws what it likes; gives the room. */
function reserve(grid: PowerGrid, job: Job): LimitStep[] {
  const room = new Float64Array(grid.slots);
  for (let slot = 0; slot < grid.slots; slot += 1) {
    room[slot] = Math.min(job.maxPowerW, grid.free(job.place, slot));
    grid.take(job.place, slot, room[slot] ?? 0);
  }
  return grid.steps((slot) => room[slot] ?? 0);
}

/** Adds power from the earliest slot on until the target is reached, within what is free. */
function fill(grid: PowerGrid, { job, powerW }: Allocation, targetSocPct: number): void {
  if (!job.energy) return;
  const { batteryWh, socPct } = job.energy;
  const wantedWh = Math.max(0, ((targetSocPct - socPct) / 100) * batteryWh);
  let missingWh = wantedWh - powerW.reduce((sum, power, slot) => sum + power * grid.hours(slot), 0);
  for (let slot = grid.slotOf(job.from); slot < grid.slots && missingWh > 1; slot += 1) {
    const had = powerW[slot] ?? 0;
    const room = Math.min(job.maxPowerW - had, grid.free(job.place, slot));
    const power = roundDown(Math.min(room, Math.ceil(missingWh / grid.hours(slot) / STEP_W) * STEP_W));
    if (power <= 0 || had + power < job.place.minPowerW) continue;
    powerW[slot] = had + power;
    grid.take(job.place, slot, power);
    missingWh -= power * grid.hours(slot);
  }
}

function roundDown(powerW: number): number {
  return Math.floor(powerW / STEP_W) * STEP_W;
}

function unmanaged(job: Job): Plan {
  return { policy: 'forward', steps: [], missing: job.missing, finished: false };
}

function managedPlan(inputs: PlanInputs, grid: PowerGrid, allocation: Allocation): Plan {
  const { job } = allocation;
  const forecast = forecastOf(grid, allocation);
  const energy = job.energy;
  const finished = energy !== undefined && energy.socPct >= energy.maxTargetSocPct;
  const reach = (target: number | undefined) => (target === undefined ? undefined : timeOf(forecast, target));
  const minTarget = reach(energy?.minTargetSocPct);
  const maxTarget = reach(energy?.maxTargetSocPct);
  const departure = job.departureAt
    ? { socPct: socAt(forecast, job.departureAt), at: job.departureAt }
    : undefined;
  const last = forecast.at(-1);
  return {
    policy: inputs.policy,
    missing: job.missing.concat(job.departureAt ? [] : ['departure']),
    steps: finished ? [{ at: slotInstant(grid, 0), powerW: 0 }] : stepsOf(inputs, grid, allocation),
    finished,
    ...(minTarget ? { minTarget } : {}),
    ...(maxTarget ? { maxTarget } : {}),
    ...(departure ? { departure } : {}),
    ...(last ? { final: last } : {}),
    progress: thinned(forecast),
  };
}

/**
 * Equal neighbouring slots as one step. After the planned end comes a safe tail, so that a vehicle whose state of
 * charge was misjudged still charges if nobody corrects the plan.
 */
function stepsOf(inputs: PlanInputs, grid: PowerGrid, allocation: Allocation): LimitStep[] {
  const { powerW } = allocation;
  let end = powerW.length;
  while (end > 0 && (powerW[end - 1] ?? 0) === 0) end -= 1;
  const tailW = takeTail(inputs, grid, allocation, end);
  const steps = grid.steps((slot) => (slot < end ? (powerW[slot] ?? 0) : tailW));
  // What lies beyond the horizon has its tail too.
  if (end === grid.slots && steps.at(-1)?.powerW !== tailW)
    steps.push({ at: slotInstant(grid, end), powerW: tailW });
  return steps;
}

/**
 * At most an equal share of the grid limit, and only what nobody else has planned from `end` on. Beyond the horizon
 * everybody else goes on as in its last slot, with the bridge away for hours.
 */
function takeTail(inputs: PlanInputs, grid: PowerGrid, { job, powerW }: Allocation, end: number): number {
  const share = (inputs.gridLimitW ?? Number.POSITIVE_INFINITY) / Math.max(1, inputs.places.size);
  const first = Math.min(end, grid.slots - 1);
  let free = Math.min(job.maxPowerW, share);
  for (let slot = first; slot < grid.slots; slot += 1)
    free = Math.min(free, (powerW[slot] ?? 0) + grid.free(job.place, slot));
  const tailW = roundDown(free) < job.place.minPowerW ? 0 : roundDown(free);
  for (let slot = first; slot < grid.slots; slot += 1)
    grid.take(job.place, slot, Math.max(0, tailW - (powerW[slot] ?? 0)));
  return tailW;
}

function slotInstant(grid: PowerGrid, slot: number): Instant {
  return grid.instantOf(slot);
}

/** State of charge at the end of each slot, while it still rises. */
function forecastOf(grid: PowerGrid, { job, powerW }: Allocation): SocForecast[] {
  if (!job.energy) return [];
  const { batteryWh, socPct, maxTargetSocPct } = job.energy;
  let soc = socPct;
  const forecast: SocForecast[] = [{ socPct: round(soc), at: slotInstant(grid, grid.slotOf(job.from)) }];
  for (let slot = 0; slot < powerW.length; slot += 1) {
    const power = powerW[slot] ?? 0;
    if (power === 0) continue;
    soc = Math.min(maxTargetSocPct, soc + ((power * grid.hours(slot)) / batteryWh) * 100);
    forecast.push({ socPct: round(soc), at: slotInstant(grid, slot + 1) });
  }
  return forecast;
}

function round(socPct: number): number {
  return Math.round(socPct * 10) / 10;
}

function timeOf(forecast: readonly SocForecast[], targetPct: number): SocForecast | undefined {
  const reached = forecast.find((point) => point.socPct >= round(targetPct));
  return reached && { socPct: targetPct, at: reached.at };
}

function socAt(forecast: readonly SocForecast[], instant: Instant): number {
  const before = forecast.filter((point) => point.at <= new Date(instant).toISOString()).at(-1);
  return before?.socPct ?? forecast[0]?.socPct ?? 0;
}

/** At most 13 points of the curve: what a presystem can draw. */
function thinned(forecast: readonly SocForecast[]): SocForecast[] {
  const every = Math.max(1, Math.ceil(forecast.length / 12));
  return forecast.filter((_, index) => index % every === 0 || index === forecast.length - 1);
}
