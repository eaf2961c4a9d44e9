/** Setting limits at a station that has its own CSMS: as a lease, of the kind that is configured. */
import { leaseTermsOf, type PointConfig } from '../../config/index.js';
import type { CommandOutcome, Runtime } from '../../depot/index.js';
import type { JournalId, LimitStep, ProcessState, StationState } from '../../domain/index.js';
import { fullPowerOf, leaseOf, sumOf } from './lease.js';
import type { LimitOrder } from './limit.js';
import { callFor, isDuplicate, type LimitedUnit, notConnected, setAfter } from './limited-unit.js';
import type { Abilities } from './schedule.js';

export interface LeasedLimit {
  readonly transactionId: string;
  readonly processId?: string | undefined;
  /** Total power that is planned for the transaction. */
  readonly steps: readonly LimitStep[];
  readonly abilities: Abilities;
  readonly intent: JournalId;
}

/** Never more than the CSMS allows, for as long as a lease. */
export async function setLeasedLimit(
  runtime: Runtime,
  unit: LimitedUnit,
  point: PointConfig,
  limit: LeasedLimit,
): Promise<CommandOutcome> {
  const { config } = unit.station;
  const station = runtime.depot.state.stations.get(config.id);
  const terms = leaseTermsOf(runtime.config, config);
  if (!station || !terms) throw notConnected(unit.station);
  const isCap = terms.leaseAs === 'cap';
  const common = {
    station,
    point,
    maxStackLevel: limit.abilities.maxStackLevel,
    nowMs: runtime.now().getTime(),
    leaseMs: terms.leaseMinutes * 60_000,
  };
  const { applied, ...lease } = leaseOf(
    isCap
      ? {
          ...common,
          process: undefined,
          steps: stationSteps(runtime, unit, point, limit),
          fullPowerW: stationPowerOf(unit),
        }
      : {
          ...common,
          process: processOf(runtime, limit.processId),
          transactionId: limit.transactionId,
          steps: limit.steps,
          fullPowerW: fullPowerOf(point),
        },
  );
  const order = {
    point,
    transactionId: limit.transactionId,
    abilities: limit.abilities,
    ofStation: isCap,
    ...lease,
  };
  return setOrReplace(unit, station, callFor(runtime, unit, order), {
    order,
    limit,
    ...(isCap ? {} : { applied }),
  });
}

async function setOrReplace(
  unit: LimitedUnit,
  station: StationState,
  call: ReturnType<typeof callFor>,
  {
    order,
    limit,
    applied,
  }: {
    readonly order: Pick<LimitOrder, 'point' | 'transactionId' | 'ofStation'> & {
      readonly stackLevel: number;
    };
    readonly limit: LeasedLimit;
    readonly applied?: readonly LimitStep[];
  },
): Promise<CommandOutcome> {
  const really = applied ? { applied } : {};
  const first = await unit.asker.command(call, limit.intent);
  if (!isDuplicate(first)) return { ...first, ...really };
  // 2.x: theirs has to go first. Ours goes on as theirs when it has ended, so nothing is lost by it.
  const clears = rivalsOf(station, order).flatMap((id) => unit.dialect()?.clearProfile(id) ?? []);
  const outcome = await setAfter(unit, clears, call, { intent: limit.intent, frames: first.frames });
  return { ...outcome, ...really };
}

/** Profiles of the CSMS at the place and level of ours. */
function rivalsOf(
  station: StationState,
  {
    point,
    transactionId,
    ofStation,
    stackLevel,
  }: Pick<LimitOrder, 'point' | 'transactionId' | 'ofStation'> & { readonly stackLevel: number },
): number[] {
  return (station.csmsLimits ?? []).flatMap(({ value }) => {
    const isOfTransaction =
      value.purpose === 'transaction' &&
      (value.place === 0 || value.pointId === point.id) &&
      (value.transactionId ?? transactionId) === transactionId;
    const isRival = ofStation ? value.purpose === 'station' : isOfTransaction;
    return isRival && value.stackLevel === stackLevel && value.profileId !== undefined
      ? [value.profileId]
      : [];
  });
}

/**
 * What all points of a station may draw together: the plans of their transactions, full power where a transaction has no
 * plan, nothing where none runs (who plugs in there shares what the others have until it has a plan).
 */
function stationSteps(
  runtime: Runtime,
  { station }: LimitedUnit,
  point: PointConfig,
  { steps }: LeasedLimit,
): LimitStep[] {
  const { state } = runtime.depot;
  const points = state.stations.get(station.config.id)?.points ?? {};
  const from = new Date(runtime.now().getTime()).toISOString();
  const each = station.config.points.map((other): readonly LimitStep[] => {
    if (other.id === point.id) return steps;
    const process = processOf(runtime, points[other.id]?.processId);
    if (!process?.transactionId || process.endedAt) return [];
    const planned = process.plan?.value.steps ?? [];
    return planned.length > 0 ? planned : [{ at: from, powerW: fullPowerOf(other) }];
  });
  return sumOf(each, from);
}

function stationPowerOf({ station }: LimitedUnit): number {
  const sumW = station.config.points.reduce((sum, point) => sum + fullPowerOf(point), 0);
  return Math.min(sumW, (station.config.maxPowerKw ?? Number.POSITIVE_INFINITY) * 1000);
}

function processOf(runtime: Runtime, processId: string | undefined): ProcessState | undefined {
  return processId === undefined ? undefined : runtime.depot.state.processes.get(processId);
}
